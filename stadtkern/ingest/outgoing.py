"""Messages that other parts of the program have for the broker; `ingest` publishes them."""

from collections.abc import Sequence

from stadtkern.base import clock
from stadtkern.base.errors import BadInput
from stadtkern.ingest.models import OutgoingMessage

MOST_WAITING = 10_000
AT_ONCE = 200
LARGEST = 1_000_000
LONGEST_TOPIC = 500


def queue_message(topic: str, payload: bytes, *, retain: bool = False) -> int:
    """Write a message down, to be published within about a second; return its number.

    Raises
    ------
    BadInput
        if the topic cannot be published on, the message is too large, or too many wait already.
    """
    if not topic or len(topic) > LONGEST_TOPIC or topic.startswith("$") or {"#", "+", "\0"} & set(topic):
        raise BadInput(f"cannot publish on the topic {topic[:100]!r}")
    if len(payload) > LARGEST:
        raise BadInput(f"a message of {len(payload)} bytes is too large")
    if OutgoingMessage.objects.count() >= MOST_WAITING:
        raise BadInput("too many messages wait for the broker")
    row = OutgoingMessage.objects.create(topic=topic, payload=payload, retain=retain, created=clock.now())
    return row.pk


def waiting() -> list[OutgoingMessage]:
    """Return the messages that wait, oldest first."""
    return list(OutgoingMessage.objects.order_by("pk")[:AT_ONCE])


def forget(keys: Sequence[int]) -> None:
    """Forget messages that are published."""
    OutgoingMessage.objects.filter(pk__in=keys).delete()
