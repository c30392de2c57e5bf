"""What ends by itself."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from stadtkern.community.models import (
    AccessRequest,
    ClosedRead,
    DailyUse,
    DataRequest,
    DatasetEvent,
    Question,
    Reuse,
    Subscription,
)
from stadtkern.community.models.talk import Moderated
from stadtkern.community.services.subscribing import CONFIRM_WITHIN

EVENTS = timedelta(days=400)
DAYS_OF_USE = timedelta(days=3 * 366)
HIDDEN = timedelta(days=90)
READS = timedelta(days=3 * 366)
REQUESTS = timedelta(days=3 * 366)
MAIL_OF_QUESTION = timedelta(days=365)


def unconfirmed(moment: datetime) -> int:
    """Forget addresses that nobody confirmed."""
    gone = Subscription.objects.filter(confirmed_at=None, created_at__lt=moment - CONFIRM_WITHIN)
    return gone.delete()[0]


def events(moment: datetime) -> int:
    """Delete news that everybody has been told."""
    return DatasetEvent.objects.filter(at__lt=moment - EVENTS).delete()[0]


def uses(moment: datetime) -> int:
    """Delete counts of days long ago."""
    return DailyUse.objects.filter(day__lt=(moment - DAYS_OF_USE).date()).delete()[0]


def hidden(moment: datetime) -> int:
    """Delete what moderators did not let through."""
    limit = moment - HIDDEN
    asked = Question.objects.filter(state=Moderated.HIDDEN, asked_at__lt=limit).delete()[0]
    wished = DataRequest.objects.filter(state=DataRequest.State.HIDDEN, made_at__lt=limit).delete()[0]
    made = Reuse.objects.filter(state=Moderated.HIDDEN, made_at__lt=limit).delete()[0]
    return asked + wished + made


def addresses(moment: datetime) -> int:
    """Forget mail addresses under questions and reuses a year later."""
    limit = moment - MAIL_OF_QUESTION
    asked = Question.objects.filter(asked_at__lt=limit).exclude(email="").update(email="")
    return asked + Reuse.objects.filter(made_at__lt=limit).exclude(email="").update(email="")


def reads(moment: datetime) -> int:
    """Delete the log of readings of closed data."""
    return ClosedRead.objects.filter(at__lt=moment - READS).delete()[0]


def requests(moment: datetime) -> int:
    """Delete requests for closed data that ended long ago and whose readings are gone."""
    limit = moment - REQUESTS
    ended = AccessRequest.objects.filter(
        Q(valid_until__lt=limit) | Q(valid_until=None, decided_at__lt=limit),
        ~Exists(ClosedRead.objects.filter(request=OuterRef("pk"))),
    )
    return ended.delete()[0]


RULES: Mapping[str, Callable[[datetime], int]] = {
    "unconfirmed": unconfirmed,
    "events": events,
    "uses": uses,
    "hidden": hidden,
    "addresses": addresses,
    "reads": reads,
    "requests": requests,
}
