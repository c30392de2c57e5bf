"""Tells subscribers what is new: mails as digests, webhooks for each event.

Told is what stands after the subscription's position. The position moves when the message has gone out, so
that a killed worker tells twice rather than never; the second has the same Message-ID.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused
from urllib.parse import parse_qs

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stadtkern.base import clock
from stadtkern.base.http import Client, FetchError
from stadtkern.catalogue.models import Dataset
from stadtkern.community.models import DatasetEvent, Subscription
from stadtkern.community.services.finding import datasets_of_search
from stadtkern.community.services.subscribing import RHYTHMS, about, full_address, newest_event
from stadtkern.web.fields import in_language

logger = logging.getLogger(__name__)
AT_ONCE = 50
MOST_EVENTS = 200
LEASE = timedelta(minutes=10)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720, 1440))
WEBHOOK_PAUSE = timedelta(minutes=1)
TIMEOUT = timedelta(seconds=15)
GONE = {404, 410}


class Refused(Exception):
    """The receiver does not want it, now or ever."""


@dataclass(frozen=True, slots=True)
class News:
    """What a subscription has to be told, and up to which event."""

    events: Sequence[DatasetEvent]
    until: int


def tell_due() -> int:
    """Tell all whose time has come; return how many messages went out."""
    now = clock.now()
    due = Subscription.objects.filter(confirmed_at__isnull=False, next_at__lte=now).order_by("next_at")
    return sum(_tell(key) for key in list(due.values_list("pk", flat=True)[:AT_ONCE]))


def _tell(key: int) -> bool:
    now = clock.now()
    if not Subscription.objects.filter(pk=key, next_at__lte=now).update(next_at=now + LEASE):
        return False  # another worker has it
    subscription = Subscription.objects.select_related("dataset__profile", "user").get(pk=key)
    news = news_for(subscription)
    pause = RHYTHMS[Subscription.Rhythm(subscription.rhythm)] if subscription.email else WEBHOOK_PAUSE
    if not news.events:
        _move(subscription, news.until, pause=min(pause, timedelta(hours=1)))
        return False
    try:
        with translation.override(subscription.language):
            _send(subscription, news.events)
    except Refused as error:
        logger.info("subscription %s ended: %s", subscription.pk, error)
        subscription.delete()
        return False
    except (FetchError, OSError) as error:
        _failed(subscription, f"{type(error).__name__}: {error}")
        return False
    _move(subscription, news.until, pause=pause)
    return True


def news_for(subscription: Subscription) -> News:
    """Return what happened since the last message, as far as everybody may know."""
    newest = newest_event()
    events = DatasetEvent.objects.filter(pk__gt=subscription.last_event, pk__lte=newest)
    events = events.filter(_wanted(subscription)).select_related("dataset__profile").order_by("pk")
    found = list(events[:MOST_EVENTS])
    return News(found, found[-1].pk if len(found) == MOST_EVENTS else newest)


def _wanted(subscription: Subscription) -> Q:
    """Return which events count: of public datasets, and the withdrawal of one that was public."""
    seen = Q(dataset__in=Dataset.objects.public().values("pk"))
    if subscription.dataset_id is not None:
        return Q(dataset=subscription.dataset_id) & (seen | Q(kind=DatasetEvent.Kind.WITHDRAWN))
    return seen & Q(dataset__in=_found(subscription))


def _found(subscription: Subscription) -> QuerySet[Dataset, int] | list[int]:
    """Return the datasets that the search of a subscription finds now and that have news."""
    candidates = DatasetEvent.objects.filter(pk__gt=subscription.last_event).values_list("dataset", flat=True)
    return datasets_of_search(parse_qs(subscription.query), set(candidates), subscription.language)


def _move(subscription: Subscription, until: int, *, pause: timedelta) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(
        last_event=until, next_at=clock.now() + pause, failures=0, problem=""
    )


def _failed(subscription: Subscription, problem: str) -> None:
    if subscription.failures >= len(PAUSES):
        logger.warning("subscription %s given up: %s", subscription.pk, problem)
        subscription.delete()
        return
    Subscription.objects.filter(pk=subscription.pk).update(
        failures=F("failures") + 1,
        problem=problem[:300],
        next_at=clock.now() + PAUSES[subscription.failures],
    )


def _send(subscription: Subscription, events: Sequence[DatasetEvent]) -> None:
    if subscription.email:
        _send_mail(subscription, events)
        return
    for event in events:
        _call(subscription, event)


def sentence(event: DatasetEvent) -> str:
    """Return what happened, in the active language."""
    title, facts = str(event.dataset), event.facts
    if event.kind == DatasetEvent.Kind.VERSION:
        rows = int(facts.get("rows", 0))
        text = ngettext("%(title)s: new data, %(rows)d row", "%(title)s: new data, %(rows)d rows", rows) % {
            "title": title,
            "rows": rows,
        }
        return f"{text} ({facts['note']})" if facts.get("note") else text
    if event.kind == DatasetEvent.Kind.ANSWER:
        return _("%(title)s: a question was answered") % {"title": title}
    if event.kind == DatasetEvent.Kind.WITHDRAWN:
        reason = in_language(facts.get("reason"))[0]
        return _("%(title)s: withdrawn. %(reason)s") % {"title": title, "reason": reason}
    return _("%(title)s: newly published") % {"title": title}


def _send_mail(subscription: Subscription, events: Sequence[DatasetEvent]) -> None:
    lines = []
    for event in events:
        lines += [f"• {sentence(event)}", f"  {settings.PUBLIC_URL}{event.dataset.get_absolute_url()}", ""]
    stop = full_address("subscription-end", subscription.token)
    one_click = full_address("subscription-stop", subscription.token)
    what = _("You asked to hear of: %(what)s") % {"what": about(subscription)}
    body = "\n".join([what, "", *lines, "--", _("No more mails of this kind: %(link)s") % {"link": stop}])
    subject = ngettext("%(count)d piece of news on data", "%(count)d pieces of news on data", len(events))
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    mail = EmailMessage(
        subject % {"count": len(events)},
        body,
        to=[subscription.email],
        headers={
            "Message-ID": f"<data-{subscription.pk}-{events[-1].pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{one_click}>",  # RFC 2369
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        },
    )
    try:
        mail.send()
    except SMTPRecipientsRefused as error:
        raise Refused("the mail server refuses the address") from error


def key_of(subscription: Subscription) -> str:
    """Return the key with which the messages of a webhook are signed."""
    base = f"data webhook {subscription.key_salt}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), base, hashlib.sha256).hexdigest()


def _call(subscription: Subscription, event: DatasetEvent) -> None:
    body = json.dumps(message(event), ensure_ascii=False).encode()
    moment = str(int(time.time()))
    signed = hmac.new(key_of(subscription).encode(), moment.encode() + b"." + body, "sha256").hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Stadtkern-Delivery": f"{subscription.pk}-{event.pk}",
        "Stadtkern-Time": moment,
        "Stadtkern-Signature": f"sha256={signed}",
    }
    try:
        asyncio.run(_post(subscription.url, body, headers))
    except FetchError as error:
        if error.status in GONE:
            raise Refused("the address says that it is gone") from error
        raise


async def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    async with Client(timeout=TIMEOUT, deadline=TIMEOUT, attempts=1) as client:
        await client.post(url, body, headers=headers)


def message(event: DatasetEvent) -> dict[str, object]:
    """Return what programs are told of an event."""
    return {
        "id": event.pk,
        "event": event.kind,
        "dataset": event.dataset.slug,
        "title": event.dataset.title,
        "text": sentence(event),
        "at": event.at.isoformat(),
        "facts": event.facts,
        "url": f"{settings.PUBLIC_URL}{event.dataset.get_absolute_url()}",
    }
