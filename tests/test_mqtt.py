"""MQTT from outside: Mosquitto's own clients, Mosquitto itself, browsers; real processes."""

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import Mosquitto, program, until
from tests.towns import DJANGO, Town

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto]
KEY = (
    DJANGO
    + """
from django.contrib.auth.models import Group
from stadtkern.people.keys import create_key
from stadtkern.people.models import User
alice = User.objects.create_user(email="alice@example.org", password="x")
alice.groups.add(Group.objects.get(name="admin"))
print(create_key("test", person=alice, scopes={"sta:read", "sta:write"}, by=None)[1])
"""
)
UNTIL_RIGHTS_ARE_RENEWED = 12
"""Seconds, with some to spare."""
OPEN_WRITING = {"STADTKERN_STA_ANONYMOUS_WRITE": "1"}


class Listener:
    """`mosquitto_sub`, and what it has printed."""

    def __init__(self, port: int, *topics: str, words: tuple[str, ...] = ()) -> None:
        command = [str(program("mosquitto_sub")), "-p", str(port), "-q", "1", "-v", *words]
        for topic in topics:
            command += ["-t", topic]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        """Take in what it prints."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def messages(self) -> list[tuple[str, Any]]:
        """Return topic and document of each message so far."""
        pairs = [line.split(" ", 1) for line in self.lines if line.startswith("v1.1/")]
        return [(topic, json.loads(body)) for topic, body in pairs]

    def results(self) -> list[Any]:
        """Return the results of the Observations that came in."""
        return [body["result"] for _topic, body in self.messages() if "result" in body]

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()
        self.thread.join()
        if self.process.stdout is not None:
            self.process.stdout.close()


def publish(port: int, topic: str, body: object, *words: str) -> subprocess.CompletedProcess[str]:
    """Publish a message by `mosquitto_pub`."""
    command = [str(program("mosquitto_pub")), "-p", str(port), "-q", "1", "-t", topic, "-m", json.dumps(body)]
    return subprocess.run([*command, *words], capture_output=True, text=True, check=False, timeout=30)


def post(town: Town, path: str, body: object, method: str = "POST") -> None:
    """Send a request to `web`."""
    request = urllib.request.Request(  # this machine
        f"http://127.0.0.1:{town.web_port}/sta/v1.1/{path}",
        data=json.dumps(body).encode(),
        method=method,
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310
        pass


@pytest.fixture(autouse=True)
def _clients() -> None:
    """Leave these tests out where Mosquitto is not installed."""
    if not (program("mosquitto") and program("mosquitto_pub") and program("mosquitto_sub")):
        pytest.skip("Mosquitto and its clients are not installed")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Give a town, and end its processes."""
    found = Town(tmp_path)
    yield found
    found.kill()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a Mosquitto."""
    found = Mosquitto(tmp_path)
    found.start()
    yield found
    found.stop()


def test_mosquitto_clients_work_with_our_broker(town: Town) -> None:
    """Create by publish, subscribe to set, entity, property and `$select`; what `web` stores is seen, too."""
    town.more = OPEN_WRITING
    town.make()
    town.start()
    town.wait()
    own = f"v1.1/Datastreams({town.public})"
    topics = [f"{own}/Observations", f"{own}/Observations?$select=result", f"{own}/phenomenonTime", own]
    listener = Listener(town.mqtt_port, *topics, "v1.1/Things", "v1.1/Things(1)/description")
    time.sleep(1.5)
    body = {"result": 21.5, "phenomenonTime": "2026-01-01T00:00:00Z"}
    assert publish(town.mqtt_port, f"{own}/Observations", body).returncode == 0
    until(lambda: len(listener.messages()) >= 4, seconds=20)
    found = dict(listener.messages())
    assert found[topics[1]] == {"result": 21.5}
    assert found[topics[0]]["result"] == 21.5
    assert set(found[topics[2]]) == {"phenomenonTime"}
    with urllib.request.urlopen(
        f"http://127.0.0.1:{town.web_port}/sta/v1.1/Observations({found[topics[0]]['@iot.id']})", timeout=30
    ) as answer:
        by_http = json.load(answer)
    same = {name: value for name, value in found[topics[0]].items() if "Link" not in name}
    assert same == {name: by_http[name] for name in same}
    post(
        town,
        f"Datastreams({town.public})/Observations",
        {"result": 3, "phenomenonTime": "2026-01-02T00:00:00Z"},
    )
    until(lambda: 3 in listener.results(), seconds=20)
    post(town, "Things(1)", {"description": "Moved"}, "PATCH")
    until(lambda: ("v1.1/Things(1)/description", {"description": "Moved"}) in listener.messages(), seconds=20)
    assert "v1.1/Things" in dict(listener.messages())
    listener.stop()


def test_rights_hold_for_mosquitto_clients(town: Town) -> None:
    """A stranger reads what is public and writes nothing; an API key opens more; wildcards open nothing."""
    town.make()
    key = town.python("-c", KEY).split()[-1]
    town.start("ingest")
    town.wait()
    port, own = town.mqtt_port, f"v1.1/Datastreams({town.public})/Observations"
    secret = f"v1.1/Datastreams({town.hidden})/Observations"
    signed_in = ("-u", "key", "-P", key)
    stranger = Listener(port, "v1.1/Observations", own, secret, "#", "v1.1/#", "town/bridge")
    known = Listener(port, "v1.1/Observations", words=signed_in)
    time.sleep(2)
    assert publish(port, own, {"result": 1}).returncode or town.stored() == {}
    assert publish(port, own, {"result": 1}, "-u", "key", "-P", "wrong").returncode
    for number, topic in enumerate((own, secret)):
        body = {"result": number + 10, "phenomenonTime": f"2026-01-0{number + 1}T00:00:00Z"}
        assert publish(port, topic, body, *signed_in).returncode == 0
    until(lambda: len(known.messages()) == 2, seconds=20)
    time.sleep(1)
    assert stranger.results() == [10, 10]
    assert sorted(town.stored().values()) == [10.0, 11.0]
    assert publish(port, "town/bridge", {"t": 1_770_000_000, "level": 5}, *signed_in).returncode or (
        len(town.stored()) == 2
    )
    stranger.stop()
    known.stop()


def test_a_key_that_sends_too_much_is_read_from_more_slowly(town: Town) -> None:
    """The limit of a key holds by MQTT as well; the client waits, and no message is lost."""
    town.make()
    key = town.python("-c", KEY.replace("by=None", "by=None, per_minute=60")).split()[-1]
    town.start("ingest")
    town.wait()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("key", key)
    client.connect("127.0.0.1", town.mqtt_port)
    client.loop_start()
    began = time.monotonic()
    sent = [
        client.publish(
            f"v1.1/Datastreams({town.public})/Observations",
            json.dumps(
                {"result": number, "phenomenonTime": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"}
            ),
            qos=1,
        )
        for number in range(66)
    ]
    for one in sent:
        one.wait_for_publish(30)
    assert time.monotonic() - began > 2
    client.disconnect()
    client.loop_stop()
    assert sorted(town.stored().values()) == [float(number) for number in range(66)]


def test_lasting_session_misses_nothing_when_the_broker_is_killed(town: Town) -> None:
    """What was stored while the client and the broker were away comes when both are back."""
    town.more = OPEN_WRITING
    town.make()
    town.start()
    town.wait()
    topic = f"v1.1/Datastreams({town.public})/Observations"
    lasting = ("-c", "-i", "watcher", "-u", "watcher", "-P", "any")
    first = Listener(town.mqtt_port, topic, words=lasting)
    time.sleep(2)
    publish(town.mqtt_port, topic, {"result": 1, "phenomenonTime": "2026-01-01T00:00:00Z"})
    until(lambda: first.results() == [1], seconds=20)
    time.sleep(6)  # its position is written down
    first.stop()
    town.kill("ingest")
    post(town, topic.removeprefix("v1.1/"), {"result": 2, "phenomenonTime": "2026-01-02T00:00:00Z"})
    town.start("ingest")
    town.wait()
    publish(town.mqtt_port, topic, {"result": 3, "phenomenonTime": "2026-01-03T00:00:00Z"})
    again = Listener(town.mqtt_port, topic, words=lasting)
    until(lambda: len(again.results()) >= 2, seconds=20)
    assert again.results()[-2:] == [2, 3]
    again.stop()


def test_browser_subscribes_and_publishes_through_web(town: Town) -> None:
    """MQTT over WebSockets at `/mqtt`, as Masterportal and MQTT.js speak it."""
    town.make()
    key = town.python("-c", KEY).split()[-1]
    town.start()
    town.wait()
    until((town.home / "mqtt.sock").exists)
    topic = f"v1.1/Datastreams({town.public})/Observations"
    seen: list[Any] = []
    granted: list[Any] = []

    def browser(name: str = "", password: str = "") -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, transport="websockets")
        client.ws_set_options(path="/mqtt", headers={"Origin": "https://neighbour.example"})
        if name:
            client.username_pw_set(name, password)
        client.on_message = lambda _client, _data, message: seen.append(json.loads(message.payload))
        client.on_subscribe = lambda _client, _data, _mid, codes, _more: granted.extend(codes)
        client.connect("127.0.0.1", town.web_port)
        client.loop_start()
        return client

    stranger = browser()
    until(stranger.is_connected)
    stranger.subscribe([(topic, 1), (f"v1.1/Datastreams({town.hidden})/Observations", 1), ("#", 0)])
    until(lambda: len(granted) == 3)
    assert [code.is_failure for code in granted] == [False, True, True]
    writer = browser("key", key)
    until(writer.is_connected)
    writer.publish(topic, json.dumps({"result": 8.5}), qos=1).wait_for_publish(10)
    until(lambda: [one["result"] for one in seen] == [8.5], seconds=20)
    for client in (stranger, writer):
        client.disconnect()
        client.loop_stop()


def test_outside_broker_gives_and_takes(town: Town, broker: Mosquitto) -> None:
    """Mosquitto in between: devices publish there, readers subscribe there; news wait while it restarts."""
    town.mqtt_url = f"mqtt://127.0.0.1:{broker.port}"
    town.more = OPEN_WRITING
    town.make()
    publish(broker.port, f"v1.1/Datastreams({town.public})/Observations", {"result": 666}, "-r")  # old junk
    town.start()
    town.wait()
    own = f"v1.1/Datastreams({town.public})"
    topics = ("v1.1/Observations", f"{own}/phenomenonTime", "v1.1/Things(1)")
    # a lasting one: else what we publish may be at the new Mosquitto sooner than the reader
    listener = Listener(broker.port, *topics, words=("-c", "-i", "reader"))
    topic = f"{own}/Observations"
    until(lambda: arrived(town, broker.port, topic), seconds=40)
    until(lambda: 0 in listener.results(), seconds=20)
    publish(broker.port, "town/bridge", {"t": 1_770_000_000, "level": 7})
    until(lambda: 7.0 in town.stored().values(), seconds=20)
    broker.stop()
    post(town, f"{topic.removeprefix('v1.1/')}", {"result": 41, "phenomenonTime": "2026-02-01T00:00:00Z"})
    time.sleep(2)
    broker.start()
    until(lambda: 41 in listener.results(), seconds=60)
    assert (
        publish(broker.port, topic, {"result": 42, "phenomenonTime": "2026-02-02T00:00:00Z"}).returncode == 0
    )
    until(lambda: 42 in listener.results(), seconds=20)
    assert sorted(town.stored().values()) == [0.0, 7.0, 41.0, 42.0]
    listener.stop()


STORE = (
    DJANGO
    + """
import sys
from stadtkern.standards.sensorthings.fixtures import Client
Client().make(f"Datastreams({sys.argv[1]})/Observations", {"result": int(sys.argv[2])})
"""
)
PUBLISH = (
    DJANGO
    + """
import sys
from stadtkern.governance.models import DataProfile
profile = DataProfile.objects.get()
profile.is_published = sys.argv[1] == "yes"
profile.save()
"""
)


def test_outside_broker_hears_no_more_of_what_is_withdrawn(town: Town, broker: Mosquitto) -> None:
    """Without a new connection, within some seconds."""
    town.mqtt_url = f"mqtt://127.0.0.1:{broker.port}"
    town.make()
    town.start("ingest")
    town.wait("ingest")
    listener = Listener(broker.port, "v1.1/#")

    def store(result: int) -> None:
        town.python("-c", STORE, str(town.public), str(result))

    def is_heard(result: int) -> bool:
        store(result)
        time.sleep(1)
        return result in listener.results()

    until(lambda: is_heard(1), seconds=60)
    town.python("-c", PUBLISH, "no")
    time.sleep(UNTIL_RIGHTS_ARE_RENEWED)
    store(2)
    town.python("-c", PUBLISH, "yes")
    time.sleep(UNTIL_RIGHTS_ARE_RENEWED)
    until(lambda: is_heard(3), seconds=60)
    assert 2 not in listener.results()
    listener.stop()


def arrived(town: Town, port: int, topic: str) -> bool:
    """Publish the same message once more; return whether it is stored."""
    publish(port, topic, {"result": 0, "phenomenonTime": "2026-01-01T00:00:00Z"})
    time.sleep(0.5)
    return bool(town.stored())
