"""The map page: its list is there without scripts, can be searched, and answers as GeoJSON."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.web import map_layers
from stadtkern.web.base_maps import MapService
from stadtkern.web.maps import Place, by_relevance, map_setup
from stadtkern.web.town import Wms, current_town

pytestmark = pytest.mark.django_db


def gauges() -> Mapping[str, Any]:
    """Return thirty gauges and something that is no point."""
    points = [
        {
            "type": "Feature",
            "id": f"g{n}",
            "geometry": {"type": "Point", "coordinates": [14.7 + n / 1000, 51.95]},
            "properties": {
                "name": f"Pegel {n} <i>",
                "text": "212 cm",
                "kind": "water",
                "url": "/de/sensors/",
                "time": "2026-11-23T12:00:00+00:00",
            },
        }
        for n in range(30)
    ]
    line = {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        "properties": {},
    }
    return {"type": "FeatureCollection", "features": [*points, line]}


@pytest.fixture
def _gauges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_layers, "_layers", {})
    map_layers.register("gauges", "Gauges", gauges)


@pytest.mark.usefixtures("_gauges")
class TestMap:
    """A map with thirty gauges."""

    def test_list_is_paged_and_escaped(self, client: Client) -> None:
        page = client.get("/de/map/").content.decode()
        assert page.count('class="sk-place"') == 25
        assert "Pegel 17 &lt;i&gt;" in page
        assert 'href="?page=2"' in page
        assert " style=" not in page

    def test_search_finds_by_name(self, client: Client) -> None:
        page = client.get("/de/map/?q=pegel+29").content.decode()
        assert page.count('class="sk-place"') == 1
        assert "/de/map/places.geojson?q=pegel+29" in page

    def test_geojson_says_the_same(self, client: Client) -> None:
        answer = client.get("/pl/map/places.geojson?q=pegel+29")
        (feature,) = json.loads(answer.content)["features"]
        assert answer["Content-Type"].startswith("application/geo+json")
        assert feature["properties"]["key"] == "g29"
        assert feature["geometry"]["coordinates"] == [14.729, 51.95]

    def test_page_asks_the_database_little(
        self, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        client.get("/de/map/")  # the banner of warnings is remembered
        with django_assert_max_num_queries(8):  # names and facts of the collections of features
            client.get("/de/map/")

    def test_two_layers_of_one_name_are_refused(self) -> None:
        with pytest.raises(ValueError, match="gauges"):
            map_layers.register("gauges", "Other", dict)

    def test_unknown_layer_is_a_friendly_404(self, client: Client) -> None:
        assert client.get("/de/map/?layer=nothing", headers={"Accept": "text/html"}).status_code == 404


def test_empty_map_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_layers, "_layers", {})
    assert "There is nothing to show here now." in client.get("/en/map/").content.decode()


def test_setup_names_region_and_licence() -> None:
    setup = json.loads(map_setup("Map one"))
    assert setup["words"]["Map.Title"] == "Map one"
    assert "dl-de/by-2-0" in setup["attribution"]


def test_dangers_come_first_then_the_town_then_the_rest() -> None:
    longitude, latitude = current_town().centre

    def at(name: str, east: float, state: str = "") -> Place:
        return Place(name, name, "", "", "water", state, longitude + east, latitude)

    places = [
        at("far", 2),
        at("near", 0.01),
        at("danger far", 3, "danger"),
        at("here", 0),
        at("warned", 1, "warning"),
    ]
    assert [place.name for place in by_relevance(places)] == ["danger far", "warned", "here", "near", "far"]


def test_layers_of_sources_and_of_others_are_in_the_tree(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Wms(slug="dop", titles={"de": "Luftbild"}, url="https://maps.example/wms?x=1", layers="a,b")
    town = replace(current_town(), map_services=(service,))
    monkeypatch.setattr("stadtkern.web.map_views.current_town", lambda: town)
    page = client.get("/de/map/?layers=wms-dop&layers=").content.decode()
    assert 'value="wms-dop" checked' in page
    assert "/tiles/wms-dop/{z}/{x}/{y}.png" in page
    assert 'value="areas">' in page


def test_a_tile_of_a_service_is_a_picture_of_its_box() -> None:
    service = Wms(slug="dop", titles={}, url="https://maps.example/wms?x=1", layers="a,b")
    url = urlsplit(MapService(service=service).tile_url(1, 1, 0))
    facts = dict(parse_qsl(url.query, keep_blank_values=True))
    assert facts["BBOX"] == "0.000,0.000,20037508.343,20037508.343"
    assert facts["LAYERS"] == "a,b"
    assert facts["x"] == "1"
    assert (facts["REQUEST"], facts["CRS"], facts["STYLES"]) == ("GetMap", "EPSG:3857", "")


@pytest.mark.parametrize("query", ["layers=" + "x," * 9000, "layers=%00", "map=x", "pick=%3Cb%3E", "layer="])
def test_odd_addresses_of_the_map_get_a_page(client: Client, query: str) -> None:
    assert client.get(f"/en/map/?{query}").status_code == 200
    assert client.get(f"/en/map/qr.svg?{query}").content.startswith(b"<?xml")


def test_services_without_legend_have_none(client: Client) -> None:
    assert client.get("/tiles/topplus/legend.png").status_code == 404
