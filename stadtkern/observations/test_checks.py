"""The quality tests."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.contracts.connector import Reading
from stadtkern.observations import checks
from stadtkern.observations.models import Observation
from stadtkern.observations.quality import Check, QualityFlag, check_names, verdict
from stadtkern.observations.services import record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = checks.HOUR
VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=60)


def columns(values: list[float], step: int = HOUR) -> tuple[checks.Times, checks.Times, checks.Values]:
    """Return group, times and values of one datastream."""
    count = len(values)
    return np.zeros(count, dtype=np.int64), np.arange(count) * step, np.array(values, dtype=np.float64)


@given(VALUES, st.floats(0.1, 50))
def test_spikes_are_what_the_formula_says(values: list[float], allowed: float) -> None:
    groups, times, column = columns(values)
    found = checks.spikes(groups, times, column, np.full(len(values), allowed))
    for number, is_spike in enumerate(found):
        if 0 < number < len(values) - 1:
            before, here, after = values[number - 1 : number + 2]
            span = max(max(before, after) - here, here - min(before, after)) - abs(after - before)
            assert is_spike == (span > allowed) or abs(span - allowed) < 1e-9
        else:
            assert not is_spike


@given(VALUES)
def test_a_slow_series_has_no_steps(values: list[float]) -> None:
    groups, times, column = columns(values)
    widest = max((abs(b - a) for a, b in pairwise(values)), default=0.0)
    count = len(values)
    calm = np.zeros(count, dtype=np.bool_)
    assert not checks.steps(groups, times, column, np.zeros(count), np.full(count, widest + 1e-6), calm).any()
    if widest > 1:
        assert checks.steps(groups, times, column, np.zeros(count), np.full(count, widest / 2), calm).any()


@given(st.integers(0, 100))
def test_adding_other_datastreams_changes_no_verdict(shift: int) -> None:
    one = columns([10, 10, 90, 10, 10, 60, 60])
    groups = np.concatenate([one[0], one[0] + 1])
    times, values = np.concatenate([one[1]] * 2), np.concatenate([one[2], one[2] + shift])
    allowed = np.full(len(values), 20.0)
    spiky = checks.spikes(groups, times, values, allowed)
    steep = checks.steps(groups, times, values, allowed, np.full(len(values), 5.0), spiky)
    assert np.flatnonzero(spiky).tolist() == [2, 9]
    assert np.flatnonzero(steep).tolist() == [5, 12]


def test_a_standing_value_is_stuck_after_its_time() -> None:
    _groups, times, values = columns([1.0] * 30 + [2.0] * 5)
    found = checks.stuck(times, values, 24 * HOUR)
    assert np.flatnonzero(found).tolist() == [25, 26, 27, 28, 29]
    assert not checks.stuck(times, values * 0, 24 * HOUR, at_zero=False).any()


def test_a_gap_is_told_by_the_value_after_it() -> None:
    times = np.array([0, 1, 2, 3, 10, 11], dtype=np.int64)
    assert np.flatnonzero(checks.gaps(times)).tolist() == [4]


def test_one_station_that_differs_from_three_is_noticed() -> None:
    wanted = np.arange(4) * HOUR
    around = [checks.at_times(wanted, wanted + 60_000_000, np.array([5.0, 6, 7, 8]) + n) for n in range(3)]
    assert checks.far_from(np.array([6.0, 7, 30, 9]), around, 8).tolist() == [False, False, True, False]
    assert not checks.far_from(np.array([6.0, 7, 30, 9]), around[:2], 8).any()
    assert np.isnan(checks.at_times(wanted, np.array([90 * HOUR]), np.array([1.0]))).all()


def test_the_flag_follows_from_the_checks() -> None:
    assert verdict(0, tested=True) == QualityFlag.GOOD
    assert verdict(0, tested=False) == QualityFlag.NOT_EVALUATED
    assert verdict(Check.SOURCE_GOOD, tested=False) == QualityFlag.GOOD
    assert verdict(Check.SPIKE | Check.GAP, tested=True) == QualityFlag.QUESTIONABLE
    assert verdict(Check.RANGE | Check.SOURCE_GOOD, tested=True) == QualityFlag.BAD
    assert verdict(Check.GAP | Check.OLD, tested=True) == QualityFlag.GOOD
    assert len(check_names(Check.SPIKE | Check.SOURCE_BAD)) == 2


def levels(values: list[float], first: int = 0) -> list[Reading]:
    """Return water levels a quarter of an hour apart, `first` quarters after noon the day before."""
    return [
        Reading(
            thing="guben",
            observed_property="water_level",
            phenomenon_time=NOON - timedelta(days=1) + timedelta(minutes=15) * (first + number),
            result=value,
            unit="cm",
        )
        for number, value in enumerate(values)
    ]


def stored() -> list[tuple[float | None, int, int]]:
    """Return result, flag and failed tests of everything."""
    return list(Observation.objects.order_by("phenomenon_time").values_list("result", "quality", "checks"))


@pytest.mark.django_db
def test_the_next_value_turns_a_step_into_a_spike() -> None:
    record(levels([200, 201, 202, 950]), source="x", received=NOON)
    assert stored()[-1] == (950, QualityFlag.QUESTIONABLE, Check.STEP)
    record(levels([203, 204], first=4), source="x", received=NOON)
    assert [row[2] for row in stored()] == [0, 0, 0, Check.SPIKE, 0, 0]


@pytest.mark.django_db
@pytest.mark.parametrize("split", range(1, 8))
def test_the_verdict_does_not_depend_on_how_readings_are_cut_into_batches(split: int) -> None:
    batch = levels([200, 201, 950, 203, 204, 500, 501, 502])
    record(batch[:split], source="x", received=NOON)
    record(batch[split:], source="x", received=NOON)
    assert [row[2] for row in stored()] == [0, 0, Check.SPIKE, 0, 0, Check.STEP, 0, 0]


@pytest.mark.django_db
def test_an_implausible_value_stays_and_is_bad_an_impossible_one_does_not() -> None:
    outcome = record(levels([200, 2600, 201, 999999]), source="x", received=NOON)
    assert outcome.rejected == 1
    assert [(row[1], row[2]) for row in stored()] == [
        (QualityFlag.GOOD, 0),
        (QualityFlag.BAD, Check.RANGE),
        (QualityFlag.GOOD, 0),
    ]
