"""The MQTT broker inside `ingest`: amqtt, except that a sender is told “received” only after the commit.

amqtt 0.12 sends PUBACK before anybody stored anything, lets a client take over the session of another one
before it shows its password, and reads packets of any size. The classes here change these three points.
"""

import asyncio
import contextlib
import ipaddress
import logging
from typing import Any

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig
from amqtt.errors import AMQTTError, MQTTError, NoDataError, ProtocolHandlerError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.constants import QOS_0
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.puback import PubackPacket
from amqtt.session import INCOMING, IncomingApplicationMessage, OutgoingApplicationMessage, Session
from amqtt.utils import gen_client_id

from stadtkern.ingest.accounts import Accounts
from stadtkern.ingest.committer import Committer
from stadtkern.ingest.topics import TopicIndex, matches

logger = logging.getLogger(__name__)
LARGEST_MESSAGE = 8_000_000
LARGEST_GREETING = 4096
GREETING_SECONDS = 10
MOST_CONNECTIONS = 500
KEEP_ALIVE_FACTOR = 1.5  # MQTT 3.1.1, 3.1.2.10


class GuardedReader(ReaderAdapter):
    """Reads from a client only while there is room for its messages, and nothing too large."""

    def __init__(self, reader: ReaderAdapter, room: asyncio.Event) -> None:
        self.reader = reader
        self.room = room
        self.largest = LARGEST_GREETING

    async def read(self, n: int = -1) -> bytes:
        """Return exactly `n` bytes."""
        if n > self.largest:
            raise AMQTTError(f"message of {n} bytes is larger than {self.largest}")
        if not self.room.is_set():
            await self.room.wait()
        return bytes(await self.reader.read(n))

    def feed_eof(self) -> None:
        """Pretend that the client has gone."""
        self.reader.feed_eof()


class DurableHandler(BrokerProtocolHandler):
    """Stores a message before it answers, QoS 1 by PUBACK and QoS 2 by PUBREC."""

    broker: "DurableBroker"

    async def _store(self, message: IncomingApplicationMessage) -> bool:
        """Wait until a message is on disk; False if the client may not write to this topic."""
        if self.session is None:
            return False
        topic = message.topic
        if not topic or topic.startswith("$") or not self.broker.may_publish(self.session, topic):
            logger.warning("%s may not write to topic %s", self.session.username or "anonymous", topic[:200])
            await self.handle_connection_closed()
            return False
        stored = self.broker.committer.submit(
            topic, bytes(message.data or b""), self.broker.index.sources(topic)
        )
        if message.qos != QOS_0:
            await stored
        return True

    async def _handle_qos0_message_flow(
        self, app_message: IncomingApplicationMessage | OutgoingApplicationMessage
    ) -> None:
        if app_message.direction == INCOMING and isinstance(app_message, IncomingApplicationMessage):
            if not await self._store(app_message):
                return
            await self._deliver(app_message)
            return
        await super()._handle_qos0_message_flow(app_message)

    async def _handle_qos1_message_flow(
        self, app_message: OutgoingApplicationMessage | IncomingApplicationMessage
    ) -> None:
        if not isinstance(app_message, IncomingApplicationMessage):
            await super()._handle_qos1_message_flow(app_message)
            return
        if app_message.packet_id is None or not await self._store(app_message):
            return
        app_message.puback_packet = PubackPacket.build(app_message.packet_id)
        with contextlib.suppress(ProtocolHandlerError):  # the client left meanwhile and will send it again
            await self._send_packet(app_message.puback_packet)
        await self._deliver(app_message)

    async def _handle_qos2_message_flow(
        self, app_message: OutgoingApplicationMessage | IncomingApplicationMessage
    ) -> None:
        if isinstance(app_message, IncomingApplicationMessage) and not await self._store(app_message):
            return
        await super()._handle_qos2_message_flow(app_message)

    async def _deliver(self, message: IncomingApplicationMessage) -> None:
        """Hand a message on to the clients that subscribed, if there are any."""
        packet = message.publish_packet
        if self.session and (self.broker.subscriptions or (packet and packet.retain_flag)):
            await self.session.delivered_message_queue.put(message)

    def handle_read_timeout(self) -> None:
        """Let go a client that stayed silent for longer than it promised."""
        if self.reader is not None:
            self.reader.feed_eof()


class DurableBroker(Broker):
    """An MQTT 3.1.1 broker whose clients are the devices of the town's sources."""

    def __init__(  # noqa: PLR0913  # all of them by name
        self,
        *,
        port: int,
        host: str,
        committer: Committer,
        index: TopicIndex,
        accounts: Accounts,
        anonymous: bool,
    ) -> None:
        listener = {"type": "tcp", "bind": f"{host}:{port}", "max_connections": MOST_CONNECTIONS}
        super().__init__(BrokerConfig.from_dict({"listeners": {"default": listener}, "plugins": {}}))
        self.committer = committer
        self.index = index
        self.accounts = accounts
        self.anonymous = anonymous

    def may_publish(self, session: Session, topic: str) -> bool:
        """Return whether a client may write to a topic: an account only to those of its own source."""
        return session.is_anonymous or (session.username or "") in self.index.sources(topic)

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        if session.is_anonymous:
            return True
        own = self.index.filters.get(session.username or "", ())
        if action == Action.SUBSCRIBE:
            return topic in own or (not {"#", "+"} & set(topic) and any(matches(topic, one) for one in own))
        return any(matches(topic, one) for one in own)

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, _remote_port: int
    ) -> tuple[BrokerProtocolHandler, Session]:
        """Greet a client; only then look for its older session."""
        guarded = GuardedReader(reader, self.committer.room)
        try:
            handler, session = await asyncio.wait_for(
                DurableHandler.init_from_connect(guarded, writer, self.plugins_manager), GREETING_SECONDS
            )
        except (TimeoutError, AMQTTError, MQTTError, NoDataError, ValueError) as error:
            await writer.close()
            raise MQTTError(f"no valid greeting from {remote_address}: {error}") from error
        if not await self._is_welcome(session, remote_address):
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.close()
            raise MQTTError(f"wrong name or password from {remote_address}: {session.username!r}")
        if isinstance(handler, DurableHandler):
            handler.broker = self
        session.client_id = f"{session.username or ''}/{session.client_id or gen_client_id()}"
        session.keep_alive = int(session.keep_alive * KEEP_ALIVE_FACTOR)
        return handler, await self._older_session(session)

    async def _is_welcome(self, session: Session, remote_address: str) -> bool:
        """Return whether name and password are right; none are needed in the demo on this machine."""
        if not session.username:
            session.is_anonymous = self.anonymous and ipaddress.ip_address(remote_address).is_loopback
            return bool(session.is_anonymous)
        if self.accounts.knows(session.username, session.password or ""):
            return True
        await asyncio.sleep(1)  # slows down guessing
        return False

    async def _older_session(self, session: Session) -> Session:
        """Return the session to go on with: the older one of the same client unless it wants a clean one."""
        if session.client_id is None:
            raise MQTTError("a session has no client identifier")
        if session.clean_session:
            await self._delete_session(session.client_id)
        elif session.client_id in self._sessions:
            older, _handler = self._sessions[session.client_id]
            for name in ("will_flag", "will_message", "will_topic", "will_qos", "keep_alive"):
                setattr(older, name, getattr(session, name))
            older.parent = 1
            return older
        session.parent = 0
        return session

    async def _authenticate(self, _session: Session, _: Any) -> bool:  # noqa: ANN401  # the signature of amqtt
        """Say yes: only welcome clients come this far."""
        return True

    async def _handle_client_session(  # noqa: PLR0913, PLR0917  # the signature of amqtt
        self,
        reader: ReaderAdapter,
        writer: WriterAdapter,
        client_session: Session,
        handler: BrokerProtocolHandler,
        server: Any,  # noqa: ANN401  # the signature of amqtt
        listener_name: str,
    ) -> None:
        guarded = GuardedReader(reader, self.committer.room)
        guarded.largest = LARGEST_MESSAGE
        await super()._handle_client_session(guarded, writer, client_session, handler, server, listener_name)


def quiet(names: tuple[str, ...] = ("amqtt", "transitions")) -> None:
    """Keep amqtt from writing a line for every connection."""
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
