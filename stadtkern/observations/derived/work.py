"""The work behind virtual series: notice what changed, compute it piece by piece, write what differs.

What is to be computed stands in `DirtyRange`; it is written there in the transaction that marks the news as
seen, so that nothing is forgotten when a process dies. Computing twice does no harm.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from stadtkern.base import clock
from stadtkern.contracts.connector import Reading
from stadtkern.observations.derived.align import Plan, Results, compute
from stadtkern.observations.derived.formula import FormulaError
from stadtkern.observations.derived.models import DerivedInput, DerivedStream, DirtyRange
from stadtkern.observations.derived.services import SOURCE, plan_of, stored_draft
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Observation
from stadtkern.observations.quality import Check, QualityFlag
from stadtkern.observations.services.archive.moving import bring_back
from stadtkern.observations.services.changes import mark_seen, newest_times, news_for
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.facts import hold
from stadtkern.observations.services.record import record
from stadtkern.observations.services.settle import settle
from stadtkern.observations.services.storage import storage
from stadtkern.observations.services.storage.base import chunks

logger = logging.getLogger(__name__)
NAME = "derived"
BUDGET = 5.0
"""Seconds of computing in one call."""
SHORTEST_STEP, FIRST_STEP, LONGEST_STEP = timedelta(hours=1), timedelta(days=1), timedelta(days=512)
FEW, MANY = 4000, 40_000
WORDS = {
    int(QualityFlag.GOOD): "good",
    int(QualityFlag.QUESTIONABLE): "questionable",
    int(QualityFlag.BAD): "bad",
}


def work() -> int:
    """Do what there is to do for a few seconds; return how many results were written."""
    notice()
    written, until = 0, time.monotonic() + BUDGET
    for derived in (
        DerivedStream.objects.filter(dirty__isnull=False)
        .distinct()
        .select_related("datastream__observed_property", "datastream__profile")
    ):
        written += catch_up(derived, until=until)
        if time.monotonic() > until:
            break
    return written


def notice() -> None:
    """Write down which results change with what came in since the last call."""
    news = news_for(NAME)
    if news.version == news.since:
        return
    inputs = DerivedInput.objects.filter(datastream__in=news.datastreams | set(news.late))
    touched: dict[int, list[DerivedInput]] = {}
    for one in inputs.order_by("derived", "position"):
        touched.setdefault(one.derived_id, []).append(one)
    newest = newest_times([one.datastream_id for own in touched.values() for one in own])
    with transaction.atomic():
        if not mark_seen(NAME, news):
            return
        for derived in DerivedStream.objects.filter(pk__in=touched).select_related("datastream"):
            changed = {
                one.datastream_id: span
                for one in touched[derived.pk]
                if (span := _span(one, newest.get(one.datastream_id), news.late.get(one.datastream_id)))
            }
            DirtyRange.objects.bulk_create(
                DirtyRange(derived=derived, first=instant(first), last=instant(last))
                for first, last in changed.values()
            )
            for one in touched[derived.pk]:
                if one.datastream_id in newest:
                    one.seen_until = instant(newest[one.datastream_id])
                    one.save(update_fields=["seen_until"])


def _span(one: DerivedInput, newest: int | None, late: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the span of readings of an input that are new or came late."""
    first, last = late or (2**62, -(2**62))
    if newest is not None:
        since = micros(one.seen_until) + 1 if one.seen_until is not None else newest
        if since <= newest:
            first, last = min(first, since), max(last, newest)
    return (first, last) if first <= last else None


def catch_up(derived: DerivedStream, *, until: float) -> int:
    """Compute what is to be computed of one virtual series, until it is done or time is over."""
    try:
        plan = plan_of(stored_draft(derived))
    except FormulaError as error:
        _note_problem(derived, str(error))
        DirtyRange.objects.filter(derived=derived).delete()
        return 0
    written, step = 0, FIRST_STEP
    for span in _merged(derived):
        while True:
            start = span.done or span.first
            end = min(start + step, span.last)
            rows, count = rewrite(derived, plan, start, end)
            written += rows
            step = _next_step(step, count)
            if end >= span.last:
                span.delete()
                break
            span.done = end
            span.save(update_fields=["done"])
            if time.monotonic() > until:
                return written
    return written


def _next_step(step: timedelta, count: int) -> timedelta:
    """Return a span of time that is likely to hold a handy number of rows."""
    if count < FEW:
        return min(step * 2, LONGEST_STEP)
    return max(step / 2, SHORTEST_STEP) if count > MANY else step


def _merged(derived: DerivedStream) -> list[DirtyRange]:
    """Return the spans to compute with those that touch put together."""
    kept: list[DirtyRange] = []
    for span in DirtyRange.objects.filter(derived=derived).order_by("first", "pk"):
        before = kept[-1] if kept else None
        if before is not None and before.done is None and span.done is None and span.first <= before.last:
            if span.last > before.last:
                before.last = span.last
                before.save(update_fields=["last"])
            span.delete()
        else:
            kept.append(span)
    return kept


def _note_problem(derived: DerivedStream, problem: str) -> None:
    if derived.problem != problem[:500]:
        logger.warning("virtual series %s cannot be computed: %s", derived.slug, problem)
        DerivedStream.objects.filter(pk=derived.pk).update(problem=problem[:500])


def rewrite(derived: DerivedStream, plan: Plan, start: datetime, end: datetime) -> tuple[int, int]:
    """Compute what follows from readings with start <= time <= end, and write what differs.

    Returns
    -------
    tuple
        How many results differed, and how many there are.
    """
    now = clock.now()
    first, last = plan.affected(micros(start), micros(end))
    fresh = compute(plan, first, last, micros(now))
    key = derived.datastream_id
    with durable():
        hold(storage(), [key])
        bring_back({key: (first, last)})
    stored = _stored(key, instant(first), instant(last))
    if not len(stored.times):
        different, gone = np.ones(len(fresh.times), dtype=np.bool_), []
    else:
        index = np.minimum(np.searchsorted(stored.times, fresh.times), len(stored.times) - 1)
        same = (stored.times[index] == fresh.times) & (stored.values[index] == fresh.values)
        different = ~(same & (stored.quality[index] == fresh.quality))
        gone = np.setdiff1d(stored.times, fresh.times).tolist()
    chosen = Results(fresh.times[different], fresh.values[different], fresh.quality[different])
    with durable():
        _write(derived, chosen, now)
        if gone:
            _remove(key, gone, now)
    return len(chosen.times) + len(gone), len(fresh.times)


def _stored(datastream: int, first: datetime, last: datetime) -> Results:
    """Return the stored results with the flag they were given when they were computed.

    The tests on entry may have flagged one as a spike since; that is no reason to write it again.
    """
    rows = Observation.objects.filter(datastream=datastream, phenomenon_time__range=(first, last))
    found = list(rows.order_by("phenomenon_time").values_list("phenomenon_time", "result", "checks"))
    return Results(
        np.array([micros(when) for when, _result, _checks in found], dtype=np.int64),
        np.array([result for _when, result, _checks in found], dtype=np.float64),
        np.array([_given(checks) for _when, _result, checks in found], dtype=np.int16),
    )


def _given(checks: int) -> int:
    if checks & Check.SOURCE_BAD:
        return int(QualityFlag.BAD)
    if checks & Check.SOURCE_QUESTIONABLE:
        return int(QualityFlag.QUESTIONABLE)
    return int(QualityFlag.GOOD if checks & Check.SOURCE_GOOD else QualityFlag.NOT_EVALUATED)


def _write(derived: DerivedStream, results: Results, now: datetime) -> None:
    """Hand the results to the one way in."""
    if not len(results.times):
        return
    stream = derived.datastream
    readings = [
        Reading(
            thing=derived.slug,
            observed_property=stream.observed_property.slug,
            phenomenon_time=instant(when),
            result=value,
            unit=stream.unit,
            result_time=now,
            is_forecast=stream.is_forecast,
            quality=WORDS.get(flag, ""),  # type: ignore[arg-type]  # one of the words of the contract
        )
        for when, value, flag in zip(
            results.times.tolist(), results.values.tolist(), results.quality.tolist(), strict=True
        )
    ]
    record(readings, source=SOURCE, profile=stream.profile, received=now)


def _remove(datastream: int, times: Sequence[int], now: datetime) -> None:
    """Take away results whose inputs are gone."""
    store = storage()
    streams = hold(store, [datastream])
    for part in chunks(times, 500):
        rows = Observation.objects.filter(
            datastream=datastream, phenomenon_time__in=[instant(t) for t in part]
        )
        gone = list(rows)
        rows.delete()
        settle(store, streams, gone, [], received=now)
        streams = hold(store, [datastream])
