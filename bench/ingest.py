"""How fast `record()` stores readings, beside bare executemany in the same run and on the same disk.

    python bench/ingest.py [--readings 100000] [--batch 10000] [--datastreams 100]

SQLite in a temporary directory, or the PostgreSQL database of STADTKERN_DATABASE_URL (its readings of the
source "bench" are deleted first).
"""

# ruff: noqa: PLC0415  # Django is set up on a database of its own first

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

LIMIT = 10_000
"""Readings a second, durable."""
START = datetime(2026, 1, 1, tzinfo=UTC)


def figure(
    name: str, value: float, unit: str, *, limit: float | None = None, ratio: float | None = None
) -> None:
    """Print one figure as a line of JSON."""
    line = {"bench": "ingest", "figure": name, "value": round(value, 3), "unit": unit}
    sys.stdout.write(json.dumps({**line, "limit": limit, "ratio": ratio and round(ratio, 3)}) + "\n")


def django(folder: str) -> None:
    """Set Django up on a database of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
    os.environ["STADTKERN_DATA_DIR"] = folder
    os.environ.setdefault("STADTKERN_LOG_LEVEL", "WARNING")
    import django as framework
    from django.core.management import call_command

    framework.setup()
    call_command("migrate", verbosity=0)


def batches(count: int, size: int, datastreams: int) -> Iterator[list[Any]]:
    """Yield batches of readings, one a minute and datastream, in the order of time."""
    from stadtkern.contracts.connector import Reading

    for first in range(0, count, size):
        yield [
            Reading(
                thing=f"station-{number % datastreams}",
                observed_property="water_level",
                phenomenon_time=START + timedelta(minutes=number // datastreams),
                result=200 + number % 97 / 10,
                unit="cm",
            )
            for number in range(first, min(first + size, count))
        ]


def bare(folder: str, count: int, size: int) -> float:
    """Return rows a second of executemany into a table of the same shape, synchronous=FULL."""
    database = sqlite3.connect(Path(folder) / "bare.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(
        "CREATE TABLE o (d INTEGER, t INTEGER, r REAL, q INTEGER, c INTEGER, k INTEGER, PRIMARY KEY (d, t)) "
        "WITHOUT ROWID"
    )
    rows = [(n % 100, n // 100 * 60_000_000, n % 97 / 10, 1, 0, None) for n in range(count)]
    began = time.perf_counter()
    for first in range(0, count, size):
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO o VALUES (?, ?, ?, ?, ?, ?)", rows[first : first + size])
        database.execute("COMMIT")
    return count / (time.perf_counter() - began)


def rate(batches_: list[list[Any]], record: Callable[..., Any]) -> tuple[float, float]:
    """Return readings a second and the slowest batch in seconds."""
    slowest = 0.0
    began = time.perf_counter()
    for batch in batches_:
        before = time.perf_counter()
        record(batch, source="bench", received=START + timedelta(days=3650))
        slowest = max(slowest, time.perf_counter() - before)
    return sum(map(len, batches_)) / (time.perf_counter() - began), slowest


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=10_000)
    parser.add_argument("--datastreams", type=int, default=100)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as folder:
        limit = bare(folder, args.readings, args.batch)
        figure("bare executemany, SQLite", limit, "rows/s")
        django(folder)
        from django.db import connection

        from stadtkern.observations.models import Observation, Thing
        from stadtkern.observations.services import record

        Thing.objects.filter(source="bench").delete()
        data = list(batches(args.readings, args.batch, args.datastreams))
        speed, slowest = rate(data, record)
        figure(f"record(), {connection.vendor}", speed, "readings/s", limit=LIMIT, ratio=speed / limit)
        figure("slowest batch", slowest, "s")
        again, _slowest = rate(data, record)
        figure("record() of readings that are there already", again, "readings/s", ratio=again / limit)
        singles = [[reading] for reading in data[0][:500]]
        speed, _slowest = rate([[reading] for reading in _later(singles)], record)
        figure("record() one by one", speed, "readings/s")
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("SELECT sum(pgsize) FROM dbstat WHERE name = 'observations_observation'")
                figure(
                    "observation on disk",
                    cursor.fetchone()[0] / Observation.objects.count(),
                    "bytes",
                    limit=50,
                )
        connection.close()


def _later(singles: list[list[Any]]) -> Iterator[Any]:
    from dataclasses import replace

    for (reading,) in singles:
        yield replace(reading, phenomenon_time=reading.phenomenon_time + timedelta(days=2000))


if __name__ == "__main__":
    main()
