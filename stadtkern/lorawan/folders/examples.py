"""Run the examples of codecs and compare what comes out with what has to."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stadtkern.lorawan.engine.pool import Decoded, Kind, Pool, Script
from stadtkern.lorawan.folders.contents import FoundCodec, FoundExample

TOLERANCE = 1e-9
RUN_AS: Mapping[str, Kind] = {
    "uplink": "uplink",
    "normalized": "uplink",
    "encode": "encode",
    "decode": "decode",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One example that was run."""

    codec: str
    example: FoundExample
    difference: str
    """Empty: it passed."""
    seconds: float
    """Its share of the time of its batch."""


def run_examples(codecs: Iterable[FoundCodec], pool: Pool) -> Iterator[Outcome]:
    """Run all examples of some codecs."""
    for codec in codecs:
        script = Script.of(codec.script)
        for kind in ("uplink", "encode", "decode"):
            examples = [one for one in codec.examples if RUN_AS[one.kind] == kind]
            if not examples:
                continue
            started = time.perf_counter()
            results = pool.run(script, kind, [example.call for example in examples])
            seconds = (time.perf_counter() - started) / len(examples)
            for example, result in zip(examples, results, strict=True):
                yield Outcome(codec.key, example, difference(example, result), seconds)


def difference(example: FoundExample, result: Decoded) -> str:
    """Return the first difference between what came out and what has to, empty if there is none."""
    expected = example.expected
    wanted_errors = expected.get("errors")
    if wanted_errors:
        if not result.errors:
            return f"no error, although “{str(wanted_errors)[:80]}” was expected"
        # an error that was thrown has its kind and line around the words of the example
        missing = [
            str(one) for one in _list(wanted_errors) if not any(str(one) in got for got in result.errors)
        ]
        return f"error {result.errors[0]!r} instead of {missing[0]!r}" if missing else ""
    if result.errors:
        return f"error: {result.errors[0]}"
    if example.kind == "encode":
        return _encoded(expected, result)
    if example.kind == "normalized":
        found: object = list(result.normalized)
        wanted = expected.get("data")
        wanted = wanted if isinstance(wanted, list) else [wanted]
    else:
        found, wanted = result.data, expected.get("data")
    return next(differences(wanted, found, "data"), "")


def _encoded(expected: Mapping[str, Any], result: Decoded) -> str:
    wanted = expected.get("bytes")
    if isinstance(wanted, list) and list(result.payload) != wanted:
        return f"bytes {list(result.payload)} instead of {wanted}"
    port = expected.get("fPort")
    if isinstance(port, int) and result.port is not None and result.port != port:
        return f"port {result.port} instead of {port}"
    return ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def differences(wanted: object, found: object, path: str) -> Iterator[str]:
    """Yield the differences between two pieces of JSON; a field that is null may be missing."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name in dict.fromkeys([*wanted, *found]):
            yield from differences(wanted.get(name), found.get(name), f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield f"{path} has {len(found)} entries instead of {len(wanted)}"
            return
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif not is_same(wanted, found):
        yield f"{path} is {_shown(found)} instead of {_shown(wanted)}"


def is_same(wanted: object, found: object) -> bool:
    """Return whether two plain values are the same; times are compared as text, numbers nearly."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return math.isclose(wanted, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if hasattr(wanted, "isoformat") and isinstance(found, str):
        return str(wanted.isoformat()).replace("+00:00", "Z")[:19] == found[:19]
    return wanted == found


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004
