"""What people do with sources, and what the worker does with those that are due."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.base.http import FetchError
from stadtkern.catalogue.models import Dataset
from stadtkern.harvest import records, running, states, storing
from stadtkern.harvest.asking import Fetcher, PageAsk, is_own_address
from stadtkern.harvest.messages import PROBLEMS, said
from stadtkern.harvest.models import HarvestPage, HarvestRecord, HarvestRun, HarvestSource
from stadtkern.harvest.readers import Raw, ReadError, reader_of
from stadtkern.people.models import User

SLICE = 30.0
"""Seconds that the worker gives one run before it looks at the others."""
SHOWN = 20
UNDERSTANDING = ("kind", "url", "filter", "language", "licence", "licences", "page_size", "publisher_id")
"""Settings that change what is made of a record; after a change every page is read anew."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a look at the first page of a source brought; nothing of it is stored."""

    raws: Sequence[Raw] = ()
    count: int = 0
    total: int | None = None
    has_more: bool = False
    problem: str = ""


def check(by: User, right: str, thing: HarvestSource | None = None) -> None:
    """Refuse who may not."""
    if not by.has_perm(f"harvest.{right}", thing):
        raise NotPermitted(_("You may not do this."))


@transaction.atomic
def save_source(source: HarvestSource, *, by: User) -> HarvestSource:
    """Store a source; changes of how records are understood take hold with the next run."""
    check(by, "change_harvestsource" if source.pk else "add_harvestsource", source)
    if is_own_address(source.url):
        raise BadInput(said(PROBLEMS, "own-catalogue", source.url))
    before = HarvestSource.objects.filter(pk=source.pk).values(*UNDERSTANDING).first() if source.pk else None
    source.save()
    if before and any(getattr(source, name) != value for name, value in before.items()):
        HarvestPage.objects.filter(source=source).update(etag="", last_modified="", digest="")
        HarvestRecord.objects.filter(source=source).update(fingerprint="")
    if not source.is_on and source.problem:
        states.forget(source)
    return source


def run_now(source: HarvestSource, *, by: User) -> None:
    """Let the worker harvest a source as soon as it can."""
    check(by, "change_harvestsource", source)
    HarvestSource.objects.filter(pk=source.pk).update(is_wanted=True)


def allow_vanishing(source: HarvestSource, *, by: User) -> None:
    """Let the next run remove more than the guard allows, and harvest as soon as possible."""
    check(by, "change_harvestsource", source)
    HarvestSource.objects.filter(pk=source.pk).update(is_wanted=True, may_vanish=True)


@transaction.atomic
def cancel(run: HarvestRun, *, by: User) -> None:
    """End a run; what it stored stays."""
    check(by, "change_harvestsource", run.source)
    HarvestRun.objects.filter(pk=run.pk, state__in=HarvestRun.OPEN).update(is_cancelled=True)
    fresh = HarvestRun.objects.get(pk=run.pk)
    if fresh.is_open and (not fresh.holder or fresh.state == HarvestRun.State.PAUSED):
        states.cancelled(fresh)


def try_source(source: HarvestSource, *, by: User) -> Preview:
    """Read the first page of a source and say what would become of it; nothing is stored."""
    check(by, "change_harvestsource")
    try:
        with Fetcher(deadline=timedelta(seconds=25), attempts=1) as fetcher:
            page = reader_of(source.kind)(PageAsk(fetcher), source.terms, {})
    except FetchError as error:
        return Preview(problem=said(PROBLEMS, "fetch", str(error)))
    except ReadError as error:
        return Preview(problem=said(PROBLEMS, error.code, str(error)))
    for raw in page.records:
        _judge(raw, source)
    return Preview(page.records[:SHOWN], len(page.records), page.total, page.following is not None)


def _judge(raw: Raw, source: HarvestSource) -> None:
    """Say of a record what a run would do with it."""
    raw.refusal, raw.value = records.refusal_of(raw)
    if raw.found is None or raw.refusal:
        return
    records.note_gaps(raw, has_licence=bool(source.licence))
    if (
        source.pk is None
        or not HarvestRecord.objects.filter(
            source=source, identifier=raw.identifier, dataset__isnull=False
        ).exists()
    ):
        raw.refusal, raw.value = storing.refusal_elsewhere(source, raw.found)


@transaction.atomic
def publish_waiting(source: HarvestSource, *, by: User) -> int:
    """Approve all datasets of a source that wait for it; return how many."""
    if not by.has_perm("catalogue.publish_dataset"):
        raise NotPermitted(_("You may not do this."))
    waiting = Dataset.objects.filter(harvest_record__source=source, live=False, withdrawn_at=None)
    count = 0
    for dataset in waiting.order_by("pk"):
        dataset.live, dataset.has_unpublished_changes = True, False
        dataset.first_published_at = dataset.first_published_at or now()
        dataset.last_published_at = now()
        dataset.save(
            update_fields=["live", "has_unpublished_changes", "first_published_at", "last_published_at"]
        )
        count += 1
    return count


@transaction.atomic
def delete_source(source: HarvestSource, *, by: User) -> None:
    """Remove a source; its datasets become tombstones."""
    check(by, "delete_harvestsource", source)
    for dataset in Dataset.objects.filter(harvest_record__source=source, withdrawn_at=None).order_by("pk"):
        storing.withdraw(dataset)
    states.forget(source)
    source.delete()


def plan_due() -> None:
    """Begin a run of each source that is due or wanted and has none."""
    moment = now()
    due = HarvestSource.objects.filter(is_on=True).exclude(next_at__gt=moment)
    for source in (due | HarvestSource.objects.filter(is_wanted=True)).order_by("pk"):
        if source.runs.open().exists():
            continue
        try:
            with transaction.atomic():
                HarvestRun.objects.create(source=source, may_vanish=source.may_vanish)
                HarvestSource.objects.filter(pk=source.pk).update(
                    is_wanted=False, may_vanish=False, next_at=moment + source.every
                )
        except IntegrityError:  # another worker was faster
            continue


def work_on_due(*, is_stopping: Callable[[], bool] = lambda: False, seconds: float = SLICE) -> int:
    """Begin what is due, and work a while at each run that nobody holds; return how many."""
    plan_due()
    running.release_dead()
    count = 0
    free = HarvestRun.objects.free(now()).select_related("source__profile", "source__publisher")
    for run in free.order_by("pk"):
        if is_stopping():
            break
        if running.claim(run):
            running.work(run, seconds=seconds, is_stopping=is_stopping)
            count += 1
    return count
