"""Group commit: messages wait together for one transaction; only then are their senders told."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from typing import Protocol

logger = logging.getLogger(__name__)
MOST_TOGETHER = 2000
MOST_BYTES_TOGETHER = 16_000_000
LINGER = 0.003
"""Seconds that the first message of a group waits for others; a busy database makes groups grow by itself."""
ROOM_MESSAGES = 20_000
ROOM_BYTES = 64_000_000
LONGEST_PAUSE = 15.0


class Sender(Protocol):
    """Who brought a message and waits to hear that it is on disk."""

    def stored(self, messages: "Sequence[Message]") -> None:
        """Take note that messages of this sender are on disk."""


class Message:
    """What came in on a topic. A plain class: ten thousand of them are made in a second."""

    __slots__ = (
        "access",
        "body",
        "interface",
        "number",
        "qos",
        "received",
        "retain",
        "sender",
        "sources",
        "topic",
    )

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        topic: str,
        body: bytes,
        sources: tuple[str, ...],
        received: datetime,
        sender: Sender | None = None,
        number: int = 0,
        qos: int = 0,
        retain: bool = False,  # noqa: FBT001, FBT002  # positional, for speed
        interface: str = "",
        access: object = None,
    ) -> None:
        self.topic = topic
        self.body = body
        self.sources = sources
        """Slugs of the sources that read the topic."""
        self.received = received
        self.sender = sender
        self.number = number
        """Identifier that the sender gave it."""
        self.qos = qos
        self.retain = retain
        self.interface = interface
        """Slug of the published interface that the topic belongs to; empty: none."""
        self.access = access
        """What the sender may do there."""


Write = Callable[[Sequence[Message]], None]


class Committer:
    """Writes messages in groups, in the order of their arrival, by one thread.

    The sender of a message is told when it is on disk. While the database is away messages wait, their
    senders are not told anything, and `room` tells readers of sockets to stop reading.
    """

    def __init__(self, write: Write, executor: Executor) -> None:
        self.write = write
        self.executor = executor
        self.waiting: deque[Message] = deque()
        self.waiting_bytes = 0
        self.arrived = asyncio.Event()
        self.has_room = True
        self.on_room: list[Callable[[bool], None]] = []
        """Called when room for more messages ends or comes back."""
        self.on_stored: list[Callable[[], None]] = []
        """Called after each commit."""
        self.is_closing = False

    def put(self, message: Message) -> None:
        """Hand over a message; after the end nobody is told about it, so that its sender keeps it."""
        if self.is_closing:
            return
        self.waiting.append(message)
        self.waiting_bytes += len(message.body)
        self.arrived.set()
        if self.has_room and (len(self.waiting) >= ROOM_MESSAGES or self.waiting_bytes >= ROOM_BYTES):
            self._tell_room(has_room=False)

    def _tell_room(self, *, has_room: bool) -> None:
        self.has_room = has_room
        for listener in self.on_room:
            listener(has_room)

    async def run(self) -> None:
        """Write until `close` was called and nothing waits any more."""
        while self.waiting or not self.is_closing:
            await self.arrived.wait()
            if len(self.waiting) < MOST_TOGETHER and not self.is_closing:
                await asyncio.sleep(LINGER)
            group = self._next_group()
            if not group:
                self.arrived.clear()
                continue
            if not await self._commit(group):
                self.waiting.clear()
                return
            tell_senders(group)
            for listener in self.on_stored:
                listener()

    def _next_group(self) -> list[Message]:
        group: list[Message] = []
        size = 0
        while self.waiting and len(group) < MOST_TOGETHER and size < MOST_BYTES_TOGETHER:
            message = self.waiting.popleft()
            size += len(message.body)
            group.append(message)
        self.waiting_bytes -= size
        if not self.has_room and len(self.waiting) < ROOM_MESSAGES and self.waiting_bytes < ROOM_BYTES:
            self._tell_room(has_room=True)
        return group

    async def _commit(self, messages: Sequence[Message]) -> bool:
        """Write one group, however long the database is away; False if we had to stop before it came back."""
        pause = 0.2
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(self.executor, self.write, messages)
            except Exception as error:  # noqa: BLE001  # if this task ended, no message would be stored any more
                if pause == 0.2:  # noqa: PLR2004  # the first failure of this outage
                    logger.error("database does not take messages: %s", error)  # noqa: TRY400  # one line
                if self.is_closing:
                    return False
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                if pause > 0.2:  # noqa: PLR2004
                    logger.info("database takes messages again")
                return True

    async def close(self, task: "asyncio.Task[None]", *, seconds: float = 10.0) -> None:
        """Write what waits, then end; what cannot be written within `seconds` is not acknowledged."""
        self.is_closing = True
        self.arrived.set()
        with contextlib.suppress(asyncio.TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(task, seconds)
        self.waiting.clear()


def tell_senders(group: Sequence[Message]) -> None:
    """Tell each sender once which of its messages are on disk, in their order."""
    by_sender: dict[Sender, list[Message]] = {}
    for message in group:
        if message.sender is not None:
            by_sender.setdefault(message.sender, []).append(message)
    for sender, messages in by_sender.items():
        try:
            sender.stored(messages)
        except Exception:  # the messages are stored, and the other senders have to hear of theirs
            logger.exception("a sender cannot be told that its messages are stored")
