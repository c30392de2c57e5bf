"""Payload codecs per second: a pool of two, beside one engine without a process around it and a bare loop.

The codec is one of ours (weather station: 19 bytes, nine fields, normalised too). Ceilings in the same run:
the same function in a bare QuickJS context in this process, called once a payload without input or output as
JSON; and the same arithmetic in Python (`struct`).
"""

import json
import statistics
import struct
import time
from collections.abc import Callable

import quickjs

from stadtkern.lorawan.engine.pool import Pool, Script
from stadtkern.lorawan.folders import OWN, read_folder

CALLS = 50_000
ROUNDS = 5
PAYLOAD = bytes.fromhex("0ABE0070922743003F007600FA0000BC550136")


def say(what: str, value: float, **more: object) -> None:
    """Print one figure."""
    print(json.dumps({"bench": "codecs", "what": what, "per_second": round(value), **more}))


def rates(work: Callable[[], int]) -> list[float]:
    """Return calls per second of some rounds."""
    found = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        count = work()
        found.append(count / (time.perf_counter() - started))
    return found


def main() -> None:
    """Measure."""
    script = Script.of(read_folder(OWN).codecs["stadtkern/weather-station-codec"].script)
    call = {"bytes": list(PAYLOAD), "fPort": 1, "time": 1_780_000_000_000, "variables": {}}
    calls = [call] * CALLS
    for size in (1, 2):
        pool = Pool(size)
        first = pool.run(script, "uplink", calls[:1000])
        assert not first[0].errors, first[0]
        found = rates(lambda pool=pool: len(pool.run(script, "uplink", calls)))
        say(
            f"pool of {size}, batches",
            statistics.median(found),
            best=round(max(found)),
            goal=20_000 if size == 2 else None,
        )
        single = rates(lambda pool=pool: len([pool.run(script, "uplink", [call]) for _n in range(2000)]))
        say(f"pool of {size}, one call a round trip", statistics.median(single))
        pool.close()
    context = quickjs.Context()
    run = context.eval(
        f"{script.text}; (function (n) {{ let x; const b = {json.dumps(list(PAYLOAD))};"
        " for (let i = 0; i < n; i++) x = decodeUplink({ bytes: b, fPort: 1 }); return n; })"
    )
    say("ceiling: bare QuickJS, no data in or out", statistics.median(rates(lambda: run(CALLS))))
    unpack = struct.Struct(">BBhBHHHHIH").unpack

    def plain() -> int:
        kept: list[tuple[float, ...]] = []
        for _number in range(CALLS):
            fields = unpack(PAYLOAD)
            kept.append((fields[2] / 10, fields[3] / 2, fields[4] / 10))
        return len(kept)

    say("for comparison: struct in Python", statistics.median(rates(plain)))


if __name__ == "__main__":
    main()
