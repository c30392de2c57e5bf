"""Quality control as a job: all tests over what came in since the last run."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np

from stadtkern.base import clock
from stadtkern.observations import checks as tests
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.limits import Limits, limits_of
from stadtkern.observations.models import Datastream, ObservedProperty
from stadtkern.observations.quality import SOURCE, USELESS, Check, verdict
from stadtkern.observations.services import newest
from stadtkern.observations.services.archive.moving import bring_back
from stadtkern.observations.services.changes import note_late
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.facts import hold
from stadtkern.observations.services.neighbours import neighbour_values
from stadtkern.observations.services.rollups import roll_up
from stadtkern.observations.services.rows import Row
from stadtkern.observations.services.storage import Storage, storage
from stadtkern.observations.upkeep.marks import mark_bits

CONTEXT = timedelta(days=1)
"""Read before the first row to judge, and at least as much as `Limits.stuck`."""
MOST = 50_000
"""Rows judged at once; a longer history is worked through piece by piece."""
AGAIN = 3
"""The newest rows are judged again when the ones after them are known."""
KEPT = SOURCE | Check.FUTURE | Check.OLD
"""What this job has no opinion on."""


def check_quality(datastreams: Iterable[Datastream] | None = None, *, since: datetime | None = None) -> int:
    """Judge the observations since `since` (default: the last run) again; return how many changed.

    Range, spike, step, stuck value, gap and neighbouring stations; forecasts are not judged. A result is
    never changed nor deleted, only its flag and the tests it failed.
    """
    wanted = Datastream.objects.all() if datastreams is None else datastreams
    keys = sorted(stream.pk for stream in wanted)
    changed = 0
    for key in keys:
        stream = Datastream.objects.select_related("observed_property", "thing").filter(pk=key).first()
        if stream is not None and not stream.is_forecast:
            changed += _check(stream, since or stream.checked_until)
    return changed


def _check(stream: Datastream, since: datetime | None) -> int:
    changed = 0
    first = -(2**53) if since is None else micros(since)
    while True:
        with durable():
            hold(storage(), [stream.pk])
            rows = storage().span(stream.pk, first, MOST)
            until = instant(rows[-AGAIN if len(rows) > AGAIN else 0].time) if rows else since
            if not rows or (until == stream.checked_until == since and len(rows) <= AGAIN):
                return changed
            changed += _judge(stream, _context(stream, first), rows)
            first = rows[-1].time + 1
            if stream.checked_until is None or (until is not None and until > stream.checked_until):
                Datastream.objects.filter(pk=stream.pk).update(checked_until=until)
        if len(rows) < MOST:
            return changed


def judge_span(stream: Datastream, start: datetime, end: datetime) -> int:
    """Judge the observations with start <= time < end again; return how many changed."""
    changed, first, until = 0, micros(start), micros(end)
    while True:
        with durable():
            hold(storage(), [stream.pk])
            bring_back({stream.pk: (first, until - 1)})
            found = storage().span(stream.pk, first, MOST)
            rows = [row for row in found if row.time < until]
            changed += _judge(stream, _context(stream, first), rows) if rows else 0
        if len(rows) < MOST:
            return changed
        first = rows[-1].time + 1


def _context(stream: Datastream, first: int) -> list[Row]:
    """Return the rows before `first` that the tests need to see."""
    reach = max(CONTEXT, limits_of(stream.observed_property.slug).stuck or CONTEXT)
    return storage().span_before(stream.pk, first, micros(instant(first) - reach), MOST)


def _judge(stream: Datastream, context: Sequence[Row], rows: Sequence[Row]) -> int:
    everything = [*context, *rows]
    found = failed_tests(stream, everything)[len(context) :]
    found |= mark_bits(stream.pk, [row.time for row in rows])
    prop = stream.observed_property
    limits = limits_of(prop.slug)
    tested = prop.minimum is not None or limits.spike is not None
    changed = []
    for row, bits in zip(rows, found.tolist(), strict=True):
        checks = row.checks & int(KEPT) | bits
        quality = verdict(checks, tested=tested)
        if (checks, quality) != (row.checks, row.quality):
            changed.append((row, row._replace(checks=checks, quality=quality)))
    if changed:
        _write(stream.pk, changed)
    return len(changed)


def _write(datastream: int, changed: Sequence[tuple[Row, Row]]) -> None:
    store = storage()
    store.set_flags([new for _old, new in changed])
    moved = [new.time for old, new in changed if (old.quality in USELESS) != (new.quality in USELESS)]
    roll_up(store, [(datastream, time) for time in moved])
    refresh_newest(store, datastream, [new.time for _old, new in changed])


def refresh_newest(store: Storage, datastream: int, times: Sequence[int] = ()) -> None:
    """Read the newest values of a datastream again, and count the change of rows at `times`."""
    stream = hold(store, [datastream])[datastream]
    if stream.newest is not None:
        found = newest.reread(store, [datastream], {datastream: stream.newest})
        version = newest.put(store, found, received=micros(clock.now()))
        if times:
            note_late([(datastream, min(times), max(times))], version=version)


def failed_tests(stream: Datastream, rows: Sequence[Row]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the `Check` bits of each row; `rows` are all of one datastream, by time."""
    times = np.array([row.time for row in rows], dtype=np.int64)
    values = np.array([row.result for row in rows], dtype=np.float64)
    source_bad = np.array([bool(row.checks & Check.SOURCE_BAD) for row in rows], dtype=np.bool_)
    prop = stream.observed_property
    outside = _outside(prop, values)
    found = outside * int(Check.RANGE) + tests.gaps(times) * int(Check.GAP)
    usable = np.flatnonzero(~outside & ~source_bad)
    limits = limits_of(prop.slug)
    found[usable] |= _moving(times[usable], values[usable], limits)
    if limits.neighbour is not None and len(usable):
        around = neighbour_values(stream, times[usable])
        far = tests.far_from(values[usable], around, limits.neighbour)
        found[usable] |= far * int(Check.NEIGHBOUR)
    return found


def _outside(prop: ObservedProperty, values: tests.Values) -> tests.Mask:
    low = -np.inf if prop.minimum is None else prop.minimum
    high = np.inf if prop.maximum is None else prop.maximum
    return (values < low) | (values > high)


def _moving(
    times: tests.Times, values: tests.Values, limits: Limits
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    found = np.zeros(len(values), dtype=np.int64)
    if limits.spike is not None:
        groups = np.zeros(len(values), dtype=np.int64)
        allowed = np.full(len(values), limits.spike)
        rate = np.full(len(values), limits.step if limits.step is not None else np.inf)
        spiky = tests.spikes(groups, times, values, allowed)
        steep = tests.steps(groups, times, values, allowed, rate, spiky)
        found |= spiky * int(Check.SPIKE) + steep * int(Check.STEP)
    if limits.stuck is not None:
        longest = limits.stuck // timedelta(microseconds=1)
        found |= tests.stuck(times, values, longest, at_zero=limits.stuck_at_zero) * int(Check.STUCK)
    return found
