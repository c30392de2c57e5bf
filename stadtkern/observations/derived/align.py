"""Bringing the readings of several series together, one row for each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from stadtkern.observations.derived.formula import Columns, Program
from stadtkern.observations.derived.models import DerivedStream
from stadtkern.observations.fields import MICROSECOND
from stadtkern.observations.quality import QualityFlag
from stadtkern.observations.queries.raw import rolled
from stadtkern.observations.queries.since import Judged, readings_between
from stadtkern.observations.services.rollups import local_day

Alignment = DerivedStream.Alignment
TOLERANCE = timedelta(hours=1)
MINUTE = 60_000_000
HOUR = 60 * MINUTE
NONE = Judged(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0, dtype=np.int16))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is needed to compute a virtual series; no database row in it."""

    program: Program
    inputs: tuple[tuple[str, int], ...]
    """Name in the formula and datastream; the first one leads."""
    alignment: str
    tolerance: int
    bucket: int
    """Minutes."""

    def affected(self, first: int, last: int) -> tuple[int, int]:
        """Return which results change (first <= time <= last) when readings of that span do."""
        if self.alignment == Alignment.LAST:
            return first, last + self.tolerance
        if self.alignment == Alignment.MEAN:
            return bucket_of(first, self.bucket)[0], bucket_of(last, self.bucket)[0]
        return first, last


class Results(NamedTuple):
    """Results by time with the quality that follows from their inputs."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]
    quality: NDArray[np.int16]


def tolerance_of(given: timedelta | None) -> int:
    """Return how old the newest of the other series may be, in microseconds."""
    return (TOLERANCE if given is None else given) // MICROSECOND


def bucket_of(time: int, minutes: int) -> tuple[int, int]:
    """Return start and end of the span of time that holds `time`; a day is a local one."""
    if minutes == DerivedStream.Bucket.DAY:
        return local_day(time - time % HOUR, settings.TIME_ZONE)
    start = time - time % (minutes * MINUTE)
    return start, start + minutes * MINUTE


def compute(plan: Plan, first: int, last: int, now: int) -> Results:
    """Return the results with first <= time <= last, from what is stored of the inputs now."""
    if plan.alignment == Alignment.MEAN:
        readings = _means(plan, first, last, now)
    else:
        reach = plan.tolerance if plan.alignment == Alignment.LAST else 0
        spans = {key: (first - reach, last + 1) for _alias, key in plan.inputs}
        readings = readings_between(spans)
    times, found = _together(plan, readings, first, last)
    columns = Columns(times, {alias: values for alias, (values, _quality) in found.items()})
    values = plan.program(columns)
    quality = _quality([one for alias, one in found.items() if alias in plan.program.names], len(times))
    quality = np.where(columns.doubtful, np.maximum(quality, int(QualityFlag.QUESTIONABLE)), quality)
    known = ~np.isnan(values)
    return Results(times[known], values[known], quality[known].astype(np.int16))


def _means(plan: Plan, first: int, last: int, now: int) -> Mapping[int, Judged]:
    """Return the means of whole spans that are over, out of the rollups; without bad values."""
    found = {}
    for _alias, key in plan.inputs:
        rows = rolled(key, plan.bucket, first, last + 1)
        ended = np.array(
            [bucket_of(start, plan.bucket)[1] <= now for start in rows.starts.tolist()], dtype=bool
        )
        starts = rows.starts[ended]
        means = rows.totals[ended] / np.maximum(rows.counts[ended], 1)
        flags = np.full(len(starts), int(QualityFlag.GOOD), dtype=np.int16)
        found[key] = Judged(starts, means, flags)
    return found


Found = dict[str, tuple[NDArray[np.float64], NDArray[np.int16]]]


def _together(
    plan: Plan, readings: Mapping[int, Judged], first: int, last: int
) -> tuple[NDArray[np.int64], Found]:
    """Return the times of the results, and value and quality of each series at them."""
    series = [(alias, readings.get(key, NONE)) for alias, key in plan.inputs]
    if plan.alignment == Alignment.LAST:
        times = series[0][1].times
    else:
        times = np.unique(np.concatenate([one.times for _alias, one in series]))
    times = times[(times >= first) & (times <= last)]
    reach = plan.tolerance if plan.alignment == Alignment.LAST else 0
    return times, {alias: _at(one, times, reach) for alias, one in series}


def _at(one: Judged, times: NDArray[np.int64], reach: int) -> tuple[NDArray[np.float64], NDArray[np.int16]]:
    """Return the newest reading at each time that is at most `reach` old; nan where there is none."""
    if not len(one.times):
        return np.full(len(times), np.nan), np.zeros(len(times), dtype=np.int16)
    index = np.searchsorted(one.times, times, side="right") - 1
    safe = np.maximum(index, 0)
    fits = (index >= 0) & (times - one.times[safe] <= reach)
    quality = np.where(fits, one.quality[safe], 0).astype(np.int16)
    return np.where(fits, one.values[safe], np.nan), quality


def _quality(found: Sequence[tuple[NDArray[np.float64], NDArray[np.int16]]], rows: int) -> NDArray[np.int16]:
    """Return the worst flag of the inputs that have a value; not evaluated if nobody has judged one."""
    worst = np.zeros(rows, dtype=np.int16)
    for _values, quality in found:
        worst = np.maximum(worst, quality)
    return np.maximum(worst, int(QualityFlag.GOOD)).astype(np.int16)
