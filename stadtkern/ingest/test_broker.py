"""Our own broker, through real sockets."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from django.db import connection

from stadtkern.ingest.accounts import Accounts, key_digest
from stadtkern.ingest.broker import Broker
from stadtkern.ingest.committer import Committer, Message
from stadtkern.ingest.fixtures import Everybodys, Peer, Refused
from stadtkern.ingest.gate import Gate
from stadtkern.ingest.mqtt import packets
from stadtkern.ingest.mqtt.connection import LARGEST_GREETING, LARGEST_MESSAGE, LONGEST_TOPIC
from stadtkern.ingest.mqtt.packets import Publication, encode_length
from stadtkern.ingest.topics import TopicIndex

pytestmark = pytest.mark.django_db(transaction=True)


class Bench:
    """A broker on this machine, and what it stored."""

    def __init__(self) -> None:
        self.stored: list[tuple[str, bytes]] = []
        self.may_write = Event()
        self.may_write.set()
        self.broker: Broker
        self.port = 0

    def write(self, messages: Sequence[Message]) -> None:
        """Store, when the test lets us."""
        self.may_write.wait(10)
        self.stored += [(message.topic, message.body) for message in messages]

    async def run(
        self, scenario: "Callable[[Bench], Awaitable[None]]", *, anonymous: bool = False, path: str = ""
    ) -> None:
        """Run a broker around a scenario."""
        with contextlib.closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        askers = ThreadPoolExecutor(1)
        committer = Committer(self.write, ThreadPoolExecutor(1))
        task = asyncio.create_task(committer.run())
        index = TopicIndex()
        index.replace({"alice": ["a/#"], "bob": ["b/+"]})
        accounts = Accounts({"alice": key_digest("secret"), "bob": key_digest("other")})
        self.broker = Broker(
            committer=committer,
            index=index,
            accounts=accounts,
            gate=Gate({}, askers),
            anonymous=anonymous,
        )
        await self.broker.start("127.0.0.1", self.port)
        if path:
            await self.broker.start_local(path)
        try:
            await asyncio.wait_for(scenario(self), 20)
        finally:
            self.may_write.set()
            await committer.close(task)
            await self.broker.shutdown()
            await asyncio.sleep(0)
            askers.submit(lambda: connection.close()).result()  # noqa: PLW0108  # that of the thread

    async def client(self, name: str = "", password: str = "", **more: object) -> Peer:
        """Return a connected client."""
        return await Peer.connect(self.port, name, password, **more)  # type: ignore[arg-type]

    async def alice(self, **more: object) -> Peer:
        """Return a client of the source whose topics begin with `a`."""
        return await self.client("alice", "secret", **more)


def play(scenario: Callable[[Bench], Awaitable[None]], *, anonymous: bool = False, path: str = "") -> Bench:
    """Run a scenario against a broker."""
    bench = Bench()
    asyncio.run(bench.run(scenario, anonymous=anonymous, path=path))
    return bench


@pytest.mark.parametrize("qos", [1, 2])
def test_acknowledgement_waits_for_the_disk(qos: int) -> None:
    """While nothing can be written, nothing is acknowledged."""

    async def scenario(bench: Bench) -> None:
        client = await bench.alice()
        bench.may_write.clear()
        sending = asyncio.create_task(client.publish("a/1", b"7", qos=qos))
        await asyncio.sleep(0.5)
        assert not sending.done()
        bench.may_write.set()
        await asyncio.wait_for(sending, 5)
        assert bench.stored == [("a/1", b"7")]
        await client.leave()

    play(scenario)


@pytest.mark.parametrize(
    ("name", "password"), [("", ""), ("alice", "wrong"), ("alice", ""), ("nobody", "secret")]
)
def test_strangers_are_not_let_in(name: str, password: str) -> None:
    """Neither without a name nor with a wrong key, as long as no interface has something for them."""

    async def scenario(bench: Bench) -> None:
        with pytest.raises(Refused):
            await bench.client(name, password)

    play(scenario)


def test_strangers_cannot_end_the_session_of_a_device() -> None:
    """A client with the same identifier and a wrong key changes nothing."""

    async def scenario(bench: Bench) -> None:
        client = await bench.alice(client_id="device")
        with pytest.raises(Refused):
            await bench.client("alice", "wrong", client_id="device")
        other = await bench.client("bob", "other", client_id="device")
        await client.publish("a/1", b"still here")
        await client.leave()
        await other.leave()

    assert play(scenario).stored == [("a/1", b"still here")]


def test_second_sender_with_the_same_identifier_takes_over() -> None:
    """The older connection ends (3.1.4), its message is stored, and the newer one is served."""

    async def scenario(bench: Bench) -> None:
        first = await bench.alice(client_id="twin")
        bench.may_write.clear()
        sending = asyncio.create_task(first.publish("a/1", b"first"))
        await asyncio.sleep(0.1)
        second = await bench.alice(client_id="twin")
        await asyncio.wait_for(first.over.wait(), 5)
        with pytest.raises(ConnectionError):
            await sending
        bench.may_write.set()
        await second.publish("a/2", b"second")
        await second.leave()

    assert play(scenario).stored == [("a/1", b"first"), ("a/2", b"second")]


def test_account_writes_only_to_its_own_topics() -> None:
    """Anything else ends the connection, and is neither stored nor acknowledged."""

    async def scenario(bench: Bench) -> None:
        for topic in ("b/1", "$SYS/a", "c"):
            client = await bench.alice()
            with pytest.raises(ConnectionError):
                await client.publish(topic, b"7")

    assert play(scenario).stored == []


@pytest.mark.parametrize("topic", ["", "a/#", "a/+", "a/" + "x" * LONGEST_TOPIC, "a/\0"])
def test_hostile_topics_end_the_connection(topic: str) -> None:
    """Empty ones, wildcards, huge ones, U+0000."""

    async def scenario(bench: Bench) -> None:
        client = await bench.alice()
        with pytest.raises(ConnectionError):
            await client.publish(topic, b"7")

    assert play(scenario).stored == []


def test_demo_lets_in_everybody_on_this_machine() -> None:
    """Without a name, to any topic; quality of service 0 is stored, too."""

    async def scenario(bench: Bench) -> None:
        client = await bench.client()
        await client.publish("x/1", b"0", qos=0)
        await client.publish("x/2", b"1")
        await client.leave()

    assert play(scenario, anonymous=True).stored == [("x/1", b"0"), ("x/2", b"1")]


def test_demo_does_not_let_in_those_who_come_through_a_proxy(tmp_path: Path) -> None:
    """The proxy is on this machine; who stands behind it is not."""
    path = str(tmp_path / "mqtt.sock")

    async def scenario(bench: Bench) -> None:
        line = b"PROXY TCP4 192.0.2.7 127.0.0.1 5000 80\r\n"
        with pytest.raises(Refused):
            await bench.client(path=path, before=line)
        client = await bench.alice(path=path, before=line)
        await client.publish("a/1", b"7")
        await client.leave()

    assert play(scenario, anonymous=True, path=path).stored == [("a/1", b"7")]


def test_stored_messages_reach_subscribers() -> None:
    """The broker is a broker: who subscribed gets what was stored, if it is of its own source."""

    async def scenario(bench: Bench) -> None:
        listener = await bench.alice(client_id="listener")
        assert await listener.subscribe("a/#") == [1]
        assert await listener.subscribe("b/1", "#", "a#", "") == [packets.REFUSED] * 4
        client = await bench.alice(client_id="sender")
        await client.publish("a/1", b"7")
        assert await listener.next() == Publication("a/1", b"7", 1)
        await client.publish("a/2", b"8", qos=0)
        assert await listener.next() == Publication("a/2", b"8", 0)
        await client.leave()
        await listener.leave()

    play(scenario)


def test_subscription_ends() -> None:
    """After UNSUBACK nothing more comes."""

    async def scenario(bench: Bench) -> None:
        client = await bench.alice()
        await client.subscribe("a/#")
        body = (77).to_bytes(2, "big") + packets.text("a/#")
        await client.ask(packets.packet(packets.UNSUBSCRIBE, body, 2), packets.UNSUBACK, 77)
        await client.publish("a/1", b"7")
        assert await client.nothing(0.3)
        await client.leave()

    play(scenario)


def test_lasting_session_gets_what_came_meanwhile() -> None:
    """Messages of QoS 1 wait for a client that said it comes back; unacknowledged ones come again."""

    async def scenario(bench: Bench) -> None:
        listener = await bench.alice(client_id="listener", clean=False)
        assert not listener.is_present
        await listener.subscribe("a/#")
        listener.acknowledges = False
        client = await bench.alice(client_id="sender")
        await client.publish("a/1", b"1")
        assert (await listener.next()).body == b"1"
        await listener.leave()
        await client.publish("a/2", b"2")
        again = await bench.alice(client_id="listener", clean=False)
        assert again.is_present
        assert [(await again.next()).body, (await again.next()).body] == [b"1", b"2"]
        await again.leave()
        fresh = await bench.alice(client_id="listener", clean=True)
        assert not fresh.is_present
        await client.leave()
        await fresh.leave()

    play(scenario)


def test_newest_retained_message_is_there_for_later_subscribers() -> None:
    """An empty one ends that; the number and the size of what is kept have an end."""

    async def scenario(bench: Bench) -> None:
        client = await bench.alice()
        await client.publish("a/1", b"old", retain=True)
        await client.publish("a/1", b"new", retain=True)
        await client.publish("a/2", b"x" * 100_000, retain=True)
        await client.subscribe("a/#")
        assert await client.next() == Publication("a/1", b"new", 1, retain=True)
        assert await client.nothing(0.2)
        await client.publish("a/1", b"", retain=True)
        assert bench.broker.retained == {}
        await client.leave()

    play(scenario)


def test_last_will_is_published_when_a_client_falls_silent() -> None:
    """Not when it says goodbye; and only to topics that it may write to."""

    async def scenario(bench: Bench) -> None:
        listener = await bench.alice(client_id="listener")
        await listener.subscribe("a/#")
        polite = await bench.alice(will=Publication("a/will", b"polite", 1))
        await polite.leave()
        stranger = await bench.alice(will=Publication("b/will", b"stranger", 1))
        await stranger.leave(politely=False)
        gone = await bench.alice(will=Publication("a/will", b"gone", 1))
        await gone.leave(politely=False)
        assert (await listener.next()).body == b"gone"
        await listener.leave()

    assert play(scenario).stored == [("a/will", b"gone")]


def test_message_of_qos_2_that_is_sent_again_is_stored_once() -> None:
    """The client may lose its connection between PUBREC and PUBREL."""

    async def scenario(bench: Bench) -> None:
        client = await bench.alice(client_id="two", clean=False)
        data = packets.publish(b"a/1", b"7", qos=2, number=9)
        await client.ask(data, packets.PUBREC, 9)
        await client.leave(politely=False)
        again = await bench.alice(client_id="two", clean=False)
        await again.ask(packets.publish(b"a/1", b"7", qos=2, number=9, again=True), packets.PUBREC, 9)
        await again.ask(packets.answer(packets.PUBREL, 9), packets.PUBCOMP, 9)
        await again.leave()

    assert play(scenario).stored == [("a/1", b"7")]


@pytest.mark.parametrize(
    "greeting",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x10\xff\xff\xff\x7f" + b"\x00\xff" * 10,
        b"\x10"
        + encode_length(LARGEST_GREETING * 4)
        + b"\x00\x04MQTT\x04\x80\x00\x0a\xff\xff"
        + b"x" * 20000,
        bytes(range(256)),
        b"\x10\x00",
        b"\x30\x03\x00\x01a",
        b"PROXY " + b"x" * 200,
        b"\x10\x0c\x00\x04MQTT\x05\x02\x00\x00\x00\x00",
    ],
)
def test_hostile_greetings_end_the_connection_and_nothing_else(greeting: bytes) -> None:
    """A device that comes afterwards is served."""

    async def scenario(bench: Bench) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.port)
        with contextlib.suppress(ConnectionError):
            writer.write(greeting)
            await writer.drain()
            await asyncio.wait_for(reader.read(), 11)
        writer.close()
        client = await bench.alice()
        await client.publish("a/1", b"7")
        await client.leave()

    assert play(scenario).stored == [("a/1", b"7")]


def test_too_large_message_ends_the_connection() -> None:
    """Nothing of it is kept in memory."""

    async def scenario(bench: Bench) -> None:
        client = await bench.alice()
        with pytest.raises(ConnectionError):
            await client.publish("a/1", b"x" * (LARGEST_MESSAGE + 1))

    assert play(scenario).stored == []


def test_flood_stops_at_the_socket() -> None:
    """While the disk is slow a sender is not read from, and no message is lost or stored twice."""

    async def scenario(bench: Bench) -> None:
        client = await bench.alice()
        bench.may_write.clear()
        body = b"x" * 2000
        data = b"".join(
            packets.publish(b"a/%d" % number, body, qos=1, number=number) for number in range(1, 40_001)
        )
        client.writer.write(data)
        await asyncio.sleep(1)
        assert len(bench.broker.committer.waiting) < 12_000
        bench.may_write.set()
        waiting = asyncio.get_running_loop().create_future()
        client.answers[packets.PUBACK, 40_000] = waiting
        await asyncio.wait_for(waiting, 15)
        await client.leave()

    assert [topic for topic, _body in play(scenario).stored] == [f"a/{n}" for n in range(1, 40_001)]


def test_a_crowd_that_does_not_greet_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that has been silent longest makes room."""
    monkeypatch.setattr("stadtkern.ingest.broker.MOST_CONNECTIONS", 5)

    async def scenario(bench: Bench) -> None:
        first = await bench.alice(client_id="first")
        silent = [await asyncio.open_connection("127.0.0.1", bench.port) for _ in range(20)]
        await asyncio.sleep(0.2)
        client = await bench.alice(client_id="second")
        await client.publish("a/1", b"7")
        await first.publish("a/2", b"8")
        for _reader, writer in silent:
            writer.close()
        await client.leave()
        await first.leave()

    assert play(scenario).stored == [("a/1", b"7"), ("a/2", b"8")]


def test_strangers_leave_places_for_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crowd of them is told to come later; who has an account is let in."""
    monkeypatch.setattr("stadtkern.ingest.broker.MOST_STRANGERS", 3)

    async def scenario(bench: Bench) -> None:
        bench.broker.gate.interfaces = {"open": Everybodys()}
        strangers = [await bench.client(client_id=f"s{number}") for number in range(3)]
        with pytest.raises(Refused, match="x03"):
            await bench.client(client_id="s4")
        device = await bench.alice()
        await device.publish("a/1", b"7")
        await strangers[0].leave()
        await asyncio.sleep(0.1)
        strangers[0] = await bench.client(client_id="s5")
        for client in (*strangers, device):
            await client.leave()

    assert play(scenario).stored == [("a/1", b"7")]


def test_large_messages_for_an_absent_client_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest ones go, and one that takes but never acknowledges gets no more."""
    monkeypatch.setattr("stadtkern.ingest.mqtt.session.MOST_BYTES", 100_000)

    async def scenario(bench: Bench) -> None:
        listener = await bench.alice(client_id="listener", clean=False)
        await listener.subscribe("a/#")
        listener.acknowledges = False
        sender = await bench.alice(client_id="sender")
        for number in range(30):
            await sender.publish(f"a/{number}", bytes([number]) * 20_000)
        (session,) = (one for one in bench.broker.sessions.values() if one.filters)
        assert session.bytes_under_way == sum(len(one.body) for one in session.under_way.values()) <= 120_000
        assert session.bytes_queued == sum(len(one.body) for one in session.queue) <= 100_000
        assert session.lost > 10
        await listener.leave()
        again = await bench.alice(client_id="listener", clean=False)
        kept = len(session.under_way) + len(session.queue)
        bodies = [(await again.next()).body for _ in range(kept)]
        assert bodies[-1] == bytes([29]) * 20_000
        assert await again.nothing(0.3)
        assert session.bytes_under_way == session.bytes_queued == 0
        await again.leave()
        await sender.leave()

    play(scenario)


def test_packets_cut_anywhere_are_put_together() -> None:
    """Byte by byte, as a bad line delivers them."""

    async def scenario(bench: Bench) -> None:
        client = await bench.alice()
        data = packets.publish(b"a/1", b"y" * 300, qos=1, number=5)
        for byte in data[:-1]:
            client.writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        assert bench.stored == []
        await client.ask(data[-1:], packets.PUBACK, 5)
        await client.leave()

    assert play(scenario).stored == [("a/1", b"y" * 300)]


def test_silent_client_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """After one and a half times the silence that it promised at most."""
    monkeypatch.setattr("stadtkern.ingest.broker.SWEEP_SECONDS", 0.2)

    async def scenario(bench: Bench) -> None:
        client = await bench.alice(keep_alive=1)
        await asyncio.wait_for(client.over.wait(), 5)

    play(scenario)
