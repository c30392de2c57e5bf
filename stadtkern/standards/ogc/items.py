"""Features: many by box, time, property and filter, or one (17-069r4, 18-058r1, 19-079r2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.base.errors import NotFound
from stadtkern.features.boxes import Bounds
from stadtkern.features.collections import Collection, Page, Row, Wanted
from stadtkern.standards.ogc import crs, filters, times
from stadtkern.standards.ogc.answering import Reply, header_links, link, own_links
from stadtkern.standards.ogc.asking import GEOJSON, HTML, Ask, whole
from stadtkern.standards.ogc.errors import BadParameter
from stadtkern.standards.ogc.limits import within

FORMS = {"json": GEOJSON, "html": HTML}
PARAMETERS = (
    "bbox", "bbox-crs", "crs", "cursor", "datetime", "filter", "filter-crs", "filter-lang", "limit",
)  # fmt: skip
ITEM_PARAMETERS = ("crs",)
DEFAULT, MOST = 10, 10_000
SECONDS = 8.0
"""How long a question may take."""
BOX, BOX_WITH_HEIGHTS = 4, 6


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for and in which coordinates the answer is written."""

    wanted: Wanted
    system: crs.System


def box_of(ask: Ask) -> Bounds | None:
    """Return the parameter `bbox` in degrees (requirement fc-bbox-definition); heights count for nothing."""
    numbers, system = _box(ask)
    return None if numbers is None else crs.box_from(numbers, system)


def _box(ask: Ask) -> tuple[list[float] | None, crs.System]:
    """Return the four numbers of `bbox` and their coordinate system."""
    system = crs.system(ask.parameters.get("bbox-crs", crs.CRS84), "bbox-crs")
    text = ask.parameters.get("bbox")
    if text is None:
        if "bbox-crs" in ask.parameters:
            raise BadParameter("bbox-crs: says nothing without bbox")
        return None, system
    try:
        numbers = [float(part) for part in text[:400].split(",")]
    except ValueError as error:
        raise BadParameter(
            "bbox: write four numbers with commas between, such as 14.6,51.9,14.8,52.0"
        ) from error
    if len(numbers) == BOX_WITH_HEIGHTS:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != BOX:
        raise BadParameter("bbox: write four or six numbers")
    return numbers, system


def condition_of(ask: Ask, collection: Collection) -> Any:  # noqa: ANN401  # a condition of Django
    """Return the conditions of `filter` and of single properties; None if there are none."""
    parts: list[Any] = []
    properties = collection.properties()
    parts += [
        filters.equals(properties[name], value, name)
        for name, value in ask.parameters.items()
        if name in properties and name not in PARAMETERS
    ]
    system = crs.system(ask.parameters.get("filter-crs", crs.CRS84), "filter-crs")
    text = ask.parameters.get("filter")
    if text is not None:
        language = ask.parameters.get("filter-lang", "cql2-text")
        parts.append(filters.condition(filters.parse(text, language), collection, system))
    elif {"filter-crs", "filter-lang"} & ask.parameters.keys():
        raise BadParameter("filter-lang and filter-crs say nothing without filter")
    if not parts:
        return None
    joined = filters.ALL
    for part in parts:
        joined &= filters.Q(part)
    return joined


def question(ask: Ask, collection: Collection, *, default: int = DEFAULT) -> Question:
    """Return what the parameters ask for."""
    system = crs.system(ask.parameters.get("crs", crs.CRS84), "crs")
    moment = ask.parameters.get("datetime")
    numbers, box_system = _box(ask)
    wanted = Wanted(
        box=None if numbers is None else crs.box_from(numbers, box_system),
        shape=None if numbers is None else crs.shape_of(numbers, box_system),
        span=None if moment is None else times.span(moment),
        condition=condition_of(ask, collection),
        limit=whole(ask, "limit", default, 1, MOST),
        after=whole(ask, "cursor", 0, 0, 10**18),
    )
    return Question(wanted, system)


def many(ask: Ask, collection: Collection) -> Reply:
    """Return a page of features (requirements fc-op, fc-response, fc-links)."""
    asked = question(ask, collection)
    with within(SECONDS):
        page = collection.page(asked.wanted, shapes=not asked.system.is_stored or ask.form == "html")
    links = [*own_links(ask, FORMS), *_next(ask, page)]
    headers = {"Content-Crs": f"<{asked.system.uri}>", **header_links(links)}
    headers["OGC-NumberReturned"] = str(len(page.rows))
    if page.matched is not None:
        headers["OGC-NumberMatched"] = str(page.matched)
    about = collection.about()
    if ask.form == "html":
        return Reply(
            {}, "ogc/items.html", facts(ask, collection, page, links), headers, is_public=about.is_public
        )
    body = features(page.rows, asked.system)
    counts = f'"numberReturned":{len(page.rows)}' + (
        "" if page.matched is None else f',"numberMatched":{page.matched}'
    )
    tail = f',{counts},"links":{msgspec.json.encode(links).decode()}}}'
    now = clock.now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    start = f'{{"type":"FeatureCollection","timeStamp":"{now}","features":['
    tag = f"{body}{tail}".encode()
    return Reply(
        start.encode() + body.encode() + b"]" + tail.encode(),
        headers=headers,
        tag=tag,
        is_public=about.is_public,
    )


def _next(ask: Ask, page: Page) -> Sequence[dict[str, Any]]:
    if page.after is None:
        return []
    query = urlencode({**ask.parameters, "cursor": page.after, "f": ask.form})
    return [link(f"{ask.url}?{query}", "next", ask.media_type, _("Next page"))]


def features(rows: Sequence[Row], system: crs.System, links: str = "") -> str:
    """Return features as GeoJSON, with commas between."""
    texts = (
        [row.text for row in rows] if system.is_stored else crs.texts([row.geometry for row in rows], system)
    )
    return ",".join(
        f'{{"type":"Feature","id":{_id(row.key)},"geometry":{text},"properties":{row.properties}{links}}}'
        for row, text in zip(rows, texts, strict=True)
    )


def _id(key: str | int) -> str:
    return str(key) if isinstance(key, int) else msgspec.json.encode(key).decode()


def one(ask: Ask, collection: Collection, key: str) -> Reply:
    """Return one feature (requirements f-op, f-success, f-links)."""
    system = crs.system(ask.parameters.get("crs", crs.CRS84), "crs")
    found = collection.row(key, shapes=not system.is_stored)
    about = collection.about()
    if found is None:
        raise NotFound(f"There is no feature {key[:100]!r} in {about.name}.")
    own = ask.url.rpartition("/items/")[0]
    links = [*own_links(ask, FORMS), link(own, "collection", "application/json", about.title)]
    headers = {"Content-Crs": f"<{system.uri}>", **header_links(links)}
    body = features([found], system, f',"links":{msgspec.json.encode(links).decode()}').encode()
    page = {
        "about": about,
        "key": found.key,
        "values": labelled(collection, msgspec.json.decode(found.properties)),
        "geometry": msgspec.json.decode(found.text),
        "links": links,
        "has_place": found.text != "null",
    }
    return Reply(body, "ogc/item.html", page, headers, is_public=about.is_public)


def labelled(collection: Collection, properties: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return properties with their titles."""
    known = collection.properties()
    return [(known[name].title if name in known else name, value) for name, value in properties.items()]


MOST_COLUMNS = 12


def page_is_filtered(ask: Ask) -> bool:
    """Return whether more than a box decides which features are shown."""
    return bool(set(ask.parameters) - {"bbox", "bbox-crs", "crs", "cursor", "limit"})


def facts(ask: Ask, collection: Collection, page: Page, links: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the page with features shows: a table beside the map."""
    about, known = collection.about(), collection.properties()
    names = list(known)[:MOST_COLUMNS]
    rows = []
    for row in page.rows:
        values = msgspec.json.decode(row.properties)
        address = f"{ask.url}/{quote(str(row.key), safe='')}?f=html"
        rows.append((row.key, address, [values.get(name) for name in names]))
    estimate = None
    if (
        page.matched is None
        and "bbox" in ask.parameters
        and not page_is_filtered(ask)
        and (box := box_of(ask))
    ):
        estimate = collection.about_how_many(box)
    return {
        "about": about,
        "columns": [known[name].title for name in names],
        "left_out": len(known) - len(names),
        "rows": rows,
        "matched": page.matched,
        "estimate": estimate,
        "next": next((one["href"] for one in links if one["rel"] == "next"), ""),
        "json": next((one["href"] for one in links if one["type"] == GEOJSON), ""),
        "places": places(ask, page.rows, names),
        "query": urlencode(ask.parameters),
        "parameters": ask.parameters,
    }


def places(ask: Ask, rows: Sequence[Row], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return one point for each feature as the map beside the list draws them."""
    import shapely  # noqa: PLC0415  # only pages need it

    found = []
    for row in rows:
        if row.geometry is None:
            continue
        shape = shapely.from_wkb(row.geometry)
        point = shape if shape.geom_type == "Point" else shapely.point_on_surface(shape)
        values = msgspec.json.decode(row.properties)
        shown = [str(values[name]) for name in names if values.get(name) not in {None, ""}]
        found.append(
            {
                "type": "Feature",
                "id": str(row.key),
                "geometry": {"type": "Point", "coordinates": [point.x, point.y]},
                "properties": {
                    "key": str(row.key),
                    "name": shown[0] if shown else str(row.key),
                    "text": ", ".join(shown[1:3]),
                    "time": "",
                    "url": f"{address_of_items(ask)}/{quote(str(row.key), safe='')}?f=html",
                    "kind": "other",
                    "state": "",
                },
            }
        )
    return found


def address_of_items(ask: Ask) -> str:
    """Return the path of the features of the collection in question."""
    return ask.request.path.rpartition("/")[0] + "/items"
