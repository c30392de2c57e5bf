"""How fast the newest 1,000 of ten million observations come out, and a year of minutes is drawn.

    python bench/range.py [--rows 10000000] [--datastreams 20]

The table is filled by raw inserts in a temporary directory (SQLite, about 30 bytes a row).
"""

# ruff: noqa: PLC0415  # Django is set up on a database of its own first

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = 60_000_000
YEAR = 365 * 24 * 60
ROUNDS = 100


def figure(
    name: str, value: float, unit: str, *, limit: float | None = None, ratio: float | None = None
) -> None:
    """Print one figure as a line of JSON."""
    line = {"bench": "range", "figure": name, "value": round(value, 3), "unit": unit}
    sys.stdout.write(json.dumps({**line, "limit": limit, "ratio": ratio and round(ratio, 3)}) + "\n")


def django(folder: str) -> Path:
    """Set Django up on a database of its own; return its file."""
    path = Path(folder) / "range.sqlite3"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
    os.environ |= {"STADTKERN_DATA_DIR": folder, "STADTKERN_DATABASE_URL": f"sqlite:///{path}"}
    os.environ.setdefault("STADTKERN_LOG_LEVEL", "WARNING")
    import django as framework
    from django.core.management import call_command

    framework.setup()
    call_command("migrate", verbosity=0)
    return path


def fill(datastreams: list[int], rows: int) -> None:
    """Insert the rows, a value a minute and datastream."""
    from django.db import connection

    from stadtkern.observations.fields import micros

    first, each = micros(START), rows // len(datastreams)
    with connection.cursor() as cursor:
        for number in datastreams:
            cursor.execute(
                "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %s) "
                "INSERT INTO observations_observation "
                "SELECT %s, %s + i * %s, 200 + i %% 97 / 10.0, 1, 0, NULL FROM n",
                [each, number, first, MINUTE],
            )


def roll_up(datastream: int, rows: int) -> None:
    """Make the rollups of one datastream as `record` would."""
    from stadtkern.observations.fields import micros
    from stadtkern.observations.services.rollups import roll_up as touch
    from stadtkern.observations.services.storage import storage

    touch(storage(), ((datastream, micros(START) + minute * MINUTE) for minute in range(0, rows, 15)))


def timed(call: Callable[[], Any], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return median and 95th percentile in milliseconds."""
    times = []
    for _round in range(rounds):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=20, method="inclusive")[-1]


def newest(datastreams: Iterator[int]) -> Callable[[], list[Any]]:
    """Return a question for the newest 1,000 of one datastream after the other."""
    from stadtkern.observations.models import Observation

    def ask() -> list[Any]:
        rows = Observation.objects.filter(datastream=next(datastreams)).order_by("-phenomenon_time")
        found = list(rows.values_list("phenomenon_time", "result", "quality")[:1000])
        assert len(found) == 1000
        return found

    return ask


def bare(path: Path, datastreams: Iterator[int]) -> Callable[[], list[Any]]:
    """Return the same question to sqlite3 itself."""
    database = sqlite3.connect(path)
    sql = (
        "SELECT phenomenon_time, result, quality FROM observations_observation WHERE datastream_id = ? "
        "ORDER BY phenomenon_time DESC LIMIT 1000"
    )
    return lambda: database.execute(sql, [next(datastreams)]).fetchall()


def main() -> None:
    """Measure and print."""
    from itertools import cycle

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--datastreams", type=int, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-range-") as folder:
        path = django(folder)
        from django.db import connection

        from stadtkern.contracts.connector import Reading
        from stadtkern.observations.models import Datastream, Observation
        from stadtkern.observations.queries import aggregate, series
        from stadtkern.observations.services import record

        seed = [
            Reading(
                thing=f"t{n}", observed_property="water_level", phenomenon_time=START, result=1, unit="cm"
            )
            for n in range(args.datastreams)
        ]
        record(seed, source="bench", received=START)
        keys = list(Datastream.objects.order_by("pk").values_list("pk", flat=True))
        Observation.objects.all().delete()
        began = time.perf_counter()
        fill(keys, args.rows)
        figure("rows in the table", Observation.objects.count(), "rows")
        figure("filling it", time.perf_counter() - began, "s")
        _middle, limit = timed(bare(path, cycle(keys)))
        middle, slow = timed(newest(cycle(keys)))
        figure("newest 1,000, median", middle, "ms")
        figure("newest 1,000, p95", slow, "ms", limit=30, ratio=slow / limit)
        each = args.rows // len(keys)
        roll_up(keys[0], each)
        stream, end = Datastream.objects.get(pk=keys[0]), START + timedelta(minutes=each)
        year = max(START, end - timedelta(minutes=YEAR))
        middle, slow = timed(lambda: series(stream, year, end, max_points=800))
        figure("a year of minutes as 800 points, median", middle, "ms")
        figure("a year of minutes as 800 points, p95", slow, "ms", limit=100)
        middle, slow = timed(lambda: series(stream, end - timedelta(days=7), end, max_points=800))
        figure("a week of minutes as 800 points, median", middle, "ms")
        figure("a week of minutes as 800 points, p95", slow, "ms", limit=100)
        middle, slow = timed(lambda: aggregate(stream, year, end, by="day"))
        figure("a year by local days, median", middle, "ms")
        figure("a year by local days, p95", slow, "ms", limit=100)
        connection.close()


if __name__ == "__main__":
    main()
