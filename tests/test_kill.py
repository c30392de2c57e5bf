"""What a sender was told is stored survives `kill -9`: real processes, real brokers, real databases.

Processes are killed at random moments under load. `STADTKERN_KILL_ROUNDS=20` kills as often as a release has
to bear; the usual one finds what is broken outright. `STADTKERN_KILL_SEED` repeats a run. Each round is
told by one line of JSON, which is also added to the file `STADTKERN_KILL_RESULTS` (see bench/results).
"""

import json
import os
import random
import shutil
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import Mosquitto, Postgres, program, until
from tests.towns import DJANGO, START, Town

ROUNDS = int(os.environ.get("STADTKERN_KILL_ROUNDS", "1"))
SEED = int(os.environ.get("STADTKERN_KILL_SEED", str(time.time_ns() % 1_000_000)))
RESULTS = os.environ.get("STADTKERN_KILL_RESULTS", "")
BY_HTTP = 5_000_000
"""Numbers from here on are sent by HTTP."""
MOST_UNDER_WAY = 400
SPREAD = 500
"""The result of a message is its number modulo this."""
MOSQUITTO = "mosquitto"
UNSAVED = 5
"""Seconds that Mosquitto, busy as it is, may need until a message is on disk."""
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


class Device:
    """Sends numbered messages without end, every second one to a topic of SensorThings."""

    def __init__(self, town: Town, port: int) -> None:
        self.topics = ("town/bridge", f"v1.1/Datastreams({town.public})/Observations")
        self.lock = threading.Lock()
        self.numbers: dict[int, int] = {}
        self.early: set[int] = set()
        """Identifiers whose acknowledgement came before we knew them."""
        self.sent = 0
        self.acknowledged: dict[int, float] = {}
        """When what was acknowledged."""
        self.is_over = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="device", clean_session=False)
        self.client.username_pw_set("bridge", town.key)
        self.client.max_inflight_messages_set(200)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.on_publish = self._acknowledged
        self.client.connect_async("127.0.0.1", port, keepalive=20)
        self.client.loop_start()
        self.thread = threading.Thread(target=self._send, daemon=True)

    def _acknowledged(self, _client: object, _data: object, mid: int, *_more: object) -> None:
        with self.lock:
            number = self.numbers.pop(mid, None)
            if number is None:
                self.early.add(mid)
            else:
                self.acknowledged[number] = time.monotonic()

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def _send(self) -> None:
        while not self.is_over.is_set():
            if self.sent - len(self.acknowledged) >= MOST_UNDER_WAY:
                time.sleep(0.005)
                continue
            self.send_next()
            if self.sent % 20 == 0:
                time.sleep(0.005)

    def send_next(self) -> None:
        """Send one message."""
        self.sent += 1
        number = self.sent
        if number % 2:
            body: dict[str, object] = {"t": START + number, "level": number % SPREAD}
        else:
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + number))
            body = {"phenomenonTime": moment, "result": number % SPREAD}
        self._publish(self.topics[number % 2 == 0], json.dumps(body), number)

    def _publish(self, topic: str, body: str, number: int) -> None:
        mid = self.client.publish(topic, body, qos=1).mid
        with self.lock:
            if mid in self.early:
                self.early.discard(mid)
                self.acknowledged[number] = time.monotonic()
            else:
                self.numbers[mid] = number

    def finish(self) -> set[int]:
        """Stop, wait for the last acknowledgement, and return the numbers that were sent."""
        self.is_over.set()
        self.thread.join()
        until(lambda: len(self.acknowledged) == self.sent, seconds=120)
        self.client.disconnect()
        self.client.loop_stop()
        return set(range(1, self.sent + 1))


class Poster:
    """Sends numbered Observations by HTTP, each again and again until it is accepted."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.accepted: set[int] = set()
        self.refused: set[int] = set()
        """Status of answers that said no."""
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._send, daemon=True)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def _send(self) -> None:
        number = BY_HTTP
        while not self.is_over.is_set():
            if self._is_accepted(number):
                self.accepted.add(number)
                number += 1
            else:
                time.sleep(0.1)

    def _is_accepted(self, number: int) -> bool:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + number))
        request = urllib.request.Request(  # this machine
            f"http://127.0.0.1:{self.town.web_port}/sta/v1.1/Datastreams({self.town.public})/Observations",
            data=json.dumps({"phenomenonTime": moment, "result": number % SPREAD}).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": f"number-{number}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return bool(200 <= answer.status < 300)
        except urllib.error.HTTPError as answer:
            self.refused.add(answer.code)
            answer.close()
            return False
        except (OSError, HTTPException):
            return False

    def finish(self) -> set[int]:
        """Stop and return the numbers that were accepted."""
        self.is_over.set()
        self.thread.join()
        return self.accepted


CHECK = (
    DJANGO
    + """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("PRAGMA integrity_check")
    print(cursor.fetchone()[0])
"""
)
Kill = tuple[Callable[[], None], Callable[[], None]]
"""What kills something, and what starts it again."""


def tell(town: Town, began: float, **facts: object) -> None:
    """Write down how a round, or all of them together, went."""
    line = json.dumps(
        {
            "broker": "mosquitto" if town.mqtt_url else "own",
            "database": "postgresql" if town.database_url else "sqlite",
            "seed": SEED,
            **facts,
            "seconds": round(time.monotonic() - began, 1),
        }
    )
    print(line)  # noqa: T201
    if RESULTS:
        with Path(RESULTS).open("a") as results:
            results.write(line + "\n")


def drained(town: Town, wanted: set[int]) -> dict[int, float]:
    """Return what is stored once all is that is wanted, or once a minute brought nothing new.

    Mosquitto writes all that waits there with each change; ten thousands of messages leave it slowly.
    """
    stored, since = town.stored(), time.monotonic()
    while not wanted <= stored.keys() and time.monotonic() < since + 60:
        time.sleep(1)
        now = town.stored()
        if len(now) > len(stored):
            since = time.monotonic()
        stored = now
    return stored


def bear(town: Town, port: int, victims: dict[str, Kill]) -> None:
    """Kill the victims at random moments under load; fail unless all that was acknowledged is stored, once.

    Mosquitto acknowledges a message a moment before it writes it to disk. What it acknowledged in the last
    seconds before it was killed may be lost, and only that; what waits there need not be stored yet.
    """
    is_exact, excused = MOSQUITTO not in victims, set[int]()
    beginning = time.monotonic()
    chance = random.Random(SEED)  # noqa: S311  # no secret
    device, poster = Device(town, port), Poster(town)
    device.start()
    poster.start()
    for number in range(ROUNDS):
        began = time.monotonic()
        until(lambda before=len(device.acknowledged): len(device.acknowledged) > before + 50, seconds=90)  # type: ignore[misc]  # noqa: B008  # the number before
        chosen = chance.sample(sorted(victims), chance.randint(1, len(victims)))
        time.sleep(chance.uniform(0, 1.5))
        for name in chosen:
            victims[name][0]()
        time.sleep(0.2)  # acknowledgements that were sent before the kill arrive
        acknowledged = device.acknowledged.copy()
        told = acknowledged.keys() | poster.accepted.copy()
        if MOSQUITTO in chosen:
            limit = time.monotonic() - UNSAVED
            excused |= {number for number, when in acknowledged.items() if when > limit}
        for name in chosen:
            victims[name][1]()
        town.wait()
        stored = town.stored().keys()  # fails if one is there twice
        lost = told - stored
        facts = {"killed": chosen, "acknowledged": len(told), "stored": len(stored)}
        if is_exact:
            tell(town, began, round=number + 1, **facts, lost=len(lost))
            assert not lost, f"seed {SEED}, round {number}, {chosen}: {len(lost)} acknowledged messages lost"
        else:
            tell(town, began, round=number + 1, **facts, at_the_broker=len(lost))
    accepted = poster.finish()
    wanted = device.finish() | accepted
    results = drained(town, wanted - excused)
    gone = wanted - results.keys()
    assert gone <= excused, f"seed {SEED}: {len(gone - excused)} acknowledged messages lost"
    # one that was under way when its answer was lost may be there, too
    assert results.keys() - wanted <= {max(accepted, default=BY_HTTP - 1) + 1}
    wrong = [number for number in wanted - gone if results[number] != number % SPREAD]
    assert not wrong, f"seed {SEED}: {len(wrong)} results are wrong"
    facts = {"acknowledged": len(wanted), "stored": len(results)}
    tell(town, beginning, rounds=ROUNDS, **facts, lost=0, lost_by_mosquitto=len(gone), twice=0)


def processes(town: Town) -> dict[str, Kill]:
    """Return how our own processes are killed and started again."""
    return {
        name: (lambda name=name: town.kill(name), lambda name=name: town.start(name))  # type: ignore[misc]  # the number before
        for name in ("ingest", "web")
    }


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Give a town in which everybody may write, and end its processes."""
    found = Town(tmp_path, more={"STADTKERN_STA_ANONYMOUS_WRITE": "1"})
    yield found
    found.kill()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """Give a PostgreSQL that writes to disk as in production."""
    if Postgres.programs() is None:
        pytest.skip("PostgreSQL with PostGIS is not installed")
    found = Postgres()
    found.make()
    found.start()
    yield found
    found.remove()


def test_our_broker_and_sqlite_survive_kills(town: Town) -> None:
    """`web` and `ingest`, one at a time or both."""
    town.make()
    town.start()
    town.wait()
    bear(town, town.mqtt_port, processes(town))


def test_our_broker_and_postgresql_survive_kills(town: Town, postgres: Postgres) -> None:
    """`web`, `ingest` and the database."""
    town.database_url = postgres.url
    town.make()
    town.start()
    town.wait()
    bear(town, town.mqtt_port, processes(town) | {"postgresql": (postgres.kill, postgres.start)})


@pytest.mark.mosquitto
def test_mosquitto_and_sqlite_survive_kills(town: Town, tmp_path: Path) -> None:
    """`web`, `ingest` and Mosquitto, which writes to disk what it acknowledges, though a moment later."""
    bear_with_mosquitto(town, tmp_path, processes(town))


@pytest.mark.mosquitto
def test_mosquitto_and_postgresql_survive_kills(town: Town, tmp_path: Path, postgres: Postgres) -> None:
    """`web`, `ingest`, Mosquitto and the database."""
    town.database_url = postgres.url
    bear_with_mosquitto(town, tmp_path, processes(town) | {"postgresql": (postgres.kill, postgres.start)})


def bear_with_mosquitto(town: Town, folder: Path, victims: dict[str, Kill]) -> None:
    """Kill the victims and Mosquitto, which stands between the devices and us."""
    if program("mosquitto") is None:
        pytest.skip("mosquitto is not installed")
    home = folder / "broker"
    home.mkdir()
    broker = Mosquitto(home, saves_always=True)
    broker.start()
    town.mqtt_url = f"mqtt://127.0.0.1:{broker.port}"
    town.make()
    town.start()
    town.wait()
    try:
        wait_for_subscription(town, broker.port)
        killing = {MOSQUITTO: (lambda: broker.stop(signal.SIGKILL), broker.start)}
        bear(town, broker.port, victims | killing)
    finally:
        broker.stop()


def wait_for_subscription(town: Town, port: int) -> None:
    """Wait until `ingest` has its session at the broker, which keeps messages for it from then on."""
    device = Device(town, port)

    def is_there() -> bool:
        device.send_next()
        time.sleep(0.3)
        return bool(town.stored())

    until(is_there)
    device.client.disconnect()
    device.client.loop_stop()


def test_full_disk_stops_the_acknowledgements_and_breaks_nothing(town: Town, tmp_path: Path) -> None:
    """When there is room again, everything is stored once."""
    small = tmp_path / "small"
    small.mkdir()
    if os.getuid() or os.system(f"mount -t tmpfs -o size=24m tmpfs {small} 2>/dev/null"):  # noqa: S605
        pytest.skip("a small file system cannot be made here")
    try:
        town.home, town.log_home = small, tmp_path
        log = tmp_path / "ingest.log"
        town.make()
        town.start()
        town.wait()
        device, poster = Device(town, town.mqtt_port), Poster(town)
        device.start()
        poster.start()
        until(lambda: len(device.acknowledged) > 100)
        with (small / "filler").open("wb") as filler:
            fill(filler.fileno())
        until(lambda: is_still(device), seconds=120)
        assert "database does not take messages" in log.read_text()
        assert device.acknowledged.keys() | poster.accepted <= town.stored().keys()
        until(lambda: 507 in poster.refused)  # RFC 4918 section 11.5
        (small / "filler").unlink()
        until(lambda before=len(device.acknowledged): len(device.acknowledged) > before, seconds=60)  # type: ignore[misc]  # noqa: B008  # the number before
        accepted = poster.finish()
        wanted = device.finish() | accepted
        until(lambda: wanted <= town.stored().keys())
        assert town.stored().keys() - wanted <= {max(accepted) + 1}  # under way when we left
        assert poster.refused <= {429, 503, 507}
        assert "database takes messages again" in log.read_text()
        assert town.python("-c", CHECK).strip() == "ok"
    finally:
        town.kill()
        shutil.rmtree(small, ignore_errors=True)
        os.system(f"umount -l {small}")  # noqa: S605


def fill(file: int) -> None:
    """Write until the file system is full."""
    size = 1_000_000
    while size:
        try:
            os.write(file, b"\0" * size)
        except OSError:
            size //= 2


def is_still(device: Device) -> bool:
    """Return whether nothing is acknowledged any more."""
    before = len(device.acknowledged)
    time.sleep(4)
    return len(device.acknowledged) == before
