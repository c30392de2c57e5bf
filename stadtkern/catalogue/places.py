"""The rows of a table that lie somewhere, as the map shows them and as the list beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape

from stadtkern.catalogue.cells import heading, text_of
from stadtkern.tables import GEOMETRY, ID, Column, Query, RowsPage, Table
from stadtkern.web.maps import Place

PER_PAGE = 25
MOST_ON_MAP = 2_000
"""Rows that are drawn; the page says so. More than that a browser of a phone does not draw well."""
MOST_FACTS = 3
NAMES = ("name", "titel", "title", "bezeichnung", "standort", "nazwa", "objekt", "strasse", "adresse", "ort")
"""What columns are called that hold the name of a place."""
NO_NAMES = frozenset(
    {"longitude", "latitude", "easting", "northing", "coordinates", "wkt", "geojson", "url", "email"}
)


def places(table: Table, query: Query, *, most: int, offset: int = 0) -> tuple[list[Place], RowsPage]:
    """Return rows as places, and the page of rows they were made of."""
    name, facts = telling(table.columns)
    shown = [one.name for one in (name, *facts) if one]
    shown += [GEOMETRY] if table.geometry is not None else []
    wanted = replace(query, columns=tuple(shown), limit=most, offset=offset)
    page = table.rows(wanted)
    found = [_place(row, page.columns, name, facts) for row in page.rows]
    return [one for one in found if one is not None], page


def telling(columns: Sequence[Column]) -> tuple[Column | None, list[Column]]:
    """Return the column that names a row, and some that say more of it."""
    usable = [one for one in columns if one.meaning not in NO_NAMES and one.kind != "json"]
    texts = [one for one in usable if one.kind == "text"]
    named = [one for word in NAMES for one in texts if word in one.name.lower()]
    name = next(iter([*named, *texts, *usable]), None)
    others = [one for one in usable if one is not name and one.meaning not in {"ags", "ars", "teryt"}]
    return name, others[:MOST_FACTS]


def _place(
    row: Sequence[object], names: Sequence[str], name: Column | None, facts: Sequence[Column]
) -> Place | None:
    values = dict(zip(names, row, strict=True))
    point = point_of(values.get(GEOMETRY))
    if point is None:
        return None
    number = values.get(ID)
    title = text_of(values.get(name.name), name) if name else ""
    parts = [
        f"{heading(one)}: {text_of(values[one.name], one)}"
        for one in facts
        if values.get(one.name) not in (None, "")
    ]
    return Place(
        key=str(number),
        name=title if title and title != "–" else f"{number}",
        text="; ".join(parts)[:300],
        url="",
        kind="other",
        state="",
        longitude=point[0],
        latitude=point[1],
    )


def point_of(geometry: object) -> tuple[float, float] | None:
    """Return where the mark of a geometry stands: the point itself, or one within the area or on the line."""
    if not isinstance(geometry, Mapping):
        return None
    facts: Mapping[str, Any] = geometry
    if facts.get("type") == "Point":
        x, y = facts["coordinates"][:2]
        return float(x), float(y)
    try:
        point = shape(facts).representative_point()
    except (ShapelyError, ValueError, KeyError, TypeError):
        return None
    return None if point.is_empty else (point.x, point.y)
