"""The connection of one client to our broker: bytes in, packets to the broker, bytes out."""

import asyncio
import ipaddress
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from stadtkern.base.clock import now
from stadtkern.ingest.committer import Message
from stadtkern.ingest.mqtt import packets
from stadtkern.ingest.mqtt.packets import Malformed
from stadtkern.ingest.mqtt.session import Session

if TYPE_CHECKING:
    from stadtkern.ingest.broker import Broker

logger = logging.getLogger(__name__)
LARGEST_GREETING = 4096
LARGEST_MESSAGE = 8_000_000
LARGEST_OF_STRANGERS = 65_536
LONGEST_TOPIC = 1000
MOST_PENDING = 5000
"""Messages of one client that wait for their commit; no more are read until some are on disk."""
MOST_TOPICS_KEPT = 10_000
GREETING_SECONDS = 10.0
KEEP_ALIVE_FACTOR = 1.5  # 3.1.2.10
LONGEST_PROXY_LINE = 107  # HAProxy, "The PROXY protocol", section 2.1
GREETING, BUSY, OPEN, CLOSED = range(4)


@dataclass(frozen=True, slots=True)
class Route:
    """Where messages of a topic go."""

    topic: str
    sources: tuple[str, ...] = ()
    interface: str = ""
    access: object = None


class Connection(asyncio.Protocol):
    """Parses what a client sends, in its order; whatever is wrong ends the connection."""

    def __init__(self, broker: "Broker") -> None:
        self.broker = broker
        self.transport: asyncio.Transport | None = None
        self.state = GREETING
        self.rest = bytearray()
        self.needed = 2
        self.largest = LARGEST_GREETING
        self.remote = ""
        self.is_local = False
        self.session: Session | None = None
        self.will: packets.Publication | None = None
        self.keep_alive = 0.0
        self.seen = broker.loop.time()
        self.received: datetime = now()
        self.routes: dict[bytes, Route] = {}
        self.pending = 0
        self.can_write = True
        self.is_reading = True
        self.deadline = broker.loop.call_later(GREETING_SECONDS, self.drop, "it did not greet in time")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room for one more."""
        self.transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.remote = str(peer[0]) if peer else "this machine"
        self.is_local = not peer or ipaddress.ip_address(self.remote).is_loopback
        self.broker.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the signature of asyncio
        """Note the end, whoever brought it about."""
        self.end()

    def pause_writing(self) -> None:
        """Note that the client reads too slowly."""
        self.can_write = False

    def resume_writing(self) -> None:
        """Note that the client has read what was on its way."""
        self.can_write = True
        if self.session is not None:
            self.session.drain()
            self.broker.has_room()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if self.transport is not None and self.state != CLOSED:
            self.transport.write(data)

    def drop(self, reason: str) -> None:
        """End the connection for a fault of the client."""
        if self.state == CLOSED:
            return
        name = self.session.key if self.session is not None else "a client"
        self.broker.complain(f"connection of {name} from {self.remote} ended: {reason}")
        self.end(close=True)

    def end(self, *, close: bool = False) -> None:
        """End the connection; its session may go on."""
        if self.state == CLOSED:
            return
        self.state = CLOSED
        self.deadline.cancel()
        self.rest.clear()
        if self.transport is not None and (close or not self.transport.is_closing()):
            self.transport.close()
        self.broker.left(self)

    def data_received(self, data: bytes) -> None:
        """Take in bytes; whole packets are handled at once."""
        if self.state == CLOSED:
            return
        self.seen = self.broker.loop.time()
        if self.rest or self.state == BUSY:
            self.rest += data
            if len(self.rest) < self.needed or self.state == BUSY:
                return
            data = bytes(self.rest)
            self.rest.clear()
        self.parse(data)

    def parse(self, data: bytes) -> None:
        """Handle the packets in `data`, and keep what is not whole yet."""
        self.received = now()
        at, end = 0, len(data)
        try:
            if self.state == GREETING and data[:1] == b"P":
                at = self.proxied(data)
            while end - at >= 2 and self.state != BUSY:  # noqa: PLR2004  # kind and length
                size, start = data[at + 1], at + 2
                if size & 0x80:
                    size, start = packets.decode_length(data, at + 1)
                if size > self.largest:
                    raise Malformed(f"a packet of {size} bytes is too large")  # noqa: TRY301  # the loop ends there
                stop = start + size
                if size < 0 or stop > end:
                    self.needed = stop - at if size >= 0 else 0
                    break
                first = data[at]
                if first >> 4 == packets.PUBLISH and self.state == OPEN:
                    self.take(first, data, start, stop)
                else:
                    self.handle(first >> 4, first & 0xF, data[start:stop])
                if self.state == CLOSED:
                    return
                at = stop
            else:
                self.needed = 2
        except Malformed as error:
            self.drop(str(error))
            return
        self.rest += data[at:]
        self.watch_reading()

    def proxied(self, data: bytes) -> int:
        """Read the line by which a proxy on this machine tells who the client is; return where it ends."""
        end = data.find(b"\r\n")
        words = data[: max(end, 0)].split(b" ")
        if not self.is_local or not 0 < end <= LONGEST_PROXY_LINE or words[0] != b"PROXY" or len(words) < 2:  # noqa: PLR2004
            raise Malformed("this is not MQTT")
        self.is_local = False
        self.remote = words[2].decode("ascii", "replace") if len(words) > 2 else "unknown"  # noqa: PLR2004
        return end + 2

    def take(self, first: int, data: bytes, start: int, stop: int) -> None:
        """Hand on a message of the client. This is the path that has to be fast."""
        topic_at = start + 2
        body_at = topic_at + (data[start] << 8 | data[start + 1]) if stop >= topic_at else stop + 1
        qos, number = first >> 1 & 3, 0
        if qos:
            body_at += 2
            if body_at > stop or qos > packets.MOST_QOS:
                raise Malformed("a message has no identifier")
            number = data[body_at - 2] << 8 | data[body_at - 1]
            topic = data[topic_at : body_at - 2]
            if not number:
                raise Malformed("a message has no identifier")
        else:
            if body_at > stop:
                raise Malformed("a message ends too early")
            topic = data[topic_at:body_at]
        route = self.routes.get(topic)
        if route is None:
            route = self.find_route(topic, first, number, data[body_at:stop])
            if route is None:
                return
        self.put(route, data[body_at:stop], first, number)

    def put(self, route: Route, body: bytes, first: int, number: int) -> None:
        """Have a message stored."""
        qos = first >> 1 & 3
        if qos == packets.MOST_QOS and self.session is not None:
            if number in self.session.received:  # sent again
                if self.session.received[number]:
                    self.write(packets.answer(packets.PUBREC, number))
                return
            self.session.received[number] = False
        self.pending += 1
        self.broker.committer.put(
            Message(
                route.topic, body, route.sources, self.received, self, number, qos, bool(first & 1),
                route.interface, route.access,
            )
        )  # fmt: skip
        wait = self.broker.gate.seconds_to_wait(route.interface, route.access) if route.interface else 0
        if wait and self.state == OPEN:
            # what came is stored; more is not read from the socket for a while, so that nothing is lost
            self.go_busy(asyncio.sleep(wait))

    def find_route(self, name: bytes, first: int, number: int, body: bytes) -> Route | None:
        """Return where a topic leads; None: the client may not write there, or it is being found out."""
        topic = packets.decode_text(name)
        if not topic or len(topic) > LONGEST_TOPIC or "#" in topic or "+" in topic:
            raise Malformed(f"no topic to write to: {topic[:100]!r}")
        if self.session is None:
            return None
        route = self.broker.route(self.session.account, topic)
        if route is None and self.broker.interface_of(topic):
            self.go_busy(self.broker.look_again(self, topic, lambda: self.retake(name, first, number, body)))
        elif route is None:
            self.drop(f"it may not write to topic {topic[:100]!r}")
        elif len(self.routes) < MOST_TOPICS_KEPT:
            self.routes[name] = route
        return route

    def retake(self, name: bytes, first: int, number: int, body: bytes) -> None:
        """Try a message once more, after the rights of the client were read afresh."""
        topic = packets.decode_text(name)
        route = self.broker.route(self.session.account, topic) if self.session is not None else None
        if route is None:
            self.drop(f"it may not write to topic {topic[:100]!r}")
        else:
            self.put(route, body, first, number)

    def stored(self, messages: Sequence[Message]) -> None:
        """Tell the client that its messages are on disk, and hand them on to who subscribed."""
        self.pending -= len(messages)
        if self.state != CLOSED:
            ones = [message.number for message in messages if message.qos == 1]
            if ones:
                self.write(packets.answers(packets.PUBACK, ones))
            self.watch_reading()
        for message in messages:
            if message.qos == packets.MOST_QOS and self.session is not None:
                self.session.stored(message.number)
        self.broker.hand_on(messages)

    def watch_reading(self) -> None:
        """Read from the socket only while we can take more."""
        wanted = self.broker.committer.has_room and self.pending < MOST_PENDING and self.state != BUSY
        if self.transport is None or wanted == self.is_reading or self.state == CLOSED:
            return
        self.is_reading = wanted
        if wanted:
            self.seen = self.broker.loop.time()
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def go_busy(self, work: Coroutine[Any, Any, None]) -> None:
        """Handle nothing more until some work is done that cannot be done at once."""
        self.state = BUSY
        self.watch_reading()
        self.broker.spawn(self._work(work))

    async def _work(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Malformed as error:
            self.drop(str(error))
        except Exception as error:  # noqa: BLE001  # the database may be away; this client tries again
            self.drop(f"it cannot be served now: {error}")
        if self.state != CLOSED:
            self.state = OPEN if self.session is not None else GREETING
            data = bytes(self.rest)
            self.rest.clear()
            self.parse(data)

    def handle(self, kind: int, flags: int, body: bytes) -> None:  # noqa: C901  # one branch for each kind of packet
        """Handle a packet that is no message."""
        if self.state == GREETING:
            if kind != packets.CONNECT or flags:
                raise Malformed("it did not greet")
            self.go_busy(self.broker.greet(self, packets.read_greeting(body)))
            return
        session = self.session
        if session is None:
            raise Malformed("it did not greet")
        if kind == packets.PUBACK:
            session.acknowledged(packets.Reader(body).number())
            self.broker.has_room()
        elif kind == packets.PUBREL:
            number = packets.Reader(body).number()
            session.received.pop(number, None)
            self.write(packets.answer(packets.PUBCOMP, number))
        elif kind == packets.SUBSCRIBE and flags == 2:  # noqa: PLR2004  # 3.8.1
            number, filters = packets.read_filters(body, with_qos=True)
            self.go_busy(self.broker.subscribe(self, session, number, filters))
        elif kind == packets.UNSUBSCRIBE and flags == 2:  # noqa: PLR2004  # 3.10.1
            number, filters = packets.read_filters(body, with_qos=False)
            self.go_busy(self.broker.unsubscribe(self, session, number, [one for one, _ in filters]))
        elif kind == packets.PINGREQ:
            self.write(packets.PING_ANSWER)
        elif kind == packets.DISCONNECT:
            self.will = None
            self.end(close=True)
        elif kind not in {packets.PUBREC, packets.PUBCOMP}:
            raise Malformed(f"a packet of kind {kind} may not come now")

    def open(self, session: Session, *, largest: int, keep_alive: int) -> None:
        """Begin to serve a client that is welcome."""
        self.deadline.cancel()
        self.session = session
        self.largest = largest
        self.keep_alive = keep_alive * KEEP_ALIVE_FACTOR

    def is_silent(self, moment: float) -> bool:
        """Return whether the client stayed silent for longer than it promised."""
        return bool(self.keep_alive) and self.is_reading and moment - self.seen > self.keep_alive
