// Weather station
// Format "stadtkern" 0x0A: an open payload format without a maker, laid down here.
//
// Port 1, big-endian:
//   byte 0      0x0A
//   byte 1      battery voltage in 1/50 V, 0: outside power
//   bytes 2-3   temperature, signed, in 0.1 °C
//   byte 4      relative humidity in 0.5 %
//   bytes 5-6   air pressure at the station in 0.1 hPa
//   bytes 7-8   mean wind speed in 0.1 m/s
//   bytes 9-10  gusts in 0.1 m/s
//   bytes 11-12 wind direction in degrees
//   bytes 13-16 rain since the start in 0.1 mm
//   bytes 17-18 global radiation in W/m2
//
// Port 10, to the device: 0x01 and two bytes set the interval in minutes.

var KIND = 0x0a;
var LENGTH = 19;

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
  return {
    data: {
      battery_voltage: battery(input.bytes),
      temperature: round(b.getInt16(2) / 10, 1),
      humidity: b.getUint8(4) / 2,
      pressure: round(b.getUint16(5) / 10, 1),
      wind_speed: round(b.getUint16(7) / 10, 1),
      wind_gust: round(b.getUint16(9) / 10, 1),
      wind_direction: b.getUint16(11) % 360,
      rain_total: round(b.getUint32(13) / 10, 1),
      radiation: b.getUint16(17),
    },
  };
}

function normalizeUplink(input) {
  var data = input.data;
  return {
    data: {
      air: { temperature: data.temperature, relativeHumidity: data.humidity, pressure: data.pressure },
      wind: { speed: data.wind_speed, direction: data.wind_direction },
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
