"""A grave level that a fresh public value reaches is told on every page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from stadtkern.base import clock
from stadtkern.contracts.connector import Item, Reading, Station, Threshold
from stadtkern.governance.models import DataProfile
from stadtkern.observations.services import record
from stadtkern.observations.warnings import warnings
from stadtkern.people.models import Organisation
from stadtkern.web.warning_banner import current

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    cache.clear()


@pytest.fixture
def profile() -> DataProfile:
    """Return a published profile."""
    return DataProfile.objects.create(
        slug="water",
        title={"en": "Water levels"},
        purpose={"en": "Flood protection"},
        legal_basis={"en": "Water act"},
        owner=Organisation.objects.create(slug="town", name={"en": "Town"}),
        licence="dl-de/zero-2-0",
        is_published=True,
    )


def level(value: float, profile: DataProfile | None, *, age: timedelta = timedelta(minutes=10)) -> None:
    """Record a level at a gauge with three alarm levels."""
    items: list[Item] = [
        Station(thing="guben", name="Guben <2>"),
        *(
            Threshold(
                thing="guben",
                observed_property="water_level",
                name=f"A{severity}",
                value=limit,
                unit="cm",
                severity=severity,
            )
            for severity, limit in ((1, 460), (2, 520), (3, 570))
        ),
        Reading(
            thing="guben",
            observed_property="water_level",
            unit="cm",
            phenomenon_time=NOON - age,
            result=value,
        ),
    ]
    record(items, source="lfu", profile=profile, received=NOON)


@pytest.mark.parametrize(("value", "expected"), [(460, []), (519, []), (520, [2]), (600, [3])])
def test_the_gravest_level_reached_is_told(profile: DataProfile, value: float, expected: list[int]) -> None:
    level(value, profile)
    assert [warning.severity for warning in warnings()] == expected


def test_old_value_warns_of_nothing(profile: DataProfile) -> None:
    level(600, profile, age=timedelta(hours=4))
    assert warnings() == []


def test_what_is_not_public_warns_nobody(profile: DataProfile) -> None:
    profile.is_published = False
    profile.save()
    level(600, profile)
    assert warnings() == []


def test_every_page_shows_place_level_and_way(client: Client, profile: DataProfile) -> None:
    level(600, profile)
    page = client.get("/en/account/login/").content.decode()
    assert "sk-banner--danger" in page
    assert "Guben &lt;2&gt;: Water level 600" in page
    assert "“A3” (from 570" in page
    assert "10 minutes ago" in page
    with translation.override("en"):
        assert f'<a href="{warnings()[0].url}">' in page
    missing = client.get("/en/nowhere/")
    assert missing.status_code == 404
    assert "sk-banner--danger" in missing.content.decode()


def test_many_pages_ask_once(profile: DataProfile, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    level(600, profile)
    with django_assert_num_queries(2):  # alerts and levels
        assert [len(current()) for _page in range(3)] == [1, 1, 1]
