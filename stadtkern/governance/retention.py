"""Everything that grows has an end: the rules, and the job that really deletes."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction

from stadtkern.base.clock import now
from stadtkern.base.errors import StadtkernError
from stadtkern.governance.models import RetentionRun

Rule = Callable[[datetime], int]
"""Deletes what is too old at the given moment and returns how many rows that were."""

logger = logging.getLogger(__name__)
_rules: dict[str, Rule] = {}


def register(name: str, function: Rule) -> None:
    """Add a rule; `name` is what the record and the command call it (`"observations.readings"`)."""
    if _rules.setdefault(name, function) is not function:
        raise ValueError(f"There is already a retention rule called {name!r}.")


def names() -> list[str]:
    """Return the names of all rules."""
    return sorted(_rules)


def run_retention(*, dry_run: bool = False, only: str | None = None) -> list[RetentionRun]:
    """Apply all rules now and record each; a rule that fails does not keep the others from running.

    With `dry_run` everything is counted and nothing is deleted or recorded.
    """
    if only is not None and only not in _rules:
        raise StadtkernError(f"There is no retention rule {only!r}; there are: {', '.join(names())}.")
    return list(_apply(only, dry_run=dry_run))


def _apply(only: str | None, *, dry_run: bool) -> Iterator[RetentionRun]:
    for name in [only] if only else names():
        run = RetentionRun(name=name, started_at=now())
        try:
            run.deleted = _counted(_rules[name], run.started_at) if dry_run else _rules[name](run.started_at)
        except (DatabaseError, StadtkernError, ValueError, OSError) as error:
            logger.exception("retention rule %s failed", name)
            run.error = f"{type(error).__name__}: {error}"[:500]
        if not dry_run:
            run.finished_at = now()
            run.save()
        yield run


def _counted(rule: Rule, moment: datetime) -> int:
    """Let the rule delete, count, and take it all back."""
    with transaction.atomic():
        deleted = rule(moment)
        transaction.set_rollback(True)
    return deleted


def delete_old_runs(moment: datetime) -> int:
    """End the record of this job itself, too."""
    limit = moment - timedelta(days=settings.RETENTION_LOG_DAYS)
    deleted, _by_model = RetentionRun.objects.filter(started_at__lt=limit).delete()
    return deleted
