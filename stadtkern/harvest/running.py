"""A run from its first page to its end, in steps. Each step is one transaction with the position behind it.

Whoever works at a run holds it for some time (`held_until`). If they are killed, the time ends and somebody
else goes on from the last step; a step of somebody who does not hold the run any more is not stored. So
nothing is lost and nothing is done twice, whenever a process dies.
"""

import hashlib
import json
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import psutil
from auditlog.context import disable_auditlog
from django.db import DatabaseError, transaction
from django.db.models import F

from stadtkern.base.clock import now
from stadtkern.base.http import FetchError
from stadtkern.harvest import records, states
from stadtkern.harvest.asking import Fetcher, PageAsk, Unchanged, is_own_address
from stadtkern.harvest.models import HarvestPage, HarvestRecord, HarvestResult, HarvestRun
from stadtkern.harvest.readers import Page, Raw, ReadError, reader_of
from stadtkern.harvest.records import Tally
from stadtkern.harvest.storing import Known

HOLD = timedelta(minutes=10)
"""Longer than the deadline of one answer and the reading of it."""
BATCH = 50
MOST_PAGES = 20_000
MOST_EMPTY = 3
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
HOPELESS = frozenset(range(400, 500)) - {408, 425, 429}
"""Answers (HTTP) that the same question will get again."""
State = HarvestRun.State
logger = logging.getLogger(__name__)


class LostError(Exception):
    """Somebody else holds the run now, or it was cancelled; what this step did is taken back."""


def _holder() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(8)}"


def is_dead(holder: str) -> bool:
    """Return whether a holder was a process of this machine that is no more."""
    host, _, rest = holder.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname()[:60] or not rest.isdecimal():
        return False
    return not psutil.pid_exists(int(rest))


def release_dead() -> None:
    """Let go the runs whose worker was killed on this machine; elsewhere their time has to run out."""
    held = HarvestRun.objects.open().exclude(holder="").filter(held_until__gte=now())
    for pk, holder in held.values_list("pk", "holder"):
        if is_dead(holder):
            HarvestRun.objects.filter(pk=pk, holder=holder).exclude(state=State.PAUSED).update(
                holder="", held_until=None
            )


def claim(run: HarvestRun) -> bool:
    """Take hold of a run; False if somebody else was faster."""
    holder = _holder()
    moment = now()
    if not HarvestRun.objects.free(moment).filter(pk=run.pk).update(holder=holder, held_until=moment + HOLD):
        return False
    run.refresh_from_db()
    return True


def work(run: HarvestRun, *, seconds: float = 3600, is_stopping: Callable[[], bool] = lambda: False) -> None:
    """Go on with a run that is held, until it is over, paused, or the time is up; then let it go."""
    limit = time.monotonic() + seconds
    known = Known()
    try:
        with Fetcher() as fetcher:
            while run.is_open and time.monotonic() < limit and not is_stopping():
                if not _step(run, fetcher, known):
                    break
    except LostError:
        _end_if_cancelled(run)
    finally:
        HarvestRun.objects.filter(pk=run.pk, holder=run.holder).exclude(state=State.PAUSED).update(
            holder="", held_until=None
        )


def _step(run: HarvestRun, fetcher: Fetcher, known: Known) -> bool:
    """Do one page, or the end; False if the run has to wait or is over."""
    try:
        if run.state == State.WAITING:
            _begin(run)
        elif run.state == State.PAUSED:
            _advance(run, state=State.READING, problem="", problem_value="")
        if run.state == State.READING:
            _read_page(run, fetcher, known)
        else:
            _finish(run)
    except LostError:
        raise
    except FetchError as error:
        return _wait(run, error)
    except ReadError as error:
        states.failed(run, error.code, str(error))
        return False
    except DatabaseError:
        raise
    except Exception as error:  # no fault of ours in reading a foreign catalogue may stay silent
        logger.exception("harvest of %s", run.source)
        states.failed(run, "failed", f"{type(error).__name__}: {error}")
        return False
    return run.is_open


def _begin(run: HarvestRun) -> None:
    if is_own_address(run.source.url):
        raise ReadError("own-catalogue", run.source.url)
    _advance(run, state=State.READING, started_at=now())


def _wait(run: HarvestRun, error: FetchError) -> bool:
    """Try again later, a few times; the position stays. Nothing helps against an answer like 404."""
    is_hopeless = error.status in HOPELESS
    if run.tries >= len(PAUSES) or is_hopeless:
        states.failed(run, "fetch", str(error))
        return False
    pause = max(PAUSES[run.tries], error.retry_after or timedelta())
    _advance(
        run,
        state=State.PAUSED,
        tries=run.tries + 1,
        problem="fetch",
        problem_value=str(error)[:500],
        held_until=now() + pause,
    )
    return False


def _advance(run: HarvestRun, **values: object) -> None:
    """Store where the run stands; only who holds it may."""
    values.setdefault("held_until", now() + HOLD)
    held = HarvestRun.objects.filter(
        pk=run.pk, holder=run.holder, is_cancelled=False, state__in=HarvestRun.OPEN
    )
    if not held.update(**values):
        raise LostError
    run.refresh_from_db()


def _end_if_cancelled(run: HarvestRun) -> None:
    fresh = HarvestRun.objects.get(pk=run.pk)
    if fresh.is_cancelled and fresh.is_open and fresh.holder == run.holder:
        states.cancelled(fresh)


def key_of(position: object) -> str:
    """Return the name of a page by its position."""
    return hashlib.sha256(json.dumps(position, sort_keys=True).encode()).hexdigest()


def _read_page(run: HarvestRun, fetcher: Fetcher, known: Known) -> None:
    """Fetch the page at the position of the run, store its records, and move on."""
    if run.pages >= MOST_PAGES:
        raise ReadError("endless", f"{run.pages} pages")
    key = key_of(run.position)
    page = HarvestPage.objects.filter(source=run.source, key=key).first() or HarvestPage(
        source=run.source, key=key
    )
    if page.pk and page.run_id == run.pk and page.digest:
        raise ReadError("endless", f"page {run.pages + 1} leads back to a page that was read before")
    ask = PageAsk(fetcher, **_known_of(page))
    try:
        found = reader_of(run.source.kind)(ask, run.source.terms, run.position)
    except Unchanged:
        _keep_page(run, page, ask)
        return
    _check_page(run, found, ask, page)
    with transaction.atomic():
        _advance(run)
        page.run, page.digest, page.etag, page.last_modified = run, "", "", ""
        page.save()
        page.records.exclude(seen_in=run).update(page=None)
    raws = _distinct(found.records)
    for start in range(0, len(raws), BATCH):
        _store(run, raws[start : start + BATCH], page, known)
    _leave_page(run, page, ask, found)


def _known_of(page: HarvestPage) -> dict[str, str]:
    """Return what is sent along to save an unchanged page; nothing if it has to be done again."""
    if not page.pk or not page.digest:
        return {}
    if page.records.exclude(state=HarvestRecord.State.CURRENT, dataset__isnull=False).exists():
        return {}
    if page.records.exclude(refusal="").exists() or page.records.count() != page.rows:
        return {}
    return {"url": page.url, "etag": page.etag, "last_modified": page.last_modified, "digest": page.digest}


def _check_page(run: HarvestRun, found: Page, ask: PageAsk, page: HarvestPage) -> None:
    """Stop a catalogue that is our own, or has no end."""
    own = next((name for name in found.catalogue if is_own_address(name)), "")
    if own:
        raise ReadError("own-catalogue", own)
    readable = [raw for raw in found.records if raw.found is not None]
    if not run.pages and readable and all(records.refusal_of(raw)[0] == "our-own" for raw in readable):
        raise ReadError("own-catalogue", readable[0].identifier)
    seen = HarvestPage.objects.filter(source=run.source, run=run).exclude(key=page.key)
    if found.records and seen.filter(digest=ask.digest).exists():
        raise ReadError("repeated-page", f"page {run.pages + 1}")
    if found.following is not None and run.pages and found.records and _is_all_seen(run, found, page):
        raise ReadError("repeated-page", f"page {run.pages + 1} has only records of pages before")
    if not found.records and found.following is not None and run.empty_pages >= MOST_EMPTY:
        raise ReadError("endless", f"{MOST_EMPTY + 1} empty pages in a row")
    if run.rows + len(found.records) > run.source.most_records:
        raise ReadError("too-many", f"{run.source.most_records}")


def _is_all_seen(run: HarvestRun, found: Page, page: HarvestPage) -> bool:
    """Return whether other pages of this run had all the records of this one."""
    names = {raw.identifier for raw in found.records}
    seen = HarvestRecord.objects.filter(source=run.source, seen_in=run, identifier__in=names)
    elsewhere = seen.exclude(page=page) if page.pk else seen
    return elsewhere.count() == len(names)


def _distinct(raws: Sequence[Raw]) -> list[Raw]:
    """Return records without repeated ones; those without any identifier get one, to be told apart."""
    for number, raw in enumerate(raws):
        raw.identifier = raw.identifier or f"(without identifier {number + 1})"
    return list({raw.identifier: raw for raw in reversed(raws)}.values())[::-1]


def _store(run: HarvestRun, raws: Sequence[Raw], page: HarvestPage, known: Known) -> None:
    """Store a part of a page, with the counts, in one transaction."""
    try:
        with transaction.atomic(), disable_auditlog():  # the trail is about what people do
            _advance(run)  # first: it locks the run, so that two workers cannot both store
            _count(run, records.store(raws, run, page, known))
    except (DatabaseError, LostError):
        known.forget()
        raise


def _count(run: HarvestRun, tally: Tally) -> None:
    HarvestRun.objects.filter(pk=run.pk).update(
        created=F("created") + tally.created,
        changed=F("changed") + tally.changed,
        same=F("same") + tally.same,
        refused=F("refused") + tally.refused,
        gone=F("gone") + tally.gone,
    )


def _keep_page(run: HarvestRun, page: HarvestPage, ask: PageAsk) -> None:
    """Move over a page that is as it was: its records count as seen."""
    with transaction.atomic():
        count = page.records.exclude(seen_in=run).update(seen_in=run, last_seen=now())
        page.run = run
        page.etag, page.last_modified = ask.etag or page.etag, ask.last_modified or page.last_modified
        page.save()
        _count(run, Tally(same=count))
        _move(run, page)


def _leave_page(run: HarvestRun, page: HarvestPage, ask: PageAsk, found: Page) -> None:
    """Note that a page is stored, and move on to the next."""
    with transaction.atomic():
        page.url, page.etag, page.last_modified, page.digest = (
            ask.url[:2000],
            ask.etag,
            ask.last_modified,
            ask.digest,
        )
        page.following = dict(found.following) if found.following is not None else None
        page.total, page.rows = found.total, len(found.records)
        page.save()
        _move(run, page)


def _move(run: HarvestRun, page: HarvestPage) -> None:
    is_last = page.following is None
    _advance(
        run,
        state=State.ENDING if is_last else State.READING,
        position={} if is_last else page.following,
        pages=run.pages + 1,
        empty_pages=0 if page.rows else run.empty_pages + 1,
        rows=run.rows + page.rows,
        total=max((one for one in (run.total, page.total) if one is not None), default=None),
        tries=0,
    )


def _finish(run: HarvestRun) -> None:
    """Remove what a complete run has not seen, unless the guard says no; then the run is over."""
    if run.total is not None and run.rows < run.total:
        states.done(run, "incomplete", f"{run.rows} / {run.total}")
        return
    vanished = HarvestRecord.objects.filter(source=run.source).exclude(seen_in=run)
    vanished.filter(dataset=None).delete()
    vanishing = vanished.filter(state=HarvestRecord.State.CURRENT)
    if not run.is_guard_passed:
        count = vanishing.count()
        before = HarvestRecord.objects.filter(source=run.source, state=HarvestRecord.State.CURRENT)
        held = before.count() - run.results.filter(outcome=HarvestResult.Outcome.CREATED).count()
        if count and not run.may_vanish and count * 100 > run.source.guard_share * max(held, 1):
            states.stopped(run, f"{count} / {held}")
            return
        _advance(run, is_guard_passed=True)
    while batch := list(vanishing.select_related("dataset").order_by("pk")[:BATCH]):
        with transaction.atomic(), disable_auditlog():
            _advance(run)
            _count(run, Tally(gone=records.remove(batch, run)))
    states.done(run)
