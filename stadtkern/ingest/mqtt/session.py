"""What a client subscribed to, and what is on its way to it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from stadtkern.ingest.mqtt.packets import PUBREC, Publication, answer, publish

MOST_UNDER_WAY = 1000
"""Messages that a client has not acknowledged yet; no further ones are sent until it does."""
MOST_QUEUED = 1000
"""Messages of devices that are kept for a client that is away or slow."""
MOST_BYTES = 16_000_000
"""Bytes of messages that are kept for one client, and likewise of those on their way to it."""
LARGEST_NUMBER = 0xFFFF


class Line(Protocol):
    """The connection of a client, as its session sees it."""

    can_write: bool

    def write(self, data: bytes) -> None:
        """Send bytes."""


@dataclass(slots=True)
class Account:
    """Who a client is and what it may do."""

    name: str
    """For logs and sessions; empty: a stranger, whose sessions end with its connection."""
    source: str = ""
    """Slug of the source whose account this is; empty: none."""
    is_free: bool = False
    """May read and write all topics of devices: a program on the machine of a demo."""
    access: dict[str, Any] = field(default_factory=dict)
    """What it may do with each published interface, by its slug."""
    credentials: tuple[str | None, str | None] = field(default=(None, None), repr=False)
    """What it signed in with at the interfaces, to ask again later."""

    @property
    def lasts(self) -> bool:
        """Whether its sessions may outlast a connection."""
        return bool(self.name) or self.is_free


@dataclass(slots=True, eq=False)
class Session:
    """Subscriptions of a client and messages on their way to it; a subscriber of the feed."""

    key: str
    """Name of the account and identifier of the client."""
    account: Account
    lasts: bool
    """Whether it outlasts the connection."""
    line: Line | None = None
    filters: dict[str, int] = field(default_factory=dict)
    """Topic filters for messages of devices, with their quality of service."""
    topics: dict[str, int] = field(default_factory=dict)
    """Topics of published interfaces, with their quality of service."""
    position: int = -1
    """Up to where of the feed everything was sent; -1: nothing yet."""
    safe: int = -1
    """Up to where of the feed everything was acknowledged."""
    kept: int = -1
    """The value of `safe` in the database."""
    under_way: dict[int, Publication] = field(default_factory=dict)
    queue: deque[Publication] = field(default_factory=deque)
    bytes_under_way: int = 0
    bytes_queued: int = 0
    received: dict[int, bool] = field(default_factory=dict)
    """Identifiers of messages of QoS 2 that the client has not released; whether they are on disk."""
    number: int = 0
    lost: int = 0
    """Messages of devices that were dropped because the client was away or slow for too long."""

    @property
    def has_room(self) -> bool:
        """Whether more may be sent now."""
        return (
            self.line is not None
            and self.line.can_write
            and len(self.under_way) < MOST_UNDER_WAY
            and self.bytes_under_way < MOST_BYTES
        )

    def next_number(self) -> int:
        """Return a packet identifier that is free."""
        while True:
            self.number = self.number % LARGEST_NUMBER + 1
            if self.number not in self.under_way:
                return self.number

    def send(self, publications: Iterable[Publication]) -> None:
        """Send messages; those of QoS 1 are remembered until they are acknowledged."""
        data = []
        for one in publications:
            number = 0
            if one.qos:
                number = self.next_number()
                self.under_way[number] = one
                self.bytes_under_way += len(one.body)
            data.append(publish(one.topic.encode(), one.body, qos=one.qos, number=number, retain=one.retain))
        if data and self.line is not None:
            self.line.write(b"".join(data))

    def offer(self, one: Publication) -> None:
        """Send a message of a device, keep it for later, or drop it: the oldest ones go first."""
        if self.has_room and not self.queue:
            self.send((one,))
        elif one.qos and (self.lasts or self.line is not None):
            self.queue.append(one)
            self.bytes_queued += len(one.body)
            while len(self.queue) > MOST_QUEUED or self.bytes_queued > MOST_BYTES:
                self._oldest()
                self.lost += 1
        else:
            self.lost += 1

    def wishes(self) -> Iterable[tuple[str, Any, frozenset[str] | None]]:
        """Return interface, rights and topics for the feed."""
        for slug, access in self.account.access.items():
            yield slug, access, frozenset(self.topics)

    def deliver(self, publications: Iterable[tuple[str, bytes]], position: int) -> None:
        """Send what the feed brought up to `position`."""
        topics = self.topics
        self.send(Publication(topic, body, topics[topic]) for topic, body in publications if topic in topics)
        self.moved(position)

    def moved(self, position: int) -> None:
        """Note that the feed has nothing more for us up to `position`."""
        self.position = position
        if not self.under_way:
            self.safe = position

    def acknowledged(self, number: int) -> None:
        """Note that the client has a message, and send what waited for that."""
        if (one := self.under_way.pop(number, None)) is not None:
            self.bytes_under_way -= len(one.body)
        if not self.under_way:
            self.safe = self.position
        self.drain()

    def drain(self) -> None:
        """Send what waits while there is room."""
        while self.queue and self.has_room:
            self.send((self._oldest(),))

    def _oldest(self) -> Publication:
        one = self.queue.popleft()
        self.bytes_queued -= len(one.body)
        return one

    def resume(self, line: Line) -> None:
        """Go on over a new connection: first what was not acknowledged on the old one (4.4)."""
        self.line = line
        data = [
            publish(one.topic.encode(), one.body, qos=one.qos, number=number, retain=one.retain, again=True)
            for number, one in self.under_way.items()
        ]
        if data:
            line.write(b"".join(data))
        self.drain()

    def stored(self, number: int) -> None:
        """Tell the client that a message of QoS 2 is on disk, over whatever connection it has now."""
        if number in self.received:
            self.received[number] = True
            if self.line is not None:
                self.line.write(answer(PUBREC, number))
