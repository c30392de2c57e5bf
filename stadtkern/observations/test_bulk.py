"""The bulk path: whole columns in, one answer for each row."""

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import (
    Datastream,
    FeatureOfInterest,
    Observation,
    ObservedProperty,
    Rollup,
    Thing,
)
from stadtkern.observations.quality import Check, QualityFlag
from stadtkern.observations.services import told
from stadtkern.observations.services.bulk import UNKNOWN, store
from stadtkern.observations.services.columns import NULL, Columns, Status, Stored

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = 60_000_000


def stream(key: str = "a", slug: str = "own", **facts: Any) -> Datastream:  # noqa: ANN401
    """Return a datastream of a property without limits, unless told otherwise."""
    prop, _made = ObservedProperty.objects.get_or_create(slug=slug, defaults={"unit": "1"})
    thing, _made = Thing.objects.get_or_create(source="x", key="thing")
    return Datastream.objects.create(key=key, thing=thing, observed_property=prop, unit=prop.unit, **facts)


def columns(
    of: Datastream, results: list[float], *, minutes: list[int] | None = None, **more: Any
) -> Columns:
    """Return one result a minute before noon, the last at noon."""
    when = minutes if minutes is not None else list(range(1 - len(results), 1))
    return Columns(
        np.full(len(results), of.pk),
        micros(NOON) + np.array(when, dtype=np.int64) * MINUTE,
        np.array(results, dtype=np.float64),
        **more,
    )


def put(*arguments: Any, **more: Any) -> Stored:  # noqa: ANN401
    """Store what `columns` returns."""
    return store(columns(*arguments, **more), received=NOON)


def states(stored: Stored) -> list[Status]:
    """Return what became of each row."""
    return [Status(status) for status in stored.status.tolist()]


@pytest.mark.django_db
def test_every_row_gets_a_number_in_the_order_in_which_it_came() -> None:
    one, other = stream("a"), stream("b")
    batch = Columns(
        np.array([other.pk, one.pk, other.pk]),
        micros(NOON) + np.array([2, 1, 0]) * MINUTE,
        np.array([1.0, 2.0, 3.0]),
    )
    stored = store(batch, received=NOON)
    assert (np.diff(stored.number) == 1).all()
    by_number = dict(Observation.objects.values_list("number", "result"))
    assert [by_number[number] for number in stored.number.tolist()] == [1, 2, 3]
    other.refresh_from_db()
    assert (other.latest.count, other.latest.result, other.latest.previous_result) == (2, 1, 3)
    assert (other.latest.first_time, other.latest.last_time) == (NOON, NOON + timedelta(minutes=2))
    assert other.latest.number == stored.number[0]
    assert stored.datastreams == (one.pk, other.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "expected", "left"),
    [
        ("ignore", [Status.REPEATED, Status.REPEATED], [1]),
        ("reject", [Status.REPEATED, Status.REJECTED], [1]),
        ("replace", [Status.REPEATED, Status.REPLACED], [2]),
        ("keep", [Status.REPEATED, Status.STORED], [1, 2]),
    ],
)
def test_a_second_result_for_a_time_is_treated_as_the_datastream_says(
    policy: str, expected: list[Status], left: list[float]
) -> None:
    mine = stream(duplicates=policy)
    first = put(mine, [1])
    same, other = put(mine, [1]), put(mine, [2])
    assert states(same) + states(other) == expected
    assert same.number[0] == first.number[0]
    rows = Observation.objects.order_by("copy")
    assert [row.result for row in rows] == left
    if policy == "replace":
        assert rows[0].number == first.number[0] == other.number[0]
    mine.refresh_from_db()
    assert mine.latest.count == len(left)
    assert mine.latest.result == left[-1]
    assert sum(Rollup.objects.filter(width=15).values_list("total", flat=True)) == sum(left)
    assert sum(Rollup.objects.filter(width=1440).values_list("count", flat=True)) == len(left)


@pytest.mark.django_db
@pytest.mark.parametrize(("policy", "left"), [("ignore", [5]), ("replace", [7]), ("keep", [5, 6, 7])])
def test_repeats_within_a_batch_are_treated_alike(policy: str, left: list[float]) -> None:
    mine = stream(duplicates=policy)
    stored = put(mine, [5, 6, 5, 7], minutes=[0, 0, 0, 0])
    assert [row.result for row in Observation.objects.order_by("copy")] == left
    assert set(stored.number.tolist()) == set(Observation.objects.values_list("number", flat=True))
    assert Datastream.objects.get().latest.count == len(left)


@pytest.mark.django_db
def test_late_rows_count_in_rollups_and_statistics() -> None:
    mine = stream()
    put(mine, [10, 20], minutes=[0, 100])
    put(mine, [30, 1], minutes=[1, -5000])
    mine.refresh_from_db()
    latest = mine.latest
    assert (latest.result, latest.previous_result, latest.count) == (20, 30, 4)
    assert latest.first_time == NOON - timedelta(minutes=5000)
    quarter = Rollup.objects.get(width=15, start=NOON)
    assert (quarter.count, quarter.total, quarter.minimum, quarter.maximum) == (2, 40, 10, 30)
    assert quarter.squares == 1000


@pytest.mark.django_db
def test_results_that_are_no_numbers_and_all_other_parts_are_kept() -> None:
    mine = stream()
    feature = FeatureOfInterest.objects.create(name="here")
    texts = np.array(['"on"', None, "[1,2]"], dtype=object)
    times = np.array([NULL, micros(NOON), NULL])
    stored = put(
        mine,
        [np.nan, 2, np.nan],
        value=texts,
        phenomenon_end=np.array([micros(NOON), NULL, NULL]),
        result_time=times,
        valid_from=times,
        valid_to=times,
        parameters=np.array([None, '{"a": 1}', None], dtype=object),
        result_quality=np.array([None, '"good"', None], dtype=object),
        feature=np.array([NULL, feature.pk, NULL]),
    )
    first, second, third = Observation.objects.order_by("phenomenon_time")
    assert (first.result, first.value, first.phenomenon_end) == (None, "on", NOON)
    assert (second.result, second.value, second.result_time, second.valid_to) == (2, None, NOON, NOON)
    assert (second.parameters, second.result_quality, second.feature) == ({"a": 1}, "good", feature)
    assert third.value == [1, 2]
    latest = Datastream.objects.get().latest
    assert (latest.value, latest.result) == ([1, 2], None)
    assert (latest.first_result_time, latest.last_result_time) == (NOON, NOON)
    assert [row.count for row in Rollup.objects.filter(width=15)] == [1]
    again = put(mine, [np.nan, 3], minutes=[0, -1], value=np.array(["[1, 2]", None], dtype=object))
    assert again.number[0] == stored.number[2]
    assert states(again) == [Status.REPEATED, Status.REPEATED]


@pytest.mark.django_db
def test_bad_rows_are_told_and_the_others_stay() -> None:
    mine = stream()
    batch = columns(mine, [1, np.nan, np.inf, 1e300, 5])
    batch.datastream[4] = 999_999
    stored = store(batch, received=NOON)
    assert states(stored) == [Status.STORED, *[Status.REJECTED] * 4]
    assert [reason for reason, _detail in stored.reasons.values()] == ["value", "value", "value", UNKNOWN]
    assert stored.number[1:].tolist() == [0, 0, 0, 0]
    assert Observation.objects.get().result == 1


@pytest.mark.django_db
def test_times_in_the_future_are_marked_unless_the_caller_is_strict() -> None:
    mine = stream()
    stored = put(mine, [1], minutes=[60])
    assert states(stored) == [Status.STORED]
    row = Observation.objects.get()
    assert (row.checks, row.quality) == (Check.FUTURE, QualityFlag.QUESTIONABLE)
    strict = store(columns(mine, [1], minutes=[61]), received=NOON, strict=True)
    assert strict.reasons[0][0] == "future"


@pytest.mark.django_db
def test_a_spike_is_flagged_across_batches_as_within_one() -> None:
    values = [10.0, 10, 10, 40, 10, 10]
    ObservedProperty.objects.create(slug="air_temperature", unit="Cel", minimum=-40, maximum=50)
    whole, cut = stream("whole", "air_temperature"), stream("cut", "air_temperature")
    put(whole, values)
    for place, value in enumerate(values):
        put(cut, [value], minutes=[place - 5])
    flags = [
        list(one.observations.order_by("phenomenon_time").values_list("checks", "quality"))
        for one in (whole, cut)
    ]
    assert flags[0] == flags[1]
    assert [checks & Check.SPIKE > 0 for checks, _quality in flags[0]] == [
        False,
        False,
        False,
        True,
        False,
        False,
    ]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 3), st.booleans()), max_size=12), max_size=5
    ),
    st.sampled_from(Datastream.Duplicates.values),
)
def test_statistics_and_rollups_are_what_counting_by_hand_says(
    db: None, batches: list[list[tuple[int, int, bool]]], policy: str
) -> None:
    Datastream.objects.all().delete()
    mine = stream(duplicates=policy)
    for batch in batches:
        known = np.array([micros(NOON) if told_ else NULL for *_row, told_ in batch], dtype=np.int64)
        put(
            mine,
            [float(result) for _minute, result, _told in batch],
            minutes=[minute * 7 for minute, _result, _told in batch],
            result_time=known if len(known) else None,
        )
    rows = list(mine.observations.order_by("phenomenon_time", "copy"))
    assert len({row.number for row in rows}) == len(rows)
    if not rows:
        assert not hasattr(Datastream.objects.get(), "latest")
        return
    latest = Datastream.objects.get().latest
    assert latest.count == len(rows)
    assert (latest.first_time, latest.last_time) == (rows[0].phenomenon_time, rows[-1].phenomenon_time)
    assert (latest.number, latest.result, latest.copy) == (rows[-1].number, rows[-1].result, rows[-1].copy)
    assert latest.previous_result == (rows[-2].result if len(rows) > 1 else None)
    for width in (15, 60, 1440):
        rolled = mine.rollups.filter(width=width)
        assert sum(one.count for one in rolled) == len(rows)
        assert sum(one.total for one in rolled) == pytest.approx(sum(row.result or 0 for row in rows))
    for quarter in mine.rollups.filter(width=15):
        end = quarter.start + timedelta(minutes=15)
        inside = [row.result or 0 for row in rows if quarter.start <= row.phenomenon_time < end]
        assert (quarter.count, quarter.minimum, quarter.maximum) == (len(inside), min(inside), max(inside))


@pytest.mark.django_db
def test_listeners_hear_of_what_was_stored_within_the_transaction() -> None:
    heard: list[told.StoredRows] = []
    told.on_rows.append(heard.append)
    try:
        mine = stream()
        stored = put(mine, [1, 2])
        put(mine, [1, 2])
    finally:
        told.on_rows.remove(heard.append)
    (rows,) = heard
    assert rows.ids.tolist() == stored.number.tolist()
    assert rows.times[-1] == micros(NOON)


@pytest.mark.django_db
def test_many_rows_at_once_are_all_there() -> None:
    mine = [stream(str(number)) for number in range(7)]
    count = 20_000
    rows = np.arange(count)
    batch = Columns(
        np.array([one.pk for one in mine])[rows % 7],
        micros(NOON) - rows * 1_000_000,
        (rows % 100).astype(np.float64),
        result_time=np.where(rows % 2 == 0, micros(NOON), NULL),
    )
    stored = store(batch, received=NOON)
    assert set(states(stored)) == {Status.STORED}
    assert Observation.objects.count() == count
    assert Observation.objects.filter(result_time=None).count() == count // 2
    some = Observation.objects.get(number=int(stored.number[1234]))
    assert (some.datastream_id, micros(some.phenomenon_time), some.result) == (
        batch.datastream[1234], batch.time[1234], 34,
    )  # fmt: skip
    assert sum(Rollup.objects.filter(width=60).values_list("count", flat=True)) == count


@pytest.mark.django_db
def test_times_of_the_whole_calendar_can_be_stored() -> None:
    mine = stream()
    far = [datetime(1700, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)]
    batch = Columns(
        np.array([mine.pk, mine.pk]), np.array([micros(time) for time in far]), np.array([1.0, 2.0])
    )
    store(batch, received=NOON)
    assert [row.phenomenon_time for row in Observation.objects.order_by("phenomenon_time")] == far
    assert instant(micros(far[0])) == far[0]


@pytest.mark.skipif(
    not os.environ.get("STADTKERN_DATABASE_URL", "").startswith("postgresql"), reason="one writer on SQLite"
)
@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_neither_lose_nor_double() -> None:
    mine = [stream(str(number)) for number in range(3)]
    keys = [one.pk for one in mine]
    problems: list[Exception] = []

    def write(shift: int) -> None:
        try:
            for part in range(15):
                rows = np.arange(60)
                batch = Columns(
                    np.array(keys)[(rows + shift) % 3],
                    micros(NOON) + (part * 30 + rows // 3 + shift * 10) * MINUTE,
                    np.full(60, 1.0),
                )
                store(batch, received=NOON)
        except Exception as error:  # noqa: BLE001  # told below
            problems.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(shift,)) for shift in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not problems
    for one in Datastream.objects.all():
        rows = one.observations.count()
        assert rows == len(set(one.observations.values_list("phenomenon_time", flat=True)))
        assert one.latest.count == rows
        for width in (15, 60, 1440):
            assert sum(one.rollups.filter(width=width).values_list("count", flat=True)) == rows
    numbers = list(Observation.objects.values_list("number", flat=True))
    assert len(numbers) == len(set(numbers))
