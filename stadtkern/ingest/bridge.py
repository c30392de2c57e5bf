"""An outside MQTT broker such as Mosquitto: every message is acknowledged to it after the commit."""

import asyncio
import logging
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from stadtkern.base.errors import BadInput
from stadtkern.ingest.committer import Committer
from stadtkern.ingest.topics import TopicIndex

logger = logging.getLogger(__name__)
DEFAULT_CLIENT = "stadtkern-ingest"


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


class Bridge:
    """Our subscription at an outside broker: persistent session, QoS 1, acknowledged by hand."""

    def __init__(self, address: BrokerAddress, committer: Committer, index: TopicIndex) -> None:
        self.address = address
        self.committer = committer
        self.index = index
        self.loop = asyncio.get_running_loop()
        self.subscribed: set[str] = set()
        self.connection = 0
        """Number of the present connection: an acknowledgement never goes to a later one."""
        self.is_down = False
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=address.client_id, clean_session=False, manual_ack=True
        )
        if address.username:
            self.client.username_pw_set(address.username, address.password)
        if address.is_encrypted:
            self.client.tls_set()
        self.client.reconnect_delay_set(min_delay=1, max_delay=30)
        self.client.on_connect = self._connected
        self.client.on_connect_fail = self._not_connected
        self.client.on_disconnect = self._disconnected
        self.client.on_message = self._message

    def start(self) -> None:
        """Connect, and keep trying for as long as the broker is away."""
        self.client.connect_async(self.address.host, self.address.port, keepalive=30)
        self.client.loop_start()

    def stop(self) -> None:
        """Leave; the broker keeps for us what comes meanwhile."""
        self.client.disconnect()
        self.client.loop_stop()

    def subscribe(self) -> None:
        """Subscribe to what the sources read now, and to nothing else."""
        wanted = self.index.all_filters()
        if not self.client.is_connected():
            return
        if old := sorted(self.subscribed - wanted):
            self.client.unsubscribe(old)
        if new := sorted(wanted - self.subscribed):
            self.client.subscribe([(one, 1) for one in new])
        self.subscribed = wanted

    # The following four run in the thread of paho.

    def _connected(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: object, _more: object
    ) -> None:
        if getattr(reason, "is_failure", False):
            self._say_down(f"it says {reason}")
            return
        if self.is_down:
            logger.info("MQTT broker %s answers again", self.address.host)
        self.is_down = False
        self.connection += 1
        self.subscribed = set()
        self.loop.call_soon_threadsafe(self.subscribe)

    def _not_connected(self, _client: mqtt.Client, _data: object) -> None:
        self._say_down("no connection")

    def _disconnected(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: object, _more: object
    ) -> None:
        self.connection += 1
        if getattr(reason, "is_failure", False):
            self._say_down(str(reason))

    def _message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.loop.call_soon_threadsafe(self._take, message, self.connection)

    def _say_down(self, reason: str) -> None:
        if not self.is_down:
            logger.warning("MQTT broker %s does not answer: %s", self.address.host, reason)
        self.is_down = True

    def _take(self, message: mqtt.MQTTMessage, connection: int) -> None:
        """Have a message stored, then acknowledge it; one that is too late for its connection comes again."""
        if message.qos == 0 and not self.committer.room.is_set():
            return
        stored = self.committer.submit(
            message.topic, bytes(message.payload), self.index.sources(message.topic)
        )

        def acknowledge(future: asyncio.Future[None]) -> None:
            if message.qos and not future.cancelled() and connection == self.connection:
                self.client.ack(message.mid, message.qos)

        stored.add_done_callback(acknowledge)
