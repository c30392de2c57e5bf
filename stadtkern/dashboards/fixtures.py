"""Fixtures for the tests of cockpits and tiles."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.utils import translation
from wagtail.models import Locale, Page, Site

from stadtkern.contracts.connector import Item, Reading, Station, Threshold
from stadtkern.dashboards.freshness import versions
from stadtkern.dashboards.models import CockpitPage
from stadtkern.dashboards.registry import complete, tiles
from stadtkern.dashboards.rendering import render_tile
from stadtkern.governance.models import DataProfile
from stadtkern.observations.services import record
from stadtkern.people.models import Organisation

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Store = Callable[..., str]
Show = Callable[..., str]
MakeCockpit = Callable[..., CockpitPage]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Start in English and without pictures of another test."""
    cache.clear()
    versions.reset()
    with translation.override("en"):
        yield
    cache.clear()
    versions.reset()


@pytest.fixture
def noon() -> Iterator[datetime]:
    """Stop the clock at noon (UTC) of 23 November 2026."""
    with time_machine.travel(NOON, tick=False):
        yield NOON


@pytest.fixture
def profile(db: None) -> DataProfile:  # noqa: ARG001  # opens the database
    """Return a published profile."""
    owner = Organisation.objects.create(slug="town", name={"en": "Town of Guben"})
    return DataProfile.objects.create(
        slug="open",
        title={"en": "Measurements of the town"},
        purpose={"en": "So that everybody can see them"},
        legal_basis={"en": "Open data act"},
        owner=owner,
        licence="dl-de/by-2-0",
        attribution="State Office of Environment",
        update_rhythm=timedelta(minutes=15),
        is_published=True,
    )


@pytest.fixture
def store(profile: DataProfile) -> Store:
    """Return a function that records a series whose last value is at `end`; it returns the key."""

    def function(  # noqa: PLR0913  # every fact of a series can be chosen
        values: Sequence[float],
        *,
        thing: str = "6602800",
        name: str = "Guben 2",
        prop: str = "water_level",
        unit: str = "cm",
        step: timedelta = timedelta(minutes=15),
        end: datetime = NOON,
        place: tuple[float, float] | None = (14.717, 51.951),
        levels: Mapping[str, tuple[float, int]] | None = None,
        forecast: bool = False,
        source: str = "test",
        profile: DataProfile = profile,
    ) -> str:
        longitude, latitude = place or (None, None)
        items: list[Item] = [Station(thing=thing, name=name, longitude=longitude, latitude=latitude)]
        items += [
            Reading(
                thing=thing,
                observed_property=prop,
                phenomenon_time=end - step * back,
                result=value,
                unit=unit,
                is_forecast=forecast,
            )
            for back, value in enumerate(reversed(values))
        ]
        items += [
            Threshold(
                thing=thing, observed_property=prop, name=level, value=value, unit=unit, severity=severity
            )
            for level, (value, severity) in (levels or {}).items()
        ]
        record(items, source=source, profile=profile, received=max(end, NOON) if not forecast else NOON)
        return f"{source}:{thing}:{prop}" + (":forecast" if forecast else "")

    return function


@pytest.fixture
def show(db: None) -> Show:  # noqa: ARG001  # opens the database
    """Return a function that draws a tile with some settings, in English."""

    def function(slug: str, /, *, language: str = "en", **settings: Any) -> str:  # noqa: ANN401
        with translation.override(language):
            config = complete(tiles()[slug], settings)
            return str(render_tile(slug, config, page=1, block_id="b1", language=language))

    return function


@pytest.fixture
def make_cockpit(db: None) -> MakeCockpit:  # noqa: ARG001  # opens the database
    """Return a function that makes the town's first page out of (kind of tile, settings)."""

    def function(*placed: tuple[str, dict[str, Any]], greeting: str = "Guten Tag") -> CockpitPage:
        locale = Locale.objects.get_or_create(language_code="de")[0]
        root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root", locale=locale)
        stream = [{"type": slug, "value": value, "id": str(uuid4())} for slug, value in placed]
        page = CockpitPage(
            title="Cockpit", slug=f"cockpit-{uuid4().hex[:6]}", greeting=greeting, locale=locale
        )
        page.tiles = stream  # type: ignore[assignment]  # the field takes plain data
        root.add_child(instance=page)
        page.save_revision().publish()
        Site.objects.all().delete()
        Site.objects.create(
            hostname="localhost", port=80, root_page=page, is_default_site=True, site_name="Guben"
        )
        Site.clear_site_root_paths_cache()
        page.refresh_from_db()
        return page

    return function
