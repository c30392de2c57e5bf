"""The interface described for programs (OpenAPI 3.0; 17-069r4 requirements class oas30)."""

from typing import Any

from django.utils.translation import gettext as _

from stadtkern import __version__
from stadtkern.features import collections
from stadtkern.features.tiles import LAST_ZOOM
from stadtkern.standards.ogc import items, records
from stadtkern.standards.ogc.answering import Reply
from stadtkern.standards.ogc.asking import GEOJSON, HTML, JSON, MVT, PROBLEM, SCHEMA, Ask
from stadtkern.standards.ogc.crs import systems
from stadtkern.standards.ogc.filters import LANGUAGES
from stadtkern.standards.ogc.tiles import QUAD, TILEJSON
from stadtkern.web.town import current_town

MOST_NAMES = 200
"""Names of collections that are listed in the description; with more of them any text is allowed."""


def described(ask: Ask) -> Reply:
    """Return the description of the interface."""
    document = {
        "openapi": "3.0.3",
        "info": {
            "title": _("Map data of %(town)s") % {"town": current_town().name},
            "version": __version__,
            "description": _("OGC API Features, Tiles and Records."),
            "license": {"name": _("The licence of each layer stands in its description.")},
        },
        "servers": [{"url": ask.root}],
        "paths": paths(collections.names(ask.request)),
        "components": {"parameters": parameters(), "schemas": SCHEMAS},
    }
    rows = [
        (
            path,
            one["get"]["summary"],
            [
                word["$ref"].rpartition("/")[2] if "$ref" in word else word["name"]
                for word in one["get"]["parameters"]
            ],
        )
        for path, one in document["paths"].items()
    ]
    return Reply(document, "ogc/api.html", {"rows": rows})


LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {
        "href": {"type": "string"}, "rel": {"type": "string"}, "type": {"type": "string"},
        "title": {"type": "string"}, "templated": {"type": "boolean"},
    },
}  # fmt: skip
LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
NUMBERS = {"type": "array", "items": {"type": "number"}}
SCHEMAS: dict[str, Any] = {
    "Link": LINK,
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"}, "instance": {"type": "string"},
        },
    },
    "Landing": {
        "type": "object",
        "required": ["links"],
        "properties": {"title": {"type": "string"}, "description": {"type": "string"}, "links": LINKS},
    },
    "Conformance": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}},
    },
    "Collection": {
        "type": "object",
        "required": ["id", "links", "extent"],
        "properties": {
            "id": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
            "itemType": {"type": "string"}, "links": LINKS,
            "crs": {"type": "array", "items": {"type": "string"}}, "storageCrs": {"type": "string"},
            "extent": {
                "type": "object",
                "properties": {
                    "spatial": {
                        "type": "object",
                        "required": ["bbox"],
                        "properties": {"bbox": {"type": "array", "minItems": 1, "items": NUMBERS}},
                    },
                    "temporal": {"type": "object"},
                },
            },
        },
    },
    "Collections": {
        "type": "object",
        "required": ["links", "collections"],
        "properties": {
            "links": LINKS,
            "collections": {"type": "array", "items": {"$ref": "#/components/schemas/Collection"}},
        },
    },
    "Feature": {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object", "nullable": True},
            "links": LINKS,
        },
    },
    "FeatureCollection": {
        "type": "object",
        "required": ["type", "features", "links", "numberReturned"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
            "links": LINKS,
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberMatched": {"type": "integer", "minimum": 0},
        },
    },
    "Object": {"type": "object"},
}  # fmt: skip


def parameters() -> dict[str, Any]:
    """Return the parameters that several addresses take."""
    uris = list(systems())
    box = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    text = {"type": "string"}
    return {
        "f": _query("f", {"type": "string", "enum": ["json", "html"]}, "form of the answer"),
        "lang": _query("lang", {"type": "string", "enum": ["de", "pl", "en", "dsb"]}, "language"),
        "bbox": _query("bbox", box, "only what touches this box", style="form", explode=False),
        "bbox-crs": _query("bbox-crs", {"type": "string", "enum": uris}, "coordinates of bbox"),
        "crs": _query("crs", {"type": "string", "enum": uris}, "coordinates of the answer"),
        "datetime": _query(
            "datetime", text, "a time or an interval with a slash, .. is open", style="form", explode=False
        ),
        "limit": _query(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": items.MOST, "default": items.DEFAULT},
            "most features of a page",
            style="form",
            explode=False,
        ),
        "cursor": _query("cursor", {"type": "integer", "minimum": 0}, "after which feature to go on"),
        "filter": _query("filter", text, "condition in CQL2"),
        "filter-lang": _query("filter-lang", {"type": "string", "enum": list(LANGUAGES)}, "form of filter"),
        "filter-crs": _query("filter-crs", {"type": "string", "enum": uris}, "coordinates in filter"),
        "q": _query("q", text, "terms with commas between"),
    }


def _query(name: str, schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        **more,
    }


def _path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _ref(*names: str) -> list[dict[str, Any]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def operation(
    name: str, summary: str, given: list[dict[str, Any]], answers: dict[str, str]
) -> dict[str, Any]:
    """Return one address: its parameters, the schema of each form of its answer, its errors."""
    content = {
        media: {"schema": {"type": "string"} if not schema else {"$ref": f"#/components/schemas/{schema}"}}
        for media, schema in answers.items()
    }
    wrong = {"content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    responses = {
        "200": {"description": "OK", "content": content},
        "204": {"description": "nothing there"},
        "400": {"description": "a parameter cannot be used", **wrong},
        "404": {"description": "there is no such thing", **wrong},
        "406": {"description": "not offered in this form", **wrong},
        "503": {"description": "takes too long", **wrong},
    }
    if MVT not in answers:
        responses.pop("204")
    return {"get": {"operationId": name, "summary": summary, "parameters": given, "responses": responses}}


def paths(names: list[str]) -> dict[str, Any]:
    """Return all addresses."""
    every = _ref("f", "lang")
    kind = {"type": "string", **({"enum": names} if 0 < len(names) <= MOST_NAMES else {})}
    own = [_path("collectionId", kind)]
    anywhere = [
        _path(
            "collectionId", {"type": "string", **({"enum": [*names, records.NAME]} if "enum" in kind else {})}
        )
    ]
    grid = [_path("tileMatrixSetId", {"type": "string", "enum": [QUAD]})]
    place = [
        _path("tileMatrix", {"type": "integer", "minimum": 0, "maximum": LAST_ZOOM}),
        _path("tileRow", {"type": "integer", "minimum": 0}),
        _path("tileCol", {"type": "integer", "minimum": 0}),
    ]
    asked = _ref(*items.PARAMETERS)
    one = "/collections/{collectionId}"
    page = {HTML: ""}
    sets = [_query("f", {"type": "string", "enum": ["json", "tilejson", "html"]}, "form"), *_ref("lang")]
    mvt = [_query("f", {"type": "string", "enum": ["mvt"]}, "form"), *_ref("lang")]
    return {
        "/": operation("landing", _("Landing page"), every, {JSON: "Landing", **page}),
        "/conformance": operation(
            "conformance", _("Standards that are met"), every, {JSON: "Conformance", **page}
        ),
        "/collections": operation(
            "collections",
            _("All layers"),
            [
                *every,
                _query("limit", {"type": "integer", "minimum": 1}, "most layers"),
                _query("offset", {"type": "integer", "minimum": 0}, "layers to pass over"),
            ],
            {JSON: "Collections", **page},
        ),
        one: operation("collection", _("One layer"), [*anywhere, *every], {JSON: "Collection", **page}),
        f"{one}/queryables": operation(
            "queryables", _("What can be asked for"), [*own, *every], {SCHEMA: "Object", **page}
        ),
        f"{one}/items": operation(
            "items", _("Features"), [*own, *every, *asked], {GEOJSON: "FeatureCollection", **page}
        ),
        f"{one}/items/{{featureId}}": operation(
            "item",
            _("One feature"),
            [*own, _path("featureId", {"type": "string"}), *every, *_ref("crs")],
            {GEOJSON: "Feature", **page},
        ),
        f"/collections/{records.NAME}/items": operation(
            "records",
            _("Datasets of the catalogue"),
            [
                *every,
                *_ref("q", "bbox", "bbox-crs", "datetime", "limit", "cursor"),
                _query("type", {"type": "string"}, "kind of record"),
                _query("ids", {"type": "string"}, "names with commas between"),
                _query("externalIds", {"type": "string"}, "identifiers with commas between"),
            ],
            {GEOJSON: "FeatureCollection", **page},
        ),
        f"/collections/{records.NAME}/items/{{recordId}}": operation(
            "record",
            _("One dataset of the catalogue"),
            [_path("recordId", {"type": "string"}), *every],
            {GEOJSON: "Feature", **page},
        ),
        "/tileMatrixSets": operation("grids", _("Grids of the tiles"), every, {JSON: "Object", **page}),
        "/tileMatrixSets/{tileMatrixSetId}": operation(
            "grid", _("One grid"), [*grid, *every], {JSON: "Object", **page}
        ),
        f"{one}/tiles": operation(
            "tilesets", _("Tilesets of a layer"), [*own, *every], {JSON: "Object", **page}
        ),
        f"{one}/tiles/{{tileMatrixSetId}}": operation(
            "tileset",
            _("Description of a tileset"),
            [*own, *grid, *sets],
            {JSON: "Object", TILEJSON: "Object", **page},
        ),
        f"{one}/tiles/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": operation(
            "tile", _("One vector tile"), [*own, *grid, *place, *mvt], {MVT: ""}
        ),
    }
