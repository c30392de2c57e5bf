"""Vector tiles and what describes them (20-057 OGC API Tiles 1.0, 17-083r4)."""

import gzip
from typing import Any

from django.utils.translation import gettext as _

from stadtkern.base.errors import NotFound
from stadtkern.features import collections, tiles
from stadtkern.features.boxes import WORLD, mercator
from stadtkern.features.collections import About, Collection
from stadtkern.standards.ogc.answering import Reply, link, own_links
from stadtkern.standards.ogc.asking import HTML, JSON, JSON_FORMS, MVT, SCHEMA, Ask
from stadtkern.standards.ogc.crs import CRS84, EPSG
from stadtkern.standards.ogc.documents import QUERYABLES, address_of
from stadtkern.standards.ogc.limits import within

QUAD = "WebMercatorQuad"
QUAD_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
TILEJSON = "application/vnd.mapbox.tile+json"
SCALE, CELL, EDGE = 559082264.0287178, 156543.03392804097, 20037508.342789244
"""Scale denominator and cell size in metres of zoom 0, and half the edge of the square."""
TILE_FORMS = {"mvt": MVT}
SET_FORMS = {"json": JSON, "tilejson": TILEJSON, "html": HTML}
SECONDS = 8.0
DIMENSIONS = {
    "Point": 0,
    "MultiPoint": 0,
    "LineString": 1,
    "MultiLineString": 1,
    "Polygon": 2,
    "MultiPolygon": 2,
}


def schemes(ask: Ask) -> Reply:
    """Return the list of grids."""
    own = f"{ask.url}/{QUAD}"
    one = {
        "id": QUAD,
        "title": TITLE,
        "uri": QUAD_URI,
        "crs": f"{EPSG}3857",
        "links": [link(own, "self", JSON)],
    }
    document = {"links": own_links(ask, JSON_FORMS), "tileMatrixSets": [one]}
    return Reply(document, "ogc/plain.html", {"title": _("Grids of the tiles")})


TITLE = "Google Maps Compatible for the World"


def scheme(ask: Ask, name: str) -> Reply:
    """Return the definition of a grid."""
    _require_quad(name)
    document = {
        "id": QUAD,
        "title": TITLE,
        "uri": QUAD_URI,
        "crs": f"{EPSG}3857",
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "links": own_links(ask, JSON_FORMS),
        "tileMatrices": [
            {
                "id": str(zoom),
                "scaleDenominator": SCALE / 2**zoom,
                "cellSize": CELL / 2**zoom,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-EDGE, EDGE],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": 2**zoom,
                "matrixHeight": 2**zoom,
            }
            for zoom in range(tiles.LAST_ZOOM + 1)
        ],
    }
    return Reply(document, "ogc/plain.html", {"title": QUAD})


def _require_quad(name: str) -> None:
    if name != QUAD:
        raise NotFound(f"There is no grid {name[:60]!r}; there is {QUAD}.")


def listing(ask: Ask, name: str) -> Reply:
    """Return the tilesets of a collection (requirement tilesets-list)."""
    about = collections.get(name, ask.request).about()
    own = f"{ask.url}/{QUAD}"
    one = {
        "title": about.title,
        "dataType": "vector",
        "crs": f"{EPSG}3857",
        "tileMatrixSetURI": QUAD_URI,
        "links": [link(own, "self", JSON), _items(own)],
    }
    document = {"links": own_links(ask, JSON_FORMS), "tilesets": [one]}
    facts = {"title": _("Vector tiles: %(name)s") % {"name": about.title}}
    return Reply(document, "ogc/plain.html", facts, is_public=about.is_public)


def _items(own: str) -> dict[str, Any]:
    address = f"{own}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f=mvt"
    return link(address, "item", MVT, _("Tiles"), templated=True)


def metadata(ask: Ask, name: str, grid: str) -> Reply:
    """Return the description of a tileset (requirement tileset/description); as TileJSON for map programs."""
    _require_quad(grid)
    found = collections.get(name, ask.request)
    about = found.about()
    if ask.form == "tilejson":
        return Reply(_tilejson(ask, about, found), is_public=about.is_public)
    west, south, east, north = about.bounds or WORLD
    own = address_of(ask, name)
    document = {
        "title": about.title,
        "description": about.description,
        "dataType": "vector",
        "crs": f"{EPSG}3857",
        "tileMatrixSetURI": QUAD_URI,
        "attribution": about.attribution,
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84},
        "tileMatrixSetLimits": [_limits(about, zoom) for zoom in range(tiles.LAST_ZOOM + 1)],
        "layers": [_layer(about, found)],
        "links": [
            *own_links(ask, SET_FORMS),
            _items(ask.url),
            link(f"{ask.root}/tileMatrixSets/{QUAD}", SCHEME, JSON, QUAD),
            link(own, "http://www.opengis.net/def/rel/ogc/1.0/geodata", JSON, about.title),
            link(f"{own}/queryables", QUERYABLES, SCHEMA),
        ],
    }
    return Reply(document, "ogc/plain.html", {"title": about.title}, is_public=about.is_public)


def _layer(about: About, found: Collection) -> dict[str, Any]:
    layer: dict[str, Any] = {"id": about.name, "dataType": "vector"}
    dimensions = {DIMENSIONS[kind] for kind in about.geometries if kind in DIMENSIONS}
    if len(dimensions) == 1:
        layer["geometryDimension"] = dimensions.pop()
    kinds = {name: {"type": _plain(one.kind)} for name, one in found.properties().items()}
    return layer | {"propertiesSchema": {"type": "object", "properties": kinds}}


def _plain(kind: str) -> str:
    return "string" if kind in {"date", "date-time"} else kind


def _limits(about: About, zoom: int) -> dict[str, Any]:
    west, south, east, north = about.bounds or WORLD
    count = 2**zoom
    left, top = (min(int(value * count), count - 1) for value in mercator(west, north))
    right, bottom = (min(int(value * count), count - 1) for value in mercator(east, south))
    return {
        "tileMatrix": str(zoom),
        "minTileRow": max(top, 0),
        "maxTileRow": bottom,
        "minTileCol": max(left, 0),
        "maxTileCol": right,
    }


def _tilejson(ask: Ask, about: About, found: Collection) -> dict[str, Any]:
    kinds = {"integer": "Number", "number": "Number", "boolean": "Boolean"}
    fields = {name: kinds.get(one.kind, "String") for name, one in found.properties().items()}
    return {
        "tilejson": "3.0.0",
        "name": about.title,
        "attribution": about.attribution,
        "bounds": list(about.bounds or WORLD),
        "minzoom": 0,
        "maxzoom": 18,
        "tiles": [f"{ask.url}/{{z}}/{{y}}/{{x}}?f=mvt"],
        "vector_layers": [{"id": about.name, "description": about.title, "fields": fields}],
    }


def tile(ask: Ask, name: str, grid: str, where: tuple[int, int, int]) -> Reply:
    """Return a tile; an empty one has no content (requirement core/tc-success)."""
    _require_quad(grid)
    zoom, row, column = where
    if zoom > tiles.LAST_ZOOM or max(row, column) >= 2**zoom:
        raise NotFound(f"There is no tile {zoom}/{row}/{column} in {QUAD}.")
    found = collections.get(name, ask.request)
    about = found.about()
    with within(SECONDS):
        body = tiles.tile(found, about, zoom, column, row)
    headers = {}
    if body and "gzip" in ask.request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    elif body:
        body = gzip.decompress(body)
    return Reply(body, headers=headers, is_public=about.is_public)
