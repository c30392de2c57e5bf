"""The documents that say what there is: landing page, conformance, collections (17-069r4 chapter 7)."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from stadtkern.features import collections
from stadtkern.features.boxes import WORLD
from stadtkern.features.collections import GEOMETRY, TIME, About, Collection
from stadtkern.governance.licences import licence
from stadtkern.standards.ogc import conformance, records
from stadtkern.standards.ogc.answering import Reply, link, own_links
from stadtkern.standards.ogc.asking import GEOJSON, HTML, JSON, JSON_FORMS, MVT, OPENAPI, SCHEMA, Ask, whole
from stadtkern.standards.ogc.crs import CRS84, systems
from stadtkern.web.town import current_town

QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
SCHEMES = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
CATALOGUE = "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
COLLECTIONS, MOST_COLLECTIONS = 200, 1000


def landing(ask: Ask) -> Reply:
    """Return the landing page (requirement root-success)."""
    town = current_town().name
    document = {
        "title": _("Map data of %(town)s") % {"town": town},
        "description": _("Places, areas and measured values of the town for maps and programs."),
        "links": [
            *own_links(ask, JSON_FORMS),
            link(f"{ask.root}/api", "service-desc", OPENAPI, _("Description of the interface for programs")),
            link(f"{ask.root}/api?f=html", "service-doc", HTML, _("Description of the interface")),
            link(f"{ask.root}/conformance", "conformance", JSON, _("Standards that are met")),
            link(f"{ask.root}/collections", "data", JSON, _("All layers")),
            link(f"{ask.root}/tileMatrixSets", SCHEMES, JSON, _("Grids of the tiles")),
            link(f"{ask.root}/collections/{records.NAME}", CATALOGUE, JSON, _("Catalogue of the datasets")),
        ],
    }
    return Reply(document, "ogc/landing.html")


def conformity(ask: Ask) -> Reply:
    """Return the requirements classes that are met (requirement conformance-success)."""
    document = {"links": own_links(ask, JSON_FORMS), "conformsTo": list(conformance.CLASSES)}
    return Reply(document, "ogc/conformance.html")


def listing(ask: Ask) -> Reply:
    """Return the collections the reader may read, page by page (requirement fc-md-success)."""
    names = sorted([*collections.names(ask.request), records.NAME])
    limit = whole(ask, "limit", COLLECTIONS, 1, MOST_COLLECTIONS)
    offset = whole(ask, "offset", 0, 0, 10**9)
    shown = names[offset : offset + limit]
    links = own_links(ask, JSON_FORMS)
    if offset + limit < len(names):
        address = f"{ask.url}?f={ask.form}&limit={limit}&offset={offset + limit}"
        links.append(link(address, "next", ask.media_type, _("Next page")))
    found = collections.several(shown, ask.request)
    document = {
        "links": links,
        "numberMatched": len(names),
        "numberReturned": len(shown),
        "crs": list(systems()),
        "collections": [
            records.collection(ask) if name == records.NAME else collection(ask, found[name].about())
            for name in shown
            if name == records.NAME or name in found
        ],
    }
    following = next((one["href"] for one in links if one["rel"] == "next"), "")
    return Reply(document, "ogc/collections.html", {"next": following})


def single(ask: Ask, name: str) -> Reply:
    """Return one collection (requirement sfc-md-success)."""
    if name == records.NAME:
        document = records.collection(ask)
        is_public = True
    else:
        about = collections.get(name, ask.request).about()
        document, is_public = collection(ask, about), about.is_public
    document["links"] = [
        *own_links(ask, JSON_FORMS),
        *(one for one in document["links"] if one["rel"] != "self"),
    ]
    return Reply(document, "ogc/collection.html", {"name": name}, is_public=is_public)


def address_of(ask: Ask, name: str) -> str:
    """Return the address of a collection."""
    return f"{ask.root}/collections/{quote(name, safe='-._~')}"


def collection(ask: Ask, about: About) -> dict[str, Any]:
    """Return the description of a collection (requirements fc-md-items, fc-md-extent, fc-md-storageCrs)."""
    own = address_of(ask, about.name)
    document: dict[str, Any] = {
        "id": about.name,
        "title": about.title,
        "description": about.description,
        "itemType": "feature",
        "crs": list(systems()),
        "storageCrs": CRS84,
        "extent": extent(about),
        "links": [
            link(own, "self", JSON, about.title),
            link(f"{own}/items?f=json", "items", GEOJSON, _("Features as GeoJSON")),
            link(f"{own}/items?f=html", "items", HTML, _("Features as a page")),
            link(f"{own}/queryables", QUERYABLES, SCHEMA, _("What can be asked for")),
            link(f"{own}/tiles", TILESETS, JSON, _("Vector tiles")),
            *_about_links(about, ask),
        ],
    }
    if about.attribution:
        document["attribution"] = about.attribution
    if about.licence:
        document["license"] = licence(about.licence).title
    if about.count is not None:
        document["numberOfFeatures"] = about.count
    return document


def _about_links(about: About, ask: Ask) -> Iterable[dict[str, Any]]:
    if about.licence and (url := licence(about.licence).url or about.licence).startswith("http"):
        yield link(url, "license", HTML, licence(about.licence).title)
    if about.page:
        yield link(
            ask.request.build_absolute_uri(about.page), "describedby", HTML, _("Page about these data")
        )


def extent(about: About) -> dict[str, Any]:
    """Return where and when the features are (requirement fc-md-extent)."""
    found: dict[str, Any] = {"spatial": {"bbox": [list(about.bounds or WORLD)], "crs": CRS84}}
    if about.span is not None:
        interval = [time and time.isoformat().replace("+00:00", "Z") for time in about.span]
        found["temporal"] = {"interval": [interval], "trs": GREGORIAN}
    return found


FORMATS = {
    "Point": "geometry-point",
    "MultiPoint": "geometry-multipoint",
    "LineString": "geometry-linestring",
    "MultiLineString": "geometry-multilinestring",
    "Polygon": "geometry-polygon",
    "MultiPolygon": "geometry-multipolygon",
}


def queryables(ask: Ask, found: Collection) -> Reply:
    """Return what a filter can ask for, as JSON Schema (19-079r2 section 6.2)."""
    about = found.about()
    kinds: Sequence[str] = about.geometries
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{address_of(ask, about.name)}/queryables",
        "type": "object",
        "title": about.title,
        "additionalProperties": False,
        "properties": {
            GEOMETRY: {
                "title": _("place"),
                "x-ogc-role": "primary-geometry",
                "format": FORMATS.get(kinds[0], "geometry-any") if len(kinds) == 1 else "geometry-any",
            }
        },
    }
    if found.time_paths:
        schema["properties"][TIME] = {
            "title": _("time"), "type": "string", "format": "date-time", "x-ogc-role": "primary-instant",
        }  # fmt: skip
    for name, one in found.properties().items():
        dated = one.kind in {"date", "date-time"}
        described = {"type": "string", "format": one.kind} if dated else {"type": one.kind}
        schema["properties"][name] = {"title": one.title, **described}
    rows = [
        (name, one["title"], one.get("format") or one.get("type"))
        for name, one in schema["properties"].items()
    ]
    facts = {"name": about.name, "rows": rows}
    return Reply(schema, "ogc/queryables.html", facts, is_public=about.is_public)


__all__ = ["MVT", "collection", "conformity", "landing", "listing", "queryables", "single"]
