// Road surface
// Format "stadtkern" 0x0B: an open payload format without a maker, laid down here.
//
// Port 1, big-endian:
//   byte 0    0x0B
//   byte 1    battery voltage in 1/50 V, 0: outside power
//   bytes 2-3 temperature of the road, signed, in 0.1 °C
//   bytes 4-5 temperature of the air, signed, in 0.1 °C
//   byte 6    relative humidity in 0.5 %
//   byte 7    0: dry, 1: moist, 2: wet, 3: ice, 4: snow
//
// Port 10, to the device: 0x01 and two bytes set the interval in minutes.

var KIND = 0x0b;
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
  var states = ['dry', 'moist', 'wet', 'ice', 'snow'];
  var state = b.getUint8(7);
  if (state >= states.length) return { errors: ['unknown state of the road ' + state] };
  var air = b.getInt16(4) / 10;
  var humidity = b.getUint8(6) / 2;
  // Magnus formula with the constants of Sonntag 1990, over water
  var gamma = (17.62 * air) / (243.12 + air) + Math.log(Math.max(humidity, 1) / 100);
  return {
    data: {
      battery_voltage: battery(input.bytes),
      road_temperature: round(b.getInt16(2) / 10, 1),
      air_temperature: round(air, 1),
      humidity: humidity,
      dew_point: round((243.12 * gamma) / (17.62 - gamma), 1),
      road_state: state,
      state: states[state],
      ice: state === 3,
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
