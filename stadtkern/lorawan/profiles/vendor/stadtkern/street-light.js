// Street light controller
// Format "stadtkern" 0x09: an open payload format without a maker, laid down here.
//
// Port 1, big-endian:
//   byte 0    0x09
//   byte 1    battery voltage in 1/50 V, 0: outside power
//   byte 2    dimming in percent, 0: off
//   bytes 3-4 power in 0.1 W
//   bytes 5-8 energy since the start in Wh
//   bytes 9-10 hours of light since the start
//   byte 11   bit 0: lamp broken, bit 1: driver broken, bit 2: door of the mast open
//
// Port 10, to the device: 0x01 and two bytes set the interval in minutes.
// 0x02 and one byte dim the light, in percent.

var KIND = 0x09;
var LENGTH = 12;

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
  var flags = b.getUint8(11);
  var warnings = [];
  if (flags & 1) warnings.push('the lamp is broken');
  if (flags & 2) warnings.push('the driver is broken');
  if (flags & 4) warnings.push('the door of the mast is open');
  return {
    data: {
      battery_voltage: battery(input.bytes),
      dimming: b.getUint8(2),
      power: b.getUint16(3) / 10,
      energy: round(b.getUint32(5) / 1000, 3),
      hours: b.getUint16(9),
      lamp_fault: (flags & 3) !== 0,
    },
    warnings: warnings,
  };
}

function encodeDownlink(input) {
  var data = input.data;
  if (data.dimming !== undefined) {
    if (!(data.dimming >= 0 && data.dimming <= 100)) return { errors: ['dimming has to be from 0 to 100 percent'] };
    return { bytes: [2, Math.round(data.dimming)], fPort: 10, warnings: [], errors: [] };
  }
  var minutes = data.interval_minutes;
  if (!(minutes >= 1 && minutes <= 65535) || minutes !== Math.floor(minutes)) {
    return { errors: ['give dimming or interval_minutes'] };
  }
  return { bytes: [1, minutes >> 8, minutes & 255], fPort: 10, warnings: [], errors: [] };
}

function decodeDownlink(input) {
  if (input.bytes[0] === 2 && input.bytes.length === 2) return { data: { dimming: input.bytes[1] } };
  if (input.bytes[0] !== 1 || input.bytes.length !== 3) return { errors: ['unknown command'] };
  return { data: { interval_minutes: (input.bytes[1] << 8) | input.bytes[2] } };
}
