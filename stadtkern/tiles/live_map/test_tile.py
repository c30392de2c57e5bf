"""The map of newest values and its list."""

from datetime import timedelta

import pytest
from django.test import Client

from stadtkern.dashboards.fixtures import NOON, MakeCockpit, Show, Store
from stadtkern.tiles.live_map.tile import context

pytestmark = pytest.mark.usefixtures("noon")


def test_list_stands_beside_the_map(store: Store, show: Show) -> None:
    store([212])
    store([4.2], prop="air_temperature", unit="Cel", thing="w", name="Wetterstation")
    page = show("live_map")
    assert "2 places report their newest values." in page
    assert "Water level 212\u00a0cm" in page
    assert "<sk-map" in page


def test_one_thing_is_one_place(store: Store) -> None:
    store([4.5], prop="water_temperature", unit="Cel")
    store([212])
    (place,) = context({})["places"]
    assert place.text == "Water level 212\u00a0cm, Water temperature 4.5\u00a0°C"
    assert place.kind == "water"


def test_chosen_property_only(store: Store) -> None:
    store([212])
    store([4.2], prop="air_temperature", unit="Cel", thing="w")
    assert len(context({"property": "air_temperature"})["places"]) == 1


def test_thing_without_place_is_left_out(store: Store) -> None:
    store([212], place=None)
    assert context({})["places"] == []


def test_silent_place_is_marked(store: Store) -> None:
    store([212], end=NOON - timedelta(days=3))
    assert context({})["places"][0].state == "stale"


def test_map_reads_its_places_as_geojson(store: Store, client: Client, make_cockpit: MakeCockpit) -> None:
    store([212])
    page = make_cockpit(("live_map", {}))
    block = page.tiles.raw_data[0]["id"]
    answer = client.get(f"/de/tiles/{page.pk}/{block}/places.geojson").json()
    assert answer["features"][0]["geometry"]["coordinates"] == [14.717, 51.951]


def test_empty_map_says_so(show: Show) -> None:
    page = show("live_map")
    assert "No place on the map reports values yet." in page
    assert "<sk-map" not in page
