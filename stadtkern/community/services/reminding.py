"""Reminds those who promised a rhythm and missed it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.vocabularies import RHYTHMS
from stadtkern.community.models import Reminder
from stadtkern.community.services.mailing import send_quietly
from stadtkern.people.models import Membership, User

GRACE = timedelta(days=2)
AGAIN = timedelta(days=7)
MOST_REMINDERS = 8
"""After these nobody is written to any more; the list in the back office goes on showing it."""


def due_at(dataset: Dataset) -> datetime | None:
    """Return when the next edition was promised; None: no rhythm or no date to count from."""
    last = dataset.modified or dataset.issued
    rhythm = RHYTHMS.get(dataset.frequency)
    return last + rhythm if last is not None and rhythm is not None else None


def overdue(at: datetime) -> Iterator[tuple[Dataset, datetime]]:
    """Return the public datasets entered here whose promised edition is missing."""
    promised = Dataset.objects.public().filter(origin=Dataset.Origin.EDITOR, frequency__in=RHYTHMS)
    for dataset in promised.select_related("profile__owner").iterator(chunk_size=500):
        due = due_at(dataset)
        if due is not None and due + GRACE < at:
            yield dataset, due


def remind() -> int:
    """Note what is missing, forget what came, write to those who answer for it; return how many mails."""
    now = clock.now()
    late = dict(overdue(now))
    Reminder.objects.exclude(dataset__in=[one.pk for one in late]).delete()
    return sum(_remind(dataset, due, now) for dataset, due in late.items())


def _remind(dataset: Dataset, due: datetime, now: datetime) -> bool:
    reminder, _is_new = Reminder.objects.get_or_create(
        dataset=dataset, defaults={"due_at": due, "noticed_at": now}
    )
    is_recent = reminder.reminded_at is not None and reminder.reminded_at > now - AGAIN
    if is_recent or reminder.count >= MOST_REMINDERS:
        return False
    receivers = receivers_of(dataset)
    if not receivers:
        Reminder.objects.filter(pk=reminder.pk).update(problem="nobody with a mail address answers for it")
        return False
    if not _mail(dataset, due, receivers):
        return False
    Reminder.objects.filter(pk=reminder.pk).update(reminded_at=now, count=reminder.count + 1, problem="")
    return True


def receivers_of(dataset: Dataset) -> list[tuple[str, str]]:
    """Return mail addresses and languages of those who look after a dataset."""
    if dataset.contact_email:
        return [(dataset.contact_email, "de")]
    owner = dataset.profile.owner
    people = User.objects.filter(
        Q(memberships__organisation=owner) & ~Q(memberships__role=Membership.Role.MEMBER), is_active=True
    ).distinct()
    found = [(user.email, user.language) for user in people[:10]]
    return found or ([(owner.email, "de")] if owner.email else [])


def _mail(dataset: Dataset, due: datetime, receivers: list[tuple[str, str]]) -> bool:
    sent = False
    for address, language in receivers:
        with translation.override(language):
            facts = {
                "title": str(dataset),
                "rhythm": dataset.get_frequency_display(),
                "due": date_format(due, "DATE_FORMAT"),
                "link": f"{settings.PUBLIC_URL}{dataset.get_absolute_url()}",
            }
            subject = _("New data are due: %(title)s") % facts
            body = (
                _(
                    "The dataset “%(title)s” is promised with the rhythm “%(rhythm)s”. An edition was due on "
                    "%(due)s and has not come.\n\nPlease upload it, or change the rhythm if it is no longer "
                    "right:\n%(link)s"
                )
                % facts
            )
            mail = EmailMessage(" ".join(subject.split()), body, to=[address])
        sent |= send_quietly(mail, f"the rhythm of {dataset.slug}")
    return sent
