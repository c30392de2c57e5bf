"""Calendar statistics against counting by hand, and thinning out."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.contracts.connector import Reading
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, Observation, Rollup
from stadtkern.observations.queries import aggregate, series
from stadtkern.observations.queries.calendar import By, edges
from stadtkern.observations.queries.downsample import lttb, min_max
from stadtkern.observations.services import record

ZONES = ["Europe/Berlin", "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"]
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def name(time: datetime, by: By, zone: ZoneInfo) -> tuple[object, ...]:
    """Return what a clock on the wall calls the unit of `time`; both hours of a repeated one apart."""
    local = time.astimezone(zone)
    parts: tuple[object, ...] = (local.year, local.month)
    if by != "month":
        parts = (*parts, local.day)
    return (*parts, local.hour, local.utcoffset()) if by == "hour" else parts


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001  # hypothesis wants them naive
    st.integers(1, 72), st.sampled_from(ZONES),
    st.sampled_from(["hour", "day", "month"]),
)  # fmt: skip
def test_edges_part_the_hours_as_the_clock_on_the_wall_does(
    start: datetime, hours: int, zone_name: str, by: By
) -> None:
    zone, begin = ZoneInfo(zone_name), start.replace(tzinfo=UTC)
    found = edges(begin, begin + timedelta(hours=hours), by, zone)
    assert found == sorted(set(found))
    assert found[0] <= micros(begin)
    assert found[-1] >= micros(begin + timedelta(hours=hours))
    for low, high in pairwise(found):
        inside = name(instant(low), by, zone)
        if by != "hour" or zone_name != "Australia/Lord_Howe":
            assert name(instant(high - 1), by, zone) == inside
            assert name(instant(high), by, zone) != inside


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 11, 23), 24)])
def test_length_of_days(day: tuple[int, int, int], hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(*day, tzinfo=zone)
    low, high = edges(start, start + timedelta(hours=1), "day", zone)
    assert high - low == hours * 3_600_000_000
    assert len(edges(instant(low), instant(high), "hour", zone)) == hours + 1


@pytest.fixture
def stream(db: None) -> Datastream:
    """Return a datastream without rows."""
    reading = Reading(thing="t", observed_property="own", phenomenon_time=YEAR, result=0, unit="1")
    record([reading], source="s", received=YEAR)
    return Datastream.objects.get()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 60 * 24 * 400), st.floats(-1e6, 1e6), st.sampled_from(["", "bad"])),
        max_size=60,
    ),
    st.sampled_from(ZONES),
    st.sampled_from(["hour", "day", "month"]),
    st.integers(0, 10**6),
)
def test_buckets_tell_what_counting_by_hand_tells(
    stream: Datastream, rows: list[tuple[int, float, str]], zone_name: str, by: By, cut: int
) -> None:
    Observation.objects.all().delete()
    Rollup.objects.all().delete()
    readings = [
        Reading(
            thing="t", observed_property="own", unit="1", result=value, quality=quality,  # type: ignore[arg-type]  # drawn as plain text
            phenomenon_time=YEAR - timedelta(days=300) + timedelta(minutes=minute),
        )
        for minute, value, quality in rows
    ]  # fmt: skip
    middle = cut % (len(readings) + 1)
    record(readings[middle:], source="s", received=YEAR + timedelta(days=200))
    record(readings[:middle], source="s", received=YEAR + timedelta(days=200))
    zone = ZoneInfo(zone_name)
    start = YEAR + timedelta(days=cut % 100)
    end = start + timedelta(days=40 if by != "hour" else 3)
    expected: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for time, value in Observation.objects.filter(quality__lt=4).values_list("phenomenon_time", "result"):
        expected[name(time, by, zone)].append(value or 0.0)
    buckets = aggregate(stream, start, end, by=by, zone=zone)
    for bucket in buckets:
        values = expected[name(bucket.start, by, zone)]
        assert bucket.count == len(values)
        if values:
            assert bucket.sum == pytest.approx(sum(values), abs=1e-3)
            assert bucket.mean == pytest.approx(sum(values) / len(values), abs=1e-3)
            assert (bucket.min, bucket.max) == (min(values), max(values))
    exact = aggregate(stream, start, end, by=by, zone=zone, quantiles=(0, 0.5, 1))
    assert [(b.start, b.end, b.count, b.min, b.max) for b in exact] == [
        (b.start, b.end, b.count, b.min, b.max) for b in buckets
    ]
    for bucket in exact:
        if bucket.count:
            assert bucket.quantiles[0] == bucket.min
            assert bucket.quantiles[2] == bucket.max


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=300), st.integers(1, 100))
def test_thinning_out_keeps_ends_order_and_number(values: list[float], points: int) -> None:
    column = np.array(values)
    chosen = lttb(np.arange(len(values)) * 60, column, points)
    assert len(chosen) == min(points, len(values))
    assert (np.diff(chosen) > 0).all()
    assert chosen[0] == 0
    assert points < 2 or chosen[-1] == len(values) - 1
    extremes = min_max(column, max(points, 2))
    assert len(extremes) <= max(points, 2)
    assert column[extremes].max() == column.max()
    assert column[extremes].min() == column.min()


def test_a_single_peak_survives_lttb() -> None:
    values = np.zeros(10_000)
    values[4321] = 50
    assert 4321 in lttb(np.arange(10_000), values, 100)


@pytest.mark.django_db
def test_a_long_series_is_drawn_from_rollups_with_its_extremes() -> None:
    readings = [
        Reading(
            thing="t", observed_property="own", unit="1", result=float(minute % 1440),
            phenomenon_time=YEAR + timedelta(minutes=minute),
        )
        for minute in range(25_000)
        if not 10_000 <= minute < 13_000
    ]  # fmt: skip
    record(readings, source="s", received=YEAR + timedelta(days=30))
    shown = series(Datastream.objects.get(), YEAR, YEAR + timedelta(days=20), max_points=300)
    assert shown.count == 22_000
    assert shown.width is not None
    assert shown.lows is not None
    assert shown.highs is not None
    assert len(shown.times) <= 301
    assert None in shown.values
    assert max(high for high in shown.highs if high is not None) == 1439
    assert min(low for low in shown.lows if low is not None) == 0
