"""Tables that are fetched from an address again and again."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, Unavailable
from stadtkern.base.http import Answer, Client, FetchError
from stadtkern.catalogue.models import Pull, Version
from stadtkern.catalogue.services import columns, files, versions
from stadtkern.catalogue.services.versions import State
from stadtkern.people.models import User

DEADLINE = timedelta(minutes=30)
LEASE = timedelta(hours=1)
"""Longer than a fetch takes: after this time one that never ended is begun again."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What lay at the address; `staged` is None if nothing has changed."""

    answer: Answer
    staged: files.Staged | None


def pull_due() -> int:
    """Fetch what is due; return how many addresses were asked."""
    count = 0
    if not _due().exists():  # a transaction would hold SQLite's only lock for nothing
        return 0
    while (due := _take()) is not None:
        pull(due)
        count += 1
    return count


def _due() -> QuerySet[Pull]:
    return Pull.objects.filter(is_on=True, next_at__lte=clock.now(), distribution__dataset__withdrawn_at=None)


@transaction.atomic
def _take() -> Pull | None:
    """Return a fetch that is due; nobody else gets it before the lease ends."""
    found = _due().order_by("next_at").select_for_update(skip_locked=True, of=("self",)).first()
    if found is not None:
        Pull.objects.filter(pk=found.pk).update(next_at=clock.now() + LEASE)
    return found


def pull(due: Pull) -> Version | None:
    """Fetch once and return the new version, if there is one; failures are noted and told once."""
    version = None
    try:
        found = asyncio.run(_fetch(due))
        if found.staged is not None:
            version = _store(due, found)
    except (FetchError, BadInput, Unavailable, OSError) as error:
        _note(due, problem=str(error)[:500] or type(error).__name__)
        return None
    same = Pull.objects.filter(pk=due.pk, url=due.url)
    same.update(etag=found.answer.etag[:500], last_modified=found.answer.last_modified[:100])
    _note(due, problem="")
    return version


def _note(due: Pull, *, problem: str) -> None:
    """Write down how it went and when it is tried next; log a change of state, not every poll."""
    moment = clock.now()
    Pull.objects.filter(pk=due.pk).update(problem=problem, last_at=moment, next_at=moment + due.every)
    if problem and problem != due.problem:
        logger.warning("fetching table %s failed: %s", due.distribution_id, problem)
    if due.problem and not problem:
        logger.info("fetching table %s works again", due.distribution_id)
    due.problem = problem


async def _fetch(due: Pull) -> Found:
    path = files.new_path()
    try:
        with path.open("wb") as target:
            async with Client(timeout=timedelta(seconds=60), deadline=DEADLINE) as client:
                answer = await client.get(
                    due.url,
                    etag=due.etag,
                    last_modified=due.last_modified,
                    max_bytes=settings.UPLOAD_MOST_BYTES,
                    into=target,
                )
        if answer.not_modified:
            path.unlink()
            return Found(answer, None)
        return Found(answer, files.checked(path))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _store(due: Pull, found: Found) -> Version | None:
    """Make a version of what was fetched, unless it is what the newest version has."""
    staged = found.staged
    if staged is None:
        return None
    if not staged.size:
        staged.path.unlink()
        raise BadInput("the answer is empty")
    known = Version.objects.filter(distribution=due.distribution_id).exclude(
        state__in=(State.FAILED, State.CANCELLED)
    )
    newest = known.order_by("-number").first()
    if newest is not None and newest.sha256 == staged.sha256:
        staged.path.unlink()
        return None
    name = versions.name_in(due.url)
    if "." not in name:
        name += columns.ending_of(found.answer.content_type)
    return versions.add(due.distribution, staged, name, by=None, source_url=due.url, is_automatic=True)


@transaction.atomic
def schedule(pull_: Pull, *, by: User | None) -> None:
    """Store a scheduled fetch; a changed address is asked anew, at once, and has to be approved again."""
    versions.demand_change(by, pull_.distribution)
    stored = Pull.objects.filter(distribution=pull_.distribution_id).first()
    is_known = stored is not None and stored.url == pull_.url
    if not is_known:
        pull_.etag = pull_.last_modified = pull_.problem = ""
    may_publish = by is None or by.has_perm("catalogue.publish_dataset", pull_.distribution.dataset)
    pull_.is_approved = may_publish or bool(is_known and stored and stored.is_approved)
    if stored is not None:
        pull_.pk = stored.pk
    pull_.next_at = clock.now() if pull_.is_on else None
    pull_.save()
