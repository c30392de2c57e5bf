"""How fast SensorThings answers, beside the bare query of the database in the same run.

    python bench/sensorthings.py [--rows 10000000] [--requests 60] [--port 8150] [--out bench/results/x.json]

Fills a database (SQLite in a temporary folder, or the PostgreSQL of STADTKERN_DATABASE_URL, for the bench
alone) with one datastream of `rows` values, a year of minutes and 500 small ones, starts a web server on it
and asks as a stranger over HTTP, one request after the other. `cpu_ms` is the processor time that the server
spent for each request: on a busy machine it says more than the time that passed.
"""

# ruff: noqa: PLC0415  # Django is set up on a database of its own first

import argparse
import http.client
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

YEAR = 365 * 1440
END = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
NEWEST_LIMIT = {"postgresql": 15.0, "sqlite": 20.0}
LIMITS = {"latest": 40.0, "apply": 60.0, "count": 20.0}
figures: list[dict[str, Any]] = []


def figure(name: str, value: float, unit: str, **more: object) -> None:
    """Print one figure as a line of JSON and keep it."""
    line = {"bench": "sensorthings", "figure": name, "value": round(value, 3), "unit": unit, **more}
    figures.append(line)
    print(json.dumps(line), flush=True)


def prepare(rows: int) -> dict[str, int]:
    """Migrate and fill; return the numbers of the datastreams to ask for."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from stadtkern.governance.models import DataProfile
    from stadtkern.observations.models import Datastream, ObservedProperty, Sensor, Thing
    from stadtkern.people.models import Organisation

    if found := Datastream.objects.filter(key="bench:big").first():
        return {"big": found.pk, "year": Datastream.objects.get(key="bench:year").pk}
    owner = Organisation.objects.create(slug="bench", name={"en": "Bench"})
    profile = DataProfile.objects.create(
        slug="bench", title={"en": "b"}, purpose={"en": "b"}, legal_basis={"en": "b"}, owner=owner,
        licence="dl-de/zero-2-0", is_published=True,
    )  # fmt: skip
    sensor = Sensor.objects.create(name="bench")
    prop = ObservedProperty.objects.create(slug="bench", name={"en": "Bench"}, unit="1")
    things = Thing.objects.bulk_create(
        Thing(source="bench", key=f"t{n}", name=f"Thing {n}") for n in range(100)
    )
    names = ["big", "year", *(f"s{n}" for n in range(500))]
    for number, name in enumerate(names):
        Datastream.objects.create(
            key=f"bench:{name}", name=name, thing=things[number % 100], observed_property=prop, sensor=sensor,
            unit="1", profile=profile,
        )  # fmt: skip
    ids = dict(Datastream.objects.values_list("name", "pk"))
    fill_small(ids)
    fill_big(ids["big"], rows)
    return {"big": ids["big"], "year": ids["year"]}


def fill_small(ids: dict[str, int]) -> None:
    """Store a year of minutes in one datastream and fifty values in each of the small ones."""
    import numpy as np

    from stadtkern.observations.fields import micros
    from stadtkern.observations.services.bulk import store
    from stadtkern.observations.services.columns import Columns

    end = micros(END)
    times = end - np.arange(YEAR, dtype=np.int64)[::-1] * 60_000_000
    for start in range(0, YEAR, 50_000):
        part = times[start : start + 50_000]
        streams = np.full(len(part), ids["year"], np.int64)
        store(Columns(streams, part, np.sin(part / 8.64e10) * 10), received=END)
    small = np.array([pk for name, pk in ids.items() if name.startswith("s")], np.int64)
    each = end - np.arange(50, dtype=np.int64)[::-1] * 900_000_000
    store(
        Columns(np.repeat(small, 50), np.tile(each, len(small)), np.tile(np.arange(50.0), len(small))),
        received=END,
    )


def fill_big(stream: int, rows: int) -> None:
    """Write the large datastream by plain SQL, a value each second, and its statistics."""
    from django.db import connection

    from stadtkern.observations.models import LatestObservation, Observation
    from stadtkern.observations.services.partitions import ensure_partitions

    first, step = END - timedelta(seconds=rows), 2_000_000
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for days in range(0, (END - first).days + 31, 28):
                ensure_partitions(first + timedelta(days=days))
            cursor.execute(
                "INSERT INTO observations_observation "
                "(datastream_id, phenomenon_time, copy, result, quality, checks) "
                "SELECT %s, %s::timestamptz + n * interval '1 second', 0, n %% 1000 / 10.0, 2, 0 "
                "FROM generate_series(1, %s) n",
                [stream, first, rows],
            )
            cursor.execute("ANALYZE")
        else:
            from stadtkern.observations.fields import micros

            for start in range(0, rows, step):
                cursor.execute(
                    "WITH RECURSIVE s(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM s WHERE n < %s) "
                    "INSERT INTO observations_observation "
                    "(datastream_id, phenomenon_time, copy, id, result, quality, checks) "
                    "SELECT %s, %s + n * 1000000, 0, 10000000 + n, n %% 1000 / 10.0, 2, 0 FROM s",
                    [start + 1, min(start + step, rows), stream, micros(first)],
                )
            cursor.execute("ANALYZE")
    newest = Observation.objects.filter(datastream=stream).order_by("-phenomenon_time").first()
    assert newest is not None
    LatestObservation.objects.create(
        datastream_id=stream, phenomenon_time=newest.phenomenon_time, number=newest.number,
        result=newest.result, quality=2, received=END, version=1, count=rows,
        first_time=first + timedelta(seconds=1), last_time=newest.phenomenon_time,
    )  # fmt: skip


class Server:
    """The web server, and one connection to it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.highest = 0.0
        self.process = subprocess.Popen([sys.executable, "-m", "stadtkern", "web", "--port", str(port)])
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for _attempt in range(300):
            try:
                self.get("")
            except OSError:
                self.connection.close()
                time.sleep(0.2)
            else:
                return
        raise SystemExit("the server does not start")

    def get(self, path: str) -> bytes:
        """Return the body of an answer."""
        self.connection.request("GET", f"/sta/v1.1/{quote(path, safe='?$=&/();,')}")
        answer = self.connection.getresponse()
        body = answer.read()
        self.highest = max(self.highest, self.memory())
        assert answer.status == 200, body[:300]
        return body

    def seconds(self) -> float:
        """Return the seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Return its own memory in MB, without the pages of files that it maps, as SQLite does."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(text.partition("RssAnon:")[2].split()[0]) / 1024


def times(call: Callable[[], object], requests: int) -> list[float]:
    """Return the milliseconds that a call takes, the shortest first."""
    call()
    took = []
    for _request in range(requests):
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)


def p95(call: Callable[[], object], requests: int) -> float:
    """Return the 95th percentile of the milliseconds that a call takes."""
    return times(call, requests)[int(requests * 0.95)]


def bare(sql: str, params: list[object], requests: int) -> float:
    """Return the same for a bare query."""
    from django.db import connection

    def call() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            json.dumps([str(row) for row in cursor.fetchall()])

    return p95(call, requests)


Asked = tuple[str, str, float | None, tuple[str, list[object]] | None]
NEWEST = (
    "SELECT * FROM observations_observation WHERE datastream_id = %s ORDER BY phenomenon_time DESC LIMIT 1000"
)
LATEST = "SELECT * FROM observations_latestobservation"
COUNT = "SELECT sum(count) FROM observations_latestobservation"


def questions(vendor: str, big: int) -> list[Asked]:
    """Return what is asked: name, path, limit in ms, and the bare query that gives the same."""
    newest = f"Datastreams({big})/Observations?$top=1000&$orderby=phenomenonTime desc"
    latest = "Datastreams?$top=500&$expand=Observations($top=1;$orderby=phenomenonTime desc)"
    selected = latest.replace("$top=500", "$top=500&$select=id")
    selected = selected.replace("desc)", "desc;$select=result,phenomenonTime)")
    counted = "Observations?$count=true&$top=1&$orderby=phenomenonTime desc"
    return [
        ("1,000 newest of one stream", newest, NEWEST_LIMIT[vendor], (NEWEST, [big])),
        ("the same as data array", f"{newest}&$resultFormat=dataArray", None, None),
        ("latest value of 500 datastreams", latest, LIMITS["latest"], (LATEST, [])),
        ("latest value of 500 datastreams, selected", selected, LIMITS["latest"], None),
        ("count of all observations", counted, LIMITS["count"], (COUNT, [])),
        ("count of one stream", f"Datastreams({big})/Observations?$count=true&$top=0", LIMITS["count"], None),
        ("one entity", f"Datastreams({big})", None, None),
        ("100 things with streams", "Things?$expand=Datastreams($select=name,unitOfMeasurement)", None, None),
    ]


def measure(server: Server, ids: dict[str, int], requests: int, rows: int) -> None:
    """Ask everything that has a limit."""
    from django.db import connection

    vendor, year = connection.vendor, ids["year"]
    group = (
        "groupby((bucket(phenomenonTime,duration'P1D','Europe/Berlin') as day),"
        "aggregate(result with average as mean,result with max as high))"
    )
    since = (END - timedelta(days=364, hours=5, minutes=7)).isoformat().replace("+00:00", "Z")
    by_day = f"Datastreams({year})/Observations?$apply=filter(phenomenonTime ge {since})/{group}"
    asked: list[Asked] = [
        *questions(vendor, ids["big"]),
        ("apply by day over a year of minutes", by_day, LIMITS["apply"], None),
    ]
    for name, path, limit, peer in asked:
        before = server.seconds()
        each = times(lambda path=path: server.get(path), requests)  # type: ignore[misc]  # bound at once
        took = each[int(requests * 0.95)]
        more: dict[str, Any] = {"cpu_ms": round((server.seconds() - before) * 1000 / (requests + 1), 1)}
        more |= {"p50_ms": round(each[requests // 2], 2)}
        more |= {"limit": limit} if limit else {}
        if peer:
            under = bare(*peer, requests)
            more |= {"bare_ms": round(under, 2), "ratio": round(took / under, 2)}
        figure(name, took, "ms p95", database=vendor, rows=rows, **more)
    exact = by_day.replace("/groupby", "/filter(result ge -1000)/groupby")
    figure(
        "the same from single rows", p95(lambda: server.get(exact), 3), "ms p95", database=vendor, rows=rows
    )
    began = time.perf_counter()
    size = len(server.get(f"Datastreams({year})/Observations?$resultFormat=CSV"))
    figure(
        "a year of minutes as CSV",
        YEAR / (time.perf_counter() - began),
        "rows/s",
        database=vendor,
        bytes=size,
    )
    figure("memory of web, highest", server.highest, "MB", database=vendor, limit=300)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--port", type=int, default=8150)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-sta-") as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
        os.environ.setdefault("STADTKERN_DATA_DIR", folder)
        os.environ.setdefault("STADTKERN_LOG_LEVEL", "WARNING")
        began = time.perf_counter()
        ids = prepare(args.rows)
        print(f"filled in {time.perf_counter() - began:.0f} s; load {os.getloadavg()}", file=sys.stderr)
        server = Server(args.port)
        try:
            measure(server, ids, args.requests, args.rows)
        finally:
            server.process.terminate()
            server.process.wait(20)
    if args.out:
        machine: dict[str, object] = {
            "machine": platform.processor() or platform.machine(),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
        }
        machine["load"] = os.getloadavg()
        args.out.write_text(json.dumps({**machine, "figures": figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
