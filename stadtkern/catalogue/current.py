"""What is to be done when another version of a table becomes current.

A subject registers a function in `AppConfig.ready`; the worker calls it with the version, in a thread of its
own, soon after the version became current. A function may be called again with the same version (the worker
was killed, an earlier try failed), so it has to be idempotent. Failures are recorded and tried again, ever
later.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from stadtkern.base.clock import now
from stadtkern.catalogue.models import FollowUp, Version

Function = Callable[[Version], object]
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
LEASE = timedelta(minutes=30)
"""After this time a follow-up that was begun and never ended is begun again."""

logger = logging.getLogger(__name__)
_functions: dict[str, Function] = {}


def register(name: str, function: Function) -> None:
    """Have `function` called with each version that becomes current; `name` stays the same for ever."""
    if _functions.setdefault(name, function) is not function:
        raise ValueError(f"There is already a follow-up called {name!r}.")


def forget(name: str) -> None:
    """Take a function out again; for tests and plugins that are switched off."""
    _functions.pop(name, None)


def names() -> list[str]:
    """Return what is registered."""
    return sorted(_functions)


def announce(version: Version) -> None:
    """Note what is to be done now that `version` is current; belongs into the transaction that made it so."""
    FollowUp.objects.bulk_create(
        [
            FollowUp(distribution_id=version.distribution_id, name=name, version=version, next_at=now())
            for name in _functions
        ],
        update_conflicts=True,
        unique_fields=["distribution", "name"],
        update_fields=["version", "next_at", "is_done", "tries", "problem"],
    )


def announce_missing() -> int:
    """Note what was registered after the versions became current; return how much that is."""
    count = 0
    for name in _functions:
        known = FollowUp.objects.filter(name=name).values("distribution")
        for version in Version.objects.current().exclude(distribution__in=known):
            FollowUp.objects.get_or_create(
                distribution_id=version.distribution_id,
                name=name,
                defaults={"version": version, "next_at": now()},
            )
            count += 1
    return count


def run_pending() -> int:
    """Do what is due; return how much that was."""
    done = 0
    if not _due().exists():  # a transaction would hold SQLite's only lock for nothing
        return 0
    while (task := _take()) is not None:
        _do(task)
        done += 1
    return done


def _due() -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(is_done=False, next_at__lte=now(), name__in=list(_functions))


@transaction.atomic
def _take() -> FollowUp | None:
    """Return a follow-up that is due; nobody else gets it before the lease ends."""
    task = _due().select_for_update(skip_locked=True, of=("self",)).first()
    if task is not None:
        FollowUp.objects.filter(pk=task.pk).update(next_at=now() + LEASE, tries=F("tries") + 1)
        task.tries += 1
    return task


def _do(task: FollowUp) -> None:
    version = Version.objects.select_related("distribution__dataset__profile").get(pk=task.version_id)
    same = FollowUp.objects.filter(pk=task.pk, version=task.version_id)
    try:
        _functions[task.name](version)
    except Exception as error:  # the functions of other subjects must not keep each other from running
        pause = min(FIRST_PAUSE * 2 ** min(task.tries - 1, 20), LONGEST_PAUSE)
        same.update(next_at=now() + pause, problem=f"{type(error).__name__}: {error}"[:500])
        if not task.problem:
            logger.exception("%s failed for version %s", task.name, version.pk)
        return
    if same.update(is_done=True, problem="") and task.problem:
        logger.info("%s works again for version %s", task.name, version.pk)
