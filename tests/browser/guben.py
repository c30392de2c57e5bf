"""The demo town with values in all its series, for pages as people see them."""

from collections.abc import Iterator
from datetime import timedelta
from math import sin
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from wagtail.models import Collection, Locale, Page, Site

from stadtkern.base import clock
from stadtkern.config.town.load import load_town
from stadtkern.config.town.pages import load_pages
from stadtkern.contracts.connector import Item, Reading, Station, Threshold
from stadtkern.dashboards.freshness import versions
from stadtkern.ingest.models import Source
from stadtkern.observations.services import record
from stadtkern.people.roles import create_roles

DAY = [timedelta(minutes=30 * n) for n in range(48)]
AHEAD = [timedelta(hours=n) for n in range(1, 25)]
SERIES: list[tuple[Any, ...]] = [
    # source, thing, name, property, unit, middle, longitude, latitude
    ("brandenburg-flood", "6602800", "Guben 2", "water_level", "cm", 212, 14.717, 51.951),
    ("brandenburg-flood", "6602200", "Klein Bademeusel", "water_level", "cm", 90, 14.69, 51.65),
    ("imgw-hydro", "151140010", "Gubin", "water_level", "cm", 220, 14.72, 51.952),
    ("brightsky", "Guben", "Guben", "air_temperature", "Cel", 6, 14.71, 51.95),
    ("uba-air", "64", "Cottbus", "pm10", "ug/m3", 14, 14.33, 51.75),
    ("energy-charts", "DE-LU", "DE-LU", "electricity_price", "{EUR}/(MW.h)", 80, None, None),
    ("town-sensors", "70B3D57ED0050401", "Parkplatz", "parking_free", "1", 20, 14.715, 51.949),
    ("town-sensors", "70B3D57ED0050101", "Linde", "soil_moisture", "%", 22, 14.713, 51.948),
]


def items(thing: str, name: str, prop: str, unit: str, middle: float, *place: float | None) -> Iterator[Item]:
    """Yield a station, its last day in half hours, and for the weather what is expected."""
    now = clock.now()
    longitude, latitude = place
    yield Station(thing=thing, name=name, longitude=longitude, latitude=latitude)
    for back in DAY:
        moment, value = now - back, middle + middle / 10 * sin(back.total_seconds() / 9000)
        yield Reading(thing=thing, observed_property=prop, phenomenon_time=moment, result=value, unit=unit)
    for ahead in AHEAD if prop in {"air_temperature", "electricity_price"} else ():
        yield Reading(
            thing=thing,
            observed_property=prop,
            phenomenon_time=now + ahead,
            result=middle,
            unit=unit,
            is_forecast=prop == "air_temperature",
        )
    if thing == "6602800":
        for level, severity in (("A1", 1), ("A2", 2)):
            yield Threshold(
                thing=thing,
                observed_property=prop,
                name=level,
                value=260 + 40 * severity,
                unit=unit,
                severity=severity,
            )


@pytest.fixture
def site(db: None, settings: Any) -> Iterator[None]:
    """Begin with an empty Wagtail, as after `migrate`: tests that commit leave no first page behind."""
    settings.DEMO = "replay"
    cache.clear()
    versions.reset()
    if not Page.objects.filter(depth=1).exists():
        locale = Locale.objects.get_or_create(language_code="de")[0]
        Page.add_root(instance=Page(title="Root", slug="root", locale=locale))
    if not Collection.objects.filter(depth=1).exists():
        Collection.add_root(name="Root")
    Group.objects.all().delete()
    create_roles()
    Site.clear_site_root_paths_cache()
    yield
    cache.clear()
    versions.reset()


@pytest.fixture
def guben(site: None, settings: Any) -> Path:
    """Load the demo town, with values in all series of its cockpit; return its folder."""
    folder: Path = settings.TOWN_DIR
    load_town(folder)
    load_pages(folder)
    for source, *facts in SERIES:
        profile = Source.objects.get(slug=source).profile
        record(items(*facts), source=source, profile=profile)
    return folder
