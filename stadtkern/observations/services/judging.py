"""Judging rows in bulk: what can be stored, and which simple tests it fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from stadtkern.observations.fields import MICROSECOND, micros
from stadtkern.observations.quality import Check, QualityFlag
from stadtkern.observations.services.columns import Columns, Floats, Ints, Mask
from stadtkern.observations.services.facts import Stream
from stadtkern.observations.services.rows import Reason

AHEAD = timedelta(minutes=15) // MICROSECOND
"""How far a clock may run fast."""
OLD = timedelta(days=3652) // MICROSECOND
EARLIEST, LATEST = (micros(datetime(year, 1, 1, tzinfo=UTC)) for year in (100, 9900))
"""Beyond lies what local calendars cannot hold any more. After 2255 PostgreSQL rounds microseconds."""
EPOCH_DAY = timedelta(days=1) // MICROSECOND
LARGEST = 1e100
"""Sums and squares of larger numbers leave what a database can hold."""
_BAD = int(Check.RANGE | Check.SOURCE_BAD)
_QUESTIONABLE = int(
    Check.SPIKE | Check.STEP | Check.STUCK | Check.NEIGHBOUR | Check.FUTURE | Check.SOURCE_QUESTIONABLE
)
_NOT_FINITE = "Not a finite number: {}"


@dataclass(slots=True)
class Judged:
    """Verdicts, shape (rows,)."""

    is_usable: Mask
    checks: Ints
    is_tested: Mask
    """Whether the property has limits that a good value keeps."""
    reasons: dict[int, tuple[str, str]]


def _limits(streams: Sequence[Stream], name: str, missing: float) -> Floats:
    found = [getattr(stream, name) for stream in streams]
    return np.array([missing if limit is None else limit for limit in found], dtype=np.float64)


def judge(columns: Columns, slots: Ints, streams: Sequence[Stream], now: int, *, strict: bool) -> Judged:
    """Judge the rows, each by itself.

    Parameters
    ----------
    columns
        What came in; row i belongs to `streams[slots[i]]`.
    slots
        Shape (rows,).
    streams
        What is known of the datastreams.
    now
        When it came in, microseconds.
    strict
        Refuse what lies in the future, what no clock that is set says and what cannot be; otherwise
        these are stored and marked, because the sender chose time and result deliberately.
    """
    judged = Judged(
        np.ones(len(columns), dtype=np.bool_),
        np.zeros(len(columns), dtype=np.int64) if columns.checks is None else columns.checks.copy(),
        _limits(streams, "minimum", -np.inf)[slots] > -np.inf,
        {},
    )
    _judge_times(columns.time, slots, streams, now, judged, strict=strict)
    _judge_results(columns, slots, streams, judged, strict=strict)
    return judged


def _refuse(judged: Judged, rows: Mask, reason: str, details: Sequence[str] | str) -> None:
    """Refuse `rows` that are not refused yet; `details` is one text, or one for each of `rows`."""
    for place, row in enumerate(np.flatnonzero(rows).tolist()):
        detail = details if isinstance(details, str) else details[place]
        judged.reasons.setdefault(row, (reason, detail))
    judged.is_usable[rows] = False


def _judge_times(  # noqa: PLR0913  # each by its name
    times: Ints, slots: Ints, streams: Sequence[Stream], now: int, judged: Judged, *, strict: bool
) -> None:
    forecast = np.array([stream.is_forecast for stream in streams], dtype=np.bool_)
    outside = (times < EARLIEST) | (times >= LATEST)
    if outside.any():
        _refuse(judged, outside, Reason.TIME, "Before the year 100 or after the year 9899")
    future = (times > now + AHEAD) & ~forecast[slots]
    if future.any():
        if strict:
            _refuse(judged, future, Reason.FUTURE, "More than 15 minutes ahead of our clock")
        judged.checks[future] |= int(Check.FUTURE)
    unset = (times >= 0) & (times < EPOCH_DAY)
    if strict and unset.any():
        _refuse(judged, unset, Reason.TIME, "The clock of the device is not set (1970-01-01)")
    kept = [-(2**62) if stream.retention is None else now - stream.retention for stream in streams]
    expired = times < np.array(kept, dtype=np.int64)[slots]
    if expired.any():
        _refuse(judged, expired, Reason.OLD, "Older than the data profile lets us keep")
    judged.checks[times < now - OLD] |= int(Check.OLD)


def _judge_results(
    columns: Columns, slots: Ints, streams: Sequence[Stream], judged: Judged, *, strict: bool
) -> None:
    results = columns.result
    if columns.value is None:
        unusable = ~(np.abs(results) <= LARGEST)
    else:
        unusable = ~(np.abs(results) <= LARGEST) & np.equal(columns.value, None).astype(np.bool_)  # type: ignore[call-overload]  # None is an object
    if unusable.any():
        details = [
            f"Too large: {result:g} {streams[slot].unit}"
            if np.isfinite(result)
            else _NOT_FINITE.format(result)
            for result, slot in zip(results[unusable].tolist(), slots[unusable].tolist(), strict=True)
        ]
        _refuse(judged, unusable, Reason.VALUE, details)
    impossible = (results < _limits(streams, "physical_minimum", -np.inf)[slots]) | (
        results > _limits(streams, "physical_maximum", np.inf)[slots]
    )
    if strict and impossible.any():
        details = [
            f"{result:.15g} {streams[slot].unit} cannot be"
            for result, slot in zip(results[impossible].tolist(), slots[impossible].tolist(), strict=True)
        ]
        _refuse(judged, impossible, Reason.IMPOSSIBLE, details)
    low, high = _limits(streams, "minimum", -np.inf)[slots], _limits(streams, "maximum", np.inf)[slots]
    judged.checks[(results < low) | (results > high) | impossible] |= int(Check.RANGE)


def verdicts(checks: Ints, tested: Mask) -> Ints:
    """Return the flags that follow from failed tests; `quality.verdict` for columns."""
    good = tested | (checks & int(Check.SOURCE_GOOD) != 0)
    flags = np.where(good, int(QualityFlag.GOOD), int(QualityFlag.NOT_EVALUATED))
    flags[checks & _QUESTIONABLE != 0] = int(QualityFlag.QUESTIONABLE)
    flags[checks & _BAD != 0] = int(QualityFlag.BAD)
    return flags.astype(np.int64)
