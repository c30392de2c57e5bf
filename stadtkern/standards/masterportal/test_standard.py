"""Every key a Masterportal 3 reads: there, of the right kind, with addresses that answer."""

import json
import re
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from stadtkern.observations.models import Thing
from stadtkern.observations.test_access_matrix import World, world
from stadtkern.places.models import Address, Area
from stadtkern.standards.masterportal import wms
from stadtkern.web.town import TownError, current_town

__all__ = ["world"]
Json: TypeAlias = Any
pytestmark = pytest.mark.django_db
ROOT = "http://127.0.0.1:8000"


@pytest.fixture
def town(world: World, settings: Settings) -> None:
    """Give areas, an address and sensors with a place."""
    settings.PUBLIC_URL = ROOT
    outline = MultiPolygon(Polygon.from_bbox((14.6, 51.9, 14.8, 52.0)), srid=4326)
    Area.objects.create(slug="guben", kind="town", name={"de": "Guben"}, geometry=outline)
    Address.objects.create(street="Frankfurter Straße", point=Point(14.72, 51.95, srid=4326))
    Thing.objects.update(location=Point(14.72, 51.95, srid=4326))


def read(client: Client, name: str) -> Json:
    answer = client.get(f"/masterportal/{name}")
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    text = answer.content.decode()
    if name.endswith(".js"):
        found = re.fullmatch(r"const Config = (\{.*\});\n", text, re.DOTALL)
        assert found
        text = found[1]
    return json.loads(text)


def by_type(client: Client) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for service in read(client, "services.json"):
        found.setdefault(service["typ"], []).append(service)
    return found


def test_config_js_names_the_other_files(client: Client, town: None) -> None:
    config = read(client, "config.js")
    for key in ("layerConf", "restConf", "styleConf", "portalConf"):
        assert client.get(urlsplit(config[key]).path).status_code == 200
    names = [name for name, _definition in config["namedProjections"]]
    assert names == ["EPSG:4326", "EPSG:3857", "EPSG:25832", "EPSG:25833", "EPSG:2180"]
    assert all("+proj=" in definition for _name, definition in config["namedProjections"])
    assert config["wfsImgPath"]
    assert "{{lng}}" in config["portalLanguage"]["loadPath"]


def test_config_json_shows_the_town(client: Client, town: None) -> None:
    config = read(client, "config.json")
    assert set(config) == {"portalConfig", "layerConfig"}
    view = config["portalConfig"]["map"]["mapView"]
    assert view["epsg"] == "EPSG:25833"
    west, south, east, north = view["extent"]
    x, y = view["startCenter"]
    assert west < x < east
    assert south < y < north
    assert (x // 1000, y // 1000) == (480, 5755)
    assert {"mainMenu", "secondaryMenu", "tree"} <= set(config["portalConfig"])


def test_every_layer_of_the_tree_is_a_service_with_a_style(client: Client, town: None) -> None:
    config, styles = read(client, "config.json"), {one["styleId"] for one in read(client, "style_v3.json")}
    services = {one["id"] for one in read(client, "services.json")}
    layers = config["layerConfig"]
    listed = list(layers["baselayer"]["elements"])
    for folder in layers["subjectlayer"]["elements"]:
        assert folder["type"] == "folder"
        assert folder["name"]
        listed += folder["elements"]
    assert [one["id"] for one in listed if one["visibility"]]
    assert {one["id"] for one in listed} == services
    assert len(listed) == len(services)
    assert {one["styleId"] for one in listed if "styleId" in one} <= styles


def test_common_keys_of_all_services(client: Client, town: None) -> None:
    found = read(client, "services.json")
    assert {one["typ"] for one in found} == {"WMS", "SensorThings", "OAF", "GeoJSON", "VectorTile"}
    for one in found:
        assert re.fullmatch(r"[0-9]+", one["id"])
        assert one["name"]
        assert one["url"].startswith(("https://", f"{ROOT}/"))
        assert one["gfiTheme"] == "default"
        assert one["gfiAttributes"]
        assert one["datasets"] is False or all(
            {"md_id", "csw_url", "show_doc_url"} <= set(d) for d in one["datasets"]
        )
    again = read(client, "services.json")
    assert [one["id"] for one in again] == [one["id"] for one in found]


def test_features_are_asked_in_the_metres_of_the_map(client: Client, town: None) -> None:
    """The client sends these parameters and does not bring coordinates into its own system."""
    for one in by_type(client)["OAF"]:
        assert one["crs"] == one["bboxCrs"] == "http://www.opengis.net/def/crs/EPSG/0/25833"
        asked = {
            "limit": one["limit"],
            "bbox": "470000,5740000,490000,5770000",
            "bbox-crs": one["bboxCrs"],
            "crs": one["crs"],
        }
        address = f"{urlsplit(one['url']).path}/collections/{one['collection']}/items?{urlencode(asked)}"
        answer = client.get(address, headers={"Accept": "application/geo+json"})
        assert answer.status_code == 200
        assert answer.json()["features"]
        corner = str(answer.json()["features"][0]["geometry"]["coordinates"])
        assert 400_000 < float(re.findall(r"[\d.]+", corner)[0]) < 600_000
        assert client.get(f"{address}&limit=1").status_code == 400


def test_geojson_layers_are_longitude_and_latitude(client: Client, town: None) -> None:
    for one in by_type(client)["GeoJSON"]:
        parts = urlsplit(one["url"])
        found = client.get(f"{parts.path}?{parts.query}").json()
        assert found["type"] == "FeatureCollection"
        assert float(re.findall(r"[\d.]+", str(found["features"][0]["geometry"]["coordinates"]))[0]) < 15


def test_vector_tiles_have_a_style_and_answer(client: Client, town: None) -> None:
    for one in by_type(client)["VectorTile"]:
        assert one["epsg"] == "EPSG:3857"
        path = urlsplit(one["url"]).path.replace("%7B", "{").replace("%7D", "}").format(z=0, y=0, x=0)
        assert client.get(path).status_code == 200
        (style,) = one["vtStyles"]
        assert {"id", "name", "url", "defaultStyle"} <= set(style)
        drawn = client.get(urlsplit(style["url"]).path).json()
        assert drawn["version"] == 8
        assert {layer["source-layer"] for layer in drawn["layers"]} == {path.split("/")[3]}
    assert client.get("/masterportal/tiles/unknown.json").status_code == 404


def test_sensorthings_layers_name_the_key_that_mqtt_renews(client: Client, town: None) -> None:
    for one in by_type(client)["SensorThings"]:
        assert not re.search(r"/v\d", one["url"])
        assert one["version"] == "1.1"
        parameters = one["urlParameter"]
        query = f"$filter={parameters['filter']}&$expand={parameters['expand']}"
        answer = client.get(f"{urlsplit(one['url']).path}/v{one['version']}/{parameters['root']}?{query}")
        assert answer.status_code == 200, answer.content
        found = answer.json()["value"]
        keys = {
            f"dataStream_{stream['@iot.id']}_{stream['name']}" for stream in found if stream["Observations"]
        }
        assert set(one["gfiAttributes"]) - {"name"} <= keys
        assert len(one["gfiAttributes"]) > 1
        mqtt = one["mqttOptions"]
        assert (mqtt["host"], mqtt["port"], mqtt["path"], mqtt["protocol"]) == (
            "127.0.0.1",
            "8000",
            "/mqtt",
            "ws",
        )
        assert mqtt["mqttVersion"] == "3.1.1"
        assert mqtt["rhPath"] == one["url"]


def test_a_town_with_https_is_reached_by_wss(client: Client, town: None, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://daten.guben.example"
    mqtt = by_type(client)["SensorThings"][0]["mqttOptions"]
    assert (mqtt["protocol"], mqtt["port"], mqtt["host"]) == ("wss", "443", "daten.guben.example")


def test_maps_of_others_come_from_the_facts_of_the_town(client: Client, town: None) -> None:
    found = by_type(client)["WMS"]
    assert {one.url for one in wms.maps()} == {one["url"] for one in found}
    for one in found:
        assert {"layers", "version", "format", "transparent", "featureCount", "tilesize"} <= set(one)


@pytest.mark.parametrize(
    "entry",
    [
        'url = "http://a.example"\nlayers = "x"',
        'layers = "x"',
        'url = "https://a.example"',
        'url = 3\nlayers = "x"',
    ],
)
def test_a_wrong_map_in_the_facts_is_named(tmp_path: Path, entry: str) -> None:
    (tmp_path / "town.toml").write_text(f"[[map.wms]]\n{entry}\n")
    with pytest.raises(TownError, match=r"town\.toml"):
        wms.read(tmp_path)


def test_how_many_questions_the_services_cost(
    client: Client, town: None, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(14):
        client.get("/masterportal/services.json")
    assert current_town().map_source in wms.BASE_MAPS
