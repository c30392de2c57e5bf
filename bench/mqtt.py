"""Readings a second by MQTT QoS 1, durable: one JSON line a figure.

    python bench/mqtt.py [--postgresql] [--messages 40000]

Our own broker: what counts are acknowledged messages. Mosquitto: what counts are messages in the database,
because Mosquitto acknowledges what nobody has stored yet. The limits beside them are of the same run on the
same disk: `record()` alone, bare executemany, and Mosquitto handing the same messages to a client that only
counts. The sender is a plain socket: common MQTT clients need more time for a message than our broker.
"""

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
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from stadtkern.ingest.mqtt import packets  # noqa: E402
from tests.servers import Mosquitto, Postgres, answers, free_port, until  # noqa: E402

STREAMS = 50
MANAGED = """
import os, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
django.setup()
"""
SETUP = (
    MANAGED
    + """
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import new_key
from stadtkern.observations.models import Datastream, ObservedProperty, Sensor, Thing
print(new_key(Source.objects.create(slug="bench", connector="batch", title={"de": "Bench"})))
thing = Thing.objects.create(source="bench", key="sta", name="bench")
sensor = Sensor.objects.create(source="bench", name="bench")
air = ObservedProperty.objects.create(slug="bench", unit="Cel")
for number in range(50):
    stream = Datastream.objects.create(
        key=f"bench:{number}", name="bench", thing=thing, sensor=sensor, observed_property=air, unit="Cel"
    )
    print(stream.pk)
"""
)
LIMITS = (
    MANAGED
    + """
import sys, time, json
sys.path.insert(0, "bench")
from batch_connector import parse
from django.db import connection
from stadtkern.observations.services import record
from stadtkern.observations.services.record import durable
start = int(time.time()) - 40_000_000
rounds = [
    json.dumps([[f"t{j % 50}", start + i * 1000 + j, 20 + j % 7] for j in range(1000)]) for i in range(30)
]
begin = time.perf_counter()
for body in rounds:
    record(list(parse(body.encode(), None)), source="limit")
print(30_000 / (time.perf_counter() - begin))
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE bare (d bigint, t bigint, r float, q smallint, PRIMARY KEY (d, t))")
begin = time.perf_counter()
for i in range(100):
    with durable(), connection.cursor() as cursor:
        rows = [(j % 50, i * 1000 + j, 20.5, 1) for j in range(1000)]
        cursor.executemany("INSERT INTO bare (d, t, r, q) VALUES (%s, %s, %s, %s)", rows)
print(100_000 / (time.perf_counter() - begin))
"""
)
Body = Callable[[int], tuple[str, str]]


def encode(messages: int, body: Body) -> list[bytes]:
    """Return the packets of a run, made before the clock runs."""
    return [
        packets.publish(topic.encode(), text.encode(), qos=1, number=number % 0xFFFF + 1)
        for number in range(messages)
        for topic, text in (body(number),)
    ]


def greet(port: int, name: str, password: str, client_id: str) -> socket.socket:
    """Return a connection that a broker let in."""
    line = socket.create_connection(("127.0.0.1", port))
    line.settimeout(120)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    flags = (0xC0 if name else 0) | 2
    body = packets.text("MQTT") + bytes((4, flags, 0, 0)) + packets.text(client_id)
    body += packets.text(name) + packets.text(password) if name else b""
    line.sendall(packets.packet(packets.CONNECT, body))
    answer = line.recv(4)
    if answer[3:] != b"\0":
        raise SystemExit(f"the broker answers {answer!r}")
    return line


def send(line: socket.socket, messages: list[bytes], window: int) -> float:
    """Publish with at most `window` messages under way; return the seconds until all are acknowledged."""
    sent = acknowledged = received = 0
    begin = time.perf_counter()
    while acknowledged < len(messages):
        room = min(window - (sent - acknowledged), len(messages) - sent)
        # half a window at a time, as a client does that reads its acknowledgements in between
        if room and (room >= window // 2 or sent == acknowledged):
            line.sendall(b"".join(messages[sent : sent + room]))
            sent += room
        received += len(line.recv(65536))
        acknowledged = received // 4
    return time.perf_counter() - begin


def count_deliveries(port: int, expected: int, done: threading.Event) -> None:
    """Subscribe at a broker as the cheapest client there can be, and count."""

    async def run() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = packets.text("MQTT") + bytes((4, 2, 0, 0)) + packets.text("counter")
        writer.write(packets.packet(packets.CONNECT, head))
        await reader.readexactly(4)
        topics = (1).to_bytes(2, "big") + packets.text("bench/#") + b"\1"
        writer.write(packets.packet(packets.SUBSCRIBE, topics, 2))
        await reader.readexactly(5)
        done.clear()
        rest, found = b"", 0
        while found < expected:
            data = rest + await reader.read(262_144)
            at, numbers = 0, []
            while len(data) - at >= 2:
                size, start = packets.decode_length(data, at + 1)
                if size < 0 or start + size > len(data):
                    break
                topic = int.from_bytes(data[start : start + 2], "big")
                numbers.append(int.from_bytes(data[start + 2 + topic : start + 4 + topic], "big"))
                at = start + size
            writer.write(packets.answers(packets.PUBACK, numbers))
            found += len(numbers)
            rest = data[at:]
        done.set()
        writer.close()

    asyncio.run(run())


class Bench:
    """A town, its processes and what they are measured with."""

    def __init__(self, home: str, url: str, messages: int) -> None:
        self.home = home
        self.url = url
        self.messages = messages
        self.port = free_port()
        self.start = int(time.time()) - 20_000_000
        self.database = "PostgreSQL" if url else "SQLite"
        self.key = ""
        self.streams: list[int] = []
        self.limits: dict[str, int] = {}

    def environment(self, **more: str) -> dict[str, str]:
        """Return the settings of the town."""
        given = {
            "STADTKERN_DATA_DIR": self.home,
            "STADTKERN_MQTT_PORT": str(self.port),
            "STADTKERN_STA_ANONYMOUS_WRITE": "1",
            "STADTKERN_LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
            **more,
        }
        return {**os.environ, **given, **({"STADTKERN_DATABASE_URL": self.url} if self.url else {})}

    def python(self, *words: str) -> list[str]:
        """Run Python in the town; return the lines it printed."""
        command = [sys.executable, *words]
        done = subprocess.run(
            command, check=True, cwd=ROOT, env=self.environment(), stdout=subprocess.PIPE, text=True
        )
        return done.stdout.split()

    def make(self) -> None:
        """Make the town and measure what the machine can do."""
        self.python("-m", "stadtkern", "migrate", "--verbosity", "0")
        self.key, *streams = self.python("-c", SETUP)
        self.streams = [int(one) for one in streams]
        record, bare = (float(one) for one in self.python("-c", LIMITS))
        self.limits = {"record_per_second": round(record), "executemany_per_second": round(bare)}

    @contextmanager
    def ingest(self, **more: str) -> Iterator[None]:
        """Run `ingest`."""
        command = [sys.executable, "bench/batch_connector.py"]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment(**more))
        try:
            yield
        finally:
            process.terminate()
            process.wait()

    def stored(self) -> int:
        """Return how many observations there are."""
        question = "SELECT count(*) FROM observations_observation"
        if not self.url:
            with closing(sqlite3.connect(Path(self.home) / "stadtkern.sqlite3", timeout=30)) as database:
                return int(database.execute(question).fetchone()[0])
        import psycopg  # noqa: PLC0415  # not needed for SQLite

        with psycopg.connect(self.url) as database:
            row = database.execute(question).fetchone()
        return int(row[0]) if row else 0

    def rows(self, count: int) -> Body:
        """Return what makes messages with `count` readings for the connector."""
        first = self.start
        self.start += self.messages * count

        def body(number: int) -> tuple[str, str]:
            rows = [[f"t{j % STREAMS}", first + number * count + j, 20 + j % 7] for j in range(count)]
            if count == 1:
                rows[0][0] = f"t{number % STREAMS}"
            return "bench/1", json.dumps(rows)

        return body

    def observations(self) -> Body:
        """Return what makes Observations for the topics of SensorThings."""
        first = self.start
        self.start += self.messages

        def body(number: int) -> tuple[str, str]:
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first + number))
            stream = self.streams[number % STREAMS]
            text = json.dumps({"phenomenonTime": moment, "result": 20 + number % 7})
            return f"v1.1/Datastreams({stream})/Observations", text

        return body

    def show(self, case: str, messages: int, readings: int, seconds: float) -> None:
        """Print a figure."""
        figure: dict[str, Any] = {
            "bench": "mqtt",
            "database": self.database,
            "case": case,
            "messages": messages,
            "messages_per_second": round(messages / seconds),
            "readings_per_second": round(messages * readings / seconds),
        }
        print(
            json.dumps(figure | {f"limit_{name}": value for name, value in self.limits.items()}), flush=True
        )

    def own(self) -> None:
        """Measure our own broker."""
        cases: list[tuple[str, int, int, int, Body]] = [
            ("own broker, source, window 1", 300, 1, 1, self.rows(1)),
            ("own broker, source, window 20", 2000, 1, 20, self.rows(1)),
            ("own broker, source, window 1000", self.messages, 1, 1000, self.rows(1)),
            ("own broker, source, window 5000", self.messages, 1, 5000, self.rows(1)),
            ("own broker, 200 readings a message, window 20", 500, 200, 20, self.rows(200)),
            ("own broker, SensorThings, window 1", 300, 1, 1, self.observations()),
            ("own broker, SensorThings, window 1000", self.messages, 1, 1000, self.observations()),
            ("own broker, SensorThings, window 5000", self.messages, 1, 5000, self.observations()),
        ]
        with self.ingest():
            until(lambda: answers(self.port), seconds=60)
            for case, messages, readings, window, body in cases:
                before = self.stored()
                is_standard = "SensorThings" in case
                line = greet(self.port, *(("", "") if is_standard else ("bench", self.key)), "bench")
                seconds = send(line, encode(messages, body), window)
                line.close()
                assert self.stored() - before == messages * readings, "not all are stored"
                self.show(case, messages, readings, seconds)

    def wait_for_subscription(self, line: socket.socket) -> None:
        """Publish until a message arrives: Mosquitto keeps nothing for whom it does not know yet."""
        before = self.stored()
        body = self.rows(1)
        for number in range(600):
            send(line, encode(1, lambda _number, number=number: body(number)), 1)
            time.sleep(0.1)
            if self.stored() > before:
                time.sleep(2)  # whatever else is under way arrives
                return
        raise SystemExit("ingest did not subscribe")

    def mosquitto(self, broker: Mosquitto) -> None:
        """Measure Mosquitto with us behind it, and Mosquitto with the cheapest client behind it."""
        bare = encode(self.messages, self.rows(1))
        done = threading.Event()
        done.set()
        counter = threading.Thread(target=count_deliveries, args=(broker.port, len(bare), done))
        counter.start()
        until(lambda: not done.is_set())
        begin = time.perf_counter()
        line = greet(broker.port, "", "", "bench")
        send(line, bare, 900)
        done.wait(120)
        self.limits["mosquitto_per_second"] = round(len(bare) / (time.perf_counter() - begin))
        counter.join()
        with self.ingest(STADTKERN_MQTT_URL=f"mqtt://127.0.0.1:{broker.port}"):
            self.wait_for_subscription(line)
            for case, body in (("source", self.rows(1)), ("SensorThings", self.observations())):
                before, messages = self.stored(), encode(self.messages, body)
                begin = time.perf_counter()
                sender = threading.Thread(target=send, args=(line, messages, 900))
                sender.start()
                until(lambda before=before: self.stored() - before >= self.messages, seconds=60)
                self.show(f"Mosquitto, {case}", self.messages, 1, time.perf_counter() - begin)
                sender.join()
        line.close()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--messages", type=int, default=40_000)
    given = parser.parse_args()
    print(json.dumps({"machine": platform.processor() or platform.machine(), "cores": os.cpu_count()}))
    with tempfile.TemporaryDirectory() as home:
        postgres = Postgres() if given.postgresql else None
        broker = Mosquitto(Path(home))
        try:
            if postgres:
                postgres.make()
                postgres.start()
            bench = Bench(home, postgres.url if postgres else "", given.messages)
            bench.make()
            bench.own()
            broker.start()
            bench.mosquitto(broker)
        finally:
            broker.stop()
            if postgres:
                postgres.remove()


if __name__ == "__main__":
    main()
