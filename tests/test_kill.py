"""What a sender was told is stored survives `kill -9`: real processes, a real broker, real sockets."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

ROOT = Path(__file__).parent.parent
MESSAGES = 5000
KILL_AT = (1200, 2600)
"""Numbers of acknowledged messages at which the processes are killed."""
START = 1_760_000_000
SETUP = """
import os, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
django.setup()
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import new_key
options = {"topic": "town/bridge", "payload": "json", "thing": "bridge", "time": "t",
           "values": ["level = water_level [cm]"]}
source = Source.objects.create(slug="bridge", connector="mqtt_topic", title={"de": "Br"}, options=options)
print(new_key(source))
"""


def free_port() -> int:
    """Return a port that nobody uses."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until something is true."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Return whether somebody listens on a port."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Town:
    """An installation in a directory of its own, with its processes."""

    home: Path
    mqtt_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    mqtt_url: str = ""
    key: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the settings of this town."""
        given = {name: value for name, value in os.environ.items() if not name.startswith("STADTKERN_")}
        return given | {
            "STADTKERN_DATA_DIR": str(self.home),
            "STADTKERN_PORT": str(self.web_port),
            "STADTKERN_MQTT_PORT": str(self.mqtt_port),
            "STADTKERN_MQTT_URL": self.mqtt_url,
        }

    def make(self) -> None:
        """Make the database and the source."""
        self.python("-m", "stadtkern", "migrate", "--verbosity", "0")
        self.key = self.python("-c", SETUP).strip()

    def python(self, *words: str) -> str:
        """Run Python in this town and return what it printed."""
        command = [sys.executable, *words]
        return subprocess.run(
            command, check=True, env=self.environment(), cwd=ROOT, capture_output=True, text=True
        ).stdout

    def start(self) -> None:
        """Start both processes."""
        for name in ("ingest", "web"):
            with (self.home / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", "stadtkern", name],
                    env=self.environment(),
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                )

    def kill(self) -> None:
        """End both processes in the middle of whatever they do."""
        for process in self.processes.values():
            process.send_signal(signal.SIGKILL)
        for process in self.processes.values():
            process.wait()

    def stored(self) -> dict[int, float]:
        """Return the results in the database by number of the message; a result stored twice fails."""
        with closing(sqlite3.connect(self.home / "stadtkern.sqlite3", timeout=30)) as database:
            rows = database.execute("SELECT phenomenon_time, result FROM observations_observation").fetchall()
        found = {int(at // 1_000_000) - START: result for at, result in rows}
        assert len(found) == len(rows)
        return found

    def counted(self) -> int:
        """Return how many readings the source says were stored."""
        with closing(sqlite3.connect(self.home / "stadtkern.sqlite3", timeout=30)) as database:
            return int(database.execute("SELECT sum(readings_in) FROM ingest_sourcestate").fetchone()[0] or 0)


class Publisher:
    """A device that sends numbered messages and remembers which were acknowledged."""

    def __init__(self, port: int, *, name: str, password: str) -> None:
        self.numbers: dict[int, int] = {}
        self.acknowledged: set[int] = set()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="device", clean_session=False)
        if name:
            self.client.username_pw_set(name, password)
        self.client.max_inflight_messages_set(100)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.on_publish = self._acknowledged
        self.client.connect_async("127.0.0.1", port, keepalive=20)
        self.client.loop_start()

    def _acknowledged(self, _client: object, _data: object, mid: int, *_more: object) -> None:
        self.acknowledged.add(mid)

    def send(self, number: int) -> None:
        """Send one message; its result is its number modulo 500."""
        body = json.dumps({"t": START + number, "level": number % 500})
        self.numbers[self.client.publish("town/bridge", body, qos=1).mid] = number

    def confirmed(self) -> set[int]:
        """Return the numbers of the messages that were acknowledged."""
        return {self.numbers[mid] for mid in self.acknowledged.copy() if mid in self.numbers}

    def stop(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Give a town, and end its processes."""
    found = Town(tmp_path)
    yield found
    found.kill()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[int]:
    """Give the port of a Mosquitto that keeps everything for a client that is away."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        pytest.skip("mosquitto is not installed")
    port = free_port()
    settings = tmp_path / "mosquitto.conf"
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0"]
    lines += ["max_inflight_messages 1000", "persistence false"]
    settings.write_text("\n".join(lines) + "\n")
    process = subprocess.Popen(
        [program, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(lambda: answers(port))
    yield port
    process.terminate()
    process.wait()


def send_through_kills(town: Town, publisher: Publisher, *, check: bool) -> None:
    """Send all messages; kill and start both processes again on the way.

    With `check` every message acknowledged before a kill must be in the database right after it.
    """
    kills = list(KILL_AT)
    for number in range(1, MESSAGES + 1):
        publisher.send(number)
        if number % 50 == 0:
            until(lambda: number - len(publisher.confirmed()) < 400)  # noqa: B023  # called at once
        if kills and len(publisher.confirmed()) >= kills[0]:
            kills.pop(0)
            town.kill()
            time.sleep(0.2)  # acknowledgements that were sent before the kill arrive
            if check:
                lost = publisher.confirmed() - town.stored().keys()
                assert not lost, f"{len(lost)} acknowledged messages were not on disk"
            town.start()
    assert not kills, "the processes were never killed"
    until(lambda: len(publisher.confirmed()) == MESSAGES, seconds=120)


def expect_everything_once(town: Town) -> None:
    """Fail unless each message is stored once, with its own result, and was counted once."""
    until(lambda: len(town.stored()) == MESSAGES, seconds=60)
    assert town.stored() == {number: number % 500 for number in range(1, MESSAGES + 1)}
    until(lambda: town.counted() == MESSAGES, seconds=10)
    until(lambda: answers(town.web_port))


@pytest.mark.slow
def test_messages_acknowledged_by_our_own_broker_survive_a_kill(town: Town) -> None:
    town.make()
    town.start()
    until(lambda: answers(town.mqtt_port))
    publisher = Publisher(town.mqtt_port, name="bridge", password=town.key)
    send_through_kills(town, publisher, check=True)
    publisher.stop()
    expect_everything_once(town)


@pytest.mark.slow
@pytest.mark.mosquitto
def test_messages_acknowledged_by_mosquitto_survive_a_kill(town: Town, mosquitto: int) -> None:
    town.mqtt_url = f"mqtt://127.0.0.1:{mosquitto}"
    town.make()
    town.start()
    publisher = Publisher(mosquitto, name="", password="")
    publisher.send(1)
    until(lambda: is_subscribed(town, publisher))
    send_through_kills(town, publisher, check=False)
    publisher.stop()
    expect_everything_once(town)


def is_subscribed(town: Town, publisher: Publisher) -> bool:
    """Return whether `ingest` has its session at the broker, which keeps messages for it from then on."""
    publisher.send(1)
    time.sleep(0.3)
    return 1 in town.stored()
