"""The process `ingest`: asks the HTTP sources in turn, listens to MQTT."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import uvloop
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from stadtkern.base.clock import now
from stadtkern.base.http import Answer, Client
from stadtkern.contracts.connector import Request
from stadtkern.ingest import outgoing
from stadtkern.ingest.bridge import Bridge, BrokerAddress
from stadtkern.ingest.broker import Broker
from stadtkern.ingest.committer import Committer, Message
from stadtkern.ingest.downlinks import Downlinks
from stadtkern.ingest.feed import Feed, Subscriber
from stadtkern.ingest.gate import Gate
from stadtkern.ingest.interfaces import interfaces
from stadtkern.ingest.models import OutgoingMessage, Source
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
        self.askers = ThreadPoolExecutor(2, thread_name_prefix="mqtt")
        self.followers = ThreadPoolExecutor(1, thread_name_prefix="feed")
        self.committer = Committer(Writer(lambda: self.roster.sources, interfaces()), self.writer)
        self.gate = Gate(interfaces(), self.askers)
        self.feed = Feed(interfaces(), self.followers, self.subscribers)
        self.committer.on_stored.append(self.feed.wake)
        self.bridge: Bridge | None = None
        self.broker: Broker | None = None
        self.database_is_down = False

    async def run(self) -> None:
        """Run until told to stop, then end in order: no new work, write what waits, tell the senders."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, self.stopping.set)
        await self.first_look()
        commits = asyncio.create_task(self.committer.run())
        mqtt = asyncio.create_task(self.open_mqtt())
        following = asyncio.create_task(self.feed.run())
        sending = asyncio.create_task(Downlinks(self.ask_database, self.publish, self.client).run())
        while not self.stopping.is_set():
            await self.look()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), READ_AGAIN)
        mqtt.cancel()
        sending.cancel()
        await self.end(commits)
        following.cancel()

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
        with contextlib.suppress(DatabaseError):  # the next look may succeed
            await self.publish_outgoing()
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

    async def ask_database(self, work: Callable[[], T]) -> T:
        """Do a piece of work with the database beside the loop."""
        return await self.loop.run_in_executor(self.looker, with_database, work)

    def publish(self, topic: str, body: bytes) -> bool:
        """Hand a message to the broker; False if it is away or nobody there would get it."""
        if self.bridge is not None:
            if not self.bridge.has_room or self.bridge.client is None:
                return False
            self.bridge.client.publish([(topic, body)])
            return True
        if self.broker is None or not self.broker.has_listener(topic):
            return False
        self.broker.hand_on([Message(topic, body, (), now(), qos=1)])
        return True

    async def publish_outgoing(self) -> None:
        """Publish what other parts of the program have for the broker; what cannot go out now waits."""
        rows = await self.loop.run_in_executor(self.looker, with_database, outgoing.waiting)
        sent = [row.pk for row in rows if self.send_out(row)]
        if sent:
            await self.loop.run_in_executor(self.looker, with_database, lambda: outgoing.forget(sent))

    def send_out(self, row: OutgoingMessage) -> bool:
        """Hand a message to the broker, whether anybody listens or not; False if the broker is away."""
        topic, body = row.topic, bytes(row.payload)
        if self.bridge is not None:
            if not self.bridge.has_room or self.bridge.client is None:
                return False
            self.bridge.client.publish([(topic, body)], retain=row.retain)
        elif self.broker is not None:
            self.broker.hand_on([Message(topic, body, (), now(), qos=1, retain=row.retain)])
        return self.bridge is not None or self.broker is not None

    def subscribers(self) -> Iterator[Subscriber]:
        """Yield those who follow what is stored."""
        if self.bridge is not None:
            yield self.bridge
        if self.broker is not None:
            yield from [session for session in self.broker.sessions.values() if session.topics]

    async def open_mqtt(self) -> None:
        """Join the outside broker, or open our own; WebSockets of `web` always come to our own."""
        self.broker = Broker(
            committer=self.committer,
            index=self.roster.index,
            accounts=self.roster.accounts,
            gate=self.gate,
            anonymous=bool(settings.DEMO),
        )
        self.broker.feed = self.feed
        if settings.MQTT_URL:
            self.bridge = Bridge(
                BrokerAddress.from_url(settings.MQTT_URL),
                self.committer,
                self.roster.index,
                self.gate,
                settings.MQTT_KEY,
            )
            self.bridge.on_room = self.feed.wake
            self.bridge.start()
        else:
            await self.open_port(self.broker)
        try:
            await self.broker.start_local(settings.MQTT_SOCKET)
        except OSError as error:
            logger.error("no MQTT for browsers: %s: %s", settings.MQTT_SOCKET, error)  # noqa: TRY400  # one line

    async def open_port(self, broker: Broker) -> None:
        """Listen; a port that is taken is tried again."""
        is_told = False
        while True:
            try:
                await broker.start(settings.MQTT_HOST, settings.MQTT_PORT)
            except OSError as error:
                if not is_told:
                    logger.error("MQTT port %d cannot be opened: %s", settings.MQTT_PORT, error)  # noqa: TRY400
                is_told = True
                await asyncio.sleep(PORT_PAUSE)
            else:
                logger.info("MQTT broker listens on %s:%d", settings.MQTT_HOST, settings.MQTT_PORT)
                return

    async def end(self, commits: asyncio.Task[None]) -> None:
        """Write what waits, tell the senders, close the sockets."""
        await self.committer.close(commits, seconds=END_SECONDS)
        await asyncio.sleep(0.1)  # the acknowledgements leave
        if self.bridge:
            await self.bridge.stop()
        if self.broker:
            with contextlib.suppress(Exception):  # the database is away: some messages are sent twice
                await asyncio.wait_for(self.broker.shutdown(), END_SECONDS)
        if self.polling:
            await asyncio.wait(self.polling.values(), timeout=END_SECONDS)
        await self.client.aclose()
        for executor in (self.readers, self.looker, self.writer, self.askers, self.followers):
            executor.shutdown(wait=False, cancel_futures=True)


def serve() -> None:
    """Run until SIGTERM."""
    uvloop.run(main())


async def main() -> None:
    """Run the process inside the loop."""
    await Process().run()
    logger.info("ingest ended")
