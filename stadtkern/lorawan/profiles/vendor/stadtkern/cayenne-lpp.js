// Cayenne Low Power Payload, as published by myDevices: channel, type (IPSO object number - 3200), big-endian
// value; repeated. Read from the published table of types; the code is ours.
// https://docs.mydevices.com/docs/lorawan/cayenne-lpp

// type: name, bytes of each value, whether signed, how many units make one, names of several values
var TYPES = {
  0x00: ['digital_in', 1, false, 1],
  0x01: ['digital_out', 1, false, 1],
  0x02: ['analog_in', 2, true, 100],
  0x03: ['analog_out', 2, true, 100],
  0x65: ['illuminance', 2, false, 1],
  0x66: ['presence', 1, false, 1],
  0x67: ['temperature', 2, true, 10],
  0x68: ['humidity', 1, false, 2],
  0x71: ['accelerometer', 2, true, 1000, ['x', 'y', 'z']],
  0x73: ['barometric_pressure', 2, false, 10],
  0x86: ['gyrometer', 2, true, 100, ['x', 'y', 'z']],
  0x88: ['gps', 3, true, [10000, 10000, 100], ['latitude', 'longitude', 'altitude']],
};

function whole(bytes, at, size, isSigned) {
  var value = 0;
  for (var i = 0; i < size; i++) value = value * 256 + bytes[at + i];
  return isSigned && bytes[at] > 127 ? value - Math.pow(256, size) : value;
}

function decodeUplink(input) {
  var bytes = input.bytes;
  var data = {};
  var at = 0;
  while (at < bytes.length) {
    var channel = bytes[at];
    var type = TYPES[bytes[at + 1]];
    if (!type) return { errors: ['unknown type ' + bytes[at + 1] + ' at byte ' + (at + 1)] };
    var names = type[4] || [''];
    if (at + 2 + names.length * type[1] > bytes.length) return { errors: ['the payload ends within a value'] };
    at += 2;
    var values = names.map(function (name, i) {
      var scale = typeof type[3] === 'number' ? type[3] : type[3][i];
      return whole(bytes, at + i * type[1], type[1], type[2]) / scale;
    });
    at += names.length * type[1];
    var key = type[0] + '_' + channel;
    if (!type[4]) data[key] = values[0];
    else {
      data[key] = {};
      for (var i = 0; i < names.length; i++) data[key][names[i]] = values[i];
    }
  }
  return { data: data };
}
