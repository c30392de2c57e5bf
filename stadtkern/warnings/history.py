"""What a rule would have found in the past: the same judging as live, over what is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from stadtkern.base import clock
from stadtkern.observations.drawing import Sketch, sketch
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, Rollup
from stadtkern.observations.queries.raw import rolled
from stadtkern.observations.queries.since import readings_between
from stadtkern.warnings.binding import Target
from stadtkern.warnings.evaluation import Columns, Episode, Kind, State, advance, fresh_state
from stadtkern.warnings.judging import last_before

SPAN = timedelta(days=365)
DAY = 86_400_000_000
PIECE = 60 * DAY
MOST_TARGETS = 50
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Found:
    """One time that the rule would have been raised."""

    stream: Datastream
    begun: datetime
    ended: datetime | None
    value: float | None
    peak: float | None

    @property
    def length(self) -> timedelta | None:
        """How long it would have lasted."""
        return None if self.ended is None else self.ended - self.begun


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome of a test against history."""

    start: datetime
    end: datetime
    count: int
    targets: int
    """Series (or places) that the rule looks at."""
    looked_at: int
    found: Sequence[Found]
    """The newest ones."""
    sketch: Sketch | None
    stream: Datastream | None
    """The series that is drawn."""


def try_rule(targets: Sequence[Target], *, span: timedelta = SPAN) -> Trial:
    """Return what a rule would have found in the last year."""
    end = clock.now()
    start = end - span
    looked_at = targets[:MOST_TARGETS]
    episodes = [
        (target, one) for target in looked_at for one in past_episodes(target, micros(start), micros(end))
    ]
    found = [
        Found(target.stream, instant(one.begun), _moment(one.ended), one.value, one.peak)
        for target, one in episodes
    ]
    found.sort(key=lambda one: one.begun, reverse=True)
    drawn = found[0].stream if found else looked_at[0].stream if looked_at else None
    target = next((one for one in looked_at if one.stream == drawn), None)
    return Trial(
        start=start,
        end=end,
        count=len(found),
        targets=len(targets),
        looked_at=len(looked_at),
        found=found[:MOST_LISTED],
        sketch=_sketch(target, found, start, end) if target is not None else None,
        stream=drawn,
    )


def _moment(value: int | None) -> datetime | None:
    return None if value is None else instant(value)


def past_episodes(target: Target, start: int, end: int) -> list[Episode]:
    """Return the episodes of a target between two moments (microseconds), by time."""
    spec = target.spec
    state = fresh_state(spec, start, last_before(target.streams, start))
    found: dict[int, Episode] = {}
    for first, last in _pieces(target, start, end):
        piece_end = last
        if first > state.settled:
            state = replace(state, settled=first)
        while True:
            state, episodes = _look(target, state, piece_end)
            found |= {one.begun: one for one in episodes}
            if piece_end >= end or not any(one.is_on for one in state.tests) or len(spec.tests) > 1:
                break
            piece_end = min(piece_end + DAY, end)
    return [found[begun] for begun in sorted(found)]


def _look(target: Target, state: State, until: int) -> tuple[State, list[Episode]]:
    """Judge the readings up to a moment."""
    since = state.settled - target.spec.lookback
    rows = readings_between(dict.fromkeys(target.streams, (since, until + 1)))
    return advance(target.spec, state, {key: Columns(*one) for key, one in rows.items()}, until)


def _pieces(target: Target, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans that have to be read: for a single limit only days on which it was reached."""
    (test, *others) = target.spec.tests
    if others or test.kind not in {Kind.ABOVE, Kind.BELOW}:
        for first in range(start, end, PIECE):
            yield first, min(first + PIECE, end)
        return
    days = rolled(test.stream, Rollup.Width.DAY, start - DAY - DAY // 24, end)
    limits = test.limit.on[~np.isnan(test.limit.on)]
    if test.kind == Kind.ABOVE:
        hit = days.maxima >= (np.min(limits) if len(limits) else np.inf)
    else:
        hit = days.minima <= (np.max(limits) if len(limits) else -np.inf)
    reached = start
    for day in days.starts[hit].tolist():
        first, last = max(day - 1, reached), min(day + DAY + DAY // 24, end)
        if last > first:
            yield first, last
            reached = last
    if reached < end:
        yield end - 1, end


def _sketch(target: Target, found: Sequence[Found], start: datetime, end: datetime) -> Sketch | None:
    """Draw the extremes of each day with the limit and what was found."""
    test = next((one for one in target.spec.tests if one.stream == target.stream.pk), target.spec.tests[0])
    days = rolled(target.stream.pk, Rollup.Width.DAY, micros(start), micros(end))
    values = days.minima if test.kind == Kind.BELOW else days.maxima
    points: list[tuple[datetime, float | None]] = []
    for number, (when, value) in enumerate(zip(days.starts.tolist(), values.tolist(), strict=True)):
        if number and when - int(days.starts[number - 1]) > 2 * DAY:
            points.append((instant(when), None))
        points.append((instant(when), float(value)))
    spans = [(one.begun, one.ended or end) for one in found if one.stream == target.stream]
    on, _off = test.limit.at(np.array([micros(end)]))
    has_limit = test.kind in {Kind.ABOVE, Kind.BELOW} and not np.isnan(on[0])
    return sketch(points, start, end, limit=float(on[0]) if has_limit else None, spans=spans)
