// Indoor climate
// Format "stadtkern" 0x05: an open payload format without a maker, laid down here.
//
// Port 1, big-endian:
//   byte 0    0x05
//   byte 1    battery voltage in 1/50 V, 0: outside power
//   bytes 2-3 temperature, signed, in 0.1 °C
//   byte 4    relative humidity in 0.5 %
//   bytes 5-6 carbon dioxide in ppm, 65535: warming up
//   bytes 7-8 light in lx
//
// Port 10, to the device: 0x01 and two bytes set the interval in minutes.

var KIND = 0x05;
var LENGTH = 9;

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
  var data = {
    battery_voltage: battery(input.bytes),
    temperature: round(b.getInt16(2) / 10, 1),
    humidity: b.getUint8(4) / 2,
    light: b.getUint16(7),
  };
  if (b.getUint16(5) === 65535) return { data: data, warnings: ['the sensor for carbon dioxide is warming up'] };
  data.co2 = b.getUint16(5);
  return { data: data };
}

function normalizeUplink(input) {
  var data = input.data;
  var air = { temperature: data.temperature, relativeHumidity: data.humidity, lightIntensity: data.light };
  if (data.co2 !== undefined) air.co2 = data.co2;
  return { data: { air: air } };
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
