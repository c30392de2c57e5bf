"""Start the demo town from nothing and measure start, memory, cockpit under 20 readers, bytes of a visit.

Limits of the machine in the same run: the time Python needs to import Django and Wagtail once (start), and a
page that does nothing (`/healthz`) under the same readers (cockpit).
"""

import asyncio
import gzip
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
READERS, REQUESTS = 20, 600


def say(figure: str, value: float, unit: str, limit: float | None = None) -> None:
    """Print one figure as a JSON line, with the machine's limit and the ratio to it."""
    ratio = round(value / limit, 2) if limit else None
    print(json.dumps({"bench": "demo", "figure": figure, "value": round(value, 2), "unit": unit,
                      "limit": limit and round(limit, 2), "ratio": ratio}))  # fmt: skip


def family(pid: int) -> list[int]:
    """Return the process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def memory(pid: int) -> float:
    """Return the proportional set size of a process family in MB; a process that has ended counts nothing."""
    total = 0
    for one in family(pid):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except ProcessLookupError:
            continue
        found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
        total += int(found[1]) if found else 0
    return total / 1000


def p95(port: int, path: str) -> float:
    """Return the 95th percentile in ms of `REQUESTS` requests by `READERS` readers asking without pause."""

    async def reader(times: list[float]) -> None:
        incoming, outgoing = await asyncio.open_connection("127.0.0.1", port)
        head_of_question = ("GET " + path + " HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept-Encoding: gzip")
        question = ("\r\n".join(head_of_question) + "\r\n\r\n").encode()
        for _ in range(REQUESTS // READERS):
            began = time.perf_counter()
            outgoing.write(question)
            head = (await incoming.readuntil(b"\r\n\r\n")).lower()
            assert b" 200 " in head.splitlines()[0]
            length = re.search(rb"content-length: (\d+)", head)
            await incoming.readexactly(int(length[1]) if length else 0)
            times.append((time.perf_counter() - began) * 1000)
        outgoing.close()

    async def all_readers() -> list[float]:
        times: list[float] = []
        await asyncio.gather(*(reader(times) for _ in range(READERS)))
        return times

    return statistics.quantiles(asyncio.run(all_readers()), n=20)[-1]


def first_visit(client: httpx.Client, base: str) -> int:
    """Return the bytes that a first visit to the cockpit transfers, without the map."""
    page = client.get(f"{base}/de/")
    total = transferred(page)
    seen: set[str] = set()
    wanted = re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js|mjs|woff2|svg))[^"]*"', page.text)
    while wanted:
        path = wanted.pop()
        if path in seen or "maplibre" in path:
            continue
        seen.add(path)
        answer = client.get(base + path)
        total += transferred(answer)
        if path.endswith(".css"):
            fonts = re.findall(r'url\("?([^")]+\.woff2)"?\)', answer.text)
            wanted += [
                str(httpx.URL(base + path).join(f).path) for f in fonts if "Regular" in f or "SemiBold" in f
            ]
    return total


def transferred(answer: httpx.Response) -> int:
    """Return how many bytes came over the line."""
    length = answer.headers.get("content-length")
    if length:
        return int(length)
    return (
        len(gzip.compress(answer.content, 6))
        if answer.headers.get("content-encoding")
        else len(answer.content)
    )


def main() -> None:
    """Measure."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import django, wagtail"],
                   check=True, cwd=ROOT)  # fmt: skip
    imports = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        port = 8765
        began = time.perf_counter()
        demo = subprocess.Popen(
            [sys.executable, "-m", "stadtkern", "demo", "--offline", "--port", str(port),
             "--data-dir", f"{folder}/d"],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "STADTKERN_MQTT_PORT": "18833"},
        )  # fmt: skip
        assert demo.stdout
        for line in demo.stdout:
            if "is running" in line:
                break
        say("start to first cockpit answer", time.perf_counter() - began, "s", imports)
        base = f"http://127.0.0.1:{port}"
        try:
            with httpx.Client(timeout=30, limits=httpx.Limits(max_connections=READERS)) as client:
                client.get(f"{base}/de/").raise_for_status()
                time.sleep(30)  # the past years of the demo come in meanwhile
                floor = p95(port, "/healthz")
                for language in ("de", "pl"):
                    say(
                        f"cockpit p95, {READERS} readers, {language}",
                        p95(port, f"/{language}/"),
                        "ms",
                        floor,
                    )
                say("first visit without map", first_visit(client, base) / 1000, "kB")
            time.sleep(30)
            say("memory of all processes, idle", memory(demo.pid), "MB")
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait(30)


if __name__ == "__main__":
    main()
