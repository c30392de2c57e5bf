"""What a rule finds does not depend on how often one looks."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.observations.fields import micros
from stadtkern.warnings.evaluation import (
    Columns,
    Episode,
    Kind,
    Limit,
    Schedule,
    Spec,
    State,
    Test,
    advance,
    fresh_state,
    next_due,
)
from stadtkern.warnings.evaluation.conditions import change

MINUTE = 60_000_000
START = 1_000_000 * MINUTE


def columns(values: list[float], *, step: int = 15, quality: int = 1, first: int = 1) -> Columns:
    """Return values every `step` minutes, the first one `first` steps after START."""
    times = START + (np.arange(len(values)) + first) * step * MINUTE
    return Columns(times, np.array(values, dtype=float), np.full(len(values), quality, dtype=np.int16))


def found(
    spec: Spec, rows: dict[int, Columns], until: int | None = None
) -> list[tuple[float, float, float | None]]:
    """Return begin, raise and end of each episode in minutes after START."""
    _state, episodes = advance(spec, fresh_state(spec, START, {}), rows, until or START)
    return [
        (
            (e.begun - START) / MINUTE,
            (e.raised - START) / MINUTE,
            None if e.ended is None else (e.ended - START) / MINUTE,
        )
        for e in episodes
    ]


def above(on: float, off: float | None = None, stream: int = 1, **more: Any) -> Test:  # noqa: ANN401  # of any field
    return Test(kind=Kind.ABOVE, stream=stream, limit=Limit.fixed(on, off), **more)


def test_hysteresis_keeps_one_episode() -> None:
    rows = {1: columns([9, 10, 9.5, 10.2, 9.1, 8.9, 10])}
    assert found(Spec(tests=(above(10, 9),)), rows) == [(30, 30, 90), (105, 105, None)]
    assert len(found(Spec(tests=(above(10),)), rows)) == 3


def test_below_mirrors_above() -> None:
    rows = {1: columns([1, 0, 0.5, -2, 1.5])}
    spec = Spec(tests=(Test(kind=Kind.BELOW, stream=1, limit=Limit.fixed(0, 1)),))
    assert found(spec, rows) == [(30, 30, 75)]
    _state, (episode,) = advance(spec, fresh_state(spec, START, {}), rows, START)
    assert (episode.value, episode.peak) == (0, -2)


def test_duration_waits_for_a_reading_that_confirms() -> None:
    rows = {1: columns([5, 11, 11, 11, 5, 11, 5])}
    assert found(Spec(tests=(above(10),), duration=30 * MINUTE), rows) == [(30, 60, 75)]


def test_bad_values_never_raise() -> None:
    assert found(Spec(tests=(above(10),)), {1: columns([11, 12], quality=4)}) == []
    doubtful = {1: columns([11, 12], quality=3)}
    assert len(found(Spec(tests=(above(10),)), doubtful)) == 1
    only_good = Test(kind=Kind.ABOVE, stream=1, limit=Limit.fixed(10), only_good=True)
    assert found(Spec(tests=(only_good,)), doubtful) == []


def test_rate_of_change_looks_at_the_whole_span() -> None:
    rows = {1: columns([100, 105, 103, 112, 120, 120, 120, 120, 120])}
    spec = Spec(tests=(Test(kind=Kind.RISE, stream=1, limit=Limit.fixed(15), span=60 * MINUTE),))
    assert found(spec, rows) == [(75, 75, 120)]
    fall = Spec(tests=(Test(kind=Kind.FALL, stream=1, limit=Limit.fixed(2), span=60 * MINUTE),))
    assert found(fall, rows) == [(45, 45, 60)]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 40))
def test_change_is_the_distance_to_the_lowest(values: list[float], span: int) -> None:
    times = np.arange(len(values), dtype=np.int64) * 7
    expected = [
        value - min(values[j] for j in range(i + 1) if times[j] >= times[i] - span)
        for i, value in enumerate(values)
    ]
    assert change(times, np.array(values), span, Kind.RISE) == pytest.approx(expected)


def test_silence_is_noticed_when_the_time_is_over_and_ends_with_the_next_reading() -> None:
    spec = Spec(tests=(Test(kind=Kind.SILENCE, stream=1, limit=Limit.fixed(0), span=60 * MINUTE),))
    times = START + np.array([10, 20, 200]) * MINUTE
    rows = {1: Columns(times, np.zeros(3), np.full(3, 4, dtype=np.int16))}
    assert found(spec, rows) == [(80, 80, 200)]
    assert found(spec, rows, START + 300 * MINUTE) == [(80, 80, 200), (260, 260, None)]
    state, _episodes = advance(spec, fresh_state(spec, START, {}), rows, START)
    assert next_due(spec, state) == START + 260 * MINUTE


def test_series_that_never_spoke_is_silent() -> None:
    spec = Spec(tests=(Test(kind=Kind.SILENCE, stream=1, limit=Limit.fixed(0), span=60 * MINUTE),))
    assert found(spec, {}, START + 61 * MINUTE) == [(60, 60, None)]


def test_stale_reading_ends_the_episode() -> None:
    spec = Spec(tests=(above(10, stale=120 * MINUTE),))
    assert found(spec, {1: columns([11])}, START + 500 * MINUTE) == [(15, 15, 135)]


def test_all_and_any_over_two_series() -> None:
    rows = {1: columns([0, 11, 11, 0, 0]), 2: columns([0, 0, 21, 21, 0])}
    tests = (above(10), above(20, stream=2))
    assert found(Spec(tests=tests), rows) == [(45, 45, 60)]
    assert found(Spec(tests=tests, is_any=True), rows) == [(30, 30, 75)]


def test_window_joins_what_happened_shortly_after_each_other() -> None:
    rows = {1: columns([11, 0, 0, 0, 0]), 2: columns([0, 0, 21, 0, 0])}
    tests = (above(10), above(20, stream=2))
    assert found(Spec(tests=tests), rows) == []
    assert [one[0] for one in found(Spec(tests=tests, window=15 * MINUTE), rows)] == [45]


def test_limit_changes_with_its_validity() -> None:
    moved = Limit(
        np.array([-(2**62), START + 40 * MINUTE]), np.array([10.0, np.nan]), np.array([10.0, np.nan])
    )
    spec = Spec(tests=(Test(kind=Kind.ABOVE, stream=1, limit=moved),))
    assert found(spec, {1: columns([11, 11, 11])}) == [(15, 15, 45)]


def test_schedule_follows_the_local_clock_over_the_change_of_time() -> None:
    berlin = Schedule(zone="Europe/Berlin", since=8 * 60, until=9 * 60)
    before, after = datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)
    edges = berlin.edges(micros(before), micros(after))
    hours = [(edge - micros(before)) / (60 * MINUTE) for edge in edges.tolist()]
    assert hours == [6, 7, 31, 32]  # summer time; the 25th has 25 hours and 8 o'clock is 7 UTC
    night = Schedule(zone="Europe/Berlin", since=22 * 60, until=6 * 60, weekdays=frozenset({5}))
    inside = [
        datetime(2026, 10, 24, 21, tzinfo=UTC),
        datetime(2026, 10, 25, 4, tzinfo=UTC),
        datetime(2026, 10, 25, 6, tzinfo=UTC),
    ]
    assert night.allows(np.array([micros(one) for one in inside])).tolist() == [True, True, False]


def test_validity_period_opens_and_closes_an_episode() -> None:
    spec = Spec(
        tests=(above(10),), schedule=Schedule(valid_from=START + 20 * MINUTE, valid_to=START + 70 * MINUTE)
    )
    assert found(spec, {1: columns([11] * 6)}) == [(20, 20, 70)]


values_with_gaps = st.lists(
    st.tuples(st.integers(1, 90), st.integers(0, 6), st.sampled_from([1, 1, 1, 3, 4])),
    min_size=1,
    max_size=40,
)


def series(steps: list[tuple[int, int, int]]) -> Columns:
    times = START + np.cumsum([step for step, _v, _q in steps]) * MINUTE
    return Columns(
        times,
        np.array([v for _s, v, _q in steps], dtype=float),
        np.array([q for _s, _v, q in steps], dtype=np.int16),
    )


@given(
    values_with_gaps,
    values_with_gaps,
    st.lists(st.integers(1, 4000), max_size=8),
    st.booleans(),
    st.sampled_from([0, 20, 100]),
    st.sampled_from([0, 45]),
    st.sampled_from([Kind.ABOVE, Kind.BELOW, Kind.RISE, Kind.SILENCE]),
)
def test_looking_often_finds_the_same_as_looking_once(  # noqa: PLR0913, PLR0917
    one: list[tuple[int, int, int]],
    two: list[tuple[int, int, int]],
    cuts: list[int],
    is_any: bool,  # noqa: FBT001
    window: int,
    duration: int,
    kind: Kind,
) -> None:
    first = Test(kind=kind, stream=1, limit=Limit.fixed(3, 2 if kind != Kind.BELOW else 4), span=70 * MINUTE)
    second = above(4, 3, stream=2, stale=80 * MINUTE)
    daily = Schedule(zone="Europe/Warsaw", since=6 * 60, until=20 * 60)
    spec = Spec(
        tests=(first, second),
        is_any=is_any,
        window=window * MINUTE,
        duration=duration * MINUTE,
        schedule=daily,
    )
    rows = {1: series(one), 2: series(two)}
    end = START + 4000 * MINUTE
    whole_state, whole = advance(spec, fresh_state(spec, START, {}), rows, end)
    state, seen = fresh_state(spec, START, {}), dict[int, Episode]()
    for low, high in pairwise([START, *sorted({START + cut * MINUTE for cut in cuts}), end]):
        known = {key: one.between(low - spec.lookback - 1, high) for key, one in rows.items()}
        state, episodes = advance(spec, State.from_json(state.as_json()), known, high)
        seen |= {episode.begun: episode for episode in episodes}
    assert list(seen.values()) == whole
    assert state == whole_state
