"""Group commit: messages wait together for one transaction; only then are their senders told."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from stadtkern.base.clock import now

logger = logging.getLogger(__name__)
MOST_TOGETHER = 1000
MOST_BYTES_TOGETHER = 16_000_000
LINGER = 0.003
"""Seconds that the first message of a group waits for others; a busy database makes groups grow by itself."""
ROOM_MESSAGES = 20_000
ROOM_BYTES = 64_000_000
LONGEST_PAUSE = 15.0


@dataclass(frozen=True, slots=True)
class Message:
    """What came in on a topic."""

    topic: str
    body: bytes
    sources: tuple[str, ...]
    received: datetime


Write = Callable[[Sequence[Message]], None]


class Committer:
    """Writes messages in groups, in the order of their arrival, by one thread.

    `submit` returns a future that is done when the message is on disk. While the database is away messages
    wait, their senders are not told anything, and `room` tells readers of sockets to stop reading.
    """

    def __init__(self, write: Write, executor: Executor) -> None:
        self.write = write
        self.executor = executor
        self.waiting: deque[tuple[Message, asyncio.Future[None]]] = deque()
        self.waiting_bytes = 0
        self.arrived = asyncio.Event()
        self.room = asyncio.Event()
        self.room.set()
        self.is_closing = False

    def submit(self, topic: str, body: bytes, sources: tuple[str, ...]) -> asyncio.Future[None]:
        """Hand over a message; the future is done after its commit, and cancelled if we stop before."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.is_closing:
            future.cancel()
            return future
        self.waiting.append((Message(topic, body, sources, now()), future))
        self.waiting_bytes += len(body)
        self.arrived.set()
        self._look_for_room()
        return future

    def _look_for_room(self) -> None:
        if len(self.waiting) < ROOM_MESSAGES and self.waiting_bytes < ROOM_BYTES:
            self.room.set()
        else:
            self.room.clear()

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
            if not await self._commit([message for message, _future in group]):
                self._cancel(group)
                return
            for _message, future in group:
                if not future.done():
                    future.set_result(None)

    def _next_group(self) -> list[tuple[Message, asyncio.Future[None]]]:
        group: list[tuple[Message, asyncio.Future[None]]] = []
        size = 0
        while self.waiting and len(group) < MOST_TOGETHER and size < MOST_BYTES_TOGETHER:
            pair = self.waiting.popleft()
            size += len(pair[0].body)
            group.append(pair)
        self.waiting_bytes -= size
        self._look_for_room()
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

    def _cancel(self, group: Sequence[tuple[Message, asyncio.Future[None]]]) -> None:
        for _message, future in (*group, *self.waiting):
            future.cancel()
        self.waiting.clear()

    async def close(self, task: "asyncio.Task[None]", *, seconds: float = 10.0) -> None:
        """Write what waits, then end; what cannot be written within `seconds` is not acknowledged."""
        self.is_closing = True
        self.arrived.set()
        with contextlib.suppress(asyncio.TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(task, seconds)
        self._cancel(())
