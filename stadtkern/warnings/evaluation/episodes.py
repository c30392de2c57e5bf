"""Several conditions together: when a rule begins to hold, is raised, and ends.

Everything happens at events: a reading, the moment at which silence is noticed or a reading grows stale, the
end of a window, the beginning or end of the schedule. A rule with a minimum duration is raised by the first
event at which it has held that long. So the outcome depends on the data alone, not on when one looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stadtkern.warnings.evaluation.conditions import (
    FAR,
    NOTHING,
    Columns,
    Kind,
    Mask,
    Test,
    TestState,
    Times,
    Trace,
    trace,
)
from stadtkern.warnings.evaluation.schedule import ALWAYS, Schedule

LOWEST = {Kind.BELOW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A rule bound to the series of one target."""

    tests: tuple[Test, ...]
    is_any: bool = False
    """One of the tests is enough; else all must hold."""
    window: int = 0
    """A test counts for this long after it ended."""
    duration: int = 0
    """The rule must have held this long before it is raised."""
    schedule: Schedule = ALWAYS

    @property
    def lookback(self) -> int:
        """How much of the past before a new reading is needed to judge it."""
        return max((test.lookback for test in self.tests), default=0)


@dataclass(frozen=True, slots=True)
class Episode:
    """One time that a rule held long enough to be raised."""

    begun: int
    raised: int
    ended: int | None
    value: float | None
    """What was compared with the limit when it was raised."""
    peak: float | None
    """The highest of these values; the lowest for a rule about low values."""


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered between two looks; all before and at `settled` is judged."""

    settled: int
    tests: tuple[TestState, ...]
    begun: int | None = None
    raised: int | None = None
    value: float | None = None
    peak: float | None = None
    newest: float | None = None
    """What was compared last."""

    def as_json(self) -> dict[str, Any]:
        """Return the state as it is stored."""
        return {
            "settled": self.settled,
            "tests": [[test.is_on, test.last, test.off_at, test.seen] for test in self.tests],
            "begun": self.begun,
            "raised": self.raised,
            "value": self.value,
            "peak": self.peak,
            "newest": self.newest,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "State":
        """Return the state that `as_json` gave."""
        tests = tuple(TestState(*test) for test in stored["tests"])
        return cls(**{**stored, "tests": tests})


def fresh_state(spec: Spec, settled: int, last: Mapping[int, int]) -> State:
    """Return the state of a rule that knows nothing yet; `last` holds the newest reading of each series."""
    newest = [last.get(test.stream, settled) for test in spec.tests]
    return State(settled, tuple(TestState(is_on=False, last=one, off_at=-FAR, seen=one) for one in newest))


def advance(
    spec: Spec, state: State, columns: Mapping[int, Columns], until: int
) -> tuple[State, list[Episode]]:
    """Return the state at `until` and the episodes that were raised or still open after `state.settled`.

    `columns` hold the readings after `state.settled`, and before it as far as `spec.lookback` reaches.
    """
    rows = [columns.get(test.stream, NOTHING) for test in spec.tests]
    newest = max((int(one.times[-1]) for one in rows if len(one.times)), default=until)
    until = max(until, newest, state.settled)
    traces = [
        trace(test, before, one, state.settled, until)
        for test, before, one in zip(spec.tests, state.tests, rows, strict=True)
    ]
    offs = [_offs(found, before) for found, before in zip(traces, state.tests, strict=True)]
    events = _events(spec, state, traces, offs, until)
    holds = _holds(spec, state, traces, offs, events)
    after = replace(
        state,
        settled=until,
        tests=tuple(
            TestState(
                bool(found.on[-1]) if len(found.on) else before.is_on,
                found.last,
                int(off[-1]) if len(off) else before.off_at,
                found.seen,
            )
            for found, before, off in zip(traces, state.tests, offs, strict=True)
        ),
    )
    return _runs(spec, after, events, holds, traces)


def _offs(found: Trace, before: TestState) -> Times:
    """Return the moments at which a test stopped being true."""
    was = np.concatenate(([before.is_on], found.on[:-1])) if len(found.on) else found.on
    return found.times[was & ~found.on]


def _events(spec: Spec, state: State, traces: Sequence[Trace], offs: Sequence[Times], until: int) -> Times:
    parts = [one.times for one in traces] + [spec.schedule.edges(state.settled, until)]
    if spec.window:
        earlier = np.array([before.off_at for before in state.tests])
        parts += [off + spec.window + 1 for off in (earlier, *offs)]
    every = np.unique(np.concatenate(parts))
    return every[(every > state.settled) & (every <= until)]


def _holds(spec: Spec, state: State, traces: Sequence[Trace], offs: Sequence[Times], events: Times) -> Mask:
    """Return whether the rule holds at each event."""
    columns = []
    for found, off, before in zip(traces, offs, state.tests, strict=True):
        index = np.searchsorted(found.times, events, side="right") - 1
        held = (
            np.where(index >= 0, found.on[index], before.is_on) if len(found.times) else _all(events, before)
        )
        if spec.window:
            ends = np.concatenate(([before.off_at], off))
            newest = ends[np.searchsorted(off, events, side="right")]
            held = held | (events - newest <= spec.window)
        columns.append(held)
    table = np.vstack(columns)
    together = np.asarray(table.any(axis=0) if spec.is_any else table.all(axis=0), dtype=np.bool_)
    return together & spec.schedule.allows(events)


def _all(events: Times, before: TestState) -> Mask:
    return np.full(len(events), before.is_on)


def _runs(
    spec: Spec, state: State, events: Times, holds: Mask, traces: Sequence[Trace]
) -> tuple[State, list[Episode]]:
    """Cut the events into runs in which the rule holds, and see which of them are raised."""
    episodes: list[Episode] = []
    edges = np.flatnonzero(np.diff(np.concatenate(([state.begun is not None], holds)).astype(np.int8)))
    position = 0
    for edge in [*edges.tolist(), len(events)]:
        if state.begun is not None:
            state = _seen(spec, state, events[position:edge], traces)
            is_over = edge < len(events)
            if state.begun is not None and state.raised is not None:
                ended = int(events[edge]) if is_over else None
                episodes.append(Episode(state.begun, state.raised, ended, state.value, state.peak))
            if is_over:
                state = replace(state, begun=None, raised=None, value=None, peak=None)
        elif edge < len(events):
            state = replace(state, begun=int(events[edge]))
        position = edge
    _times, values = _measured(spec, traces)
    return replace(state, newest=float(values[-1]) if len(values) else state.newest), episodes


def _seen(spec: Spec, state: State, events: Times, traces: Sequence[Trace]) -> State:
    """Return the state after a piece of a run: raised if it is long enough, with its extreme value."""
    if not len(events) or state.begun is None:
        return state
    times, values = _measured(spec, traces)
    low, high = np.searchsorted(times, (events[0], events[-1]), side="left")
    piece = values[low : min(high + 1, len(values))]
    piece = piece[times[low : low + len(piece)] <= events[-1]]
    peak = state.peak
    if len(piece):
        extreme = float(piece.min() if spec.tests[_main(spec)].kind in LOWEST else piece.max())
        choose = min if spec.tests[_main(spec)].kind in LOWEST else max
        peak = extreme if peak is None else choose(peak, extreme)
    raised, value = state.raised, state.value
    if raised is None:
        ripe = np.searchsorted(events, state.begun + spec.duration, side="left")
        if ripe < len(events):
            raised = int(events[ripe])
            at = int(np.searchsorted(times, raised, side="right")) - 1
            value = float(values[at]) if at >= 0 else state.newest
    return replace(state, raised=raised, value=value, peak=peak)


def _main(spec: Spec) -> int:
    """Return the number of the test whose values are told."""
    return next((number for number, test in enumerate(spec.tests) if test.kind != Kind.SILENCE), 0)


def _measured(spec: Spec, traces: Sequence[Trace]) -> tuple[Times, np.ndarray[Any, np.dtype[np.float64]]]:
    found = traces[_main(spec)]
    if spec.tests[_main(spec)].kind == Kind.SILENCE:
        return found.measured_times[:0], found.measured[:0]
    return found.measured_times, found.measured


def next_due(spec: Spec, state: State) -> int:
    """Return the next moment at which something may happen without a new reading."""
    due = [spec.schedule.next_edge(state.settled)]
    for test, one in zip(spec.tests, state.tests, strict=True):
        if test.kind == Kind.SILENCE:
            due.append(one.last + test.span)
        elif test.stale and one.is_on:
            due.append(one.last + test.stale)
        if spec.window and one.off_at > -FAR:
            due.append(one.off_at + spec.window + 1)
    return min((moment for moment in due if moment > state.settled), default=FAR)
