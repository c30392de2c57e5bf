// Soil moisture at a tree
// Format "stadtkern" 0x01: an open payload format without a maker, laid down here.
//
// Port 1, big-endian:
//   byte 0    0x01
//   byte 1    battery voltage in 1/50 V, 0: outside power
//   bytes 2-4 moisture in 10, 30 and 60 cm depth, in 0.5 % by volume, 255: no probe
//   bytes 5-6 temperature in 10 cm depth, signed, in 0.1 °C
//
// Port 10, to the device: 0x01 and two bytes set the interval in minutes.

var KIND = 0x01;
var LENGTH = 7;

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
  var data = { battery_voltage: battery(input.bytes) };
  var depths = [10, 30, 60];
  for (var i = 0; i < 3; i++) {
    var raw = b.getUint8(2 + i);
    if (raw !== 255) data['moisture_' + depths[i] + 'cm'] = raw / 2;
  }
  data.temperature_10cm = round(b.getInt16(5) / 10, 1);
  return { data: data };
}

function normalizeUplink(input) {
  var data = input.data;
  var found = [];
  [10, 30, 60].forEach(function (depth) {
    var moisture = data['moisture_' + depth + 'cm'];
    var temperature = data['temperature_' + depth + 'cm'];
    if (moisture === undefined && temperature === undefined) return;
    var soil = { depth: depth };
    if (moisture !== undefined) soil.moisture = moisture;
    if (temperature !== undefined) soil.temperature = temperature;
    found.push({ soil: soil });
  });
  return { data: found };
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
