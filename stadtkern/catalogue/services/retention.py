"""Files that nobody needs any more.

Versions that were ever current stay with their files, so that their addresses hold; those that came by
schedule end after `FETCHED_VERSION_DAYS`, but never the newest ones. What was refused, forgotten or replaced
before it was published ends after `FAILED_UPLOAD_DAYS`. The row of a version stays: what it was, when, and
why it is gone.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from stadtkern.catalogue.models import FollowUp, Version
from stadtkern.catalogue.services import files
from stadtkern.catalogue.services.versions import State

NEWEST_KEPT = 10
"""Fetched versions of a table whose files stay, however old they are."""


def delete_unpublished(moment: datetime) -> int:
    """Delete the files of uploads that failed, were forgotten, or were read and never published."""
    limit = moment - timedelta(days=settings.FAILED_UPLOAD_DAYS)
    left = Version.objects.filter(emptied_at=None, created_at__lt=limit, is_current=False, is_proposed=False)
    stuck = left.filter(state__in=(State.FAILED, State.CANCELLED, State.ASKING))
    unused = left.filter(state=State.READY, was_current=False, is_automatic=False)
    return _empty([*stuck, *unused], moment)


def delete_fetched(moment: datetime) -> int:
    """Delete the files of old versions that came by schedule and were replaced."""
    if not settings.FETCHED_VERSION_DAYS:
        return 0
    limit = moment - timedelta(days=settings.FETCHED_VERSION_DAYS)
    old = Version.objects.filter(
        is_automatic=True, emptied_at=None, state=State.READY, is_current=False, created_at__lt=limit
    )
    found = []
    for distribution in list(old.values_list("distribution", flat=True).distinct().order_by()):
        of_table = Version.objects.filter(distribution=distribution, emptied_at=None, state=State.READY)
        newest = of_table.order_by("-number").values_list("pk", flat=True)[:NEWEST_KEPT]
        found += list(old.filter(distribution=distribution).exclude(pk__in=list(newest)))
    return _empty(found, moment)


def _empty(versions: Iterable[Version], moment: datetime) -> int:
    count = 0
    for version in versions:
        state = State.CANCELLED if version.state == State.ASKING else version.state
        idle = Version.objects.filter(pk=version.pk, state=version.state, is_current=False, is_proposed=False)
        if idle.update(emptied_at=moment, state=state):
            transaction.on_commit(partial(files.empty, version))
            count += 1
    return count


def delete_left_behind(moment: datetime) -> int:
    """Delete files that belong to nothing any more: broken off uploads, old locks."""
    data = Path(settings.DATA_DIR)
    limit = moment - timedelta(days=1)
    old = [
        path
        for folder in (files.INCOMING, files.LOCKS)
        for path in (data / folder).glob("*")
        if path.is_file() and path.stat().st_mtime < limit.timestamp()
    ]
    for path in old:
        transaction.on_commit(partial(path.unlink, missing_ok=True))
    return len(old)


def delete_done(moment: datetime) -> int:
    """Delete follow-ups of functions that are registered no more and were done long ago."""
    from stadtkern.catalogue import current  # noqa: PLC0415  # asks the tables

    limit = moment - timedelta(days=settings.FAILED_UPLOAD_DAYS)
    gone = FollowUp.objects.filter(~Q(name__in=current.names()), next_at__lt=limit)
    return int(gone.delete()[0])


def delete_files(instance: Version, **_facts: object) -> None:
    """Delete the files of a version whose row was deleted; a receiver of `post_delete`."""
    folder = instance.folder
    transaction.on_commit(partial(files.remove_folder, folder))
