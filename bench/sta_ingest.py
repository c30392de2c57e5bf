"""How fast observations come in over HTTP, beside the bare ceiling of the database in the same run.

    python bench/sta_ingest.py [--seconds 10] [--rows 10000] [--rounds 30] [--clients 16] [--streams 100]

Starts a web server of its own on the database of STADTKERN_DATABASE_URL (PostgreSQL: one for the bench
alone) or on SQLite in a temporary folder, and sends single Observations from `clients` connections, then
data arrays.
"""

# ruff: noqa: PLC0415  # Django is set up on a database of its own first

import argparse
import asyncio
import json
import os
import platform
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 1, 1, tzinfo=UTC)
LIMITS = {"array": 50_000, "single": {"postgresql": 1500, "sqlite": 1000}}
figures: list[dict[str, Any]] = []


def figure(name: str, value: float, unit: str, **more: object) -> None:
    """Print one figure as a line of JSON and keep it."""
    line = {"bench": "sta_ingest", "figure": name, "value": round(value, 3), "unit": unit, **more}
    figures.append(line)
    print(json.dumps(line), flush=True)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(folder: str, streams: int) -> list[int]:
    """Migrate and make datastreams; return their identifiers."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
    import django
    from django.core.management import call_command

    del folder
    django.setup()
    call_command("migrate", verbosity=0)
    from stadtkern.observations.models import Datastream, Observation, ObservedProperty, Rollup, Thing

    Observation.objects.all().delete()
    Rollup.objects.all().delete()
    Thing.objects.filter(source="bench").delete()
    thing = Thing.objects.create(source="bench", key="bench")
    prop, _made = ObservedProperty.objects.get_or_create(slug="bench", defaults={"unit": "1"})
    made = Datastream.objects.bulk_create(
        Datastream(key=f"bench:{n}", thing=thing, observed_property=prop, unit="1") for n in range(streams)
    )
    return [one.pk for one in made]


def bare_copy(rows: int, rounds: int) -> float:
    """Return rows a second of binary COPY into a table of the same shape with the same indexes."""
    import numpy as np
    import psycopg
    from django.db import connection

    from stadtkern.observations.services.columns import Columns
    from stadtkern.observations.services.storage import Writing
    from stadtkern.observations.services.storage.postgres import _HEAD, _TAIL, _copies

    parameters = {key: value for key, value in connection.get_connection_params().items() if key in
                  {"dbname", "user", "password", "host", "port"}}  # fmt: skip
    with psycopg.connect(**parameters, autocommit=True) as database:
        database.execute("DROP TABLE IF EXISTS bench_bare")
        database.execute("CREATE TABLE bench_bare (LIKE observations_observation INCLUDING ALL)")
        took = 0.0
        for number in range(rounds):
            n = np.arange(number * rows, (number + 1) * rows)
            columns = Columns(n % 100, 1_767_225_600_000_000 + n // 100 * 60_000_000, n % 97 / 10)
            zeros = np.zeros(rows, dtype=np.int64)
            ((names, data),) = _copies(Writing(columns, n + 1, zeros, zeros + 1, zeros))
            began = time.perf_counter()
            with database.cursor().copy(
                f"COPY bench_bare ({', '.join(names)}) FROM STDIN (FORMAT BINARY)"
            ) as copy:
                copy.write(_HEAD + data + _TAIL)
            took += time.perf_counter() - began
        database.execute("DROP TABLE bench_bare")
    return rows * rounds / took


def bare_executemany(folder: str, rows: int, rounds: int) -> float:
    """Return rows a second of executemany into a table of the same shape, synchronous=FULL."""
    database = sqlite3.connect(Path(folder) / "bare.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(
        "CREATE TABLE o (d INTEGER, t INTEGER, n INTEGER, i INTEGER, r REAL, q INTEGER, c INTEGER, "
        "PRIMARY KEY (d, t, n)) WITHOUT ROWID"
    )
    database.execute("CREATE UNIQUE INDEX o_i ON o (i)")
    took = 0.0
    for number in range(rounds):
        values = [
            (n % 100, n // 100 * 60_000_000, 0, n, n % 97 / 10, 1, 0)
            for n in range(number * rows, (number + 1) * rows)
        ]
        began = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO o VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        database.execute("COMMIT")
        took += time.perf_counter() - began
    return rows * rounds / took


def request(path: str, body: bytes) -> bytes:
    """Return a POST as it goes over the wire."""
    head = f"POST /sta/v1.1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes
) -> tuple[int, bytes]:
    """Send a request, return status and body of the answer."""
    writer.write(message)
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return status, await reader.readexactly(length)


def time_text(minute: int) -> str:
    """Return the time some minutes after the start."""
    return (START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


async def singles(port: int, streams: list[int], clients: int, seconds: float) -> list[float]:
    """Send single Observations from several connections; return how long each took."""
    until = time.perf_counter() + seconds
    took: list[float] = []

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        stream, minute = streams[number % len(streams)], 100_000 * (number // len(streams))
        while (began := time.perf_counter()) < until:
            body = b'{"phenomenonTime": "%s", "result": %.1f}' % (
                time_text(minute).encode(),
                minute % 97 / 10,
            )
            status, answer = await exchange(
                reader, writer, request(f"Datastreams({stream})/Observations", body)
            )
            assert status == 201, answer
            took.append(time.perf_counter() - began)
            minute += 1
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return took


def array_body(streams: list[int], first: int, rows: int, base: int) -> bytes:
    """Return a data array: one part for each stream."""
    each = rows // len(streams)
    texts = [time_text(base + first * each + minute) for minute in range(each)]
    parts = [
        {
            "Datastream": {"@iot.id": stream},
            "components": ["phenomenonTime", "result"],
            "dataArray": [[text, (place + stream) % 97 / 10] for place, text in enumerate(texts)],
        }
        for stream in streams
    ]
    return json.dumps(parts).encode()


async def arrays(  # noqa: PLR0913, PLR0917  # each by its name
    port: int, streams: list[int], rows: int, rounds: int, clients: int, part: int = 0
) -> tuple[float, list[float]]:
    """Send data arrays; return seconds in all and of each. Each `part` has times of its own."""
    messages = [
        request("CreateObservations", array_body(streams, number, rows, 1_000_000 * (part + clients)))
        for number in range(rounds)
    ]
    took: list[float] = []
    began = time.perf_counter()

    async def client(own: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        for message in own:
            before = time.perf_counter()
            status, answer = await exchange(reader, writer, message)
            assert status == 201, answer[:300]
            assert answer.count(b"Observations(") == rows // len(streams) * len(streams), answer[:300]
            took.append(time.perf_counter() - before)
        writer.close()

    await asyncio.gather(*(client(messages[number::clients]) for number in range(clients)))
    return time.perf_counter() - began, took


def percentile(values: list[float], share: float) -> float:
    """Return a percentile."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def memory(pid: int) -> float:
    """Return the largest resident size of a process in MB."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmHWM:")[2].split()[0]) / 1024


def wait_until_up(port: int) -> None:
    """Return once the server answers."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/sta/v1.1/", timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server does not start")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-sta-") as folder:
        port = free_port()
        os.environ.update(
            STADTKERN_DATA_DIR=folder,
            STADTKERN_STA_ANONYMOUS_WRITE="1",
            STADTKERN_LOG_LEVEL="WARNING",
            STADTKERN_PUBLIC_URL=f"http://127.0.0.1:{port}",
        )
        streams = prepare(folder, args.streams)
        from django.db import connection

        vendor = connection.vendor
        bare = (
            bare_executemany(folder, args.rows, args.rounds)
            if vendor == "sqlite"
            else bare_copy(args.rows, args.rounds)
        )
        figure(
            "bare executemany" if vendor == "sqlite" else "bare binary COPY", bare, "rows/s", database=vendor
        )
        connection.close()
        words = [sys.executable, "-m", "stadtkern", "web", "--port", str(port)]
        if profile := os.environ.get("BENCH_PROFILE"):
            words = [sys.executable, "-m", "cProfile", "-o", profile, *words[1:]]
        server = subprocess.Popen(words)
        try:
            wait_until_up(port)
            asyncio.run(singles(port, streams, args.clients, 1))
            took = asyncio.run(singles(port, streams[::-1], args.clients, args.seconds))
            figure(
                f"single POST, {args.clients} clients", len(took) / args.seconds, "obs/s", database=vendor,
                limit=LIMITS["single"][vendor], p95_ms=round(percentile(took, 0.95) * 1000, 2),
            )  # fmt: skip
            for clients in (1, 2):
                all_, took = asyncio.run(
                    arrays(port, streams if clients == 1 else streams[:50], args.rows, args.rounds, clients)
                )
                rate = args.rows * args.rounds / all_
                figure(
                    f"data arrays of {args.rows} rows, {clients} client(s)", rate, "obs/s", database=vendor,
                    limit=LIMITS["array"], ratio=round(rate / bare, 3),
                    p95_ms=round(percentile(took, 0.95) * 1000, 1),
                )  # fmt: skip
            figure("memory of web, highest", memory(server.pid), "MB", database=vendor, limit=300)
        finally:
            server.terminate()
            server.wait(20)
    if args.out:
        machine = {
            "machine": platform.processor() or platform.machine(),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
        }
        args.out.write_text(json.dumps({**machine, "figures": figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
