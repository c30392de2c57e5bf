"""The tables laid out by hand, there and back, with data in them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from stadtkern.contracts.connector import Reading, Station
from stadtkern.observations.models import Datastream, Observation
from stadtkern.observations.services import record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def migrate(name: str = "") -> None:
    """Bring the tables to a migration; without one those of all apps to the newest, as other tests need them."""
    executor = MigrationExecutor(connection)
    executor.migrate([("observations", name)] if name else executor.loader.graph.leaf_nodes())


def rows(columns: str) -> list[tuple[object, ...]]:
    """Return columns of all observations."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM observations_observation ORDER BY phenomenon_time")  # noqa: S608
        found: list[tuple[object, ...]] = cursor.fetchall()
        return found


@pytest.mark.django_db(transaction=True)
def test_observations_survive_the_way_back_and_forth() -> None:
    readings = [
        Reading(
            thing="gubin",
            observed_property="water_level",
            phenomenon_time=NOON - timedelta(hours=hour),
            result=200 + hour,
            unit="cm",
        )
        for hour in range(5)
    ]
    place = Station(thing="gubin", name="Gubin", longitude=14.72, latitude=51.95)
    record([place, *readings], source="imgw", received=NOON)
    former = "datastream_id, phenomenon_time, result, quality, checks, result_time"
    before = rows(former)
    try:
        migrate("0002_observation_tables")
        assert rows(former) == before
    finally:
        migrate()
    assert rows(former) == before
    assert [number for (number,) in rows("id")] == [1, 2, 3, 4, 5]
    stream = Datastream.objects.get()
    assert stream.latest.count == 5
    assert stream.latest.first_time == NOON - timedelta(hours=4)
    assert stream.latest.number == 5
    places = [one.geometry for one in stream.thing.locations.all()]
    assert [place and place.coords for place in places] == [(14.72, 51.95)]
    record([readings[0]], source="other", received=NOON)
    assert Observation.objects.get(datastream__key="other:gubin:water_level").number == 6
