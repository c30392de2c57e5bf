"""Codecs in processes: what they may do, what stops them, and that nothing leaks from call to call."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.base.errors import BadInput
from stadtkern.lorawan.engine.pool import ENDED, Decoded, Pool, Script

SIMPLE = """
function decodeUplink(input) {
  return { data: { temperature: ((input.bytes[0] << 8) | input.bytes[1]) / 10, port: input.fPort } };
}
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(2)
    yield pool
    pool.close()


def call(*payload: int, port: int = 1, **more: object) -> dict[str, object]:
    return {"bytes": list(payload), "fPort": port, "time": "2026-05-01T12:00:00Z", **more}


def decode(pool: Pool, text: str, *calls: dict[str, object]) -> list[Decoded]:
    return pool.run(Script.of(text), "uplink", calls or (call(0, 215),))


def test_the_device_repository_form_decodes(pool: Pool) -> None:
    (found,) = decode(pool, SIMPLE)
    assert found.data == {"temperature": 21.5, "port": 1}
    assert found.errors == []


def test_a_time_and_variables_reach_the_codec(pool: Pool) -> None:
    text = """
    function decodeUplink(input) {
      return { data: { year: input.recvTime.getUTCFullYear(), offset: input.variables.offset } };
    }"""
    (found,) = decode(pool, text, call(1, variables={"offset": "3"}))
    assert found.data == {"year": 2026, "offset": "3"}


def test_normalized_payloads_come_along(pool: Pool) -> None:
    text = (
        SIMPLE
        + "function normalizeUplink(i) { return { data: { air: { temperature: i.data.temperature } } }; }"
    )
    (found,) = decode(pool, text)
    assert found.normalized == [{"air": {"temperature": 21.5}}]


@pytest.mark.parametrize(
    "text",
    [
        "function Decoder(bytes, port) { return { n: bytes.length, port: port }; }",
        "function Decode(fPort, bytes, variables) { return { n: bytes.length, port: fPort }; }",
        "module.exports = { decodeUplink: (i) => ({ data: { n: i.bytes.length, port: i.fPort } }) };",
        "exports.decodeUplink = function (i) { return { data: { n: i.bytes.length, port: i.fPort } }; };",
        "const decodeUplink = ({ bytes, fPort }) => ({ data: { n: bytes.length, port: fPort } });",
    ],
)
def test_older_and_other_forms_decode(pool: Pool, text: str) -> None:
    assert decode(pool, text, call(1, 2, 3, port=7))[0].data == {"n": 3, "port": 7}


def test_downlinks_are_encoded_and_decoded(pool: Pool) -> None:
    text = """
    function encodeDownlink(input) { return { bytes: [1, -1, input.data.minutes], fPort: 10, warnings: [] }; }
    function decodeDownlink(input) { return { data: { minutes: input.bytes[2] } }; }"""
    (found,) = pool.run(Script.of(text), "encode", [{"data": {"minutes": 15}, "fPort": 1}])
    assert (found.payload, found.port) == (b"\x01\xff\x0f", 10)
    (back,) = pool.run(Script.of(text), "decode", [call(1, 255, 15)])
    assert back.data == {"minutes": 15}
    (legacy,) = pool.run(
        Script.of("function Encoder(o, p) { return [o.a, p]; }"), "encode", [{"data": {"a": 5}, "fPort": 9}]
    )
    assert legacy.payload == b"\x05\x09"


@pytest.mark.parametrize("result", ["undefined", "{bytes: [256]}", "{bytes: [1.5]}", "{bytes: ['x']}", "{}"])
def test_a_downlink_without_proper_bytes_is_an_error(pool: Pool, result: str) -> None:
    (found,) = pool.run(
        Script.of(f"function encodeDownlink(i) {{ return {result}; }}"), "encode", [{"data": {}, "fPort": 1}]
    )
    assert found.errors
    assert found.payload == b""


def test_buffer_reads_and_writes_as_in_node(pool: Pool) -> None:
    text = """
    function decodeUplink(input) {
      const b = Buffer.from(input.bytes);
      const w = Buffer.alloc(4); w.writeInt16BE(-2, 0); w.writeUInt16LE(513, 2);
      return { data: {
        be: b.readInt16BE(0), le: b.readUInt16LE(0), three: b.readUIntBE(0, 3), negative: b.readIntLE(0, 1),
        f: Buffer.from('3fc00000', 'hex').readFloatBE(0), hex: b.slice(0, 2).toString('hex'),
        base64: b.toString('base64'), back: Array.from(Buffer.from('/v8=', 'base64')),
        text: Buffer.from('Neiße').toString(),
        bytes: Buffer.byteLength('Neiße'), w: w.toString('hex'),
        joined: Buffer.concat([w, b]).length, is: Buffer.isBuffer(b),
        big: String(Buffer.from('0000000100000000', 'hex').readBigUInt64BE(0)) } };
    }"""
    (found,) = decode(pool, text, call(0xFE, 0xFF, 0x01))
    assert found.data == {
        "be": -257, "le": 65534, "three": 0xFEFF01, "negative": -2, "f": 1.5, "hex": "feff", "base64": "/v8B",
        "back": [254, 255], "text": "Neiße", "bytes": 6, "w": "fffe0102",
        "joined": 7, "is": True, "big": "4294967296",
    }  # fmt: skip


def test_console_warnings_and_errors_reach_the_editor(pool: Pool) -> None:
    text = """
    function decodeUplink(input) {
      console.log('port', input.fPort, { a: 1 });
      if (input.fPort === 2) return { errors: ['unknown port'] };
      if (input.fPort === 3) {
        return input.nothing.here; }
      return { data: {}, warnings: ['battery low'] };
    }"""
    good, refused, crashed = decode(pool, text, call(1), call(1, port=2), call(1, port=3))
    assert good.console == ['port 1 {"a":1}']
    assert good.warnings == ["battery low"]
    assert refused.errors == ["unknown port"]
    assert crashed.errors[0].startswith("TypeError")
    assert crashed.errors[0].endswith("(line 6)")


LEAKS = [
    "let n = 0; function decodeUplink(i) { n++; return { data: { n } }; }",
    "function decodeUplink(i) { n = typeof n === 'undefined' ? 1 : n + 1; return { data: { n } }; }",
    "function decodeUplink(i) { globalThis.n = (globalThis.n || 0) + 1; return { data: { n } }; }",
    "function decodeUplink() { let p = Array.prototype; p.n = 1 + (p.n || 0); return { data: { n: p.n } }; }",
    "function decodeUplink(i) { Math.n = (Math.n || 0) + 1; return { data: { n: Math.n } }; }",
    """function decodeUplink(i) {
      Object.defineProperty(globalThis, 'n', { value: (globalThis.n || 0) + 1 });
      return { data: { n: globalThis.n } };
    }""",
]


@pytest.mark.parametrize("text", LEAKS)
def test_nothing_leaks_from_call_to_call(pool: Pool, text: str) -> None:
    assert [one.data for one in decode(pool, text, *[call(1)] * 3)] == [{"n": 1}] * 3


def test_codecs_do_not_see_each_other(pool: Pool) -> None:
    decode(
        pool,
        "Array.prototype.x = 1; JSON.stringify = null;"
        "function decodeUplink(i) { return { data: { a: 1 } }; }",
    )
    (found,) = decode(
        pool, "function decodeUplink(i) { return { data: { x: typeof [].x, j: typeof JSON.stringify } }; }"
    )
    assert found.data == {"x": "undefined", "j": "function"}


def test_there_is_no_way_out(pool: Pool) -> None:
    names = (
        "require",
        "process",
        "std",
        "os",
        "fetch",
        "XMLHttpRequest",
        "setTimeout",
        "importScripts",
        "WebAssembly",
    )
    inner = ", ".join(f"{name}: typeof {name}" for name in names)
    (found,) = decode(pool, f"function decodeUplink(i) {{ return {{ data: {{ {inner} }} }}; }}")
    assert set(found.data.values()) == {"undefined"}


HOSTILE = {
    "endless loop": "while (true) {}",
    "recursion": "return (function f() { return f() + 1; })();",
    "memory": "const a = []; while (true) a.push(new Array(1000).fill(a));",
    "one large block": "return { data: { n: new Uint8Array(2 ** 31).length } };",
    "catastrophic regular expression": "/(a+)+$/.test('a'.repeat(60) + 'b');",
    "long text": "return { data: { t: 'x'.repeat(1e6) } };",
    "cyclic data": "const d = {}; d.d = d; return { data: d };",
    "big integer": "return { data: { n: 10n } };",
    "throws nothing": "throw undefined;",
    "throws a trap": "throw { toString() { while (true) {} } };",
    "returns a trap": "return { data: { toJSON() { while (true) {} } } };",
    "deep data": "let d = {}; for (let i = 0; i < 1e5; i++) d = { d }; return { data: d };",
    "getter": "return { get data() { throw new Error('no'); } };",
    "nothing": "return undefined;",
    "no data": "return {};",
    "a number": "return 5;",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_call_ends_with_a_reason_and_the_others_have_results(pool: Pool, body: str) -> None:
    first = f"if (i.bytes[0] === 66) {{ {body} }}"
    text = f"function decodeUplink(i) {{ {first} return {{ data: {{ n: i.bytes[0] }} }}; }}"
    before, hostile, after = decode(pool, text, call(1), call(66), call(2))
    assert (before.data, after.data) == ({"n": 1}, {"n": 2})
    assert hostile.errors
    assert len(hostile.errors[0]) <= 300


def test_a_codec_that_always_hangs_does_not_hold_up_a_flood(pool: Pool) -> None:
    started = time.monotonic()
    found = decode(pool, "function decodeUplink(i) { while (true) {} }", *[call(1)] * 200)
    assert time.monotonic() - started < 30
    assert all(one.errors for one in found)


def test_a_worker_that_does_not_answer_is_replaced(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stadtkern.lorawan.engine.pool.CALL_SECONDS", 0.05)
    (found,) = decode(pool, "function decodeUplink(i) { while (true) {} } // slow")
    assert "did not answer within" in found.errors[0]
    monkeypatch.undo()
    assert decode(pool, SIMPLE)[0].data["temperature"] == 21.5


def test_after_three_kills_a_codec_rests(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stadtkern.lorawan.engine.pool.CALL_SECONDS", 0.05)
    text = "function decodeUplink(i) { while (true) {} } // rests"
    for _number in range(3):
        decode(pool, text)
    assert "rests" in decode(pool, text)[0].errors[0]


def test_a_killed_worker_is_noticed(pool: Pool) -> None:
    decode(pool, SIMPLE)
    worker = pool._free.get()  # noqa: SLF001
    assert worker is not None
    worker.process.kill()
    worker.process.wait()
    pool._free.put(worker)  # noqa: SLF001
    assert decode(pool, SIMPLE)[0].errors == (ENDED,)
    assert decode(pool, SIMPLE)[0].data["temperature"] == 21.5


def test_many_threads_share_the_pool(pool: Pool) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(lambda n: decode(pool, SIMPLE, call(0, n))[0].data["temperature"], range(100))
        )
    assert found == [n / 10 for n in range(100)]


def test_a_large_batch_keeps_its_order(pool: Pool) -> None:
    found = decode(pool, SIMPLE, *[call(n >> 8, n & 255) for n in range(2000)])
    assert [one.data["temperature"] for one in found] == [n / 10 for n in range(2000)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("function decodeUplink(i) {", "SyntaxError"),
        ("var a = 1;\nnothing();", "nothing is not defined"),
        ("while (true) {}", "longer than"),
        ("\nlet a = ;", "line 2"),
    ],
)
def test_a_codec_that_cannot_be_loaded_says_why(pool: Pool, text: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        pool.functions(Script.of(text))
    assert reason in decode(pool, text)[0].errors[0]


def test_a_codec_says_what_it_offers(pool: Pool) -> None:
    assert pool.functions(Script.of(SIMPLE + "function encodeDownlink(i) { return {}; }")) == [
        "decodeUplink",
        "encodeDownlink",
    ]
    assert pool.functions(Script.of("// nothing")) == []
    assert (
        decode(pool, "// nothing")[0].errors == ["Error: the codec has no function decodeUplink(input)"]
        or "no function" in decode(pool, "// nothing")[0].errors[0]
    )
    with pytest.raises(BadInput, match="larger than"):
        Script.of("x" * 1_000_001)


@given(st.binary(max_size=300), st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_any_payload_comes_through_unchanged(pool: Pool, payload: bytes, port: int) -> None:
    (found,) = decode(
        pool,
        "function decodeUplink(i) { return { data: i.bytes.concat([i.fPort]) }; }",
        call(*payload, port=port),
    )
    assert found.data == [*payload, port]


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_as_codec_gives_a_reason_or_a_result(pool: Pool, text: Any) -> None:  # noqa: ANN401
    (found,) = decode(pool, text)
    assert found.errors or found.data is not None
