"""How long rules take to look at what is new, to be tested against a year, and virtual series to be computed.

    python bench/warnings_watch.py [--rules 500] [--streams 1000] [--rate 10000] [--rounds 20]

Writes `rate` readings (one second of data) into `streams` series, then lets the rules look; again and again. On the
database of STADTKERN_DATABASE_URL (PostgreSQL: one for the bench alone) or on SQLite in a temporary folder.
"""

# ruff: noqa: PLC0415  # Django is set up on a database of its own first

import argparse
import json
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECOND = 1_000_000
MINUTE = 60 * SECOND


def figure(name: str, value: float, unit: str, **more: object) -> None:
    """Print one figure as a line of JSON."""
    print(
        json.dumps(
            {"bench": "warnings_watch", "figure": name, "value": round(value, 4), "unit": unit, **more}
        ),
        flush=True,
    )


def put(
    streams: np.ndarray[Any, Any], times: np.ndarray[Any, Any], values: np.ndarray[Any, Any], at: datetime
) -> None:
    """Store readings by the bulk path."""
    from stadtkern.observations.services.bulk import store
    from stadtkern.observations.services.columns import Columns

    store(Columns(streams, times, values), received=at)


def make(streams: int) -> list[int]:
    """Return the numbers of fresh series."""
    from stadtkern.observations.models import Datastream, ObservedProperty, Thing

    thing = Thing.objects.create(source="bench", key="bench")
    prop = ObservedProperty.objects.create(slug="bench", unit="cm")
    rows = [
        Datastream(key=f"bench:{number}:bench", thing=thing, observed_property=prop, unit="cm")
        for number in range(streams)
    ]
    Datastream.objects.bulk_create(rows)
    return list(Datastream.objects.filter(thing=thing).order_by("pk").values_list("pk", flat=True))


def make_rules(keys: list[int], count: int) -> None:
    """Make rules on the first series; every fifth is about a rise."""
    from stadtkern.observations.models import Datastream
    from stadtkern.warnings.models import Condition, Rule
    from stadtkern.warnings.services import save_rule

    streams = Datastream.objects.in_bulk(keys[:count])
    for number, key in enumerate(keys[:count]):
        condition = Condition(kind="above", datastream=streams[key], value=99, unit="cm", margin=5)
        if number % 5 == 4:
            condition = Condition(kind="rise", datastream=streams[key], value=95, span=timedelta(seconds=10))
        save_rule(Rule(slug=f"bench-{number}", title={"en": f"Bench {number}"}), [condition], [])


def watching(keys: list[int], *, rules: int, rate: int, rounds: int) -> None:
    """Measure looks at one second of readings each."""
    from stadtkern.base import clock
    from stadtkern.observations.fields import micros
    from stadtkern.warnings.models import Alert
    from stadtkern.warnings.services import Watcher

    now = NOW
    clock.now = lambda: now  # type: ignore[assignment]  # the bench lets time pass
    random = np.random.default_rng(1)
    make_rules(keys, rules)
    watcher = Watcher()
    watcher.tick()
    each = max(rate // len(keys), 1)
    streams = np.repeat(np.array(keys, dtype=np.int64), each)
    looks, writes = [], []
    for _round in range(rounds):
        now += timedelta(seconds=1)
        offsets = np.tile(np.arange(each) * (SECOND // each), len(keys))
        times = micros(now) - SECOND + offsets
        began = time.perf_counter()
        put(streams, times, random.random(len(streams)) * 100, now)
        writes.append(time.perf_counter() - began)
        began = time.perf_counter()
        judged = watcher.tick()
        looks.append(time.perf_counter() - began)
        assert judged >= rules
    more = {"rules": rules, "streams": len(keys), "readings": len(streams)}
    figure("look at one second, median", statistics.median(looks), "s", **more)
    figure("look at one second, longest", max(looks), "s", **more)
    figure("write of one second, median", statistics.median(writes), "s", **more)
    figure("alerts", Alert.objects.count(), "1", **more)


def a_year(keys: list[int]) -> None:
    """Measure a test against a year of minutes, and a virtual series over it."""
    from stadtkern.observations.derived.models import DerivedInput, DerivedStream
    from stadtkern.observations.derived.services import Draft, save_derived
    from stadtkern.observations.derived.work import work
    from stadtkern.observations.fields import micros
    from stadtkern.observations.models import Datastream, Observation
    from stadtkern.warnings.binding import bind_rule
    from stadtkern.warnings.history import try_rule
    from stadtkern.warnings.models import Condition, Rule

    key = keys[-1]
    count = 365 * 1440
    times = micros(NOW) - np.arange(count, 0, -1, dtype=np.int64) * MINUTE
    values = 100 * np.sin(np.arange(count) / 5000.0)
    for low in range(0, count, 50_000):
        part = slice(low, low + 50_000)
        put(np.full(len(times[part]), key), times[part], values[part], NOW)
    stream = Datastream.objects.get(pk=key)
    for kind, more in (("above", {}), ("rise", {"span": timedelta(hours=6)})):
        condition = Condition(kind=kind, datastream=stream, value=99 if kind == "above" else 7, **more)
        began = time.perf_counter()
        found = try_rule(bind_rule(Rule(slug="trial"), [condition]))
        figure(f"test against a year of minutes, {kind}", time.perf_counter() - began, "s", found=found.count)
    target = Datastream(thing=stream.thing, observed_property=stream.observed_property, unit="cm")
    derived = DerivedStream(slug="bench", formula="h * 2")
    save_derived(Draft(derived, target, [DerivedInput(alias="h", datastream=stream)], []))
    began, written = time.perf_counter(), 0
    while time.perf_counter() - began < 10:
        done = work()
        written += done
        if not done:
            break
    seconds = time.perf_counter() - began
    figure(
        "virtual series computed",
        written / seconds,
        "results/s",
        of=Observation.objects.filter(datastream=key).count(),
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STADTKERN_DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        keys = make(words.streams)
        watching(keys[:-1], rules=words.rules, rate=words.rate, rounds=words.rounds)
        a_year(keys)


if __name__ == "__main__":
    main()
