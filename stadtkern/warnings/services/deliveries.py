"""Sending what waits: claimed before, tried again with growing pauses, given up in the end."""

import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from stadtkern.base import clock
from stadtkern.base.errors import SourceError
from stadtkern.warnings import texts
from stadtkern.warnings.models import Alert, Channel, Delivery, Severity
from stadtkern.warnings.senders import mail, push, topic, webhook
from stadtkern.warnings.senders.message import CannotSend, Message, message_about
from stadtkern.warnings.services.tickets import open_ticket

logger = logging.getLogger(__name__)
AT_ONCE = 50
LEASE = timedelta(minutes=10)
"""A message whose sender died meanwhile is tried again after this."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
HOUR = timedelta(hours=1)
Sender = Callable[[Channel, Message], None]
SENDERS: Mapping[str, Sender] = {
    Channel.Kind.MAIL: mail.send,
    Channel.Kind.WEBHOOK: webhook.send,
    Channel.Kind.MQTT: topic.send,
    Channel.Kind.PUSH: push.send,
    Channel.Kind.TICKET: open_ticket,
}


def deliver_due() -> int:
    """Send what is due; return how many messages went out."""
    now = clock.now()
    waiting = Delivery.objects.filter(state=Delivery.State.QUEUED, next_try__lte=now)
    keys = list(waiting.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    return sum(_deliver(key, now) for key in keys)


def send_test(channel: Channel) -> None:
    """Send a message about nothing on a way of telling, at once.

    Raises
    ------
    CannotSend
        if the way cannot be used; other errors if it cannot be used now.
    """
    now = clock.now()
    words = {"en": gettext_noop("Test of a way of telling")}
    alert = Alert(
        kind="test", subject="test", title=words, severity=Severity.NOTE, begun=now, raised=now, ended=now
    )
    alert.pk, alert.is_public = 0, True
    language = channel.user.language if channel.user is not None else channel.language
    with translation.override(language):
        subject, body = (
            texts.subject_line(alert, Delivery.Event.RAISED),
            texts.body(alert, Delivery.Event.ENDED),
        )
        message = Message(str(uuid.uuid4()), alert, Delivery.Event.RAISED, subject, body)
        if channel.kind == Channel.Kind.TICKET:
            raise CannotSend(_("A task is only made by an alert."))
        SENDERS[channel.kind](channel, message)


def _deliver(key: int, now: datetime) -> bool:
    claimed = Delivery.objects.filter(pk=key, state=Delivery.State.QUEUED, next_try__lte=now)
    if not claimed.update(next_try=now + LEASE, attempts=F("attempts") + 1):
        return False
    related = ("channel__user", "alert__rule", "alert__datastream__thing")
    delivery = Delivery.objects.select_related(*related, "alert__datastream__observed_property").get(pk=key)
    if reason := _reason_to_leave_out(delivery, now):
        _finish(delivery, Delivery.State.LEFT_OUT, reason)
        return False
    if _begins_later(delivery):
        Delivery.objects.filter(pk=key).update(next_try=now + PAUSES[0], attempts=F("attempts") - 1)
        return False
    return _send(delivery)


def _send(delivery: Delivery) -> bool:
    channel = delivery.channel
    language = channel.user.language if channel.user is not None else channel.language
    try:
        with translation.override(language):
            SENDERS[channel.kind](channel, message_about(delivery))
    except CannotSend as error:
        _finish(delivery, Delivery.State.FAILED, str(error))
        return False
    except (SourceError, OSError, ValueError) as error:
        _try_again(delivery, f"{type(error).__name__}: {error}")
        return False
    _finish(delivery, Delivery.State.SENT, "")
    return True


def _try_again(delivery: Delivery, problem: str) -> None:
    if delivery.attempts > len(PAUSES):
        _finish(delivery, Delivery.State.FAILED, problem)
        return
    delivery.next_try = clock.now() + PAUSES[delivery.attempts - 1]
    delivery.problem = problem[:300]
    delivery.save(update_fields=["next_try", "problem"])


def _finish(delivery: Delivery, state: str, problem: str) -> None:
    if state == Delivery.State.FAILED:
        logger.warning("message %s on %s given up: %s", delivery.uid, delivery.channel, problem)
    delivery.state, delivery.problem = state, problem[:300]
    delivery.finished, delivery.next_try = clock.now(), None
    delivery.save(update_fields=["state", "problem", "finished", "next_try"])


def _reason_to_leave_out(delivery: Delivery, now: datetime) -> str:
    """Return why a message is not sent; empty: it is."""
    channel = delivery.channel
    if not channel.is_active:
        return "the way of telling is not in use any more"
    if delivery.event == Delivery.Event.ENDED:
        first = _first(delivery)
        if first is None or first.state in {Delivery.State.FAILED, Delivery.State.LEFT_OUT}:
            return "the beginning was not told either"
        if first.finished is not None and delivery.alert.ended and first.finished >= delivery.alert.ended:
            return "was told together with the beginning"
    sent = channel.deliveries.filter(state=Delivery.State.SENT, finished__gt=now - HOUR).count()
    return "more than the way of telling allows in an hour" if sent >= channel.most_per_hour else ""


def _begins_later(delivery: Delivery) -> bool:
    """Return whether the beginning has still to be told before this end."""
    first = _first(delivery) if delivery.event == Delivery.Event.ENDED else None
    return first is not None and first.state == Delivery.State.QUEUED


def _first(delivery: Delivery) -> Delivery | None:
    told = Delivery.objects.filter(alert=delivery.alert_id, channel=delivery.channel_id)
    return told.filter(event=Delivery.Event.RAISED).first()
