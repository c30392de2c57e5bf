"""Nobody is told “stored” before it is."""

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import OperationalError

from stadtkern.base.clock import now
from stadtkern.ingest.committer import Committer, Message


class Told:
    """A sender that remembers what it was told is on disk."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.waiting: dict[str, asyncio.Future[None]] = {}

    def stored(self, messages: Sequence[Message]) -> None:
        """Take note."""
        self.topics += [message.topic for message in messages]
        for message in messages:
            if message.topic in self.waiting:
                self.waiting.pop(message.topic).set_result(None)

    def send(self, committer: Committer, topic: str, body: bytes = b"") -> asyncio.Future[None]:
        """Send a message; the result is there when it was acknowledged."""
        self.waiting[topic] = asyncio.get_running_loop().create_future()
        committer.put(Message(topic, body, (), now(), self))
        return self.waiting[topic]


class Disk:
    """A place to write to that a test can take away."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.groups: list[int] = []
        self.free = threading.Event()
        self.free.set()
        self.is_away = False

    def __call__(self, messages: Sequence[Message]) -> None:
        """Write, or fail as a database does."""
        self.free.wait(5)
        if self.is_away:
            raise OperationalError("disk I/O error")
        self.topics += [message.topic for message in messages]
        self.groups.append(len(messages))


async def with_committer(disk: Disk) -> tuple[Committer, "asyncio.Task[None]"]:
    """Return a running committer."""
    committer = Committer(disk, ThreadPoolExecutor(1))
    return committer, asyncio.create_task(committer.run())


def test_messages_are_answered_after_the_write_and_in_order() -> None:
    """What comes meanwhile forms the next group."""
    disk, told = Disk(), Told()

    async def scenario() -> None:
        committer, task = await with_committer(disk)
        disk.free.clear()
        for number in range(50):
            told.send(committer, str(number))
            await asyncio.sleep(0.001)
        assert told.topics == []
        disk.free.set()
        await committer.close(task)

    asyncio.run(scenario())
    assert disk.topics == told.topics == [str(number) for number in range(50)]
    assert len(disk.groups) < 25


def test_database_outage_loses_nothing() -> None:
    """While the database is away nobody is told anything; afterwards everything is written."""
    disk = Disk()

    async def scenario() -> None:
        committer, task = await with_committer(disk)
        disk.is_away = True
        future = Told().send(committer, "a")
        await asyncio.sleep(0.4)
        assert not future.done()
        disk.is_away = False
        await asyncio.wait_for(future, 3)
        await committer.close(task)

    asyncio.run(scenario())
    assert disk.topics == ["a"]


def test_end_without_a_database_acknowledges_nothing() -> None:
    """The senders keep their messages."""
    disk = Disk()

    async def scenario() -> bool:
        committer, task = await with_committer(disk)
        disk.is_away = True
        future = Told().send(committer, "a")
        await asyncio.sleep(0.1)
        late = time.monotonic()
        await committer.close(task, seconds=2)
        assert time.monotonic() - late < 3
        assert not Told().send(committer, "b").done()
        return not future.done()

    assert asyncio.run(scenario())


def test_readers_wait_while_too_much_waits() -> None:
    """A flood fills no memory: room ends, and comes back."""
    disk, told = Disk(), Told()

    async def scenario() -> None:
        committer, task = await with_committer(disk)
        disk.free.clear()
        futures = [told.send(committer, str(number), b"x" * 1_000_000) for number in range(70)]
        assert not committer.has_room
        disk.free.set()
        await asyncio.gather(*futures)
        assert committer.has_room
        await committer.close(task)

    asyncio.run(scenario())


def test_mistake_of_ours_does_not_end_the_writing() -> None:
    """A task that died in silence would take messages for ever and never store one."""
    calls = 0

    def write(_messages: Sequence[Message]) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("nobody foresaw this")

    async def scenario() -> None:
        committer = Committer(write, ThreadPoolExecutor(1))
        task = asyncio.create_task(committer.run())
        await asyncio.wait_for(Told().send(committer, "a"), 3)
        await asyncio.wait_for(Told().send(committer, "b"), 3)
        await committer.close(task)

    asyncio.run(scenario())
    assert calls == 3
