"""An outside MQTT broker such as Mosquitto: every message is acknowledged to it after the commit."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from stadtkern.base.errors import BadInput
from stadtkern.ingest.committer import Committer
from stadtkern.ingest.gate import Gate
from stadtkern.ingest.mqtt.client import NO_LOCAL, RETAINED_NEVER, RETAINED_ONCE, Client, Place
from stadtkern.ingest.mqtt.packets import Greeting
from stadtkern.ingest.mqtt.session import Account, Session
from stadtkern.ingest.topics import TopicIndex

logger = logging.getLogger(__name__)
DEFAULT_CLIENT = "stadtkern-ingest"
KEEP_ALIVE = 30
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
CONNECT_SECONDS = 15.0
WATCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the outside broker is and who we are there."""

    host: str
    port: int
    username: str
    password: str
    is_encrypted: bool
    client_id: str

    @classmethod
    def from_url(cls, url: str) -> "BrokerAddress":
        """Read `mqtt[s]://user:password@host:port?client_id=...`."""
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise BadInput("STADTKERN_MQTT_URL must look like mqtt://user:password@host:1883")
        is_encrypted = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname,
            port=parts.port or (8883 if is_encrypted else 1883),
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            is_encrypted=is_encrypted,
            client_id=parse_qs(parts.query).get("client_id", [DEFAULT_CLIENT])[0],
        )

    def greeting(self) -> Greeting:
        """Return what we say first: we come back, and want what came meanwhile."""
        return Greeting(
            self.client_id,
            self.username or None,
            self.password.encode() if self.username else None,
            KEEP_ALIVE,
            clean=False,
            will=None,
        )


class Bridge:
    """Our subscription at an outside broker, and what strangers may see of the interfaces there.

    A subscriber of the feed: what the broker has not acknowledged is published again after its restart.
    """

    def __init__(
        self, address: BrokerAddress, committer: Committer, index: TopicIndex, gate: Gate, key: str
    ) -> None:
        self.address = address
        self.committer = committer
        self.index = index
        self.gate = gate
        self.key = key
        """API key whose rights those have who write to topics of interfaces there; empty: a stranger's."""
        self.writer: dict[str, Any] = {}
        """What those who write there may do with each interface."""
        self.loop = asyncio.get_running_loop()
        self.client: Client | None = None
        self.subscribed: dict[str, int] = {}
        self.is_down = False
        self.session = Session(f"(broker)/{address.client_id}", Account("(broker)"), lasts=True)
        self.on_room: Callable[[], None] = lambda: None
        self.task: asyncio.Task[None] | None = None
        committer.on_room.append(self._room_changed)

    def _room_changed(self, _has_room: bool) -> None:  # noqa: FBT001  # as the committer tells it
        if self.client is not None:
            self.client.watch_reading()

    def start(self) -> None:
        """Connect, and keep trying for as long as the broker is away."""
        self.task = self.loop.create_task(self.run())

    async def stop(self) -> None:
        """Leave; the broker keeps for us what comes meanwhile."""
        if self.client is not None:
            self.client.leave()
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
        with contextlib.suppress(Exception):  # the database is away: some messages are published twice
            await self.save()

    async def run(self) -> None:
        """Connect again whenever the connection ends."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self.prepare()
                client = await self.connect()
                watching = self.loop.create_task(self.watch(client))
                reason = await client.over
                watching.cancel()
                pause = FIRST_PAUSE if client.is_welcome else pause
            except (OSError, TimeoutError) as error:
                reason = str(error) or "no connection"
            except Exception as error:  # noqa: BLE001  # the database is away; try again later
                reason = str(error)
            self.client = None
            self._say_down(reason)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def prepare(self) -> None:
        """Find out what may be seen and written there, and from where on news are published."""
        await self.renew_rights()
        if self.session.position < 0:
            before = await self.gate.load(self.session.key, self.session.account)
            position = before.position if before is not None else await self.gate.head()
            self.session.safe = self.session.kept = position
        self.session.position = self.session.safe  # what was not acknowledged is published again

    async def renew_rights(self) -> None:
        """Find out again what strangers may see there, and what our key may write."""
        credentials = ("key", self.key) if self.key else (None, None)
        seen, writer = await self.gate.access((None, None)) or {}, await self.gate.access(credentials) or {}
        if writer != self.writer and self.client is not None:
            self.client.places.clear()
        self.session.account.access, self.writer = seen, writer

    async def connect(self) -> Client:
        """Return a new connection."""

        def place(topic: str) -> Place:
            interface = self.gate.interface_of(topic)
            if interface:
                return (), interface, self.writer.get(interface)
            return self.index.sources(topic), "", None

        client = Client(
            greeting=self.address.greeting(),
            place=place,
            put=self.committer.put,
            may_read=lambda: self.committer.has_room,
            is_open=self._opened,
            has_room=lambda: self.on_room(),  # noqa: PLW0108  # set later
        )
        client.on_idle = self._idle
        context = ssl.create_default_context() if self.address.is_encrypted else None
        await asyncio.wait_for(
            self.loop.create_connection(lambda: client, self.address.host, self.address.port, ssl=context),
            CONNECT_SECONDS,
        )
        self.client = client
        return client

    def _opened(self, client: Client) -> None:
        if self.is_down:
            logger.info("MQTT broker %s answers again", self.address.host)
        self.is_down = False
        self.client = client
        self.subscribed = {}
        self.subscribe()
        self.on_room()

    def _idle(self) -> None:
        self.session.safe = self.session.position

    async def watch(self, client: Client) -> None:
        """Keep the connection alive, read rights afresh, and write down how far the broker is."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            client.watch(self.loop.time())
            with contextlib.suppress(Exception):  # the database is away: the next look does it
                await self.renew_rights()
                await self.save()

    async def save(self) -> None:
        """Write down up to where the broker has acknowledged everything."""
        if self.session.safe != self.session.kept and self.session.safe >= 0:
            await self.gate.save([self.session])

    def wanted(self) -> dict[str, int]:
        """Return the topic filters that we read now, with their options."""
        found = dict.fromkeys(sorted(self.index.all_filters()), 1 | NO_LOCAL | RETAINED_ONCE)
        return found | {f"{root}/#": 1 | NO_LOCAL | RETAINED_NEVER for root in self.gate.roots}

    def subscribe(self) -> None:
        """Subscribe to what the sources and the interfaces read now, and to nothing else."""
        if self.client is None or not self.client.is_welcome:
            return
        wanted = self.wanted()
        self.client.places.clear()
        self.client.unsubscribe([one for one in self.subscribed if one not in wanted])
        self.client.subscribe([(one, how) for one, how in wanted.items() if one not in self.subscribed])
        self.subscribed = wanted

    def _say_down(self, reason: str) -> None:
        if not self.is_down:
            logger.warning("MQTT broker %s does not answer: %s", self.address.host, reason)
        self.is_down = True

    # a subscriber of the feed

    @property
    def position(self) -> int:
        """Number of the last item that was published."""
        return self.session.position

    @property
    def has_room(self) -> bool:
        """Whether the broker can take more now."""
        return self.client is not None and self.client.has_room

    def wishes(self) -> Iterable[tuple[str, Any, frozenset[str] | None]]:
        """Return the interfaces, as a stranger sees them: the broker decides who its readers are."""
        for slug, access in self.session.account.access.items():
            yield slug, access, None

    def deliver(self, publications: Iterable[tuple[str, bytes]], position: int) -> None:
        """Publish what there is up to a position."""
        if self.client is None:
            return
        self.session.position = position
        self.client.publish(publications)
