// The part of Node's Buffer that codecs use: https://nodejs.org/api/buffer.html
(function () {
  'use strict';
  const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

  function fromHex(text) {
    const found = [];
    for (let i = 0; i + 1 < text.length; i += 2) {
      const value = parseInt(text.slice(i, i + 2), 16);
      if (Number.isNaN(value)) break;
      found.push(value);
    }
    return found;
  }

  function fromBase64(text) {
    const found = [];
    let bits = 0;
    let size = 0;
    for (const sign of text.replace(/-/g, '+').replace(/_/g, '/')) {
      const value = LETTERS.indexOf(sign);
      if (value < 0) continue;
      bits = (bits << 6) | value;
      size += 6;
      if (size >= 8) {
        size -= 8;
        found.push((bits >> size) & 255);
        bits &= (1 << size) - 1;
      }
    }
    return found;
  }

  function toBase64(bytes) {
    let text = '';
    for (let i = 0; i < bytes.length; i += 3) {
      const left = bytes.length - i;
      const group = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
      text += LETTERS[group >> 18] + LETTERS[(group >> 12) & 63];
      text += left > 1 ? LETTERS[(group >> 6) & 63] : '=';
      text += left > 2 ? LETTERS[group & 63] : '=';
    }
    return text;
  }

  function fromText(text) {
    const found = [];
    for (const sign of text) {
      const code = sign.codePointAt(0);
      if (code < 0x80) found.push(code);
      else if (code < 0x800) found.push(0xc0 | (code >> 6), 0x80 | (code & 63));
      else if (code < 0x10000) found.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      else found.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
    return found;
  }

  function toText(bytes) {
    let text = '';
    for (let i = 0; i < bytes.length; ) {
      const first = bytes[i++];
      let more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1;
      if (more < 0) {
        text += '\ufffd';
        continue;
      }
      let code = more ? first & (0x3f >> more) : first;
      for (; more > 0 && (bytes[i] & 0xc0) === 0x80; more--) code = (code << 6) | (bytes[i++] & 63);
      text += more || code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
    }
    return text;
  }

  const READ = {
    hex: fromHex,
    base64: fromBase64,
    base64url: fromBase64,
    latin1: (text) => Array.from(text, (sign) => sign.charCodeAt(0) & 255),
  };
  READ.binary = READ.ascii = READ.latin1;
  const WRITE = {
    hex: (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, '0')).join(''),
    base64: toBase64,
    base64url: (bytes) => toBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, ''),
    latin1: (bytes) => Array.from(bytes, (one) => String.fromCharCode(one)).join(''),
    ascii: (bytes) => Array.from(bytes, (one) => String.fromCharCode(one & 127)).join(''),
  };
  WRITE.binary = WRITE.latin1;

  class Buffer extends Uint8Array {
    static from(value, encoding, length) {
      if (typeof value === 'string') value = (READ[String(encoding || 'utf8').toLowerCase()] || fromText)(value);
      else if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
      else if (value && value.type === 'Buffer' && Array.isArray(value.data)) value = value.data;
      const made = new Buffer(value.length);
      for (let i = 0; i < value.length; i++) made[i] = value[i];
      return made;
    }
    static alloc(size, fill) {
      const made = new Buffer(size);
      return fill === undefined ? made : made.fill(fill);
    }
    static allocUnsafe(size) {
      return new Buffer(size);
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    static byteLength(value, encoding) {
      return typeof value === 'string' ? Buffer.from(value, encoding).length : value.byteLength;
    }
    static concat(parts) {
      const made = new Buffer(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        made.set(part, at);
        at += part.length;
      }
      return made;
    }
    get view() {
      return new DataView(this.buffer, this.byteOffset, this.byteLength);
    }
    slice(start, end) {
      return this.subarray(start, end);
    }
    toString(encoding, start, end) {
      return (WRITE[String(encoding || 'utf8').toLowerCase()] || toText)(this.subarray(start || 0, end));
    }
    toJSON() {
      return { type: 'Buffer', data: Array.from(this) };
    }
    equals(other) {
      return this.length === other.length && this.every((one, i) => one === other[i]);
    }
    copy(target, at, start, end) {
      const part = this.subarray(start || 0, end);
      target.set(part.subarray(0, target.length - (at || 0)), at || 0);
      return part.length;
    }
    write(text, at) {
      const part = Buffer.from(text);
      this.set(part.subarray(0, this.length - (at || 0)), at || 0);
      return part.length;
    }
    readUIntBE(at, size) {
      let value = 0;
      for (let i = 0; i < size; i++) value = value * 256 + this.view.getUint8(at + i);
      return value;
    }
    readUIntLE(at, size) {
      let value = 0;
      for (let i = size - 1; i >= 0; i--) value = value * 256 + this.view.getUint8(at + i);
      return value;
    }
    readIntBE(at, size) {
      const value = this.readUIntBE(at, size);
      return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
    }
    readIntLE(at, size) {
      const value = this.readUIntLE(at, size);
      return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
    }
    writeUIntBE(value, at, size) {
      for (let i = size - 1; i >= 0; i--, value = Math.floor(value / 256)) this[at + i] = value;
      return at + size;
    }
    writeUIntLE(value, at, size) {
      for (let i = 0; i < size; i++, value = Math.floor(value / 256)) this[at + i] = value;
      return at + size;
    }
  }

  const TYPES = [
    ['Int8', 'Int8', 1], ['UInt8', 'Uint8', 1], ['Uint8', 'Uint8', 1],
    ['Int16', 'Int16', 2], ['UInt16', 'Uint16', 2], ['Uint16', 'Uint16', 2],
    ['Int32', 'Int32', 4], ['UInt32', 'Uint32', 4], ['Uint32', 'Uint32', 4],
    ['Float', 'Float32', 4], ['Double', 'Float64', 8],
    ['BigInt64', 'BigInt64', 8], ['BigUInt64', 'BigUint64', 8], ['BigUint64', 'BigUint64', 8],
  ];
  for (const [name, type, size] of TYPES) {
    for (const [suffix, isLittle] of size === 1 ? [['', false]] : [['BE', false], ['LE', true]]) {
      Buffer.prototype['read' + name + suffix] = function (at) {
        return this.view['get' + type](at || 0, isLittle);
      };
      Buffer.prototype['write' + name + suffix] = function (value, at) {
        this.view['set' + type](at || 0, value, isLittle);
        return (at || 0) + size;
      };
    }
  }
  return Buffer;
})()
