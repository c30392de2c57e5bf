"""Packets of MQTT 3.1.1 as bytes, and what MQTT 5 adds; no sockets, no state.

Section numbers are those of OASIS MQTT 3.1.1, with "5:" before them those of MQTT 5.0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

(
    CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP,
    SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT,
) = range(1, 15)  # fmt: skip
LEVELS = {("MQIsdp", 3), ("MQTT", 4)}
ACCEPTED, BAD_PROTOCOL, BAD_IDENTIFIER, UNAVAILABLE, BAD_PASSWORD, NOT_AUTHORIZED = range(6)
REFUSED = 0x80
"""Answer to a topic filter that is not granted (3.9.3)."""
PING_ANSWER = bytes((PINGRESP << 4, 0))
PING = bytes((PINGREQ << 4, 0))
GOODBYE = bytes((DISCONNECT << 4, 0))
LARGEST_LENGTH = 268_435_455
MOST_QOS = 2


class Malformed(Exception):
    """The bytes are no MQTT packet, or one that may not come now."""


def encode_length(length: int) -> bytes:
    """Return the remaining length of a packet (2.2.3)."""
    found = bytearray()
    while True:
        length, digit = divmod(length, 128)
        found.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(found)


def decode_length(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """Return a remaining length and where what follows it begins; (-1, `at`) if it is not all there.

    Raises
    ------
    Malformed
        if it has more than four bytes.
    """
    length = shift = 0
    for position in range(at, min(at + 4, len(data))):
        byte = data[position]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return length, position + 1
    if len(data) - at >= 4:  # noqa: PLR2004  # all of its bytes are there
        raise Malformed("the length of a packet has more than four bytes")
    return -1, at


def packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    """Return a whole packet."""
    return bytes((kind << 4 | flags,)) + encode_length(len(body)) + body


def text(value: str | bytes) -> bytes:
    """Return a text with its length before it (1.5.3)."""
    data = value if isinstance(value, bytes) else value.encode()
    return len(data).to_bytes(2, "big") + data


class Reader:
    """Reads the fields of a packet in turn; whatever is missing is `Malformed`."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        end = self.at + count
        if end > len(self.body):
            raise Malformed("a packet ends too early")
        found = self.body[self.at : end]
        self.at = end
        return found

    def byte(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def number(self, size: int = 2) -> int:
        """Return the next number of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def binary(self) -> bytes:
        """Return the next piece that has its length before it."""
        return self.take(self.number())

    def text(self) -> str:
        """Return the next text."""
        return decode_text(self.binary())

    def variable(self) -> int:
        """Return a number of variable length (5: 1.5.5)."""
        length, self.at = decode_length(self.body, self.at)
        if length < 0:
            raise Malformed("a packet ends too early")
        return length

    @property
    def is_over(self) -> bool:
        """Whether nothing follows."""
        return self.at >= len(self.body)

    def rest(self) -> bytes:
        """Return what follows."""
        return self.take(len(self.body) - self.at)


def decode_text(data: bytes) -> str:
    """Return a text of MQTT: UTF-8 without surrogates and without U+0000 (1.5.3)."""
    try:
        found = data.decode()
    except UnicodeDecodeError:
        raise Malformed("a text is no UTF-8") from None
    if "\0" in found:
        raise Malformed("a text holds U+0000")
    return found


@dataclass(frozen=True, slots=True)
class Publication:
    """A message as it is sent to a topic."""

    topic: str
    body: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a client says first (3.1)."""

    client_id: str
    username: str | None
    password: bytes | None
    keep_alive: int
    clean: bool
    will: Publication | None
    is_known_level: bool = True


def read_greeting(body: bytes) -> Greeting:
    """Return what a CONNECT packet says; of an unknown version of MQTT only that it is one."""
    reader = Reader(body)
    name, level = reader.text(), reader.byte()
    if (name, level) not in LEVELS:
        if name != "MQTT":
            raise Malformed("this is not MQTT")
        return Greeting("", None, None, 0, clean=True, will=None, is_known_level=False)
    flags, keep_alive = reader.byte(), reader.number()
    will_qos = flags >> 3 & 3
    if flags & 1 or will_qos > MOST_QOS or (not flags & 4 and flags & 0x38):
        raise Malformed("the flags of a greeting contradict each other")
    client_id = reader.text()
    will = None
    if flags & 4:
        will = Publication(reader.text(), reader.binary(), will_qos, bool(flags & 0x20))
    username = reader.text() if flags & 0x80 else None
    password = reader.binary() if flags & 0x40 else None
    return Greeting(client_id, username, password, keep_alive, bool(flags & 2), will)


def read_filters(body: bytes, *, with_qos: bool) -> tuple[int, list[tuple[str, int]]]:
    """Return packet identifier and topic filters of SUBSCRIBE (3.8) or UNSUBSCRIBE (3.10)."""
    reader = Reader(body)
    number = reader.number()
    found: list[tuple[str, int]] = []
    while not reader.is_over:
        topic_filter = reader.text()
        qos = reader.byte() if with_qos else 0
        if qos > MOST_QOS:
            raise Malformed("there is no such quality of service")
        found.append((topic_filter, qos))
    if not found or not number:
        raise Malformed("a subscription names no topic")
    return number, found


def connack(code: int, *, is_present: bool = False) -> bytes:
    """Return the answer to a greeting (3.2)."""
    return bytes((CONNACK << 4, 2, int(is_present), code))


def answer(kind: int, number: int) -> bytes:
    """Return PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK."""
    flags = 2 if kind == PUBREL else 0
    return bytes((kind << 4 | flags, 2, number >> 8, number & 0xFF))


def answers(kind: int, numbers: Iterable[int]) -> bytes:
    """Return many of the same answer, one behind the other."""
    head = bytes((kind << 4 | (2 if kind == PUBREL else 0), 2))
    return b"".join([head + number.to_bytes(2, "big") for number in numbers])


def suback(number: int, granted: Sequence[int]) -> bytes:
    """Return the answer to a subscription (3.9)."""
    return packet(SUBACK, number.to_bytes(2, "big") + bytes(granted))


def publish(  # noqa: PLR0913  # the fields of the packet
    topic: bytes,
    body: bytes,
    *,
    qos: int = 0,
    number: int = 0,
    retain: bool = False,
    again: bool = False,
    version: int = 4,
) -> bytes:
    """Return a message (3.3); `topic` in UTF-8."""
    identifier = number.to_bytes(2, "big") if qos else b""
    properties = b"\0" if version == 5 else b""  # noqa: PLR2004
    flags = (8 if again else 0) | qos << 1 | int(retain)
    return packet(PUBLISH, text(topic) + identifier + properties + body, flags)


def connect(greeting: Greeting) -> bytes:
    """Return the greeting of a client in MQTT 5, with a session that does not end (5: 3.1.2.11)."""
    flags = (0x80 if greeting.username is not None else 0) | (0x40 if greeting.password is not None else 0)
    flags |= 2 if greeting.clean else 0
    # session expiry interval: never; receive maximum: messages under way at once
    properties = b"\x11\xff\xff\xff\xff" + b"\x21\xff\xff"
    body = text("MQTT") + bytes((5, flags)) + greeting.keep_alive.to_bytes(2, "big")
    body += encode_length(len(properties)) + properties + text(greeting.client_id)
    if greeting.username is not None:
        body += text(greeting.username)
    if greeting.password is not None:
        body += text(greeting.password)
    return packet(CONNECT, body)


def subscribe(number: int, filters: Sequence[tuple[str, int]]) -> bytes:
    """Return a subscription in MQTT 5: filters, each with its options (5: 3.8.3.1)."""
    body = number.to_bytes(2, "big") + b"\0"
    body += b"".join(text(one) + bytes((options,)) for one, options in filters)
    return packet(SUBSCRIBE, body, 2)


def unsubscribe(number: int, filters: Sequence[str]) -> bytes:
    """Return the end of subscriptions in MQTT 5."""
    return packet(UNSUBSCRIBE, number.to_bytes(2, "big") + b"\0" + b"".join(text(one) for one in filters), 2)
