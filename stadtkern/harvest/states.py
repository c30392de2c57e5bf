"""The ends of runs, and how a source is doing: every change goes through here, is logged once and is told."""

import logging
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop, override

from stadtkern.base.alarms import Alarm, tell
from stadtkern.base.clock import now
from stadtkern.harvest.messages import PROBLEMS, said
from stadtkern.harvest.models import HarvestPage, HarvestRun, HarvestSource

KIND = "harvest"
TITLE = gettext_noop("A catalogue cannot be harvested as it should")
TEXT = gettext_noop("%(name)s: %(detail)s")
SOONER = timedelta(hours=6)
"""After a failure a source is tried again at least this soon."""
State = HarvestRun.State
logger = logging.getLogger(__name__)


@transaction.atomic
def _end(run: HarvestRun, state: HarvestRun.State, problem: str, value: str) -> bool:
    """Store the end of a run, if it is still ours."""
    ended = HarvestRun.objects.filter(pk=run.pk, holder=run.holder, state__in=HarvestRun.OPEN).update(
        state=state,
        problem=problem,
        problem_value=value[:500],
        finished_at=now(),
        holder="",
        held_until=None,
    )
    run.refresh_from_db()
    return bool(ended)


@transaction.atomic
def done(run: HarvestRun, problem: str = "", value: str = "") -> None:
    """End a run that came to its end; `problem` tells what was not as it should be."""
    if not _end(run, State.DONE, problem, value):
        return
    HarvestPage.objects.filter(source=run.source_id).exclude(run=run).delete()
    _source(run, problem, value, is_success=True)


@transaction.atomic
def stopped(run: HarvestRun, value: str) -> None:
    """End a run that would have removed too much."""
    if _end(run, State.STOPPED, "guard", value):
        _source(run, "guard", value, is_success=False)


@transaction.atomic
def failed(run: HarvestRun, problem: str, value: str) -> None:
    """End a run that cannot go on."""
    if _end(run, State.FAILED, problem, value):
        _source(run, problem, value, is_success=False)


def cancelled(run: HarvestRun) -> None:
    """End a run that somebody cancelled."""
    _end(run, State.CANCELLED, "", "")


def _source(run: HarvestRun, problem: str, value: str, *, is_success: bool) -> None:
    """Note how the source is doing, and tell if that is news."""
    source = HarvestSource.objects.select_for_update(of=("self",)).get(pk=run.source_id)
    was = source.problem
    source.problem, source.problem_value = problem, value[:500]
    source.problem_since = (source.problem_since or now()) if problem else None
    if is_success:
        source.last_success = run.finished_at
    source.next_at = now() + (source.every if is_success else min(source.every, SOONER))
    source.save(update_fields=["problem", "problem_value", "problem_since", "last_success", "next_at"])
    if problem and problem != was:
        with override("en"):
            logger.warning("harvest of %s: %s", source, said(PROBLEMS, problem, value))
    elif was and not problem:
        logger.info("harvest of %s recovered", source)
    if problem or was:
        tell(_alarm(source, problem, value))


def _alarm(source: HarvestSource, problem: str, value: str) -> Alarm:
    with override("en"):
        detail = said(PROBLEMS, problem, value)
    return Alarm(
        kind=KIND,
        subject=f"source-{source.pk}",
        is_over=not problem,
        title=TITLE,
        text=TEXT,
        params={"name": str(source), "detail": detail},
        url=reverse("harvest-source", args=[source.pk]),
        severity=2,
    )


def forget(source: HarvestSource) -> None:
    """End the alarm of a source that is removed or switched off."""
    tell(_alarm(source, "", ""))
