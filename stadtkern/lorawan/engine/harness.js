// What surrounds a codec: input as the network servers give it, output as plain data, nothing kept between
// calls. Evaluated once in the context of a codec; `__codec(makeSource)` then gives the function that runs it.
// Forms: The Things Stack device repository (decodeUplink, normalizeUplink, encodeDownlink, decodeDownlink),
// ChirpStack v4 (decodeUplink, encodeDownlink with input.variables), The Things Network v2 (Decoder, Encoder),
// ChirpStack v3 (Decode, Encode).
(function (Buffer) {
  'use strict';
  const { parse, stringify } = JSON;
  const keys = Object.keys;
  const isArray = Array.isArray;
  const join = Array.prototype.join;
  const world = globalThis;
  const MOST_LINES = 50;
  const LONGEST_LINE = 300;
  const LONGEST_OUTPUT = 200000;
  let lines = [];

  function shown(value) {
    if (typeof value === 'string') return value;
    try {
      const text = stringify(value);
      return text === undefined ? String(value) : text;
    } catch (error) {
      return String(value);
    }
  }

  function log() {
    if (lines.length >= MOST_LINES) return;
    let text = '';
    for (let i = 0; i < arguments.length; i++) text += (i ? ' ' : '') + shown(arguments[i]);
    lines.push(text.slice(0, LONGEST_LINE));
  }
  const console = { log, info: log, warn: log, error: log, debug: log, trace: log };

  function complaint(error) {
    let text;
    try {
      text = error instanceof Error ? error.name + ': ' + error.message : String(error);
      const where = error instanceof Error && /<input>:(\d+)/.exec(String(error.stack));
      if (where) text += ' (line ' + where[1] + ')';
    } catch (_another) {
      text = 'the codec threw something that cannot be shown';
    }
    return text.slice(0, LONGEST_LINE);
  }

  function texts(value) {
    if (value === undefined || value === null) return [];
    return (isArray(value) ? value : [value]).slice(0, 20).map((one) => shown(one).slice(0, LONGEST_LINE));
  }

  function fresh(make) {
    const module = { exports: {} };
    const found = make(console, Buffer, module, module.exports);
    const given = module.exports;
    for (const name of keys(found)) {
      if (typeof found[name] !== 'function') found[name] = given && given[name];
    }
    return found;
  }

  function clean() {
    // A forgotten `var` makes a global; the next call must not see it.
    const left = keys(world);
    for (let i = 0; i < left.length; i++) delete world[left[i]];
  }

  function uplinkInput(call) {
    return {
      bytes: call.bytes,
      fPort: call.fPort,
      recvTime: new Date(call.time),
      variables: call.variables || {},
    };
  }

  function decode(codec, call) {
    if (typeof codec.decodeUplink === 'function') return codec.decodeUplink(uplinkInput(call));
    if (typeof codec.Decoder === 'function') return { data: codec.Decoder(call.bytes, call.fPort) };
    if (typeof codec.Decode === 'function') {
      return { data: codec.Decode(call.fPort, call.bytes, call.variables || {}) };
    }
    throw new Error('the codec has no function decodeUplink(input)');
  }

  function answer(result, what) {
    if (result === null || typeof result !== 'object') {
      return { errors: [what + ' returned ' + (result === null ? 'null' : typeof result) + ' instead of an object'] };
    }
    return { data: result.data, warnings: texts(result.warnings), errors: texts(result.errors) };
  }

  function uplink(codec, call) {
    const out = answer(decode(codec, call), 'decodeUplink');
    if (!out.errors.length && (out.data === null || typeof out.data !== 'object')) {
      out.errors = ['decodeUplink returned no data'];
    }
    if (out.errors.length || typeof codec.normalizeUplink !== 'function') return out;
    // The normaliser may change what it is given; the decoded data stay as they were.
    const normal = answer(codec.normalizeUplink({ data: parse(stringify(out.data)) }), 'normalizeUplink');
    out.warnings = out.warnings.concat(normal.warnings || []);
    if (normal.errors.length) out.warnings = out.warnings.concat(normal.errors);
    else if (normal.data) out.normalized = isArray(normal.data) ? normal.data : [normal.data];
    return out;
  }

  function encode(codec, call) {
    const data = call.data;
    const given = { data: data, fPort: call.fPort, variables: call.variables || {} };
    if (typeof codec.encodeDownlink === 'function') {
      const result = codec.encodeDownlink(given);
      const out = answer(result, 'encodeDownlink');
      if (out.errors.length) return out;
      return { bytes: octets(result.bytes), fPort: result.fPort, warnings: out.warnings, errors: [] };
    }
    if (typeof codec.Encoder === 'function') return { bytes: octets(codec.Encoder(data, call.fPort)), warnings: [], errors: [] };
    if (typeof codec.Encode === 'function') {
      return { bytes: octets(codec.Encode(call.fPort, data, call.variables || {})), warnings: [], errors: [] };
    }
    throw new Error('the codec has no function encodeDownlink(input)');
  }

  function octets(value) {
    if (value === undefined || value === null || typeof value.length !== 'number') throw new Error('encodeDownlink returned no bytes');
    const found = [];
    for (let i = 0; i < value.length; i++) {
      const one = Number(value[i]);
      if (!(one >= -128 && one <= 255) || one !== Math.floor(one)) throw new Error('byte ' + i + ' is not a whole number between 0 and 255: ' + shown(value[i]));
      found.push(one & 255);
    }
    return found;
  }

  function decodeDown(codec, call) {
    if (typeof codec.decodeDownlink !== 'function') throw new Error('the codec has no function decodeDownlink(input)');
    return answer(codec.decodeDownlink({ bytes: call.bytes, fPort: call.fPort, variables: call.variables || {} }), 'decodeDownlink');
  }

  const KINDS = { uplink, encode, decode: decodeDown };

  function one(make, kind, call) {
    lines = [];
    let out;
    try {
      out = KINDS[kind](fresh(make), call);
      if (lines.length) out.console = lines;
      const text = stringify(out);
      if (text.length <= LONGEST_OUTPUT) return text;
      out = { errors: ['the codec returned more than ' + LONGEST_OUTPUT + ' characters'] };
    } catch (error) {
      out = { errors: [complaint(error)] };
    } finally {
      clean();
    }
    if (lines.length) out.console = lines;
    return stringify(out);
  }

  function run(make, kind, text) {
    const calls = parse(text);
    const out = [];
    for (let i = 0; i < calls.length; i++) out[i] = one(make, kind, calls[i]);
    // join, not +: a long concatenation is a rope inside the engine, which cannot be handed out
    return join.call(out, ',');
  }

  function offered(make) {
    const found = fresh(make);
    return stringify(keys(found).filter((name) => typeof found[name] === 'function'));
  }

  return function (make) {
    return function (kind, text) {
      return kind === 'offered' ? offered(make) : run(make, kind, text);
    };
  };
})
