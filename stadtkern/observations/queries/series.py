"""A datastream over a span, with as many points as a chart can show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, Rollup
from stadtkern.observations.queries.downsample import gap_after, lttb
from stadtkern.observations.queries.raw import Rolled, Times, Values, raw, rolled

MOST_RAW = 20_000
"""Rows read one by one; a longer span is drawn from rollups."""
_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values by time; None stands where a gap is."""

    start: datetime
    end: datetime
    unit: str
    times: Sequence[datetime]
    values: Sequence[float | None]
    """Results, or means where the series is made of rollups."""
    lows: Sequence[float | None] | None = None
    """Smallest value behind each mean; None for results."""
    highs: Sequence[float | None] | None = None
    width: int | None = None
    """Minutes that one mean stands for at least; None for results."""
    count: int = 0
    """Observations behind the series."""


def series(datastream: Datastream, start: datetime, end: datetime, *, max_points: int = 800) -> Series:
    """Return the observations with start <= time < end, thinned out to about `max_points`.

    Short spans show results chosen by LTTB, long ones means with extremes out of the rollups. Bad values are
    left out; distances above three median steps are shown as gaps.
    """
    low, high = micros(start), micros(end)
    days = rolled(datastream.pk, Rollup.Width.DAY, low - 25 * 60 * _MINUTE, high)
    expected = int(days.counts.sum())
    if expected <= MOST_RAW:
        times, values = raw(datastream.pk, low, high)
        chosen = lttb(times, values, max_points)
        shown_times, shown = _with_gaps(times, chosen, [values])
        return _series(datastream, start, end, shown_times, shown, None, len(times))
    width = _width(low, high)
    rows = (
        days if width == Rollup.Width.DAY else rolled(datastream.pk, width, low - width * _MINUTE + 1, high)
    )
    thin, step = _merge(rows, max_points)
    chosen = np.arange(len(thin.starts))
    means = thin.totals / thin.counts
    shown_times, shown = _with_gaps(thin.starts, chosen, [means, thin.minima, thin.maxima])
    return _series(datastream, start, end, shown_times, shown, width * step, int(rows.counts.sum()))


def _width(low: int, high: int) -> Rollup.Width:
    """Return the finest rollup that has not too many rows for the span."""
    for width in (Rollup.Width.QUARTER, Rollup.Width.HOUR):
        if (high - low) / (width * _MINUTE) <= MOST_RAW / 2:
            return width
    return Rollup.Width.DAY


def _merge(rows: Rolled, points: int) -> tuple[Rolled, int]:
    """Return the rollups merged by equal spans of time to at most `points`, and how many went into one."""
    if len(rows.starts) <= points:
        return rows, 1
    first, last = int(rows.starts[0]), int(rows.starts[-1])
    step = int(np.median(np.diff(rows.starts)))
    many = -(-((last - first) // step + 1) // points)
    groups = (rows.starts - first) // (step * many)
    heads = np.flatnonzero(np.diff(groups, prepend=-1))
    merged = Rolled(
        first + groups[heads] * step * many,
        np.add.reduceat(rows.counts, heads),
        np.add.reduceat(rows.totals, heads),
        np.minimum.reduceat(rows.minima, heads),
        np.maximum.reduceat(rows.maxima, heads),
    )
    return merged, many


def _with_gaps(
    times: Times, chosen: Times, columns: Sequence[Values]
) -> tuple[list[datetime], list[list[float | None]]]:
    """Return the chosen points with an empty one in every gap between two of them."""
    gaps = gap_after(times)
    # A gap lies between chosen points a and b when the first index of a gap is in [a, b).
    before = np.searchsorted(gaps, chosen[:-1], side="left")
    until = np.searchsorted(gaps, chosen[1:], side="left")
    broken = set(np.flatnonzero(until > before).tolist())
    shown_times: list[datetime] = []
    shown: list[list[float | None]] = [[] for _column in columns]
    for number, index in enumerate(chosen.tolist()):
        shown_times.append(instant(int(times[index])))
        for out, column in zip(shown, columns, strict=True):
            out.append(float(column[index]))
        if number in broken:
            gap = int(gaps[before[number]])
            shown_times.append(instant((int(times[gap]) + int(times[gap + 1])) // 2))
            for out in shown:
                out.append(None)
    return shown_times, shown


def _series(  # noqa: PLR0913, PLR0917
    datastream: Datastream,
    start: datetime,
    end: datetime,
    times: list[datetime],
    columns: list[list[float | None]],
    width: int | None,
    count: int,
) -> Series:
    values, *extremes = columns
    return Series(
        start=start,
        end=end,
        unit=datastream.unit,
        times=times,
        values=values,
        lows=extremes[0] if extremes else None,
        highs=extremes[1] if extremes else None,
        width=width,
        count=count,
    )
