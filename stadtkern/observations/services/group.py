"""Group commit: single observations of many senders wait together for one transaction."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from stadtkern.base import clock
from stadtkern.base.errors import StadtkernError, TooMany
from stadtkern.base.outages import is_full
from stadtkern.observations.services.bulk import UNKNOWN, store
from stadtkern.observations.services.columns import Columns, Stored
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.entities.drafts import Result
from stadtkern.observations.services.entities.observations import columns as columns_of
from stadtkern.observations.services.entities.results import checker
from stadtkern.observations.services.facts import Stream, hold
from stadtkern.observations.services.storage import storage

logger = logging.getLogger(__name__)
MOST_TOGETHER = 2_000
MOST_WAITING = 20_000
MOST_BYTES = 64_000_000
"""What bodies that wait may hold in all; who comes with more is asked to come again."""
PAUSES = (0.2, 1.0, 3.0)
"""Seconds between attempts while the database is away."""
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Single:
    """One checked observation on its way."""

    stream: int
    result: Result
    feature: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: its number, or why it was not stored."""

    number: int = 0
    reason: str = ""
    """`QuarantinedReading.Reason`, `bulk.UNKNOWN`, or `TYPE`."""
    detail: str = ""


TYPE = "type"
"""Reason: the datastream takes other results."""


class GroupWriter:
    """Stores what arrives while the last transaction runs in the next one, by one thread of its own.

    Memory is bounded: `held` raises `TooMany` when too much waits.
    """

    def __init__(self) -> None:
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="observations")
        self.waiting: deque[tuple[Single, asyncio.Future[Done]]] = deque()
        self.bytes = 0
        self.runner: asyncio.Task[None] | None = None

    def close(self) -> None:
        """End the thread and its connection; what is being stored is stored first."""
        self.executor.submit(lambda: connection.close()).result()  # noqa: PLW0108  # that of the thread
        self.executor.shutdown()

    @contextmanager
    def held(self, size: int) -> "Iterator[Held]":
        """Count a body of `size` bytes, from before it is read until it is answered."""
        body = Held(self)
        try:
            body.grow(size)
            yield body
        finally:
            self.bytes -= body.size

    async def single(self, one: Single) -> Done:
        """Store one observation together with those of others; return when it is on disk."""
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self.waiting.append((one, future))
        if self.runner is None or self.runner.done():
            self.runner = asyncio.create_task(self._run())
        return await future

    async def many(self, columns: Columns) -> Stored:
        """Store a batch of one sender; return when it is on disk."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.executor, store_persistently, columns)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self.waiting:
            group = [self.waiting.popleft() for _ in range(min(len(self.waiting), MOST_TOGETHER))]
            try:
                done = await loop.run_in_executor(self.executor, store_singles, [one for one, _ in group])
            except Exception as error:  # noqa: BLE001  # each sender is told, and the next group has its turn
                for _one, future in group:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_one, future), result in zip(group, done, strict=True):
                if not future.done():
                    future.set_result(result)


@dataclass(slots=True)
class Held:
    """A body that is in memory, or is going to be."""

    writer: GroupWriter
    size: int = 0

    def grow(self, size: int) -> None:
        """Note that the body has `size` bytes so far; one that is alone is always held.

        Raises
        ------
        TooMany
            If it has to come later, because of what others sent.
        """
        others = self.writer.bytes - self.size
        if len(self.writer.waiting) >= MOST_WAITING or (others and others + size > MOST_BYTES):
            raise TooMany("The server has more to store than it can hold; try again.", retry_after=1)
        self.writer.bytes += max(size - self.size, 0)
        self.size = max(size, self.size)


class NoSpace(StadtkernError):
    """The disk is full."""

    status = 507


class Away(StadtkernError):
    """The database does not answer; the same will be welcome a little later."""

    status = 503
    retry_after = 10
    """Seconds to wait."""


def store_singles(singles: Sequence[Single]) -> list[Done]:
    """Store observations in one transaction; each is answered by itself."""
    return _patiently(lambda: _store_singles(singles))


def store_persistently(columns: Columns) -> Stored:
    """Store a batch, also if the database is away for a moment.

    What was stored when the connection broke is found again as repeated, so nothing is stored twice.
    """
    received = clock.now()
    return _patiently(lambda: store(columns, received=received))


def _store_singles(singles: Sequence[Single]) -> list[Done]:
    with durable():
        streams = hold(storage(), {one.stream for one in singles})
        done = [_problem(streams.get(one.stream), one) for one in singles]
        good = [place for place, problem in enumerate(done) if problem is None]
        chosen = [singles[place] for place in good]
        columns = columns_of(
            [one.stream for one in chosen], [one.result for one in chosen], [one.feature for one in chosen]
        )
        stored = store(columns, received=clock.now(), streams=streams)
    for row, place in enumerate(good):
        reason, detail = stored.reasons.get(row, ("", ""))
        done[place] = Done(int(stored.number[row]), reason, detail)
    return [one for one in done if one is not None]


def _problem(stream: Stream | None, one: Single) -> Done | None:
    """Return why a datastream does not take a result."""
    if stream is None or stream.is_multi:
        return Done(reason=UNKNOWN, detail=f"There is no Datastream {one.stream}")
    number, value = one.result.number, one.result.value
    try:
        checker(stream.observation_type)(value if number is None else number, "result")
    except StadtkernError as error:
        return Done(reason=TYPE, detail=str(error))
    return None


def _patiently(do: Callable[[], _Result]) -> _Result:
    """Do it, and again after a pause if the connection broke or another writer was in the way."""
    for pause in (*PAUSES, None):
        try:
            return do()
        except (OperationalError, InterfaceError) as error:
            connection.close()
            if is_full(error):
                logger.error("the disk is full: %s", error)  # noqa: TRY400  # one line
                raise NoSpace("The disk of the server is full; nothing of this was stored.") from error
            if pause is None:
                logger.error("the database does not take observations: %s", error)  # noqa: TRY400  # one line
                raise Away("The database does not answer now; try again.") from error
            time.sleep(pause)
    raise AssertionError
