"""The process `ingest`: asks the HTTP sources in turn, listens to MQTT."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from amqtt.errors import BrokerError
from django.conf import settings
from django.db import close_old_connections, connections

from stadtkern.base.http import Answer, Client
from stadtkern.contracts.connector import Request
from stadtkern.ingest.bridge import Bridge, BrokerAddress
from stadtkern.ingest.broker import DurableBroker, quiet
from stadtkern.ingest.committer import Committer
from stadtkern.ingest.models import Source
from stadtkern.ingest.polling import poll
from stadtkern.ingest.roster import Roster
from stadtkern.ingest.storing import Writer

logger = logging.getLogger(__name__)
T = TypeVar("T")
READ_AGAIN = 1.0
"""Seconds between two looks at the table of sources."""
POLLS_TOGETHER = 8
END_SECONDS = 8.0
PORT_PAUSE = 5.0
CRASH_PAUSE = 30.0


def with_database(work: Callable[[], T]) -> T:
    """Run a piece of work that uses the database, and give its connection back."""
    close_old_connections()
    try:
        return work()
    finally:
        connections.close_all()


class Process:
    """Everything that runs in `ingest`."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.client = Client()
        self.roster = Roster()
        self.stopping = asyncio.Event()
        self.polling: dict[str, asyncio.Task[None]] = {}
        self.readers = ThreadPoolExecutor(POLLS_TOGETHER, thread_name_prefix="poll")
        self.looker = ThreadPoolExecutor(1, thread_name_prefix="roster")
        self.writer = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self.committer = Committer(Writer(lambda: self.roster.sources), self.writer)
        self.bridge: Bridge | None = None
        self.broker: DurableBroker | None = None
        self.database_is_down = False

    async def run(self) -> None:
        """Run until told to stop, then end in order: no new work, write what waits, tell the senders."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, self.stopping.set)
        await self.first_look()
        commits = asyncio.create_task(self.committer.run())
        mqtt = asyncio.create_task(self.open_mqtt())
        while not self.stopping.is_set():
            await self.look()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), READ_AGAIN)
        mqtt.cancel()
        await self.end(commits)

    async def first_look(self) -> None:
        """Wait for the database: without the sources nobody knows what a message means."""
        while not self.stopping.is_set() and not await self.refresh():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), READ_AGAIN)

    async def refresh(self) -> bool:
        """Read the table of sources; False if the database does not answer."""
        try:
            changed = await self.loop.run_in_executor(self.looker, with_database, self.roster.refresh)
        except Exception as error:  # noqa: BLE001  # the next look may succeed
            if not self.database_is_down:
                logger.error("the sources cannot be read: %s", error)  # noqa: TRY400  # one line
            self.database_is_down = True
            return False
        if self.database_is_down:
            logger.info("the sources can be read again")
        self.database_is_down = False
        if changed and self.bridge:
            self.bridge.subscribe()
        return True

    async def look(self) -> None:
        """Read the table of sources and ask those whose turn it is."""
        busy = set(self.polling)  # a poll that ends while we read has not yet told us its next turn
        if not await self.refresh():
            return
        for source in self.roster.due():
            if source.slug not in busy:
                task = asyncio.create_task(self.poll(source))
                self.polling[source.slug] = task

    async def poll(self, source: Source) -> None:
        """Ask one source; whatever goes wrong stays with this source."""
        try:
            await self.loop.run_in_executor(
                self.readers, with_database, lambda: poll(source, fetch=self.fetch)
            )
        except Exception as error:  # noqa: BLE001  # one source never stops others
            logger.error("%s: %s", source.slug, error)  # noqa: TRY400  # one line
            with contextlib.suppress(asyncio.TimeoutError):  # its next turn could not be written down
                await asyncio.wait_for(self.stopping.wait(), CRASH_PAUSE)
        finally:
            self.polling.pop(source.slug, None)

    def fetch(self, request: Request, etag: str, last_modified: str) -> Answer:
        """Ask an address through the one client of this process; called in the threads of the polls."""
        asked = self.client.get(
            request.url,
            headers=request.headers,
            etag=etag,
            last_modified=last_modified,
            max_bytes=request.max_bytes,
        )
        return asyncio.run_coroutine_threadsafe(asked, self.loop).result()

    async def open_mqtt(self) -> None:
        """Join the outside broker, or open our own; a port that is taken is tried again."""
        if settings.MQTT_URL:
            self.bridge = Bridge(BrokerAddress.from_url(settings.MQTT_URL), self.committer, self.roster.index)
            self.bridge.start()
            return
        quiet()
        is_told = False
        while True:
            broker = DurableBroker(
                host=settings.MQTT_HOST,
                port=settings.MQTT_PORT,
                committer=self.committer,
                index=self.roster.index,
                accounts=self.roster.accounts,
                anonymous=bool(settings.DEMO),
            )
            try:
                await broker.start()
            except BrokerError as error:
                if not is_told:
                    logger.error("MQTT port %d cannot be opened: %s", settings.MQTT_PORT, error)  # noqa: TRY400
                is_told = True
                await asyncio.sleep(PORT_PAUSE)
            else:
                self.broker = broker
                logger.info("MQTT broker listens on %s:%d", settings.MQTT_HOST, settings.MQTT_PORT)
                return

    async def end(self, commits: asyncio.Task[None]) -> None:
        """Write what waits, tell the senders, close the sockets."""
        await self.committer.close(commits, seconds=END_SECONDS)
        await asyncio.sleep(0.1)  # the acknowledgements leave
        if self.bridge:
            await asyncio.to_thread(self.bridge.stop)
        if self.broker:
            with contextlib.suppress(asyncio.TimeoutError, Exception):
                await asyncio.wait_for(self.broker.shutdown(), END_SECONDS)
        if self.polling:
            await asyncio.wait(self.polling.values(), timeout=END_SECONDS)
        await self.client.aclose()
        for executor in (self.readers, self.looker, self.writer):
            executor.shutdown(wait=False, cancel_futures=True)


def serve() -> None:
    """Run until SIGTERM."""
    asyncio.run(main())


async def main() -> None:
    """Run the process inside the loop."""
    await Process().run()
    logger.info("ingest ended")
