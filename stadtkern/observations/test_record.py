"""The write path."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.contracts.connector import Reading, Rejected, Station, Threshold
from stadtkern.contracts.properties import OBSERVED_PROPERTIES
from stadtkern.observations.models import (
    Datastream,
    LatestObservation,
    Observation,
    QuarantinedReading,
    Rollup,
    Thing,
)
from stadtkern.observations.names import NAMES
from stadtkern.observations.quality import Check
from stadtkern.observations.queries import thresholds_at
from stadtkern.observations.services import changed_since, record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def level(minute: int = 0, result: float = 203, unit: str = "cm") -> Reading:
    """Return a water level some minutes before noon."""
    return Reading(
        thing="gubin",
        observed_property="water_level",
        phenomenon_time=NOON - timedelta(minutes=minute),
        result=result,
        unit=unit,
    )


@pytest.mark.django_db
def test_readings_become_observations_of_a_new_datastream() -> None:
    outcome = record([level(5, 203), level(0, 2.04, "m")], source="imgw", received=NOON)
    assert (outcome.stored, outcome.repeated, outcome.rejected) == (2, 0, 0)
    stream = Datastream.objects.get(key="imgw:gubin:water_level")
    assert outcome.datastreams == {stream.key}
    assert list(stream.observations.values_list("result", flat=True)) == [203, pytest.approx(204)]
    assert stream.latest.phenomenon_time == NOON
    assert stream.latest.previous_result == 203
    assert Rollup.objects.filter(width=60).count() == 2
    assert changed_since(0)[1] == {stream.key}


@pytest.mark.django_db
def test_a_repeated_batch_changes_nothing() -> None:
    batch = [level(minute, 200 + minute) for minute in range(50)]
    record(batch, source="imgw", received=NOON)
    version, _keys = changed_since(0)
    outcome = record(batch, source="imgw", received=NOON)
    assert (outcome.stored, outcome.repeated) == (0, 50)
    assert outcome.datastreams == frozenset()
    assert Observation.objects.count() == 50
    assert changed_since(version) == (version, set())


@pytest.mark.django_db
def test_stations_thresholds_and_rejects_are_kept() -> None:
    record(
        [
            Station(thing="gubin", name="Gubin", longitude=14.72, latitude=51.95),
            Threshold(thing="gubin", observed_property="water_level", name="alarm", value=4.2, unit="m"),
            Rejected(reason="value is missing", where="row 3", raw="x;;y"),
            level(),
        ],
        source="imgw",
        received=NOON,
    )
    thing = Thing.objects.get()
    assert thing.name == "Gubin"
    assert thing.location is not None
    assert thing.location.x == pytest.approx(14.72)
    assert [t.value for t in Datastream.objects.get().thresholds.all()] == [pytest.approx(420)]
    assert QuarantinedReading.objects.get().detail == "value is missing"


def hostile(**changes: Any) -> Reading:  # noqa: ANN401
    """Return a reading that no connector should make."""
    facts = {
        "thing": "gubin",
        "observed_property": "water_level",
        "phenomenon_time": NOON,
        "result": 203.0,
        "unit": "cm",
    }
    return Reading(**{**facts, **changes})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (hostile(result=float("nan")), "value"),
        (hostile(result=float("inf")), "value"),
        (hostile(result=10**400), "value"),
        (hostile(result="12,5"), "value"),
        (hostile(result=None), "value"),
        (hostile(observed_property="own", unit="1", result=1e300), "value"),
        (hostile(phenomenon_time=NOON.replace(tzinfo=None)), "time"),
        (hostile(phenomenon_time="2026-11-23"), "time"),
        (hostile(phenomenon_time=datetime(1970, 1, 1, 5, tzinfo=UTC)), "time"),
        (hostile(phenomenon_time=NOON + timedelta(minutes=16)), "future"),
        (hostile(unit="furlong"), "unit"),
        (hostile(unit="Cel"), "unit"),
        (hostile(unit=""), "unit"),
        (hostile(result=-9e9), "impossible"),
        (hostile(observed_property="air_temperature", unit="Cel", result=-300), "impossible"),
        (hostile(thing=""), "thing"),
        (hostile(thing="x" * 201), "thing"),
        (hostile(thing="a\0b"), "thing"),
    ],
)
def test_what_cannot_be_stored_is_kept_with_its_reason(reading: Reading, reason: str) -> None:
    good = level()
    outcome = record([reading, good], source="imgw", received=NOON)
    assert (outcome.stored, outcome.rejected) == (1, 1)
    assert QuarantinedReading.objects.get().reason == reason
    record([reading, good], source="imgw", received=NOON)
    assert QuarantinedReading.objects.get().times == 2


@pytest.mark.django_db
def test_tiny_old_and_early_values_are_stored() -> None:
    readings = [
        hostile(observed_property="own", unit="1", result=1e-300),
        hostile(observed_property="own", unit="1", phenomenon_time=datetime(1806, 1, 1, tzinfo=UTC)),
        hostile(observed_property="own", unit="1", phenomenon_time=NOON + timedelta(minutes=14), result=0),
    ]
    assert record(readings, source="x", received=NOON).stored == 3
    assert Observation.objects.order_by("phenomenon_time")[0].checks == Check.OLD


@pytest.mark.django_db
def test_raw_texts_that_a_database_cannot_hold_are_kept_readable() -> None:
    record([Rejected(reason="broken\0", where="\ud800", raw="x" * 9999)], source="x", received=NOON)
    kept = QuarantinedReading.objects.get()
    assert (kept.detail, kept.where, len(kept.raw)) == ("broken\ufffd", "?", 2000)


@pytest.mark.django_db
def test_a_unit_that_changes_is_converted_by_what_each_reading_says() -> None:
    record([level(2, 203, "cm"), level(1, 2.04, "m"), level(0, 2050, "mm")], source="x", received=NOON)
    results = Observation.objects.order_by("phenomenon_time").values_list("result", flat=True)
    assert list(results) == [pytest.approx(value) for value in (203, 204, 205)]


@pytest.mark.django_db
def test_a_newer_forecast_replaces_an_older_one_and_not_the_other_way_round() -> None:
    def forecast(result: float, made: int) -> Reading:
        when = NOON + timedelta(days=1)
        known = NOON + timedelta(hours=made)
        return hostile(result=result, phenomenon_time=when, result_time=known, is_forecast=True)

    assert record([forecast(300, 0)], source="x", received=NOON).stored == 1
    assert record([forecast(320, 2), forecast(310, 1)], source="x", received=NOON).stored == 1
    assert record([forecast(305, 1)], source="x", received=NOON).repeated == 1
    stream = Datastream.objects.get(key="x:gubin:water_level:forecast")
    assert Observation.objects.get().result == 320
    assert stream.latest.result == 320
    assert Rollup.objects.get(width=15).total == 320


@pytest.mark.django_db
def test_a_contradiction_is_rejected_where_an_editor_wants_that() -> None:
    record([level()], source="x", received=NOON)
    Datastream.objects.update(duplicates=Datastream.Duplicates.REJECT)
    outcome = record([level(), level(0, 999)], source="x", received=NOON)
    assert (outcome.stored, outcome.repeated, outcome.rejected) == (0, 1, 1)
    assert QuarantinedReading.objects.get().reason == "duplicate"
    assert Observation.objects.get().result == 203


@pytest.mark.django_db
def test_late_readings_in_any_order_give_the_same_as_sorted_ones() -> None:
    batch = [level(minute, 200 + minute % 7) for minute in (5, 700, 3, 1500, 44, 0, 90)]
    for reading in batch:
        record([reading], source="one", received=NOON)
    in_order = sorted(batch, key=lambda reading: reading.phenomenon_time)
    record(in_order, source="all", received=NOON)
    one, both = (
        list(
            Rollup.objects.filter(datastream__key__startswith=source)
            .order_by("width", "start")
            .values_list("width", "start", "count", "total", "minimum", "maximum")
        )
        for source in ("one", "all")
    )
    assert one == both
    first, second = LatestObservation.objects.order_by("datastream__key")
    assert (first.phenomenon_time, first.previous_time) == (second.phenomenon_time, second.previous_time)


@pytest.mark.django_db
def test_a_renamed_station_keeps_its_former_name_and_its_place() -> None:
    record([Station(thing="g", name="Guben", longitude=14.7, latitude=51.9)], source="x", received=NOON)
    record([Station(thing="g", name="Guben 2", properties={"river": "Neisse"})], source="x", received=NOON)
    record([Station(thing="g", longitude=999, latitude=0)], source="x", received=NOON)
    thing = Thing.objects.get()
    assert thing.name == "Guben 2"
    assert thing.properties["former_names"] == [{"name": "Guben", "until": NOON.isoformat()}]
    assert thing.properties["river"] == "Neisse"
    assert thing.location is not None
    assert thing.location.y == pytest.approx(51.9)


@pytest.mark.django_db
def test_a_changed_threshold_closes_one_period_and_opens_the_next() -> None:
    def alarm(value: float, **more: Any) -> Threshold:  # noqa: ANN401
        return Threshold(
            thing="g", observed_property="water_level", name="A1", value=value, unit="cm", **more
        )

    record([alarm(280)], source="x", received=NOON)
    record([alarm(280)], source="x", received=NOON + timedelta(days=1))
    changed = NOON + timedelta(days=2)
    record([alarm(290)], source="x", received=changed)
    stream = Datastream.objects.get()
    assert [level.value for level in thresholds_at(stream, NOON)] == [280]
    assert [level.value for level in thresholds_at(stream, changed)] == [290]
    assert stream.thresholds.count() == 2
    past = alarm(250, valid_from=NOON - timedelta(days=900), valid_to=NOON - timedelta(days=800))
    record([past, past], source="x", received=changed)
    assert [level.value for level in thresholds_at(stream, NOON - timedelta(days=850))] == [250, 280]
    outcome = record(
        [alarm(float("nan")), alarm(1, valid_from=NOON, valid_to=NOON)], source="x", received=NOON
    )
    assert outcome.rejected == 2


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_batch(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    record([level(minute) for minute in range(3)], source="x", received=NOON - timedelta(days=1))
    # those sent in PostgreSQL's own way are not counted
    with django_assert_max_num_queries(13 if connection.vendor == "sqlite" else 7):
        record([level(minute) for minute in range(5)], source="x", received=NOON)
    with django_assert_max_num_queries(16 if connection.vendor == "sqlite" else 7):
        record([level(minute) for minute in range(5, 900)], source="x", received=NOON)


@pytest.mark.django_db
def test_a_broken_file_of_many_lines_fills_no_disk() -> None:
    rejects = [Rejected(reason=f"line {number}") for number in range(3000)]
    assert record(rejects, source="x", received=NOON).rejected == 3000
    assert QuarantinedReading.objects.count() == 1000


@pytest.mark.django_db
def test_texts_of_a_station_are_made_fit_for_the_database() -> None:
    odd = {"nan": float("nan"), "time": NOON, "nested": {"a\0": ["\ud800", 1, True, None]}}
    record([Station(thing="g", name="a\0b", properties=odd)], source="x", received=NOON)
    thing = Thing.objects.get()
    assert thing.name == "a\ufffdb"
    assert thing.properties == {
        "nan": None,
        "time": NOON.isoformat(),
        "nested": {"a\ufffd": ["?", 1, True, None]},
    }


def test_every_shared_property_can_be_translated() -> None:
    assert {known.name for known in OBSERVED_PROPERTIES.values()} == set(NAMES)
