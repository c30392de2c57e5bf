"""Our own broker, through real sockets."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from amqtt.client import MQTTClient
from amqtt.errors import ConnectError

from stadtkern.ingest.accounts import Accounts, key_digest
from stadtkern.ingest.broker import LARGEST_GREETING, LARGEST_MESSAGE, DurableBroker, quiet
from stadtkern.ingest.committer import Committer, Message
from stadtkern.ingest.topics import TopicIndex

QOS_0, QOS_1, QOS_2 = 0, 1, 2
# The client of amqtt leaves the socket of a connection open that was refused.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


class Bench:
    """A broker on this machine, and what it stored."""

    def __init__(self) -> None:
        self.stored: list[tuple[str, bytes]] = []
        self.may_write = Event()
        self.may_write.set()

    def write(self, messages: Sequence[Message]) -> None:
        """Store, when the test lets us."""
        self.may_write.wait(10)
        self.stored += [(message.topic, message.body) for message in messages]

    async def run(self, scenario: "Callable[[Bench], Awaitable[None]]", *, anonymous: bool = False) -> None:
        """Run a broker around a scenario."""
        quiet()
        with contextlib.closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        committer = Committer(self.write, ThreadPoolExecutor(1))
        task = asyncio.create_task(committer.run())
        index = TopicIndex()
        index.replace({"alice": ["a/#"], "bob": ["b/+"]})
        accounts = Accounts({"alice": key_digest("secret"), "bob": key_digest("other")})
        broker = DurableBroker(
            host="127.0.0.1",
            port=self.port,
            committer=committer,
            index=index,
            accounts=accounts,
            anonymous=anonymous,
        )
        await broker.start()
        try:
            await asyncio.wait_for(scenario(self), 20)
        finally:
            self.may_write.set()
            await committer.close(task)
            await broker.shutdown()

    async def client(self, name: str = "", password: str = "", client_id: str = "one") -> MQTTClient:
        """Return a connected client."""
        config: dict[str, Any] = {"auto_reconnect": False, "connection_timeout": 5, "plugins": {}}
        client = MQTTClient(client_id=client_id, config=config)
        user = f"{name}:{password}@" if name else ""
        await client.connect(f"mqtt://{user}127.0.0.1:{self.port}/")
        return client


def play(scenario: Callable[[Bench], Awaitable[None]], *, anonymous: bool = False) -> Bench:
    """Run a scenario against a broker."""
    bench = Bench()
    asyncio.run(bench.run(scenario, anonymous=anonymous))
    gc.collect()
    return bench


@pytest.mark.parametrize("qos", [QOS_1, QOS_2])
def test_acknowledgement_waits_for_the_disk(qos: int) -> None:
    """While nothing can be written, nothing is acknowledged."""

    async def scenario(bench: Bench) -> None:
        client = await bench.client("alice", "secret")
        bench.may_write.clear()
        sending = asyncio.create_task(client.publish("a/1", b"7", qos=qos))
        await asyncio.sleep(0.5)
        assert not sending.done()
        bench.may_write.set()
        await asyncio.wait_for(sending, 5)
        assert bench.stored == [("a/1", b"7")]
        await client.disconnect()

    play(scenario)


@pytest.mark.parametrize(
    ("name", "password"), [("", ""), ("alice", "wrong"), ("alice", ""), ("nobody", "secret")]
)
def test_strangers_are_not_let_in(name: str, password: str) -> None:
    """Neither without a name nor with a wrong key."""

    async def scenario(bench: Bench) -> None:
        with pytest.raises(ConnectError):
            await bench.client(name, password)

    play(scenario)


def test_strangers_cannot_end_the_session_of_a_device() -> None:
    """A client with the same identifier and a wrong key changes nothing."""

    async def scenario(bench: Bench) -> None:
        client = await bench.client("alice", "secret", client_id="device")
        for name, password in (("alice", "wrong"), ("bob", "other")):
            with contextlib.suppress(ConnectError):
                await bench.client(name, password, client_id="device")
        await asyncio.wait_for(client.publish("a/1", b"still here", qos=QOS_1), 5)
        await client.disconnect()

    assert play(scenario).stored == [("a/1", b"still here")]


def test_account_writes_only_to_its_own_topics() -> None:
    """Anything else ends the connection, and is neither stored nor acknowledged."""

    async def scenario(bench: Bench) -> None:
        client = await bench.client("alice", "secret")
        with pytest.raises((asyncio.TimeoutError, Exception)):  # however the client notices
            await asyncio.wait_for(client.publish("b/1", b"7", qos=QOS_1), 1)
        with contextlib.suppress(Exception):
            await client.disconnect()

    assert play(scenario).stored == []


def test_demo_lets_in_everybody_on_this_machine() -> None:
    """Without a name, to any topic; quality of service 0 is stored, too."""

    async def scenario(bench: Bench) -> None:
        client = await bench.client()
        await client.publish("x/1", b"0", qos=QOS_0)
        await client.publish("x/2", b"1", qos=QOS_1)
        await client.disconnect()

    assert play(scenario, anonymous=True).stored == [("x/1", b"0"), ("x/2", b"1")]


def test_stored_messages_reach_subscribers() -> None:
    """The broker is a broker: who subscribed gets what was stored."""

    async def scenario(bench: Bench) -> None:
        listener = await bench.client("alice", "secret", client_id="listener")
        assert await listener.subscribe([("a/#", QOS_1)]) == [QOS_1]
        assert await listener.subscribe([("b/1", QOS_1), ("#", QOS_1)]) == [0x80, 0x80]
        client = await bench.client("alice", "secret", client_id="sender")
        await client.publish("a/1", b"7", qos=QOS_1)
        message = await listener.deliver_message(timeout_duration=5)
        assert message is not None
        assert bytes(message.data or b"") == b"7"
        await client.disconnect()
        await listener.disconnect()

    play(scenario)


def length_bytes(length: int) -> bytes:
    """Return the remaining length of a packet as MQTT writes it."""
    found = bytearray()
    while True:
        length, digit = divmod(length, 128)
        found.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(found)


@pytest.mark.parametrize(
    "greeting",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x10\xff\xff\xff\x7f" + b"\x00\xff" * 10,
        b"\x10" + length_bytes(LARGEST_GREETING * 4) + b"\x00\x04MQTT\x04\x80\x00\x0a\xff\xff" + b"x" * 20000,
        bytes(range(256)),
        b"\x10\x00",
    ],
)
def test_hostile_greetings_end_the_connection_and_nothing_else(greeting: bytes) -> None:
    """A device that comes afterwards is served."""

    async def scenario(bench: Bench) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.port)
        with contextlib.suppress(ConnectionError):
            writer.write(greeting)
            await writer.drain()
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 11)
        writer.close()
        client = await bench.client("alice", "secret")
        await client.publish("a/1", b"7", qos=QOS_1)
        await client.disconnect()

    assert play(scenario).stored == [("a/1", b"7")]


def test_too_large_message_ends_the_connection() -> None:
    """Nothing of it is kept in memory."""

    async def scenario(bench: Bench) -> None:
        client = await bench.client("alice", "secret")
        with pytest.raises((asyncio.TimeoutError, Exception)):  # however the client notices
            await asyncio.wait_for(client.publish("a/1", b"x" * (LARGEST_MESSAGE + 1), qos=QOS_1), 3)
        with contextlib.suppress(Exception):
            await client.disconnect()

    assert play(scenario).stored == []
