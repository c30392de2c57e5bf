"""One condition over one series: from readings to a yes or no that changes in time."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Times: TypeAlias = NDArray[np.int64]
Values: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

FAR = 2**62
QUESTIONABLE, BAD = 3, 4
NO_TIMES: Times = np.empty(0, dtype=np.int64)


class Kind(StrEnum):
    """What a condition looks at."""

    ABOVE = "above"
    BELOW = "below"
    RISE = "rise"
    FALL = "fall"
    SILENCE = "silence"


class Columns(NamedTuple):
    """The readings of one datastream by time, bad ones included."""

    times: Times
    values: Values
    quality: NDArray[np.int16]

    def between(self, first: int, last: int) -> "Columns":
        """Return the readings with first < time <= last."""
        low, high = np.searchsorted(self.times, (first, last), side="right")
        return Columns(self.times[low:high], self.values[low:high], self.quality[low:high])


NOTHING = Columns(NO_TIMES, np.empty(0), np.empty(0, dtype=np.int16))


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that may change in time: from `starts[i]` on it is `on[i]`, taken back at `off[i]`.

    Where `on` is nan there is no limit, and the condition does not hold.
    """

    starts: Times
    on: Values
    off: Values

    @classmethod
    def fixed(cls, on: float, off: float | None = None) -> "Limit":
        """Return a limit that never changes; without `off` it is taken back where it is reached."""
        return cls(np.array([-FAR]), np.array([on]), np.array([on if off is None else off]))

    def at(self, times: Times) -> tuple[Values, Values]:
        """Return both values at each of `times`."""
        if len(self.starts) == 1:
            return np.full(len(times), self.on[0]), np.full(len(times), self.off[0])
        found = np.maximum(np.searchsorted(self.starts, times, side="right") - 1, 0)
        return self.on[found], self.off[found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A condition bound to a series."""

    __test__ = False  # pytest looks for classes of this name

    kind: Kind
    stream: int
    limit: Limit
    span: int = 0
    """RISE and FALL: the time in which the change happens. SILENCE: how long nothing may come."""
    stale: int = 0
    """A reading says nothing any more after this time; 0: it stands until the next one."""
    only_good: bool = False
    """Questionable readings do not count."""

    @property
    def lookback(self) -> int:
        """How much of the past before a reading is needed to judge it."""
        return self.span if self.kind in {Kind.RISE, Kind.FALL} else 0


@dataclass(frozen=True, slots=True)
class TestState:
    """What is remembered of a condition between two looks."""

    __test__ = False

    is_on: bool
    last: int
    """Time of the newest reading that counted."""
    off_at: int
    """When it was true last; far in the past: never."""
    seen: int
    """Time of the newest reading, counted or not."""


class Trace(NamedTuple):
    """How a condition changed: from `times[i]` on it was `on[i]`."""

    times: Times
    on: Mask
    measured_times: Times
    measured: Values
    """What was compared with the limit."""
    last: int
    seen: int


def trace(test: Test, before: TestState, rows: Columns, settled: int, until: int) -> Trace:
    """Return how a condition changed after `settled`; `rows` may reach further back."""
    seen = max(before.seen, int(rows.times[-1])) if len(rows.times) else before.seen
    rows = usable(test, rows)
    measured = rows.values if not test.lookback else change(rows.times, rows.values, test.span, test.kind)
    new = rows.times > settled
    times, measured = rows.times[new], measured[new]
    last = max(before.last, int(times[-1])) if len(times) else before.last
    if test.kind == Kind.SILENCE:
        on = np.zeros(len(times), dtype=np.bool_)
        found = Trace(times, on, times, measured, last, seen)
        return _with_gaps(test.span, before, found, settled, until, is_on=True)
    on = _hysteresis(test, before.is_on, times, measured)
    found = Trace(times, on, times, measured, last, seen)
    return _with_gaps(test.stale, before, found, settled, until, is_on=False)


def usable(test: Test, rows: Columns) -> Columns:
    """Return the readings that count: any sign of life against silence, no bad values for the rest."""
    if test.kind == Kind.SILENCE:
        return rows
    kept = rows.quality < (QUESTIONABLE if test.only_good else BAD)
    return rows if kept.all() else Columns(rows.times[kept], rows.values[kept], rows.quality[kept])


def _hysteresis(test: Test, is_on: bool, times: Times, measured: Values) -> Mask:  # noqa: FBT001
    """Return whether the condition holds at each time: on at the limit, off only beyond the other one."""
    if not len(times):
        return np.empty(0, dtype=np.bool_)
    on, off = test.limit.at(times)
    if test.kind == Kind.BELOW:
        measured, on, off = -measured, -on, -off
    elif test.kind == Kind.FALL:
        on, off = np.abs(on), np.abs(off)
    switch = np.where(measured >= on, 1, np.where(measured >= off, 0, -1))
    switch[np.isnan(on)] = -1
    known = np.where(switch != 0, np.arange(len(switch)), -1)
    newest = np.maximum.accumulate(known)
    held: Mask = np.where(newest >= 0, switch[newest] > 0, is_on)
    return held


def _with_gaps(  # noqa: PLR0913  # one step of `trace`
    span: int, before: TestState, found: Trace, settled: int, until: int, *, is_on: bool
) -> Trace:
    """Put in the moments at which nothing had come for `span`."""
    if not span:
        return found
    every = np.concatenate(([before.last], found.times))
    following = np.concatenate((found.times, [FAR]))
    ends = every + span
    gaps = ends[(ends < following) & (ends > settled) & (ends <= until)]
    merged = np.concatenate((found.times, gaps))
    flags = np.concatenate((found.on, np.full(len(gaps), is_on)))
    order = np.argsort(merged, kind="stable")
    return found._replace(times=merged[order], on=flags[order])


def change(times: Times, values: Values, span: int, kind: Kind) -> Values:
    """Return how far each value lies above the lowest (FALL: below the highest) of the `span` before it."""
    if kind == Kind.FALL:
        return change(times, -values, span, Kind.RISE)
    first = np.searchsorted(times, times - span, side="left")
    found: Values = values - _range_minimum(values, first)
    return found


def _range_minimum(values: Values, first: NDArray[np.intp]) -> Values:
    """Return min(values[first[i]] ... values[i]) for each i, by a sparse table."""
    count = len(values)
    lengths = np.arange(count) - first + 1
    levels = np.floor(np.log2(np.maximum(lengths, 1))).astype(np.int64)
    lowest = np.empty(count)
    table = values
    for level in range(int(levels.max()) + 1 if count else 0):
        wanted = np.flatnonzero(levels == level)
        width = 1 << level
        lowest[wanted] = np.minimum(table[first[wanted]], table[wanted - width + 1])
        if len(table) <= width:
            break
        table = np.minimum(table[:-width], table[width:])
    return lowest
