"""Air quality by the index of the German Environment Agency."""

from datetime import timedelta

import pytest

from stadtkern.dashboards.fixtures import NOON, Show, Store
from stadtkern.observations.air_index import LIMITS
from stadtkern.tiles.air_quality.tile import context, grade_of

pytestmark = pytest.mark.usefixtures("noon")


def air(store: Store, **values: float) -> str:
    keys = [
        store([value], prop=slug, unit="ug/m3", thing="DEBB", name="Cottbus")
        for slug, value in values.items()
    ]
    return keys[0]


@pytest.mark.parametrize("slug", LIMITS)
def test_limits_belong_to_the_better_class(slug: str) -> None:
    for grade, limit in enumerate(LIMITS[slug]):
        assert grade_of(slug, limit) == grade
        assert grade_of(slug, limit + 1) == grade + 1
    assert grade_of(slug, 0) == 0
    assert grade_of(slug, 5000) == 4


def test_worst_pollutant_decides(store: Store) -> None:
    shown = context({"station": air(store, pm10=8, nitrogen_dioxide=70, ozone=20)})
    assert shown["state"] == "warning"
    assert shown["value"].datastream.observed_property.slug == "nitrogen_dioxide"
    assert shown["sentence"].startswith("The air is poor (Cottbus).")


def test_good_air_needs_no_action(store: Store, show: Show) -> None:
    page = show("air_quality", station=air(store, pm10=12))
    assert "Nothing to do." in page
    assert "Not all five pollutants" in page
    assert "12\u00a0µg/m³" in page


def test_other_values_of_the_station_do_not_count(store: Store) -> None:
    key = air(store, carbon_monoxide=5000)
    assert "none of the pollutants" in context({"station": key})["sentence"]


def test_old_values_get_no_class_colour(store: Store, show: Show) -> None:
    key = store([150], prop="pm10", unit="ug/m3", end=NOON - timedelta(days=1))
    shown = context({"station": key})
    assert shown["stale"]
    assert shown["state"] == ""
    assert "No new reading" in show("air_quality", station=key)


def test_empty_tile_says_so(show: Show) -> None:
    assert "There is no air quality to show yet." in show("air_quality", station="a:b:c")
