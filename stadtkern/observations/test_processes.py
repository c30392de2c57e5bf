"""Several processes at once, and processes that die."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

WRITER = """
import sys
from datetime import UTC, datetime, timedelta
import django
django.setup()
from stadtkern.contracts.connector import Reading
from stadtkern.observations.services import record
first, rounds, size = map(int, sys.argv[1:4])
start = datetime(2026, 1, 1, tzinfo=UTC)
print("ready", flush=True)
sys.stdin.readline()
for number in range(rounds):
    record(
        [
            Reading(
                thing="guben", observed_property=slug, unit=unit, result=100 + minute % 50,
                phenomenon_time=start + timedelta(minutes=minute),
            )
            for slug, unit in (("water_level", "cm"), ("discharge", "m3/s"))
            for minute in range(first + number * size, first + (number + 1) * size)
        ],
        source="test", received=start + timedelta(days=300),
    )
    print("stored", flush=True)
"""
ARCHIVER = """
import django
django.setup()
from stadtkern.base import clock
from stadtkern.observations.archive.models import ArchiveFile
from stadtkern.observations.models import Datastream
from stadtkern.observations.services.archive.moving import archive_month, bring_back_file, due_months
print("ready", flush=True)
while True:
    for pk in list(Datastream.objects.values_list("pk", flat=True)):
        for month in due_months(pk, clock.now()):
            archive_month(month)
    for found in ArchiveFile.objects.all():
        bring_back_file(found)
"""
READER = """
import django
django.setup()
from stadtkern.observations.models import Datastream, LatestObservation
from stadtkern.observations.queries.raw import raw
from stadtkern.observations.services.archive.reading import pieces
while True:
    for stream in Datastream.objects.order_by("pk"):
        times, values = raw(stream.pk, 0, 2**51)
        rows = [row for piece in pieces(stream.pk, 0, 2**51, 999) for row in piece]
        assert [row.time for row in rows] == times.tolist(), "two ways to read differ"
        print(len(times), values.sum(), stream.latest.count, flush=True)
"""
Ask = Callable[[str], Any]


@pytest.fixture
def database(transactional_db: None, tmp_path: Path) -> Iterator[tuple[dict[str, str], Ask]]:
    """Yield the environment of a process on a database of the test's own, and a way to look into it."""
    environment = {**os.environ, "STADTKERN_DATA_DIR": str(tmp_path), "STADTKERN_LOG_LEVEL": "WARNING"}
    environment["DJANGO_SETTINGS_MODULE"] = "stadtkern.config.settings"
    if connection.vendor == "postgresql":
        facts = connection.settings_dict
        place = f"{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
        environment["STADTKERN_DATABASE_URL"] = f"postgresql://{place}"

        def ask(sql: str) -> Any:  # noqa: ANN401
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchone()

        yield environment, ask
        return
    connection.ensure_connection()
    copy = sqlite3.connect(tmp_path / "copy.sqlite3")
    connection.connection.backup(copy)
    copy.close()
    environment["STADTKERN_DATABASE_URL"] = f"sqlite:///{tmp_path / 'copy.sqlite3'}"
    reader = sqlite3.connect(tmp_path / "copy.sqlite3")
    yield environment, lambda sql: reader.execute(sql).fetchone()
    reader.close()


def writer(environment: dict[str, str], *numbers: int) -> subprocess.Popen[str]:
    """Start a process that writes when it is told to."""
    words = [sys.executable, "-c", WRITER, *map(str, numbers)]
    process = subprocess.Popen(
        words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    """Let it write."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def assert_whole(ask: Ask) -> int:
    """Check that rollups and latest values tell what the rows tell; return the number of rows."""
    rows, total = ask("SELECT count(*), sum(result) FROM observations_observation")
    rolled = "SELECT sum(count), sum(total) FROM observations_rollup WHERE width = "
    for width in (15, 60, 1440):
        assert ask(f"{rolled}{width}") == (rows, total)
    wrong = ask(
        "SELECT count(*) FROM observations_latestobservation l WHERE phenomenon_time <> ("
        "SELECT max(phenomenon_time) FROM observations_observation o "
        "WHERE o.datastream_id = l.datastream_id)"
    )
    assert wrong == (0,)
    return int(rows)


def test_a_killed_process_leaves_whole_batches(database: tuple[dict[str, str], Ask]) -> None:
    environment, ask = database
    process = writer(environment, 0, 1000, 500)
    go(process)
    assert process.stdout is not None
    confirmed = 0
    while confirmed < 3:
        confirmed += process.stdout.readline() == "stored\n"
    # Somewhere in the middle of a later batch.
    time.sleep(0.037)
    process.send_signal(signal.SIGKILL)
    confirmed += process.stdout.read().count("stored\n")
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait() == -signal.SIGKILL
    rows = assert_whole(ask)
    assert rows % 1000 == 0
    assert confirmed * 1000 <= rows < 1_000_000


def test_two_writers_of_the_same_datastreams_lose_nothing(database: tuple[dict[str, str], Ask]) -> None:
    environment, ask = database
    # They overlap by half, so that they meet in datastreams, buckets and single rows.
    processes = [writer(environment, 0, 10, 100), writer(environment, 500, 10, 100)]
    for process in processes:
        go(process)
    for process in processes:
        _out, _err = process.communicate()
        assert process.returncode == 0
    assert assert_whole(ask) == 3000


def test_archiving_killed_again_and_again_loses_and_doubles_nothing(
    database: tuple[dict[str, str], Ask],
) -> None:
    environment, _ask = database
    filling = writer(environment, 0, 5, 40_000)  # more than four months of two series
    go(filling)
    filling.communicate()
    reader = subprocess.Popen(
        [sys.executable, "-c", READER], env=environment, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert reader.stdout is not None
    whole = [reader.stdout.readline(), reader.stdout.readline()]
    assert whole[0].split()[::2] == ["200000", "200000"]
    for round_ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", ARCHIVER], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.31 + 0.53 * round_)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        seen = [reader.stdout.readline() for _ in range(4)]
        assert set(seen) == set(whole), "also while it was at work"
    reader.kill()
    reader.communicate()
