"""Single values as foreign catalogues write them: times, addresses, languages, places, sizes.

A value that cannot be read is noted and left out; the rest of the record is kept.
"""

import calendar
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import shapely
from django.conf import settings
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from stadtkern.base.times import TimeFormatError, parse_time
from stadtkern.harvest.found import Notes, Texts

LONGEST_URL = 2000
LONGEST_TEXT = 50_000
MOST_GEOMETRY = 200_000
MARGIN = 0.0005
"""Degrees around a place that is a point or a line: an extent is a polygon."""
_YEAR = re.compile(r"(-?\d{4})(?:Z|[+-]\d\d:\d\d)?")
_MONTH = re.compile(r"(\d{4})-(\d\d)(?:Z|[+-]\d\d:\d\d)?")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)")
_CRS = re.compile(r"^\s*(?:<([^>]*)>|SRID=(\d+);)\s*", re.IGNORECASE)
_LANGUAGES = {
    **dict.fromkeys(("de", "deu", "ger", "german", "deutsch"), "de"),
    **dict.fromkeys(("en", "eng", "english", "englisch"), "en"),
    **dict.fromkeys(("pl", "pol", "polish", "polnisch", "polski"), "pl"),
    **dict.fromkeys(("dsb", "lower sorbian", "niedersorbisch"), "dsb"),
    **dict.fromkeys(("hsb", "upper sorbian", "obersorbisch"), "hsb"),
    **dict.fromkeys(("fr", "fra", "fre", "french"), "fr"),
    **dict.fromkeys(("cs", "ces", "cze", "czech"), "cs"),
    **dict.fromkeys(("pt", "por"), "pt"),
    **dict.fromkeys(("es", "spa"), "es"),
    **dict.fromkeys(("it", "ita"), "it"),
    **dict.fromkeys(("nl", "nld", "dut"), "nl"),
    **dict.fromkeys(("da", "dan"), "da"),
}


def text(value: object, most: int = LONGEST_TEXT) -> str:
    """Return a text without characters that no database takes, at most so long."""
    return str(value).replace("\x00", "").strip()[:most] if value is not None else ""


def line(value: object, most: int) -> str:
    """Return a text as one line, at most so long."""
    return " ".join(text(value).split())[:most]


def texts(value: object, language: str) -> Texts:
    """Return a text in one language as a text by language; nothing if it is empty."""
    found = text(value)
    return {language: found} if found else {}


def moment(value: object, notes: Notes, *, is_end: bool = False) -> str:
    """Return a time as ISO 8601 in UTC; empty (and noted) if it is none.

    A year or a month alone means its first day, or its last one where a period ends (`is_end`).
    """
    given = line(value, 100)
    if not given:
        return ""
    written = given
    if match := _YEAR.fullmatch(given):
        written = f"{match[1]}-12-31" if is_end else f"{match[1]}-01-01"
    elif match := _MONTH.fullmatch(given):
        year, month = int(match[1]), int(match[2])
        if not 1 <= month <= 12 or not year:  # noqa: PLR2004  # months
            notes.add("bad-date", given)
            return ""
        day = calendar.monthrange(year, month)[1] if is_end else 1
        written = f"{match[1]}-{match[2]}-{day:02}"
    elif match := _DATE.fullmatch(given):
        written = match[1]
    try:
        return parse_time(written, settings.TIME_ZONE).isoformat()
    except (TimeFormatError, ValueError, OverflowError):
        notes.add("bad-date", given)
        return ""


def period(start: object, end: object, notes: Notes) -> tuple[str, str]:
    """Return both ends of a period; one that ends before it begins is noted and left out."""
    first, last = moment(start, notes), moment(end, notes, is_end=True)
    if first and last and last < first:
        notes.add("bad-period", f"{start} - {end}")
        return "", ""
    return first, last


def address(value: object, notes: Notes, most: int = LONGEST_URL) -> str:
    """Return a web address, with what may not stand in one escaped; empty (and noted) if it is none."""
    given = text(value, most + 1)
    if not given:
        return ""
    cleaned = quote(given, safe="%/:=&?~#+!$,;'@()*[]-._")
    try:
        parts = urlsplit(cleaned)
        is_usable = parts.scheme in {"http", "https", "ftp"} and bool(parts.hostname)
        is_usable = is_usable and (parts.port is None or parts.port >= 0)
    except ValueError:
        is_usable = False
    if not is_usable or len(cleaned) > most:
        notes.add("bad-address", given)
        return ""
    return cleaned


def mail(value: object) -> str:
    """Return an email address without `mailto:`; empty if it is none."""
    found = line(value, 260).removeprefix("mailto:").removeprefix("MAILTO:")
    is_address = re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\".]{2,}", found) is not None
    return found if is_address and len(found) <= 254 else ""  # noqa: PLR2004  # EmailField


def language(value: object) -> str:
    """Return the code of a language (`de`) from a code, a name or a URI of the EU; empty if unknown."""
    found = line(value, 200).rpartition("/")[2].rpartition("#")[2].casefold()
    return _LANGUAGES.get(found) or _LANGUAGES.get(found.partition("-")[0], "")


def shown_language(code: str, default: str) -> str:
    """Return `code` if our pages have this language, else `default`."""
    return code if code in dict(settings.LANGUAGES) else default


def size(value: object) -> int | None:
    """Return a size in bytes; None if it is none."""
    found = line(value, 40)
    try:
        number = int(float(found)) if found else -1
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 2**63 else None


def sha256(value: object) -> str:
    """Return a SHA-256 in small letters; empty if it is none."""
    found = line(value, 100).lower()
    return found if re.fullmatch(r"[0-9a-f]{64}", found) else ""


def extent_of(geometries: Sequence[str], notes: Notes) -> str:
    """Return the first geometry (WKT or GeoJSON) that can be read as a polygon in WKT.

    What is no single polygon is replaced by the box around it.
    """
    for given in geometries:
        found = _geometry(given)
        if found is None or found.is_empty:
            notes.add("bad-place", given)
            continue
        polygon = _polygon(found)
        if polygon is None:
            notes.add("place-outside", given)
            continue
        return str(shapely.to_wkt(polygon, rounding_precision=7, trim=True))
    return ""


def box_of(given: Sequence[object], notes: Notes) -> str:
    """Return the polygon of a bounding box (west, south, east, north) as WKT."""
    try:
        sides = [float(str(side)) for side in given]
    except ValueError:
        notes.add("bad-place", " ".join(map(str, given)))
        return ""
    found = box(*sides) if all(abs(side) < 1e9 for side in sides) else None  # noqa: PLR2004  # no place
    return extent_of([shapely.to_wkt(found)] if found is not None else ["-"], notes)


def _geometry(given: str) -> BaseGeometry | None:
    """Return the geometry of a text; None if it cannot be read."""
    if len(given) > MOST_GEOMETRY:
        return None
    match = _CRS.match(given)
    is_latitude_first = bool(match and (match[1] or "").rstrip("/").endswith("EPSG/0/4326"))
    bare = given[match.end() :] if match else given.strip()
    try:
        found: BaseGeometry = (
            shapely.from_geojson(json.dumps(_bare_geometry(json.loads(bare))))
            if bare.startswith("{")
            else shapely.from_wkt(bare)
        )
    except (shapely.errors.ShapelyError, ValueError, RecursionError, KeyError, TypeError):
        return None
    if is_latitude_first and found is not None:
        return shapely.transform(found, lambda points: points[:, ::-1])
    return found


def _bare_geometry(value: Any) -> Any:  # noqa: ANN401  # as JSON
    """Return the geometry of a feature, or what is a geometry already."""
    return value["geometry"] if isinstance(value, dict) and value.get("type") == "Feature" else value


def _polygon(found: BaseGeometry) -> BaseGeometry | None:
    """Return a valid polygon in degrees, None if the place is not on earth."""
    found = shapely.force_2d(found)
    west, south, east, north = found.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004  # the earth
        return None
    if found.geom_type == "Polygon" and found.is_valid:
        return found
    thin_x, thin_y = (MARGIN if east - west < MARGIN else 0), (MARGIN if north - south < MARGIN else 0)
    return box(
        max(west - thin_x, -180), max(south - thin_y, -90), min(east + thin_x, 180), min(north + thin_y, 90)
    )


def unique(values: Iterable[str]) -> list[str]:
    """Return texts without empty and repeated ones, in their order."""
    return list(dict.fromkeys(value for value in values if value))
