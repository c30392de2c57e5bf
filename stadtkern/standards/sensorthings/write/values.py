"""Checking single JSON values: texts, objects, times, places.

Every function takes `where`, the path of the value within the body, for its message.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry

from stadtkern.contracts.answers import kind
from stadtkern.observations.fields import micros
from stadtkern.observations.services.entities.drafts import Place
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.results import shown

LONGEST_NAME = 300
LONGEST_TEXT = 20_000
LONGEST_URI = 2_000
LARGEST_JSON = 200_000
"""Bytes of a free JSON value such as `properties`."""
DEEPEST_JSON = 60
"""Levels of a free JSON value; the databases refuse more somewhere above."""
SHOWN = 80
GEOJSON_TYPES = frozenset({"application/geo+json", "application/vnd.geo+json"})
MOST_POSITIONS = 100_000
_LEVELS = {
    "Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3,
}  # fmt: skip
"""GeoJSON types (RFC 7946 section 3.1) and how deep their positions lie."""
_EAST, _NORTH = 180, 90
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_TIME = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[Tt ].+[0-9Zz]", re.ASCII)
_LONGEST_TIME = 40


def decode(body: bytes) -> Any:  # noqa: ANN401
    """Return the JSON value in `body`.

    Raises
    ------
    BadEntity
        If it is no JSON, says where.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadEntity(f"The body is not JSON: {error}") from error
    if _NUL.search(body):
        raise BadEntity("The body holds the character NUL (\\u0000), which cannot be stored")
    return value


def text(value: object, where: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text that is not too long."""
    if not isinstance(value, str):
        raise BadEntity(f"{where} has to be a text, not {kind(value)}")
    if len(value) > longest:
        raise BadEntity(f"{where} is longer than {longest} characters")
    return value


def name(value: object, where: str) -> str:
    """Return a name: not empty, fits in a column."""
    found = text(value, where, LONGEST_NAME)
    if not found.strip():
        raise BadEntity(f"{where} is empty")
    return found


def free(value: object, where: str) -> Any:  # noqa: ANN401
    """Return any JSON value that is neither too large nor too deep."""
    try:
        size = len(msgspec.json.encode(value))
    except RecursionError as error:
        raise BadEntity(f"{where} is nested too deep") from error
    if size > LARGEST_JSON:
        raise BadEntity(f"{where} is larger than {LARGEST_JSON} bytes")
    if size > DEEPEST_JSON and _depth(value) > DEEPEST_JSON:
        raise BadEntity(f"{where} is nested deeper than {DEEPEST_JSON} levels")
    return value


def _depth(value: object) -> int:
    levels, level = 0, [value]
    while level:
        levels += 1
        inner = [one for one in level if isinstance(one, dict | list)]
        level = [child for one in inner for child in (one.values() if isinstance(one, dict) else one)]
    return levels


def json_object(value: object, where: str) -> dict[str, Any]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise BadEntity(f"{where} has to be an object, not {kind(value)}")
    found: dict[str, Any] = free(value, where)
    return found


def instant(value: object, where: str) -> int:
    """Return a time in microseconds since 1970.

    Parameters
    ----------
    value
        ISO 8601 with date, time and zone.
    where
        for the message.
    """
    if not isinstance(value, str):
        raise BadEntity(f'{where} has to be a time such as "2026-01-31T12:00:00Z", not {kind(value)}')
    bare = value.strip()
    if len(bare) > _LONGEST_TIME or not _TIME.fullmatch(bare):
        raise BadEntity(f'{where} has to be a time such as "2026-01-31T12:00:00Z", not {shown(value)}')
    try:
        time = datetime.fromisoformat(bare.upper())
    except ValueError as error:
        raise BadEntity(f"{where} is no time: {shown(value)} ({error})") from error
    if time.tzinfo is None:
        raise BadEntity(f"{where} has no time zone: {shown(value)}; write Z for UTC")
    try:
        return micros(time.astimezone(UTC))
    except OverflowError as error:
        raise BadEntity(f"{where} is out of range: {shown(value)}") from error


def period(value: object, where: str) -> tuple[int, int]:
    """Return begin and end of an interval `begin/end` in microseconds."""
    if not isinstance(value, str) or value.count("/") != 1:
        raise BadEntity(
            f'{where} has to be an interval such as "2026-01-31T12:00:00Z/2026-01-31T13:00:00Z", '
            f"not {shown(value)}"
        )
    first, last = value.split("/")
    begin, end = instant(first, f"The begin of {where}"), instant(last, f"The end of {where}")
    if end < begin:
        raise BadEntity(f"{where} ends before it begins: {shown(value)}")
    return begin, end


def time(value: object, where: str) -> tuple[int, int | None]:
    """Return begin and end of a time that may be an instant (then without end) or an interval."""
    if isinstance(value, str) and "/" in value:
        return period(value, where)
    return instant(value, where), None


def place(value: object, encoding: str, where: str) -> Place:
    """Return a place as its encoding says; only GeoJSON gives a geometry."""
    if encoding not in GEOJSON_TYPES:
        return Place(free(value, where), None)
    found = json_object(value, where)
    geometry = found.get("geometry") if found.get("type") == "Feature" else found
    return Place(found, _geometry(geometry, where))


def _geometry(value: object, where: str) -> GEOSGeometry:
    plain = _checked(value, where)
    try:
        return GEOSGeometry(json.dumps(plain), srid=4326)
    except (ValueError, GDALException, GEOSException) as error:
        raise BadEntity(f"{where} is no geometry: {str(error)[:SHOWN]}") from error


def _checked(value: object, where: str) -> dict[str, Any]:
    """Return a GeoJSON geometry of which all parts have been looked at."""
    if not isinstance(value, Mapping):
        raise BadEntity(f"{where} has to be a GeoJSON geometry, not {kind(value)}")
    form = value.get("type")
    if form == "GeometryCollection":
        parts = value.get("geometries")
        if not isinstance(parts, list) or not parts:
            raise BadEntity(f"{where} has no geometries")
        if any(isinstance(part, dict) and part.get("type") == form for part in parts):
            raise BadEntity(f"{where} has a collection of geometries within another")
        return {"type": form, "geometries": [_checked(part, where) for part in parts]}
    if not isinstance(form, str) or form not in _LEVELS:
        raise BadEntity(f"{where} has an unknown type of geometry: {shown(form)}")
    coordinates = value.get("coordinates")
    _check_positions(coordinates, _LEVELS[form], where)
    coordinates = _flat(coordinates)
    if form.endswith("Polygon"):
        polygons = [coordinates] if form == "Polygon" else coordinates
        _check_rings([ring for polygon in polygons for ring in polygon], where)
    elif form.endswith("LineString"):
        lines = [coordinates] if form == "LineString" else coordinates
        if any(len(line) < 2 for line in lines):  # noqa: PLR2004  # RFC 7946 section 3.1.4
            raise BadEntity(f"{where} has a line with less than two positions")
    return {"type": form, "coordinates": coordinates}


def _check_rings(rings: list[Any], where: str) -> None:
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:  # noqa: PLR2004  # RFC 7946 section 3.1.6
            raise BadEntity(f"{where} has a ring that is not closed, or has less than four positions")


def _check_positions(value: Any, levels: int, where: str) -> None:  # noqa: ANN401
    """Refuse anything but lists of lists ... of positions in degrees."""
    lists = [value]
    for _level in range(levels):
        if not all(isinstance(one, list) and one for one in lists):
            raise BadEntity(f"{where} has coordinates that are not nested as its type says")
        lists = [inner for one in lists for inner in one]
        if len(lists) > MOST_POSITIONS:
            raise BadEntity(f"{where} has more than {MOST_POSITIONS} positions")
    for position in lists:
        if not isinstance(position, list) or len(position) not in {2, 3}:
            raise BadEntity(f"{where} has a position that is no [longitude, latitude]: {shown(position)}")
        if not all(_is_number(one) for one in position):
            raise BadEntity(f"{where} has a position that is no numbers: {shown(position)}")
        if abs(position[0]) > _EAST or abs(position[1]) > _NORTH:
            raise BadEntity(f"{where} has a position outside of the world: {shown(position)}")


def _flat(value: Any) -> Any:  # noqa: ANN401
    """Return checked coordinates without heights: the columns are plane, the document keeps the heights."""
    return [_flat(one) for one in value] if isinstance(value[0], list) else value[:2]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
