"""Messages on MQTT topics, through the broker of `ingest`."""

import json

from stadtkern.ingest.outgoing import queue_message
from stadtkern.warnings.models import Channel
from stadtkern.warnings.senders.message import CannotSend, Message


def send(channel: Channel, message: Message) -> None:
    """Hand the alert to `ingest`, which publishes it; kept by the broker as the newest of its topic."""
    if not channel.topic:
        raise CannotSend("no topic is named")
    body = json.dumps(message.as_json(), ensure_ascii=False).encode()
    queue_message(channel.topic, body, retain=True)
