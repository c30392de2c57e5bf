"""The read path."""

from datetime import UTC, datetime, timedelta

import pytest

from stadtkern.base.errors import NotFound
from stadtkern.contracts.connector import Reading
from stadtkern.governance.models import DataProfile
from stadtkern.observations import queries
from stadtkern.observations.models import Datastream
from stadtkern.observations.services import record
from stadtkern.people.models import Organisation

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def profile() -> DataProfile:
    """Return a published profile."""
    owner = Organisation.objects.create(slug="town", name={"en": "Town"})
    return DataProfile.objects.create(
        slug="water",
        title={"en": "Water levels"},
        purpose={"en": "Flood protection"},
        legal_basis={"en": "Water act"},
        owner=owner,
        licence="dl-de/zero-2-0",
        is_published=True,
    )


def store(values: list[float], step: timedelta, profile: DataProfile | None = None) -> Datastream:
    """Record water levels, the last of them at noon; return their datastream."""
    readings = [
        Reading(
            thing="gubin",
            observed_property="water_level",
            phenomenon_time=NOON - step * back,
            result=value,
            unit="cm",
        )
        for back, value in enumerate(reversed(values))
    ]
    record(readings, source="imgw", profile=profile, received=NOON)
    return Datastream.objects.select_related("observed_property").get()


@pytest.mark.django_db
def test_only_datastreams_with_published_profile_are_public(profile: DataProfile) -> None:
    stream = store([200], timedelta(hours=1))
    assert queries.latest_values([stream.key]) == {}
    with pytest.raises(NotFound):
        queries.get_public(stream.key)
    store([200, 210], timedelta(hours=1), profile)
    assert queries.get_public(stream.key) == stream
    assert queries.latest_values([stream.key])[stream.key].result == 200


@pytest.mark.django_db
def test_series_shows_gaps() -> None:
    stream = store(
        [200, 201, float("nan"), float("nan"), float("nan"), float("nan"), 206], timedelta(minutes=15)
    )
    shown = queries.series(stream, NOON - timedelta(days=1), NOON + timedelta(minutes=1))
    assert list(shown.values) == [200, 201, 206]
    stream = store([200.0] * 20 + [float("nan")] * 10 + [206.0], timedelta(minutes=1))
    shown = queries.series(stream, NOON - timedelta(minutes=31), NOON + timedelta(minutes=1))
    assert None in shown.values


@pytest.mark.django_db
def test_a_day_of_autumn_has_25_hours() -> None:
    stream = store([1.0] * (24 * 40), timedelta(hours=1))
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    day, following = queries.aggregate(
        stream, start, start + timedelta(hours=26), by="day", zone="Europe/Berlin"
    )
    assert (day.count, day.sum, day.end - day.start) == (25, 25, timedelta(hours=25))
    assert following.count == 24


@pytest.mark.django_db
def test_trend_tells_rising_from_steady() -> None:
    stream = store([200, 203, 206, 209], timedelta(minutes=15))
    found = queries.trend(stream, timedelta(hours=3))
    assert found is not None
    assert found.direction == "rising"
    assert found.change_per_hour == pytest.approx(12)
