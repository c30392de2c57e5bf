"""The write path."""

from datetime import UTC, datetime, timedelta

import pytest

from stadtkern.contracts.connector import Reading, Rejected, Station, Threshold
from stadtkern.observations.models import Datastream, Observation, QuarantinedReading, Rollup, Thing
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
