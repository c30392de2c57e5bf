// Pulse counter on a meter
// Format "stadtkern" 0x08: an open payload format without a maker, laid down here.
//
// Port 1, big-endian:
//   byte 0    0x08
//   byte 1    battery voltage in 1/50 V, 0: outside power
//   byte 2    0: electricity (kWh), 1: water (m3), 2: gas (m3), 3: heat (kWh)
//   bytes 3-6 pulses since the start
//   byte 7    bit 0: cable cut, bit 1: magnet
//
// Port 10, to the device: 0x01 and two bytes set the interval in minutes.

var KIND = 0x08;
var LENGTH = 8;

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
  var names = ['energy', 'water', 'gas', 'heat'];
  var medium = names[b.getUint8(2)];
  if (!medium) return { errors: ['unknown medium ' + b.getUint8(2)] };
  var scale = Number(input.variables && input.variables.pulses_per_unit) || 1000;
  var data = { battery_voltage: battery(input.bytes), pulses: b.getUint32(3) };
  data[medium] = round(data.pulses / scale, 3);
  var flags = b.getUint8(7);
  var warnings = [];
  if (flags & 1) warnings.push('the cable to the meter is cut');
  if (flags & 2) warnings.push('a magnet is near the meter');
  return { data: data, warnings: warnings };
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
