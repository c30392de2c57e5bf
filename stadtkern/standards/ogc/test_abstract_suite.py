"""The abstract test suites, class by class: each test is named after the conformance test it carries out.

OGC 17-069r4 annex A (Features part 1: Core, GeoJSON, HTML, OpenAPI 3.0), 18-058r1 annex A (part 2: CRS),
19-079r2 annex A (part 3: queryables and filter) and 20-057 annex A (Tiles).
"""

import json
import re
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import mapbox_vector_tile
import pytest
import shapely
from django.test import Client
from lxml import html
from pyproj import CRS, Transformer

from stadtkern.features import services
from stadtkern.features.boxes import mercator
from stadtkern.features.services import Described, NewFeature
from stadtkern.standards.ogc import conformance, openapi
from stadtkern.standards.ogc.conftest import NOON, Ask

Json: TypeAlias = Any
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("town")]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CODES = [4326, 3857, 25832, 25833, 2180]
FEATURES = ["trees", "parks", "areas", "addresses"]
ITEMS = "collections/trees/items"


def links(document: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [one for one in document["links"] if one["rel"] == rel]


def follow(client: Client, one: dict[str, Any]) -> Json:
    """Follow a link: it answers with the type it promises."""
    parts = urlsplit(one["href"])
    answer = client.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    assert answer.status_code == 200, one
    assert answer["Content-Type"].replace("; charset=utf-8", "") == one["type"]
    return answer


def problem(client: Client, path: str, status: int = 400) -> str:
    answer = client.get(f"/ogc/{path}")
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status
    assert found["detail"]
    return str(found["detail"])


# --- 17-069r4, /conf/core


def test_core_http(client: Client) -> None:
    """Conf/core/http: HTTP 1.1 with its methods; others are refused by 405."""
    assert client.head("/ogc/collections").status_code == 200
    assert client.options("/ogc/collections").status_code == 204
    refused = client.post("/ogc/collections/trees/items")
    assert refused.status_code == 405
    assert refused["Allow"] == "GET, HEAD, OPTIONS"


def test_core_root_op_and_root_success(client: Client, ask: Ask) -> None:
    found = ask("")
    for rel in ("service-desc", "service-doc", "conformance", "data", "self", "alternate"):
        assert links(found, rel), rel
        for one in links(found, rel):
            follow(client, one)


def test_core_api_definition_op_and_success(client: Client, ask: Ask) -> None:
    (described,) = links(ask(""), "service-desc")
    answer = follow(client, described)
    assert answer["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert answer.json()["openapi"].startswith("3.0")


def test_core_conformance_op_and_success(ask: Ask) -> None:
    found = ask("conformance")["conformsTo"]
    for name in ("core", "geojson", "html", "oas30"):
        assert f"{conformance.FEATURES}{name}" in found
    assert f"{conformance.CRS}crs" in found


def test_core_fc_md_op_and_success(ask: Ask) -> None:
    found = ask("collections")
    assert {one["id"] for one in found["collections"]} >= {*FEATURES, "catalogue"}
    assert links(found, "self")
    assert links(found, "alternate")


@pytest.mark.parametrize("name", FEATURES)
def test_core_fc_md_links_items_and_extent(client: Client, ask: Ask, name: str) -> None:
    """Conf/core/fc-md-items, /fc-md-items-links, /fc-md-extent."""
    (found,) = [one for one in ask("collections")["collections"] if one["id"] == name]
    assert {one["type"] for one in links(found, "items")} == {"application/geo+json", "text/html"}
    for one in links(found, "items"):
        follow(client, one)
    (box,) = found["extent"]["spatial"]["bbox"]
    assert len(box) == 4
    for feature in ask(f"collections/{name}/items", limit=1000)["features"]:
        assert_within(feature["geometry"], box)


def assert_within(geometry: Json, box: list[float]) -> None:

    west, south, east, north = shapely.bounds(shapely.from_geojson(json.dumps(geometry)))
    assert box[0] <= west + 1e-6
    assert box[1] <= south + 1e-6
    assert box[2] >= east - 1e-6
    assert box[3] >= north - 1e-6


@pytest.mark.parametrize("name", FEATURES)
def test_core_sfc_md_op_and_success(ask: Ask, name: str) -> None:
    """The description is the same alone and in the list."""
    alone = ask(f"collections/{name}")
    (listed,) = [one for one in ask("collections")["collections"] if one["id"] == name]
    assert {key: value for key, value in alone.items() if key != "links"} == {
        key: value for key, value in listed.items() if key != "links"
    }
    problem_path = Client().get(f"/ogc/collections/{name}x")
    assert problem_path.status_code == 404


@pytest.mark.parametrize("name", FEATURES)
def test_core_fc_op_and_fc_response(ask: Ask, name: str) -> None:
    found = ask(f"collections/{name}/items")
    assert found["type"] == "FeatureCollection"
    assert all(
        one["type"] == "Feature" and "geometry" in one and "properties" in one for one in found["features"]
    )
    assert len({one["id"] for one in found["features"]}) == len(found["features"])


def test_core_fc_limit_definition_and_response(client: Client, ask: Ask) -> None:
    assert len(ask(ITEMS)["features"]) == 10
    for limit in (1, 7, 49):
        assert len(ask(ITEMS, limit=limit)["features"]) == limit
    assert len(ask(ITEMS, limit=10**15)["features"]) == 50
    for wrong in ("0", "-1", "x", "1.5", "", "\u0661"):
        assert "limit" in problem(client, f"{ITEMS}?limit={wrong}")


def test_core_fc_bbox_definition_and_response(client: Client, ask: Ask) -> None:
    found = ask(ITEMS, bbox="14.7095,51.9,14.7155,52")["features"]
    assert [one["id"] for one in found] == [11, 12, 13, 14, 15, 16]
    assert ask(ITEMS, bbox="14.7095,51.9,-10,14.7155,52,10")["features"] == found
    assert ask(ITEMS, bbox="0,0,1,1")["features"] == []
    assert len(ask(ITEMS, bbox="14,50,-170,60", limit=100)["features"]) == 50  # crosses the 180th meridian
    for wrong in (
        "1,2,3",
        "1,2,3,4,5",
        "a,b,c,d",
        "1,5,2,4",
        "nan,1,2,3",
        "1,2,inf,4",
        "-181,0,1,1",
        "",
        "1,2,3,91",
    ):
        assert "bbox" in problem(client, f"{ITEMS}?bbox={wrong}"), wrong


def test_core_fc_time_definition_and_response(client: Client, ask: Ask) -> None:
    ids = lambda text: [one["id"] for one in ask(ITEMS, datetime=text, limit=100)["features"]]  # noqa: E731
    assert ids("2026-06-01T14:00:00Z") == [3]
    assert ids("2026-06-01T16:00:00%2B02:00".replace("%2B", "+")) == [3]
    assert ids("2026-06-01T14:00:00Z/2026-06-01T16:00:00Z") == [3, 4, 5]
    assert ids("../2026-06-01T13:00:00Z") == ids("/2026-06-01T13:00:00Z") == [1, 2]
    assert ids("2026-06-03T12:30:00Z/..") == [50]
    assert len(ids("2026-06-01")) == 12
    for wrong in (
        "yesterday",
        "2026",
        "2026-13-01",
        "../..",
        "/",
        "2026-01-02/2026-01-01",
        "2026-01-01/2026-01-02/x",
        "",
    ):
        assert "datetime" in problem(client, f"{ITEMS}?datetime={wrong}"), wrong


@pytest.mark.parametrize(
    "path",
    [
        "",
        "conformance",
        "collections",
        "collections/trees",
        ITEMS,
        f"{ITEMS}/1",
        "api",
        "tileMatrixSets",
        "collections/trees/tiles",
        "collections/catalogue/items",
    ],
)
def test_core_query_param_unknown_and_invalid(client: Client, path: str) -> None:
    assert "unknown-parameter" in problem(client, f"{path}?unknown-parameter=1")
    assert "f:" in problem(client, f"{path}?f=shapefile")
    assert "lang" in problem(client, f"{path}?lang=tlh")
    assert "once" in problem(client, f"{path}?f=json&f=json")


def test_core_fc_links_and_fc_rel_type(client: Client, ask: Ask) -> None:
    """Self, alternate and next keep all parameters; `next` leads to the end without gap or repeat."""
    found = ask(ITEMS, limit=7, bbox="14.7095,51.9,14.7405,52")
    (own,) = links(found, "self")
    assert dict(parse_qsl(urlsplit(own["href"]).query)) == {
        "limit": "7",
        "bbox": "14.7095,51.9,14.7405,52",
        "f": "json",
    }
    assert follow(client, links(found, "alternate")[0])["Content-Type"].startswith("text/html")
    seen = [one["id"] for one in found["features"]]
    while following := links(found, "next"):
        assert following[0]["type"] == "application/geo+json"
        found = follow(client, following[0]).json()
        assert len(found["features"]) <= 7
        seen += [one["id"] for one in found["features"]]
    assert seen == list(range(11, 42))


def test_core_fc_time_stamp(ask: Ask) -> None:
    stamp = datetime.fromisoformat(ask(ITEMS)["timeStamp"])
    assert abs((datetime.now(UTC) - stamp).total_seconds()) < 60


def test_core_fc_number_matched_and_returned(ask: Ask) -> None:
    found = ask(ITEMS, limit=3)
    assert (found["numberMatched"], found["numberReturned"]) == (50, 3)
    found = ask(ITEMS, bbox="14.7095,51.9,14.7155,52")
    assert found["numberMatched"] == found["numberReturned"] == len(found["features"]) == 6
    assert "numberMatched" not in ask(
        ITEMS, bbox="14.7095,51.9,14.7405,52", limit=2
    )  # not known without counting


@pytest.mark.parametrize("name", FEATURES)
def test_core_f_op_f_success_and_f_links(client: Client, ask: Ask, name: str) -> None:
    for listed in ask(f"collections/{name}/items")["features"][:3]:
        one = ask(f"collections/{name}/items/{listed['id']}")
        assert {key: one[key] for key in ("type", "id", "geometry", "properties")} == listed
        for rel in ("self", "alternate", "collection"):
            follow(client, links(one, rel)[0])
    problem(client, f"collections/{name}/items/there-is-none", 404)
    problem(client, f"collections/{name}/items/1?bbox=1,2,3,4")


def test_core_errors_are_problems_also_for_browsers(client: Client) -> None:
    answer = client.get("/ogc/collections/none", headers={"Accept": "text/html"})
    assert answer["Content-Type"] == "application/problem+json"
    assert client.get("/ogc/nowhere/at/all").status_code == 404


def test_core_property_filters(client: Client, ask: Ask) -> None:
    """17-069r4 section 7.15.5."""
    assert [one["id"] for one in ask(ITEMS, name="Käthe 0")["features"]] == [1]
    assert [one["id"] for one in ask(ITEMS, height=1.5)["features"]] == [4]
    assert ask(ITEMS, felled="true", limit=100)["numberReturned"] == 25
    assert ask(ITEMS, kind="Linde", felled="false", limit=100)["numberReturned"] == 8
    assert "height" in problem(client, f"{ITEMS}?height=tall")
    assert "felled" in problem(client, f"{ITEMS}?felled=maybe")


# --- 17-069r4, /conf/geojson and /conf/html


@pytest.mark.parametrize("name", FEATURES)
def test_geojson_definition_and_content(client: Client, name: str) -> None:
    for accept in (
        "application/geo+json",
        "application/json",
        "*/*",
        "application/geo+json;q=0.9,text/html;q=0.1",
    ):
        answer = client.get(f"/ogc/collections/{name}/items", headers={"Accept": accept})
        assert answer["Content-Type"] == "application/geo+json"
    for one in answer.json()["features"]:
        assert one["geometry"]["type"] in {"Point", "Polygon", "MultiPolygon"}
        for x, y in re.findall(r"\[(-?[\d.]+), (-?[\d.]+)\]", str(one["geometry"]["coordinates"])):
            assert abs(float(x)) <= 180
            assert abs(float(y)) <= 90


def test_geojson_rings_turn_as_rfc_7946_wants(ask: Ask) -> None:

    for name in ("parks", "areas"):
        for one in ask(f"collections/{name}/items")["features"]:
            for polygon in shapely.get_parts(shapely.from_geojson(json.dumps(one["geometry"]))):
                assert shapely.is_ccw(polygon.exterior)


PAGES = [
    "", "conformance", "api", "collections", "collections/trees", "collections/trees/queryables", ITEMS,
    f"{ITEMS}/1", "collections/parks/items/park/1", "collections/catalogue", "collections/catalogue/items",
    "tileMatrixSets", "tileMatrixSets/WebMercatorQuad", "collections/trees/tiles",
    "collections/trees/tiles/WebMercatorQuad",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_html_definition_and_content(client: Client, path: str) -> None:
    """Every resource is a page, too; the page shows the content and leads to the other forms."""
    answer = client.get(f"/ogc/{path}", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    page = html.fromstring(answer.content)
    assert len(page.findall(".//h1")) == 1
    assert client.get(f"/ogc/{path}?f=html&lang=pl").content.count(b'lang="pl"')


def test_html_content_of_features(client: Client) -> None:
    page = html.fromstring(client.get(f"/ogc/{ITEMS}?f=html&limit=3").content)
    assert len(page.findall(".//table/tbody/tr")) == 3
    assert len(page.findall(".//ol[@class='sk-places']/li")) == 3
    assert "Käthe 0" in page.text_content()
    assert page.findall(".//a[@rel='next']")


def test_html_shows_markup_of_others_as_text(
    client: Client, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:

    hostile = "<script>alert(1)</script>"
    features = [NewFeature(shapely.Point(1, 1), {hostile: hostile}, key=hostile)]
    services.replace("trees", features, about=Described(source="test", reference=1, title={"de": hostile}))
    for path in ("collections/trees", ITEMS, "collections/trees/queryables"):
        assert hostile not in client.get(f"/ogc/{path}?f=html").content.decode()


# --- 17-069r4, /conf/oas30


def test_oas30_completeness_and_definition(ask: Ask) -> None:
    """Conf/oas30/completeness, /oas-definition-1, -2: every address, each parameter, each reference."""
    document = ask("api")
    for path in (
        "/",
        "/conformance",
        "/collections",
        "/collections/{collectionId}",
        "/collections/{collectionId}/items",
        "/collections/{collectionId}/items/{featureId}",
    ):
        operation = document["paths"][path]["get"]
        assert operation["responses"]["200"]["content"]
    names = set(re.findall(r'"\$ref": ?"#/components/([^"]+)"', json.dumps(document)))
    for name in names:
        kind, _slash, key = name.partition("/")
        assert key in document["components"][kind]
    ids = [one["get"]["operationId"] for one in document["paths"].values()]
    assert len(ids) == len(set(ids))


def test_oas30_parameters_are_those_of_the_standard(ask: Ask) -> None:
    given = ask("api")["components"]["parameters"]
    assert given["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10000, "default": 10}
    assert given["bbox"]["schema"] == {
        "type": "array",
        "minItems": 4,
        "maxItems": 6,
        "items": {"type": "number"},
    }
    assert (given["bbox"]["style"], given["bbox"]["explode"]) == ("form", False)
    assert given["datetime"]["schema"]["type"] == "string"


def test_oas30_exceptions_codes(ask: Ask) -> None:
    for one in ask("api")["paths"].values():
        assert {"200", "400", "404"} <= set(one["get"]["responses"])


def test_oas30_every_collection_is_named(ask: Ask) -> None:
    path = ask("api")["paths"]["/collections/{collectionId}/items"]
    assert set(path["get"]["parameters"][0]["schema"]["enum"]) >= set(FEATURES)
    assert openapi.MOST_NAMES


# --- 18-058r1, /conf/crs


def test_crs_fc_md_crs_list_and_storage_crs(ask: Ask) -> None:
    wanted = [CRS84, *(f"{EPSG}{code}" for code in CODES)]
    found = ask("collections")
    assert found["crs"] == wanted
    for one in found["collections"]:
        if one["itemType"] == "feature":
            assert one["crs"] == wanted
            assert one["storageCrs"] == CRS84


def test_crs_fc_crs_valid_value_and_invalid(client: Client, ask: Ask) -> None:
    for name in ("crs", "bbox-crs"):
        for wrong in ("EPSG:31469", f"{EPSG}1", "http://example.org/crs", ""):
            assert name in problem(client, f"{ITEMS}?bbox=1,2,3,4&{name}={wrong}")
    assert "bbox-crs" in problem(client, f"{ITEMS}?bbox-crs={CRS84}")


def test_crs_ogc_crs_header(client: Client) -> None:
    """Conf/crs/ogc-crs-header, /ogc-crs-header-value; the default is CRS84."""
    for path in (ITEMS, f"{ITEMS}/1"):
        assert client.get(f"/ogc/{path}")["Content-Crs"] == f"<{CRS84}>"
        for code in CODES:
            assert client.get(f"/ogc/{path}?crs={EPSG}{code}")["Content-Crs"] == f"<{EPSG}{code}>"


@pytest.mark.parametrize("code", CODES)
def test_crs_fc_crs_action_axis_order(ask: Ask, code: int) -> None:
    """Coordinates come in the order of the authority's axes, as PROJ says without us."""
    (one,) = ask(ITEMS, limit=1, crs=f"{EPSG}{code}")["features"]
    expected = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}").transform(14.7, 51.95)
    assert one["geometry"]["coordinates"] == pytest.approx(expected, abs=0.002 if code != 4326 else 1e-8)
    single = ask(f"{ITEMS}/1", crs=f"{EPSG}{code}")
    assert single["geometry"] == one["geometry"]
    assert CRS.from_epsg(code).axis_info


@pytest.mark.parametrize("code", CODES)
def test_crs_fc_bbox_crs_action(ask: Ask, code: int) -> None:
    """The same box in each system finds the same features."""
    way = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}")
    corners = [way.transform(x, y) for x in (14.7095, 14.7155) for y in (51.94, 51.96)]
    low, high = (
        [min(c[axis] for c in corners) for axis in (0, 1)],
        [max(c[axis] for c in corners) for axis in (0, 1)],
    )
    text = ",".join(map(str, [*low, *high]))
    found = ask(ITEMS, bbox=text, limit=100, bbox_crs=f"{EPSG}{code}")["features"]
    inside = set()
    for number in range(50):
        x, y = way.transform(14.7 + number / 1000, 51.95)
        if low[0] <= x <= high[0] and low[1] <= y <= high[1]:
            inside.add(number + 1)
    assert {one["id"] for one in found} == inside >= {11, 12, 13, 14, 15, 16}


def test_crs_wrong_axis_order_finds_nothing(ask: Ask) -> None:
    assert ask(ITEMS, bbox="14.7,51.9,14.8,52", bbox_crs=f"{EPSG}4326")["features"] == []
    assert len(ask(ITEMS, bbox="51.9,14.6,52,14.8", bbox_crs=f"{EPSG}4326")["features"]) == 10


# --- 19-079r2, queryables and filter


def test_queryables_are_a_schema_of_what_can_be_asked(client: Client, ask: Ask) -> None:
    found = ask("collections/trees/queryables")
    assert found["$id"].endswith("/collections/trees/queryables")
    assert found["properties"]["height"]["type"] == "number"
    assert found["properties"]["planted"] == {"title": "planted", "type": "string", "format": "date"}
    assert found["properties"]["geometry"]["format"] == "geometry-point"
    assert found["additionalProperties"] is False
    answer = follow(
        client, links(ask("collections/trees"), "http://www.opengis.net/def/rel/ogc/1.0/queryables")[0]
    )
    assert answer["Content-Type"] == "application/schema+json"


def test_filter_lang_and_filter_crs(client: Client, ask: Ask) -> None:
    text = "S_INTERSECTS(geometry, POLYGON((51.9 14.7095,52 14.7095,52 14.7155,51.9 14.7155,51.9 14.7095)))"
    assert ask(ITEMS, filter=text, filter_crs=f"{EPSG}4326")["numberReturned"] == 6
    tree = {"op": "=", "args": [{"property": "height"}, 1.5]}
    assert ask(ITEMS, filter=json.dumps(tree), filter_lang="cql2-json")["features"][0]["id"] == 4
    assert "filter-lang" in problem(client, f"{ITEMS}?filter=height=1&filter-lang=ecql")
    assert "filter" in problem(client, f"{ITEMS}?filter-lang=cql2-text")


# --- 20-057, Tiles


def place(zoom: int) -> tuple[int, int]:
    x, y = mercator(14.72, 51.9501)
    return int(y * 2**zoom), int(x * 2**zoom)


def test_tiles_core_tc_op_and_success(client: Client) -> None:
    row, column = place(12)
    answer = client.get(f"/ogc/collections/trees/tiles/WebMercatorQuad/12/{row}/{column}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    layer = mapbox_vector_tile.decode(answer.content)["trees"]
    assert layer["extent"] == 4096
    assert layer["features"]
    assert layer["features"][0]["properties"].keys() >= {"name", "kind", "height"}
    packed = client.get(
        f"/ogc/collections/trees/tiles/WebMercatorQuad/12/{row}/{column}", headers={"Accept-Encoding": "gzip"}
    )
    assert packed["Content-Encoding"] == "gzip"
    assert (
        client.get(f"/ogc/collections/trees/tiles/WebMercatorQuad/12/{row}/{column}?f=mvt").status_code == 200
    )


def test_tiles_core_tc_error(client: Client) -> None:
    for path in (
        "WebMercatorQuad/2/4/0",
        "WebMercatorQuad/23/0/0",
        "WebMercatorQuad/a/0/0",
        "WebMercatorQuad/1/-1/0",
        "Other/0/0/0",
    ):
        problem(client, f"collections/trees/tiles/{path}", 404)
    problem(client, "collections/none/tiles/WebMercatorQuad/0/0/0", 404)
    problem(client, "collections/trees/tiles/WebMercatorQuad/0/0/0?f=png")
    assert client.get("/ogc/collections/trees/tiles/WebMercatorQuad/12/0/0").status_code == 204


@pytest.mark.parametrize("zoom", range(0, 19, 3))
def test_tiles_mvt_content_is_where_it_belongs(client: Client, zoom: int) -> None:
    row, column = place(zoom)
    answer = client.get(f"/ogc/collections/parks/tiles/WebMercatorQuad/{zoom}/{row}/{column}")
    assert answer.status_code in {200, 204}
    answer = client.get(f"/ogc/collections/trees/tiles/WebMercatorQuad/{zoom}/{row}/{column}")
    if answer.status_code == 204:
        assert zoom > 15
        return
    for one in mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})["trees"][
        "features"
    ]:
        number = one["id"]
        x, y = mercator(14.7 + (number - 1) / 1000, 51.95)
        expected = ((x * 2**zoom - column) * 4096, (y * 2**zoom - row) * 4096)
        assert one["geometry"]["coordinates"] == pytest.approx(expected, abs=0.51)


def test_tiles_tileset_description(client: Client, ask: Ask) -> None:
    found = ask("collections/trees/tiles/WebMercatorQuad")
    assert found["dataType"] == "vector"
    assert found["crs"] == f"{EPSG}3857"
    assert found["tileMatrixSetURI"].endswith("/WebMercatorQuad")
    (item,) = links(found, "item")
    assert item["templated"] is True
    limits = {one["tileMatrix"]: one for one in found["tileMatrixSetLimits"]}
    row, column = place(12)
    assert limits["12"]["minTileRow"] <= row <= limits["12"]["maxTileRow"]
    assert limits["12"]["minTileCol"] <= column <= limits["12"]["maxTileCol"]
    path = urlsplit(item["href"].format(tileMatrix=12, tileRow=row, tileCol=column))
    assert client.get(f"{path.path}?{path.query}").status_code == 200
    (scheme,) = links(found, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme")
    assert follow(client, scheme).json()["tileMatrices"][12]["matrixWidth"] == 4096
    tilejson = ask("collections/trees/tiles/WebMercatorQuad", f="tilejson")
    assert tilejson["tilejson"] == "3.0.0"
    assert tilejson["vector_layers"][0]["fields"]["height"] == "Number"


def test_tiles_tilesets_list_and_geodata_tilesets(client: Client, ask: Ask) -> None:
    (address,) = links(ask("collections/trees"), "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector")
    (one,) = follow(client, address).json()["tilesets"]
    follow(client, links(one, "self")[0])


def test_tiles_tms_definition_is_that_of_17_083r4(ask: Ask) -> None:
    found = ask("tileMatrixSets/WebMercatorQuad")
    assert found["tileMatrices"][0]["scaleDenominator"] == pytest.approx(559082264.028717)
    assert found["tileMatrices"][18]["cellSize"] == pytest.approx(0.597164283559817)
    assert found["tileMatrices"][0]["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892])


def test_all_of_them_carry_cors_etag_and_language(client: Client) -> None:
    for path in PAGES:
        answer = client.get(f"/ogc/{path}?f=json", headers={"Accept-Language": "pl"})
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["Content-Language"] == "pl"
        assert "Accept-Language" in answer["Vary"]
        again = client.get(
            f"/ogc/{path}?f=json", headers={"If-None-Match": answer["ETag"], "Accept-Language": "pl"}
        )
        assert again.status_code == 304
    assert client.get("/ogc/", headers={"Accept": "image/png"}).status_code == 406
    assert NOON
