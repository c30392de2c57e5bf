"""The tables here that grow, and when their rows end."""

from datetime import datetime, timedelta

from stadtkern.ingest.models import MqttSession, NewsItem, OutgoingMessage, UnclaimedTopic, Validator

VALIDATORS_KEPT = timedelta(days=30)
OUTGOING_KEPT = timedelta(days=1)
TOPICS_KEPT = timedelta(days=7)
NEWS_KEPT = timedelta(days=1)
"""Time for which a subscriber may be away without missing anything."""
SESSIONS_KEPT = timedelta(days=7)


def delete_validators(moment: datetime) -> int:
    """End what servers told us of addresses that nobody asks any more."""
    return Validator.objects.filter(used__lt=moment - VALIDATORS_KEPT).delete()[0]


def delete_topics(moment: datetime) -> int:
    """End topics that no device writes to any more."""
    return UnclaimedTopic.objects.filter(seen__lt=moment - TOPICS_KEPT).delete()[0]


def delete_outgoing(moment: datetime) -> int:
    """End messages that no broker took for a day."""
    return OutgoingMessage.objects.filter(created__lt=moment - OUTGOING_KEPT).delete()[0]


def delete_news(moment: datetime) -> int:
    """End news that came in so long ago that subscribers begin anew."""
    return NewsItem.objects.filter(made__lt=moment - NEWS_KEPT).delete()[0]


def delete_sessions(moment: datetime) -> int:
    """End what clients subscribed to that did not come back."""
    return MqttSession.objects.filter(seen__lt=moment - SESSIONS_KEPT).delete()[0]
