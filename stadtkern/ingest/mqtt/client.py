"""Our connection to an outside broker: MQTT 5, QoS 1, acknowledged after the commit.

MQTT 5, because only there can a client keep its own messages from coming back (5: 3.8.3.1, "No Local"),
leave out what a topic retained, and say how many messages may be under way.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import cast

from stadtkern.base.clock import now
from stadtkern.ingest.committer import Message
from stadtkern.ingest.mqtt import packets
from stadtkern.ingest.mqtt.packets import Greeting, Malformed

logger = logging.getLogger(__name__)
NO_LOCAL, AS_PUBLISHED, RETAINED_ONCE, RETAINED_NEVER = 0x04, 0x08, 0x10, 0x20
"""Options of a subscription (5: 3.8.3.1)."""
FAILED = 0x80
"""Reason codes from here on are failures (5: 2.4)."""
LARGEST = 8_000_000
MOST_TOPICS_KEPT = 20_000
MOST_PENDING = 20_000
RECEIVE_MAXIMUM, SERVER_KEEP_ALIVE = 0x21, 0x13
_SIZES = {
    0x01: 1, 0x02: 4, 0x11: 4, 0x13: 2, 0x17: 1, 0x18: 4, 0x19: 1, 0x21: 2, 0x22: 2, 0x23: 2, 0x24: 1,
    0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1,
}  # fmt: skip
"""Bytes of the properties with a fixed size (5: 2.2.2.2)."""
_TEXTS = {0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F}
_VARIABLE, _PAIR = 0x0B, 0x26
Place = tuple[tuple[str, ...], str, object]
"""Sources, interface and rights behind a topic."""


def read_properties(reader: packets.Reader) -> dict[int, int]:
    """Return the numbers among the properties of a packet (5: 2.2.2); the others are passed over."""
    size = reader.variable()
    inner = packets.Reader(reader.take(size))
    found: dict[int, int] = {}
    while not inner.is_over:
        kind = inner.byte()
        if kind in _SIZES:
            found[kind] = inner.number(_SIZES[kind])
        elif kind == _VARIABLE:
            inner.variable()
        elif kind in _TEXTS:
            inner.binary()
        elif kind == _PAIR:
            inner.binary()
            inner.binary()
        else:
            raise Malformed(f"there is no property {kind}")
    return found


class Client(asyncio.Protocol):
    """One connection to the outside broker, from its greeting to its end."""

    def __init__(  # noqa: PLR0913  # all of them by name
        self,
        *,
        greeting: Greeting,
        place: Callable[[str], Place],
        put: Callable[[Message], None],
        may_read: Callable[[], bool],
        is_open: Callable[["Client"], None],
        has_room: Callable[[], None],
    ) -> None:
        self.greeting = greeting
        self.place = place
        self.put = put
        self.may_read = may_read
        self.is_open = is_open
        self.on_room = has_room
        self.transport: asyncio.Transport | None = None
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when the connection has ended; its result is the reason."""
        self.is_welcome = False
        self.rest = b""
        self.places: dict[bytes, tuple[str, Place]] = {}
        self.number = 0
        self.waiting: deque[tuple[bytes, bytes, bool]] = deque()
        self.under_way: set[int] = set()
        self.most_under_way = 0xFFFF
        self.pending = 0
        self.is_reading = True
        self.can_write = True
        self.received: datetime = now()
        self.seen = 0.0
        self.keep_alive = float(greeting.keep_alive)
        self.on_idle: Callable[[], None] = lambda: None
        """Called when the broker has acknowledged everything that was published."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = cast("asyncio.Transport", transport)
        self.seen = asyncio.get_running_loop().time()
        self.transport.write(packets.connect(self.greeting))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        self.end(str(exc) if exc else "it closed the connection")

    def pause_writing(self) -> None:
        """Wait with what is to be published."""
        self.can_write = False

    def resume_writing(self) -> None:
        """Publish what waited."""
        self.can_write = True
        self.drain()

    def end(self, reason: str) -> None:
        """End the connection."""
        if not self.over.done():
            self.over.set_result(reason)
        if self.transport is not None:
            self.transport.close()

    def leave(self) -> None:
        """Say goodbye; the broker keeps for us what comes meanwhile."""
        if self.transport is not None and self.is_welcome:
            self.transport.write(packets.GOODBYE)
        self.end("we left")

    def data_received(self, data: bytes) -> None:
        """Take in bytes; whole packets are handled at once."""
        self.seen = asyncio.get_running_loop().time()
        self.received = now()
        data = self.rest + data if self.rest else data
        at, end = 0, len(data)
        try:
            while end - at >= 2:  # noqa: PLR2004  # kind and length
                size, start = packets.decode_length(data, at + 1)
                if size > LARGEST:
                    raise Malformed(f"a packet of {size} bytes is too large")  # noqa: TRY301  # the loop ends there
                stop = start + size
                if size < 0 or stop > end:
                    break
                first = data[at]
                if first >> 4 == packets.PUBLISH:
                    self.take(first, data[start:stop])
                else:
                    self.handle(first >> 4, data[start:stop])
                at = stop
        except Malformed as error:
            self.end(str(error))
            return
        self.rest = data[at:]
        self.watch_reading()

    def take(self, first: int, packet: bytes) -> None:
        """Have a message stored."""
        size = int.from_bytes(packet[:2], "big")
        name, at = packet[2 : 2 + size], 2 + size
        qos, number = first >> 1 & 3, 0
        if qos:
            number = int.from_bytes(packet[at : at + 2], "big")
            at += 2
        properties, at = packets.decode_length(packet, at)
        at += properties
        if properties < 0 or at > len(packet):
            raise Malformed("a message ends too early")
        known = self.places.get(name)
        if known is None:
            topic = packets.decode_text(name)
            known = (topic, self.place(topic))
            if len(self.places) < MOST_TOPICS_KEPT:
                self.places[name] = known
        topic, (sources, interface, access) = known
        self.pending += 1
        self.put(
            Message(
                topic, packet[at:], sources, self.received, self, number, qos, bool(first & 1),
                interface, access,
            )
        )  # fmt: skip

    def stored(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages that are on disk; ones of an older connection come again by themselves."""
        self.pending -= len(messages)
        if self.over.done() or self.transport is None:
            return
        if data := packets.answers(packets.PUBACK, [m.number for m in messages if m.qos == 1]):
            self.transport.write(data)
        self.watch_reading()

    def watch_reading(self) -> None:
        """Read only while there is room."""
        wanted = self.may_read() and self.pending < MOST_PENDING
        if self.transport is None or wanted == self.is_reading or self.over.done():
            return
        self.is_reading = wanted
        if wanted:
            self.seen = asyncio.get_running_loop().time()
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def handle(self, kind: int, packet: bytes) -> None:
        """Handle a packet that is no message."""
        reader = packets.Reader(packet)
        if kind == packets.CONNACK:
            self.welcomed(reader)
        elif kind == packets.PUBACK:
            self.under_way.discard(reader.number())
            if not reader.is_over and (code := reader.byte()) >= FAILED:
                logger.warning("the MQTT broker refuses a message (reason %#x)", code)
            self.drain()
        elif kind == packets.SUBACK:
            reader.number()
            read_properties(reader)
            if refused := [code for code in reader.rest() if code >= FAILED]:
                logger.warning("the MQTT broker refuses a subscription (reason %#x)", refused[0])
        elif kind == packets.DISCONNECT:
            code = 0 if reader.is_over else reader.byte()
            self.end(f"it ended the connection (reason {code:#x})")

    def welcomed(self, reader: packets.Reader) -> None:
        """Take in the answer to our greeting."""
        reader.byte()
        if code := reader.byte():
            raise Malformed(f"it does not let us in (reason {code:#x})")
        properties = read_properties(reader)
        self.most_under_way = properties.get(RECEIVE_MAXIMUM, self.most_under_way)
        self.keep_alive = float(properties.get(SERVER_KEEP_ALIVE, self.keep_alive))
        self.is_welcome = True
        self.is_open(self)

    def next_number(self) -> int:
        """Return a packet identifier that is free."""
        while True:
            self.number = self.number % 0xFFFF + 1
            if self.number not in self.under_way:
                return self.number

    def subscribe(self, filters: Sequence[tuple[str, int]]) -> None:
        """Subscribe to topic filters, each with its options."""
        if filters and self.transport is not None:
            self.transport.write(packets.subscribe(self.next_number(), filters))

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """End subscriptions."""
        if filters and self.transport is not None:
            self.transport.write(packets.unsubscribe(self.next_number(), filters))

    @property
    def has_room(self) -> bool:
        """Whether more may be published now."""
        return self.is_welcome and not self.waiting and not self.over.done()

    def publish(self, publications: Iterable[tuple[str, bytes]], *, retain: bool = False) -> None:
        """Publish messages with QoS 1; the broker may keep the newest of each topic."""
        self.waiting.extend((topic.encode(), body, retain) for topic, body in publications)
        self.drain()

    def drain(self) -> None:
        """Publish what waits, as far as the broker can take it."""
        data = []
        while self.waiting and self.can_write and len(self.under_way) < self.most_under_way:
            topic, body, retain = self.waiting.popleft()
            number = self.next_number()
            self.under_way.add(number)
            data.append(packets.publish(topic, body, qos=1, number=number, retain=retain, version=5))
        if data and self.transport is not None and not self.over.done():
            self.transport.write(b"".join(data))
        if not self.waiting:
            if not self.under_way:
                self.on_idle()
            self.on_room()

    def watch(self, moment: float) -> None:
        """Show that we are there, and notice when the broker is not."""
        if not self.keep_alive:
            return
        if self.is_reading and moment - self.seen > self.keep_alive * 1.5:
            self.end("it stayed silent")
            if self.transport is not None:
                self.transport.abort()
        elif self.is_welcome and self.transport is not None:
            self.transport.write(packets.PING)
