"""The tables here that grow, and when their rows end."""

from datetime import datetime, timedelta

from stadtkern.ingest.models import OutgoingMessage, UnclaimedTopic, Validator

VALIDATORS_KEPT = timedelta(days=30)
OUTGOING_KEPT = timedelta(days=1)
TOPICS_KEPT = timedelta(days=7)


def delete_validators(moment: datetime) -> int:
    """End what servers told us of addresses that nobody asks any more."""
    return Validator.objects.filter(used__lt=moment - VALIDATORS_KEPT).delete()[0]


def delete_topics(moment: datetime) -> int:
    """End topics that no device writes to any more."""
    return UnclaimedTopic.objects.filter(seen__lt=moment - TOPICS_KEPT).delete()[0]


def delete_outgoing(moment: datetime) -> int:
    """End messages that no broker took for a day."""
    return OutgoingMessage.objects.filter(created__lt=moment - OUTGOING_KEPT).delete()[0]
