"""What people leave behind by using the town's pages, and when it ends."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from wagtail.models import ModelLogEntry, PageLogEntry

from stadtkern.people.models import User

UNCONFIRMED = timedelta(days=30)
"""How long somebody who signed up has to confirm the mail address."""


def delete_sessions(moment: datetime) -> int:
    """Delete sessions that have ended."""
    return Session.objects.filter(expire_date__lt=moment).delete()[0]


def delete_login_attempts(moment: datetime) -> int:
    """Delete wrong passwords with their IP addresses once they lock nobody out any more."""
    limit = moment - settings.AXES_COOLOFF_TIME
    return int(AccessAttempt.objects.filter(attempt_time__lt=limit).delete()[0])


def delete_unconfirmed_accounts(moment: datetime) -> int:
    """Delete accounts that nobody ever confirmed or used."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    unused = User.objects.filter(date_joined__lt=moment - UNCONFIRMED, last_login=None, erased_at=None)
    found = unused.filter(~Exists(confirmed), is_superuser=False, emailaddress__isnull=False).distinct()
    return (
        User.objects.filter(pk__in=list(found.values_list("pk", flat=True))).delete()[1].get("people.User", 0)
    )


def delete_editorial_log(moment: datetime) -> int:
    """Delete Wagtail's own record of edits with the end of our trail."""
    limit = moment - timedelta(days=settings.AUDIT_DAYS)
    pages, models = PageLogEntry.objects, ModelLogEntry.objects
    return sum(log.filter(timestamp__lt=limit).delete()[0] for log in (pages, models))
