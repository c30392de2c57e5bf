"""What is told about an alert, whatever the way."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from stadtkern.warnings import texts
from stadtkern.warnings.models import Alert, Delivery


class CannotSend(Exception):
    """A message can never go out; the text says why. What may go well later is another error."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, in the language of who gets it."""

    uid: str
    """The same when it is sent again, so that the receiver can tell."""
    alert: Alert
    event: str
    subject: str
    body: str

    def as_json(self) -> dict[str, object]:
        """Return what programs are told."""
        alert, stream = self.alert, self.alert.datastream
        return {
            "id": self.uid,
            "event": self.event,
            "alert": alert.pk,
            "rule": alert.rule.slug if alert.rule is not None else alert.kind,
            "severity": alert.severity,
            "title": texts.title_of(alert),
            "text": texts.sentence(alert),
            "advice": texts.advice_of(alert),
            "datastream": stream.key if stream is not None else None,
            "value": alert.value,
            "peak": alert.peak,
            "limit": alert.limit,
            "unit": stream.unit if stream is not None else None,
            "begun": _iso(alert.begun),
            "raised": _iso(alert.raised),
            "ended": _iso(alert.ended),
            "source": settings.PUBLIC_URL,
        }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def message_about(delivery: Delivery) -> Message:
    """Return the message of a delivery in the active language."""
    alert = delivery.alert
    subject, body = texts.subject_line(alert, delivery.event), texts.body(alert, delivery.event)
    return Message(str(delivery.uid), alert, delivery.event, subject, body)
