"""For tests: an MQTT client that does what no well-behaved client does, and an interface for everybody."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Self

from stadtkern.contracts.messages import Arrival, News
from stadtkern.ingest.mqtt import packets


class Refused(Exception):
    """The broker did not let us in; the text is its answer."""


class Peer:
    """One connection to a broker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.number = 0
        self.inbox: asyncio.Queue[packets.Publication] = asyncio.Queue()
        self.answers: dict[tuple[int, int], asyncio.Future[bytes]] = {}
        self.acknowledges = True
        """Whether messages of QoS 1 are acknowledged."""
        self.is_present = False
        """Whether the broker went on with an older session."""
        self.over = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @classmethod
    async def connect(  # noqa: PLR0913
        cls,
        port: int,
        name: str = "",
        password: str = "",
        *,
        client_id: str = "one",
        clean: bool = True,
        will: packets.Publication | None = None,
        keep_alive: int = 0,
        path: str = "",
        before: bytes = b"",
    ) -> Self:
        """Return a client that was let in; `Refused` if it was not."""
        opened = asyncio.open_unix_connection(path) if path else asyncio.open_connection("127.0.0.1", port)
        peer = cls(*await opened)
        peer.writer.write(before + greeting(name, password, client_id, clean, will, keep_alive))
        kind, body = await peer.packet()
        if kind != packets.CONNACK or body[1]:
            peer.writer.close()
            raise Refused(f"{kind} {body!r}")
        peer.is_present = bool(body[0])
        peer.task = asyncio.create_task(peer.listen())
        return peer

    async def packet(self) -> tuple[int, bytes]:
        """Return kind with flags, and body, of the next packet; kind 0 at the end."""
        try:
            first = (await self.reader.readexactly(1))[0]
            size = shift = 0
            while True:
                byte = (await self.reader.readexactly(1))[0]
                size |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80:
                    break
            body = await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0, b"\0\xff"
        return (first if first >> 4 == packets.PUBLISH else first >> 4), body

    async def listen(self) -> None:
        """Take in what the broker sends."""
        while True:
            kind, body = await self.packet()
            if not kind:
                self.over.set()
                self.writer.close()
                return
            if kind >> 4 == packets.PUBLISH:
                self._message(kind, packets.Reader(body))
            elif (waiting := self.answers.pop((kind, int.from_bytes(body[:2], "big")), None)) is not None:
                waiting.set_result(body)

    def _message(self, first: int, reader: packets.Reader) -> None:
        topic, qos = reader.text(), first >> 1 & 3
        if qos:
            number = reader.number()
            if self.acknowledges:
                self.writer.write(packets.answer(packets.PUBACK, number))
        self.inbox.put_nowait(packets.Publication(topic, reader.rest(), qos, bool(first & 1)))

    async def ask(self, data: bytes, kind: int, number: int) -> bytes:
        """Send a packet and return the answer to it."""
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.answers[kind, number] = waiting
        self.writer.write(data)
        ended = asyncio.ensure_future(self.over.wait())
        both: set[asyncio.Future[Any]] = {waiting, ended}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED, timeout=15)
        ended.cancel()
        if not waiting.done():
            raise ConnectionError("the broker ended the connection, or said nothing")
        return waiting.result()

    async def publish(self, topic: str, body: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send a message and wait until the broker has it."""
        self.number += 1
        data = packets.publish(topic.encode(), body, qos=qos, number=self.number, retain=retain)
        if not qos:
            self.writer.write(data)
        elif qos == 1:
            await self.ask(data, packets.PUBACK, self.number)
        else:
            await self.ask(data, packets.PUBREC, self.number)
            release = packets.answer(packets.PUBREL, self.number)
            await self.ask(release, packets.PUBCOMP, self.number)

    async def subscribe(self, *filters: str, qos: int = 1) -> list[int]:
        """Subscribe; return what was granted."""
        self.number += 1
        body = self.number.to_bytes(2, "big")
        body += b"".join(packets.text(one) + bytes((qos,)) for one in filters)
        answer = await self.ask(packets.packet(packets.SUBSCRIBE, body, 2), packets.SUBACK, self.number)
        return list(answer[2:])

    async def next(self, seconds: float = 10) -> packets.Publication:
        """Return the next message that came in."""
        return await asyncio.wait_for(self.inbox.get(), seconds)

    async def nothing(self, seconds: float = 0.6) -> bool:
        """Return whether no message comes in for a while."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.inbox.get(), seconds)
            return False
        return True

    async def leave(self, *, politely: bool = True) -> None:
        """End the connection."""
        if politely:
            self.writer.write(packets.GOODBYE)
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()
        if self.task is not None:
            await self.task


def greeting(  # noqa: PLR0913, PLR0917
    name: str,
    password: str,
    client_id: str,
    clean: bool,  # noqa: FBT001  # as MQTT names it
    will: packets.Publication | None,
    keep_alive: int,
) -> bytes:
    """Return CONNECT as a client of MQTT 3.1.1 sends it."""
    flags = (0x80 if name else 0) | (0x40 if password else 0) | (2 if clean else 0)
    body = packets.text(client_id)
    if will is not None:
        flags |= 4 | will.qos << 3 | (0x20 if will.retain else 0)
        body += packets.text(will.topic) + packets.text(will.body)
    body += packets.text(name) if name else b""
    body += packets.text(password) if password else b""
    head = packets.text("MQTT") + bytes((4, flags)) + keep_alive.to_bytes(2, "big")
    return packets.packet(packets.CONNECT, head + body)


class Everybodys:
    """A published interface of which everybody may see what there is, which is nothing."""

    root = "open"

    def sign_in(self, username: str | None, password: str | None) -> object:
        """Let everybody in."""
        return (username, password)

    def who(self, access: object) -> str:  # noqa: ARG002  # the signature of the contract
        """Know nobody."""
        return ""

    def may_write(self, topic: str, access: object) -> bool:  # noqa: ARG002  # as above
        """Let nobody write."""
        return False

    def seconds_to_wait(self, access: object) -> int:  # noqa: ARG002  # as above
        """Let nobody wait."""
        return 0

    def refusal(self, topic: str, access: object) -> str:  # noqa: ARG002  # as above
        """Refuse nothing."""
        return ""

    def store(self, arrivals: Sequence[Arrival]) -> Sequence[str]:
        """Store nothing."""
        return ["" for _one in arrivals]

    def publications(
        self,
        news: News,  # noqa: ARG002  # as above
        topics: Collection[str] | None,  # noqa: ARG002  # as above
        access: object,  # noqa: ARG002  # as above
    ) -> Iterable[tuple[str, bytes]]:
        """Publish nothing."""
        return ()
