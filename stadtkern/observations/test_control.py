"""The quality job, retention and partitions."""

import csv
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from stadtkern.contracts.connector import Reading, Station
from stadtkern.governance import retention
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import (
    Datastream,
    LatestObservation,
    Observation,
    ObservedProperty,
    QuarantinedReading,
    Rollup,
)
from stadtkern.observations.quality import Check, QualityFlag
from stadtkern.observations.services import (
    changed_since,
    check_quality,
    delete_observations,
    delete_quarantine,
    drop_empty_partitions,
    ensure_partitions,
    record,
)
from stadtkern.observations.services.neighbours import distance
from stadtkern.people.models import Organisation

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DORMAGEN = (
    Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "data/air_dormagen/mobilithek_dormagen_7days.csv"
)
pytestmark = pytest.mark.django_db


def temperatures(
    values: list[float], thing: str = "a", step: timedelta = timedelta(hours=1)
) -> list[Reading]:
    """Return temperatures, the last at noon."""
    return [
        Reading(
            thing=thing,
            observed_property="air_temperature",
            phenomenon_time=NOON - step * back,
            result=value,
            unit="Cel",
        )
        for back, value in enumerate(reversed(values))
    ]


def checks() -> list[int]:
    """Return the failed tests of the datastream of thing a, by time."""
    rows = Observation.objects.filter(datastream__key="x:a:air_temperature").order_by("phenomenon_time")
    return list(rows.values_list("checks", flat=True))


def test_a_standing_thermometer_is_found_and_nothing_is_deleted() -> None:
    record(temperatures([5.0, 6.0] + [7.5] * 30), source="x", received=NOON)
    assert check_quality() == 5
    assert checks() == [0] * 27 + [Check.STUCK] * 5
    assert Observation.objects.filter(quality=QualityFlag.QUESTIONABLE).count() == 5
    assert check_quality() == 0


def test_a_gap_is_marked_and_the_value_stays_good() -> None:
    readings = temperatures([5.0 + n / 10 for n in range(20)])
    record(readings[:10] + readings[15:], source="x", received=NOON)
    assert check_quality() == 1
    gap = Observation.objects.get(checks=Check.GAP)
    assert gap.quality == QualityFlag.GOOD
    assert gap.phenomenon_time == NOON - timedelta(hours=9)


def test_a_late_value_opens_the_case_again() -> None:
    readings = temperatures([5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5])
    record(readings[:4] + readings[8:], source="x", received=NOON)
    check_quality()
    assert Check.GAP in checks()
    record(readings[4:8], source="x", received=NOON)
    check_quality()
    assert checks() == [0] * 10


def test_a_station_in_the_sun_differs_from_its_neighbours() -> None:
    places = {
        "a": (14.72, 51.95),
        "b": (14.75, 51.96),
        "c": (14.60, 51.90),
        "d": (14.80, 52.00),
        "far": (6.8, 51.0),
    }
    items = [Station(thing=key, name=key, longitude=lon, latitude=lat) for key, (lon, lat) in places.items()]
    record(items, source="x", received=NOON)
    for key in "bcd":
        record(temperatures([5, 6, 7, 8], key), source="x", received=NOON)
    record(temperatures([40, 40, 40, 40], "far"), source="x", received=NOON)
    record(temperatures([5.5, 9, 14, 19], "a"), source="x", received=NOON)
    check_quality(Datastream.objects.filter(thing__key="a"))
    assert checks() == [0, 0, 0, Check.NEIGHBOUR]
    assert distance(places["a"], places["b"]) == pytest.approx(2340, rel=0.02)


def test_a_corrected_range_is_applied_backwards_also_in_the_rollups() -> None:
    record(temperatures([5, 6, 70, 7]), source="x", received=NOON)
    assert Rollup.objects.filter(width=1440).get().maximum == 7
    ObservedProperty.objects.update(maximum=80)
    version, _keys = changed_since(0)
    check_quality(since=NOON - timedelta(days=1))
    assert Rollup.objects.filter(width=1440).get().maximum == 70
    assert changed_since(version)[1] == {"x:a:air_temperature"}


def test_the_word_of_the_source_survives_the_job() -> None:
    (reading,) = temperatures([5])
    doubted = Reading(
        thing="a", observed_property="air_temperature", unit="Cel", result=5, quality="questionable",
        phenomenon_time=reading.phenomenon_time,
    )  # fmt: skip
    record([doubted], source="x", received=NOON)
    check_quality()
    assert checks() == [Check.SOURCE_QUESTIONABLE]


def test_a_week_of_a_real_sensor() -> None:
    """Fine dust and weather of Dormagen, January 2026; else a day made up in the same form."""
    readings = list(dormagen()) or temperatures([5 + n % 24 / 4 for n in range(48)])
    outcome = record(readings, source="x", received=readings[-1].phenomenon_time)
    assert outcome.stored + outcome.repeated + outcome.rejected == len(readings)
    check_quality()
    flagged = Observation.objects.filter(quality__gt=2).count()
    assert flagged < outcome.stored * 0.02
    assert Observation.objects.count() == outcome.stored


def dormagen() -> list[Reading]:
    """Read the recorded week, where it is at hand."""
    if not DORMAGEN.exists():
        return []
    columns = {
        "P1": ("pm10", "ug/m3"),
        "P2": ("pm2_5", "ug/m3"),
        "temperature": ("air_temperature", "Cel"),
        "humidity": ("relative_humidity", "%"),
    }
    with DORMAGEN.open(newline="") as file:
        return [
            Reading(
                thing=row["sensor_id"],
                observed_property=slug,
                unit=unit,
                result=float(row[column]),
                phenomenon_time=datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC),
            )
            for row in csv.DictReader(file)
            for column, (slug, unit) in columns.items()
            if row[column]
        ]


@pytest.fixture
def profile() -> DataProfile:
    """Return a profile that keeps ten days."""
    owner = Organisation.objects.create(slug="town", name={"en": "Town"})
    return DataProfile.objects.create(slug="air", owner=owner, retention=timedelta(days=10))


def test_what_is_too_old_is_really_deleted(profile: DataProfile) -> None:
    record(temperatures([float(n % 7) for n in range(240)]), source="x", profile=profile, received=NOON)
    record(temperatures([1, 2], "kept"), source="x", received=NOON)
    later = NOON + timedelta(days=5)
    assert delete_observations(later) == 119
    left = Observation.objects.filter(datastream__profile=profile)
    assert left.count() == 121
    assert min(left.values_list("phenomenon_time", flat=True)) >= later - timedelta(days=10)
    for width in (15, 60, 1440):
        rolled = Rollup.objects.filter(datastream__profile=profile, width=width)
        assert sum(rolled.values_list("count", flat=True)) == 121
    assert delete_observations(NOON + timedelta(days=400)) == 121
    assert set(LatestObservation.objects.values_list("datastream__thing__key", flat=True)) == {"kept"}
    assert Observation.objects.count() == 2
    assert "observations.observations" in retention.names()


def test_deletion_goes_in_chunks(profile: DataProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stadtkern.observations.services.retention.CHUNK", 7)
    record(temperatures([float(n % 7) for n in range(50)]), source="x", profile=profile, received=NOON)
    assert delete_observations(NOON + timedelta(days=9)) == 25
    assert delete_observations(NOON + timedelta(days=9)) == 0


def test_what_the_profile_may_not_keep_does_not_come_in(profile: DataProfile) -> None:
    record(temperatures([1]), source="x", profile=profile, received=NOON)
    outcome = record(temperatures([1, 2]), source="x", received=NOON + timedelta(days=10, minutes=-30))
    assert (outcome.stored, outcome.repeated, outcome.rejected) == (0, 1, 1)
    assert QuarantinedReading.objects.get().reason == "old"


def test_quarantine_ends_after_90_days() -> None:
    record(temperatures([float("nan")]), source="x", received=NOON)
    assert delete_quarantine(NOON + timedelta(days=89)) == 0
    assert delete_quarantine(NOON + timedelta(days=91)) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions")
def test_months_get_a_partition_of_their_own_and_lose_it_when_empty() -> None:
    future = datetime(2031, 5, 3, tzinfo=UTC)
    record(temperatures([1, 2]), source="x", received=NOON)
    moved = Reading(
        thing="a", observed_property="air_temperature", unit="Cel", result=3, phenomenon_time=future,
    )  # fmt: skip
    record([moved], source="x", received=future)
    assert ensure_partitions(future) == 4
    assert ensure_partitions(future) == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM observations_observation_2031_05")
        assert cursor.fetchone() == (1,)
        assert Observation.objects.count() == 3
        Observation.objects.filter(phenomenon_time=future).delete()
        assert drop_empty_partitions(datetime(2031, 6, 1, tzinfo=UTC)) >= 1
        cursor.execute("SELECT to_regclass('observations_observation_2031_05')")
        assert cursor.fetchone() == (None,)
    record([moved], source="x", received=future)
    assert Observation.objects.filter(phenomenon_time=future).exists()
