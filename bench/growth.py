"""Whether observations come in as quickly when there are fifty million as when there are none.

    python bench/growth.py [--rows 50000000] [--steps 6] [--rounds 20] [--out bench/results/growth-sqlite.json]

Starts a web server of its own as `sta_ingest` does, sends data arrays of 10,000 rows, fills the table by plain
SQL with older rows of the same datastreams, and sends again; beside each step the bare ceiling of the database
in a table of its own. With --out a plot (SVG) is written beside the figures.
"""

# ruff: noqa: PLC0415  # Django is set up on a database of its own first

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import sta_ingest as ingest

ROWS = 10_000
FIRST = 1_600_000_000_000_000
"""Time of the oldest row in microseconds, September 2020."""
WIDTH, HEIGHT, MARGIN = 640, 320, 56


def grow(streams: list[int], before: int, after: int) -> None:
    """Fill the table from so many rows to so many, a minute between two rows of a datastream."""
    from django.db import connection

    low, high = before // len(streams), after // len(streams)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO observations_observation "
                "(datastream_id, phenomenon_time, copy, result, quality, checks) "
                "SELECT s, to_timestamp(%s) + n * interval '1 minute', 0, n %% 1000 / 10.0, 2, 0 "
                "FROM generate_series(%s, %s) n, unnest(%s::bigint[]) s",
                [FIRST // 1_000_000, low + 1, high, streams],
            )
            cursor.execute("ANALYZE observations_observation")
            return
        for stream in streams:
            cursor.execute(
                "WITH RECURSIVE s(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM s WHERE n < %s) "
                "INSERT INTO observations_observation "
                "(datastream_id, phenomenon_time, copy, id, result, quality, checks) "
                "SELECT %s, %s + n * 60000000, 0, 1000000000 + %s * 10000000 + n, n %% 1000 / 10.0, 2, 0 FROM s",
                [low + 1, high, stream, FIRST, stream],
            )


def ready(rows: int) -> None:
    """Make partitions for the years that are filled."""
    from stadtkern.observations.services.partitions import ensure_partitions

    first = datetime.fromtimestamp(FIRST / 1e6, tz=UTC)
    for days in range(0, rows // 1440 + 31, 28):
        ensure_partitions(first + timedelta(days=days))


def plot(points: list[tuple[int, float, float]], vendor: str) -> str:
    """Return a drawing of the rate over the rows in the table."""
    widest, highest = max(rows for rows, _rate, _bare in points), max(rate for _rows, rate, _bare in points)

    def place(rows: float, rate: float) -> str:
        x = MARGIN + rows / widest * (WIDTH - 2 * MARGIN)
        return f"{x:.0f},{HEIGHT - MARGIN - rate / highest * (HEIGHT - 2 * MARGIN):.0f}"

    line = " ".join(place(rows, rate) for rows, rate, _bare in points)
    marks = "".join(
        '<circle r="4" cx="{}" cy="{}"/>'.format(*place(rows, rate).split(","))
        for rows, rate, _bare in points
    )
    base = HEIGHT - MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="13"><rect width="100%" height="100%" fill="#fff"/>'
        f'<path d="M{MARGIN} {MARGIN}V{base}H{WIDTH - MARGIN}" fill="none" stroke="#999"/>'
        f'<polyline points="{line}" fill="none" stroke="#125270" stroke-width="2"/><g fill="#125270">{marks}</g>'
        f'<text x="{MARGIN}" y="{MARGIN - 12}">{highest:,.0f} observations/s by HTTP, {vendor}</text>'
        f'<text x="{MARGIN}" y="{base + 20}">0</text>'
        f'<text x="{WIDTH - MARGIN}" y="{base + 20}" text-anchor="end">{widest / 1e6:.0f} million rows</text></svg>\n'
    )


def measure(args: argparse.Namespace, folder: str, port: int) -> list[tuple[int, float, float]]:
    """Return rows in the table, rate, and bare rate, step by step."""
    streams = ingest.prepare(folder, 100)
    ready(args.rows // len(streams))
    from django.db import connection

    vendor, points, sent = connection.vendor, [], 0
    server = subprocess.Popen([sys.executable, "-m", "stadtkern", "web", "--port", str(port)])
    try:
        ingest.wait_until_up(port)
        for step in range(args.steps + 1):
            rows = args.rows * step // args.steps
            if step:
                grow(streams, args.rows * (step - 1) // args.steps, rows)
            name = str(Path(folder) / f"bare{step}")
            Path(name).mkdir()
            bare = (
                ingest.bare_copy(ROWS, args.rounds)
                if vendor == "postgresql"
                else ingest.bare_executemany(name, ROWS, args.rounds)
            )
            connection.close()
            took, _each = asyncio.run(ingest.arrays(port, streams, ROWS, args.rounds, 1, part=step))
            sent += ROWS * args.rounds
            rate = ROWS * args.rounds / took
            points.append((rows + sent, rate, bare))
            ingest.figure(
                f"data arrays into {rows / 1e6:.1f} million rows", rate, "obs/s",
                database=vendor, rows=rows + sent, bare=round(bare), ratio=round(rate / bare, 3),
            )  # fmt: skip
        ingest.figure("memory of web, highest", ingest.memory(server.pid), "MB", database=vendor, limit=300)
    finally:
        server.terminate()
        server.wait(20)
    return points


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-growth-") as folder:
        port = ingest.free_port()
        os.environ.update(
            STADTKERN_DATA_DIR=folder,
            STADTKERN_STA_ANONYMOUS_WRITE="1",
            STADTKERN_LOG_LEVEL="WARNING",
            STADTKERN_PUBLIC_URL=f"http://127.0.0.1:{port}",
        )
        points = measure(args, folder, port)
    if args.out:
        vendor = (
            "PostgreSQL"
            if os.environ.get("STADTKERN_DATABASE_URL", "").startswith("postgresql")
            else "SQLite"
        )
        machine: dict[str, Any] = {
            "machine": platform.processor() or platform.machine(),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "load": os.getloadavg(),
        }
        args.out.write_text(
            json.dumps({**machine, "figures": ingest.figures}, indent=1) + "\n", encoding="utf-8"
        )
        args.out.with_suffix(".svg").write_text(plot(points, vendor), encoding="utf-8")


if __name__ == "__main__":
    main()
