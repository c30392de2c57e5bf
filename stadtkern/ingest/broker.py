"""The MQTT 3.1.1 broker inside `ingest`: a sender is told “received” only after the commit.

Devices write to the topics of their source, clients of a published interface to its topics; both may
subscribe. What a client may do is decided here, how its bytes are read in `mqtt.connection`.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from stadtkern.base.clock import now
from stadtkern.ingest.accounts import Accounts
from stadtkern.ingest.committer import Committer, Message
from stadtkern.ingest.gate import Gate
from stadtkern.ingest.mqtt import packets
from stadtkern.ingest.mqtt.connection import (
    LARGEST_MESSAGE,
    LARGEST_OF_STRANGERS,
    OPEN,
    Connection,
    Route,
)
from stadtkern.ingest.mqtt.packets import Greeting, Publication
from stadtkern.ingest.mqtt.session import Account, Session
from stadtkern.ingest.topics import TopicIndex, is_filter, matches

logger = logging.getLogger(__name__)
MOST_CONNECTIONS = 500
MOST_STRANGERS = 300
"""Connections of clients without an account; the others are there for devices."""
MOST_SESSIONS = 5000
MOST_SUBSCRIPTIONS = 500
MOST_SUBSCRIPTIONS_OF_STRANGERS = 50
LONGEST_FILTER = 2000
MOST_RETAINED = 1000
LARGEST_RETAINED = 65_536
SWEEP_SECONDS = 5.0
COMPLAIN_SECONDS = 60.0
WRONG_PASSWORD_SECONDS = 1.0


class Followers(Protocol):
    """The feed of what is stored, as the broker sees it."""

    def wake(self) -> None:
        """Look for news now."""


class Broker:
    """An MQTT 3.1.1 broker whose clients are devices of the town's sources and users of its interfaces."""

    def __init__(  # all of them by name
        self,
        *,
        committer: Committer,
        index: TopicIndex,
        accounts: Accounts,
        gate: Gate,
        anonymous: bool,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.committer = committer
        self.index = index
        self.accounts = accounts
        self.gate = gate
        self.anonymous = anonymous
        """Whether programs on this machine need no account (the demo)."""
        self.feed: Followers | None = None
        self.connections: set[Connection] = set()
        self.sessions: dict[str, Session] = {}
        self.retained: dict[str, Publication] = {}
        self.servers: list[asyncio.Server] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.strangers = count(1)
        self.complained = 0.0
        self.unsaid = 0
        self.is_closing = False
        self.is_swept = False
        committer.on_room.append(lambda _has_room: self.watch_reading())

    # sockets

    async def start(self, host: str, port: int) -> None:
        """Listen on a port; `OSError` if that cannot be."""
        self.servers.append(await self.loop.create_server(lambda: Connection(self), host, port))
        self.sweep_regularly()

    async def start_local(self, path: str) -> None:
        """Listen on a socket in the file system, for `web`; `OSError` if that cannot be."""
        self.servers.append(await self.loop.create_unix_server(lambda: Connection(self), path))
        Path(path).chmod(0o600)  # noqa: ASYNC240  # once, when the broker starts
        self.sweep_regularly()

    def sweep_regularly(self) -> None:
        """Look after the clients from now on."""
        if not self.is_swept:
            self.is_swept = True
            self.spawn(self.sweep())

    async def shutdown(self) -> None:
        """Let all clients go; lasting sessions are kept for their next visit."""
        self.is_closing = True
        for server in self.servers:
            server.close()
        for connection in tuple(self.connections):
            connection.will = None  # we leave, not they
            connection.end(close=True)
        for task in tuple(self.tasks):
            task.cancel()
        await self.save_sessions()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside everything else."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def complain(self, text: str) -> None:
        """Write a line about a client; at most one a minute, since strangers could fill the disk by them."""
        moment = time.monotonic()
        if moment - self.complained < COMPLAIN_SECONDS and self.complained:
            self.unsaid += 1
            logger.debug(text)
            return
        more = f" (and {self.unsaid} more like it)" if self.unsaid else ""
        logger.warning("%s%s", text, more)
        self.complained, self.unsaid = moment, 0

    def joined(self, connection: Connection) -> None:
        """Take in a new connection."""
        if len(self.connections) >= MOST_CONNECTIONS:
            self._make_room()
        if len(self.connections) >= MOST_CONNECTIONS or self.is_closing:
            connection.drop(f"more than {MOST_CONNECTIONS} connections")
            return
        self.connections.add(connection)
        connection.watch_reading()

    def _make_room(self) -> None:
        """Let the one go that has taken longest to say who it is, so that silent ones keep nobody out."""
        silent = [one for one in self.connections if one.session is None]
        if silent:
            min(silent, key=lambda one: one.seen).drop("it did not greet while others wait")

    def has_place(self, account: Account) -> bool:
        """Return whether one more client of a kind may stay connected."""
        strangers = [one for one in self.connections if one.session and not one.session.account.lasts]
        return account.lasts or len(strangers) < MOST_STRANGERS

    def left(self, connection: Connection) -> None:
        """Note that a connection is over; its last will is published unless the client said goodbye."""
        self.connections.discard(connection)
        session, will = connection.session, connection.will
        connection.will = None
        if session is None:
            return
        if session.line is connection:
            session.line = None
            if not session.lasts and self.sessions.get(session.key) is session:
                del self.sessions[session.key]
        if will is not None and (route := self.route(session.account, will.topic)) is not None:
            self.committer.put(
                Message(
                    route.topic, will.body, route.sources, now(), Herald(self), 0, will.qos, will.retain,
                    route.interface, route.access,
                )
            )  # fmt: skip

    def watch_reading(self) -> None:
        """Read from the clients only while there is room for what they send."""
        for connection in tuple(self.connections):
            connection.watch_reading()

    def has_room(self) -> None:
        """Note that a subscriber can take more."""
        if self.feed is not None:
            self.feed.wake()

    async def sweep(self) -> None:
        """Let silent clients go, read rights afresh, and write down how far lasting sessions are."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            moment = self.loop.time()
            for connection in tuple(self.connections):
                if connection.is_silent(moment):
                    connection.drop("it stayed silent")
            with contextlib.suppress(Exception):  # the database is away: the next sweep does it
                await self.renew_rights()
                await self.save_sessions()

    async def renew_rights(self) -> None:
        """Ask again what each client may do; one whose key has ended is let go."""
        for connection in tuple(self.connections):
            if connection.session is None or connection.state != OPEN:
                continue
            account = connection.session.account
            fresh = await self.gate.renewed(account)
            if fresh is None or (account.source and account.source not in self.accounts.digests):
                connection.drop("its account has ended")
            elif fresh != account.access:
                account.access = fresh
                connection.routes.clear()
                await self._drop_forbidden(connection.session)

    async def _drop_forbidden(self, session: Session) -> None:
        for topic in tuple(session.topics):
            if await self.gate.refusal(topic, session.account):
                session.topics.pop(topic, None)

    async def save_sessions(self) -> None:
        """Write down how far the lasting sessions are."""
        changed = [
            session
            for session in self.sessions.values()
            if session.lasts and session.topics and session.safe != session.kept
        ]
        if changed:
            await self.gate.save(changed)

    # greeting

    async def greet(self, connection: Connection, greeting: Greeting) -> None:
        """Answer the first packet of a client."""
        if not greeting.is_known_level:
            connection.write(packets.connack(packets.BAD_PROTOCOL))
            connection.end(close=True)
            return
        account = await self.welcome(connection, greeting)
        if account is None:
            connection.write(packets.connack(packets.NOT_AUTHORIZED))
            connection.drop(f"wrong name or password: {greeting.username!r}")
            return
        if not self.has_place(account):
            connection.write(packets.connack(packets.UNAVAILABLE))
            connection.drop(f"more than {MOST_STRANGERS} strangers")
            return
        if not greeting.client_id and not greeting.clean:
            connection.write(packets.connack(packets.BAD_IDENTIFIER))
            connection.drop("a lasting session needs an identifier")
            return
        session, is_present = await self.session_for(account, greeting)
        if connection.transport is None or connection.transport.is_closing():
            return
        old, session.line = session.line, connection
        if isinstance(old, Connection):
            old.drop("the same client connected again")
        connection.will = greeting.will
        largest = LARGEST_MESSAGE if account.lasts else LARGEST_OF_STRANGERS
        connection.open(session, largest=largest, keep_alive=greeting.keep_alive)
        connection.write(packets.connack(packets.ACCEPTED, is_present=is_present))
        session.resume(connection)
        self.has_room()

    async def welcome(self, connection: Connection, greeting: Greeting) -> Account | None:
        """Return who the client is; None: it is not welcome."""
        password = (greeting.password or b"").decode("utf-8", "replace")
        if greeting.username and self.accounts.knows(greeting.username, password):
            return await self.gate.source_account(greeting.username)
        is_free = self.anonymous and connection.is_local and not greeting.username
        account = await self.gate.account(greeting.username, password, is_free=is_free)
        if account is None:
            await asyncio.sleep(WRONG_PASSWORD_SECONDS)  # slows down guessing
        return account

    async def session_for(self, account: Account, greeting: Greeting) -> tuple[Session, bool]:
        """Return the session of a client, and whether it is the one it had before.

        Clients of different accounts never share one, whatever identifiers they choose.
        """
        name = greeting.client_id if account.lasts and greeting.client_id else f"#{next(self.strangers)}"
        key = f"{account.name}/{name}"[:LONGEST_FILTER]
        lasts = account.lasts and not greeting.clean
        before = self.sessions.get(key)
        if before is None and lasts:
            before = await self.gate.load(key, account)
        if greeting.clean or before is None:
            if greeting.clean and account.lasts:
                await self.gate.forget(key)
            fresh = Session(key, account, lasts)
            if before is not None:
                fresh.line = before.line
            self.sessions[key] = fresh
            self.forget_oldest()
            return fresh, False
        before.account, before.lasts = account, True
        self.sessions[key] = before
        return before, True

    def forget_oldest(self) -> None:
        """Keep no more sessions of absent clients in memory than we can bear."""
        if len(self.sessions) > MOST_SESSIONS:
            for key in [key for key, one in self.sessions.items() if one.line is None][: MOST_SESSIONS // 10]:
                del self.sessions[key]

    # writing

    def interface_of(self, topic: str) -> str:
        """Return the slug of the published interface that a topic belongs to; empty: it is for devices."""
        return self.gate.interface_of(topic)

    def route(self, account: Account, topic: str) -> Route | None:
        """Return where messages of a client on a topic go; None: it may not write there."""
        if topic.startswith("$"):
            return None
        if interface := self.gate.interface_of(topic):
            if not self.gate.may_write(interface, topic, account):
                return None
            return Route(topic, (), interface, account.access[interface])
        sources = self.index.sources(topic)
        if account.is_free or (account.source and account.source in sources):
            return Route(topic, sources)
        return None

    async def look_again(self, connection: Connection, topic: str, then: Callable[[], None]) -> None:
        """Read the rights of a client afresh, because it wants to write to something that may be new."""
        session = connection.session
        fresh = await self.gate.renewed(session.account, is_fresh=True) if session is not None else None
        if session is None or fresh is None:
            connection.drop(f"it may not write to topic {topic[:100]!r}")
            return
        session.account.access = fresh
        connection.routes.clear()
        then()

    def has_listener(self, topic: str) -> bool:
        """Return whether somebody who is connected or comes back has subscribed to a topic of devices."""
        return any(matches(topic, one) for session in self.sessions.values() for one in session.filters)

    def hand_on(self, messages: Sequence[Message]) -> None:
        """Hand stored messages of devices on to who subscribed."""
        listeners = [session for session in self.sessions.values() if session.filters]
        for message in messages:
            if message.interface:
                continue
            if message.retain:
                self.retain(message)
            for session in listeners:
                self._offer(session, message.topic, message.body, message.qos, retain=False)

    @staticmethod
    def _offer(session: Session, topic: str, body: bytes, qos: int, *, retain: bool) -> None:
        granted = [q for one, q in session.filters.items() if matches(topic, one)]
        if granted:
            session.offer(Publication(topic, body, min(qos, max(granted)), retain))

    def retain(self, message: Message) -> None:
        """Keep the newest message of a topic for who subscribes later; an empty one ends that (3.3.1.3)."""
        if not message.body:
            self.retained.pop(message.topic, None)
        elif len(message.body) <= LARGEST_RETAINED and (
            message.topic in self.retained or len(self.retained) < MOST_RETAINED
        ):
            self.retained[message.topic] = Publication(
                message.topic, message.body, min(message.qos, 1), retain=True
            )
        else:
            self.complain(f"message on {message.topic[:100]!r} is not kept for later subscribers: too much")

    # subscribing

    async def subscribe(
        self, connection: Connection, session: Session, number: int, filters: Iterable[tuple[str, int]]
    ) -> None:
        """Grant what a client may read; the answer says for each topic filter whether that is so."""
        granted, fresh = [], []
        was_following = bool(session.topics)
        for one, qos in filters:
            level = await self.grant(session, one, min(qos, 1))
            granted.append(level)
            if level != packets.REFUSED and one in session.filters:
                fresh.append(one)
        if session.topics and not was_following:
            session.position = session.safe = await self.gate.head()
        if session.lasts:
            await self.gate.save([session])
        connection.write(packets.suback(number, granted))
        for topic, publication in self.retained.items():
            if any(matches(topic, one) for one in fresh):
                self._offer(session, topic, publication.body, publication.qos, retain=True)
        self.has_room()

    async def grant(self, session: Session, topic_filter: str, qos: int) -> int:
        """Add one subscription; return its quality of service, or that it is refused."""
        account = session.account
        most = MOST_SUBSCRIPTIONS if account.lasts else MOST_SUBSCRIPTIONS_OF_STRANGERS
        is_new = topic_filter not in session.filters and topic_filter not in session.topics
        if len(topic_filter) > LONGEST_FILTER or (
            is_new and len(session.filters) + len(session.topics) >= most
        ):
            self.complain(f"{session.key}: no room for the subscription {topic_filter[:100]!r}")
            return packets.REFUSED
        if self.gate.interface_of(topic_filter):
            if reason := await self.gate.refusal(topic_filter, account):
                self.complain(f"{session.key}: subscription {topic_filter[:100]!r} is refused: {reason}")
                return packets.REFUSED
            session.topics[topic_filter] = qos
            return qos
        if not self.may_read(account, topic_filter):
            return packets.REFUSED
        session.filters[topic_filter] = qos
        return qos

    def may_read(self, account: Account, topic_filter: str) -> bool:
        """Return whether a client may subscribe to messages of devices: an account to those of its source."""
        if not is_filter(topic_filter):
            return False
        if account.is_free:
            return True
        own: tuple[str, ...] = ()
        if account.source:
            own = tuple(self.index.filters.get(account.source, ())) + tuple(
                self.index.commands.get(account.source, ())
            )
        is_plain = not {"#", "+"} & set(topic_filter)
        return topic_filter in own or (is_plain and any(matches(topic_filter, one) for one in own))

    async def unsubscribe(
        self, connection: Connection, session: Session, number: int, filters: Iterable[str]
    ) -> None:
        """End subscriptions."""
        for one in filters:
            session.filters.pop(one, None)
            session.topics.pop(one, None)
        if session.lasts:
            await self.gate.save([session])
        connection.write(packets.answer(packets.UNSUBACK, number))


class Herald:
    """Publishes the last will of a client that has gone."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker

    def stored(self, messages: Sequence[Message]) -> None:
        """Hand on what is on disk now."""
        self.broker.hand_on(messages)
