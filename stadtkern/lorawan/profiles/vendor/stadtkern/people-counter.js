// Counter of people and bicycles
// Format "stadtkern" 0x04: an open payload format without a maker, laid down here.
//
// Port 1, big-endian:
//   byte 0     0x04
//   byte 1     battery voltage in 1/50 V, 0: outside power
//   bytes 2-3  people on foot, direction A
//   bytes 4-5  people on foot, direction B
//   bytes 6-7  bicycles, direction A
//   bytes 8-9  bicycles, direction B
//   byte 10    minutes counted
//
// Port 10, to the device: 0x01 and two bytes set the interval in minutes.

var KIND = 0x04;
var LENGTH = 11;

function view(bytes) {
  return new DataView(new Uint8Array(bytes).buffer);
}

function round(value, digits) {
  var scale = Math.pow(10, digits);
  return Math.round(value * scale) / scale;
}

function refuse(input) {
  if (input.fPort !== 1) return 'port ' + input.fPort + ' carries no measurements';
  if (input.bytes.length !== LENGTH) return 'expected ' + LENGTH + ' bytes, got ' + input.bytes.length;
  if (input.bytes[0] !== KIND) return 'kind ' + input.bytes[0] + ' is not ' + KIND;
  return '';
}

function battery(bytes) {
  return bytes[1] ? round(bytes[1] / 50, 2) : undefined;
}

function decodeUplink(input) {
  var problem = refuse(input);
  if (problem) return { errors: [problem] };
  var b = view(input.bytes);
  var people = b.getUint16(2) + b.getUint16(4);
  var bicycles = b.getUint16(6) + b.getUint16(8);
  return {
    data: {
      battery_voltage: battery(input.bytes),
      pedestrians: people,
      bicycles: bicycles,
      count: people + bicycles,
      pedestrians_a: b.getUint16(2),
      pedestrians_b: b.getUint16(4),
      bicycles_a: b.getUint16(6),
      bicycles_b: b.getUint16(8),
      minutes: b.getUint8(10),
    },
  };
}

function encodeDownlink(input) {
  var minutes = input.data.interval_minutes;
  if (!(minutes >= 1 && minutes <= 65535) || minutes !== Math.floor(minutes)) {
    return { errors: ['interval_minutes has to be a whole number from 1 to 65535'] };
  }
  return { bytes: [1, minutes >> 8, minutes & 255], fPort: 10, warnings: [], errors: [] };
}

function decodeDownlink(input) {
  if (input.bytes[0] !== 1 || input.bytes.length !== 3) return { errors: ['unknown command'] };
  return { data: { interval_minutes: (input.bytes[1] << 8) | input.bytes[2] } };
}
