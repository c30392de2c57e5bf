"""Subscriptions: begun, confirmed by who owns the mail address, ended by one click."""

import logging
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, NotFound, Unavailable
from stadtkern.catalogue.models import Dataset
from stadtkern.community.models import DatasetEvent, Subscription
from stadtkern.community.services.mailing import send_quietly
from stadtkern.people.models import User

logger = logging.getLogger(__name__)
MOST = 100_000
MOST_OF_ONE = 50
CONFIRM_WITHIN = timedelta(days=3)
AT_ONCE = timedelta(0)
RHYTHMS = {Subscription.Rhythm.DAILY: timedelta(days=1), Subscription.Rhythm.WEEKLY: timedelta(days=7)}


def full_address(name: str, *args: object) -> str:
    """Return an address of ours as it stands in a mail."""
    return settings.PUBLIC_URL + reverse(name, args=args)


def newest_event() -> int:
    """Return the number of the newest event; who subscribes now hears of later ones."""
    return DatasetEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0


@transaction.atomic
def subscribe(  # noqa: PLR0913  # all of them belong to a subscription
    *,
    dataset: Dataset | None = None,
    query: str = "",
    email: str = "",
    url: str = "",
    rhythm: str = Subscription.Rhythm.DAILY,
    language: str = "de",
    user: User | None = None,
) -> Subscription:
    """Begin a subscription; asking twice for the same is harmless and says nothing about the first time.

    A mail address that is not that of the account has to be confirmed by the mail that is sent now.

    Raises
    ------
    BadInput
        if it is about nothing, or a webhook is asked for without an account.
    Unavailable
        if there are too many subscriptions.
    """
    if (dataset is None) == (not query) or (not email) == (not url):
        raise BadInput(_("A subscription is about one dataset or one search, and goes to one address."))
    if url and user is None:
        raise BadInput(_("Sign in to have a web address called."))
    same = Subscription.objects.filter(email=email) if email else Subscription.objects.filter(url=url)
    if Subscription.objects.count() >= MOST or same.count() >= MOST_OF_ONE:
        raise Unavailable(_("There are too many subscriptions for this address."))
    is_known = user is not None and (bool(url) or user.email.casefold() == email.casefold())
    found, is_new = Subscription.objects.get_or_create(
        dataset=dataset,
        query=query,
        email=email.casefold() if email else "",
        url=url,
        defaults={
            "user": user,
            "rhythm": rhythm,
            "language": language,
            "created_at": clock.now(),
            "confirmed_at": clock.now() if is_known else None,
            "next_at": clock.now() if is_known else None,
            "last_event": newest_event(),
        },
    )
    if found.confirmed_at is None:
        transaction.on_commit(lambda: send_confirmation(found))
    logger.info("subscription %s %s", found.pk, "begun" if is_new else "asked for again")
    return found


def send_confirmation(subscription: Subscription) -> None:
    """Ask the owner of the mail address whether the subscription is wanted."""
    link = full_address("subscription-confirm", subscription.token)
    what = about(subscription)
    body = _(
        "Somebody, probably you, asked to hear of this:\n\n%(what)s\n\nConfirm it by opening this address "
        "within three days:\n%(link)s\n\nIf it was not you, do nothing; we then forget your address."
    ) % {"what": what, "link": link}
    mail = EmailMessage(_("Please confirm your subscription"), body, to=[subscription.email])
    send_quietly(mail, f"subscription {subscription.pk}")


def about(subscription: Subscription) -> str:
    """Return what a subscription is about, in words."""
    if subscription.dataset is not None:
        return str(subscription.dataset)
    return _("Search: %(query)s") % {"query": subscription.query}


def by_token(token: str) -> Subscription:
    """Return the subscription that a mail links to.

    Raises
    ------
    NotFound
        if there is none, or none any more.
    """
    found = Subscription.objects.select_related("dataset__profile").filter(token=token[:40]).first()
    if found is None:
        raise NotFound(_("This subscription does not exist any more."))
    return found


def confirm(subscription: Subscription) -> None:
    """Let a subscription begin; news since it was asked for are told."""
    if subscription.confirmed_at is None:
        now = clock.now()
        Subscription.objects.filter(pk=subscription.pk).update(confirmed_at=now, next_at=now)


def end(subscription: Subscription) -> None:
    """Forget a subscription and with it the address."""
    subscription.delete()


def query_of(params: dict[str, list[str]]) -> str:
    """Return a search as it is kept: only what is filled, in a fixed order.

    >>> query_of({"theme": ["ENVI"], "q": ["Neisse"], "page": ["2"], "x": [""]})
    'q=Neisse&theme=ENVI'
    """
    kept = [
        (name, value.strip())
        for name, values in sorted(params.items())
        if name not in {"page", "sort", "csrfmiddlewaretoken"}
        for value in values
        if value.strip()
    ]
    return urlencode(kept)[:500]
