"""ParkAPI v3 (mobidata-bw, ParkenDD) and what it gathers: lists of car parks as JSON or GeoJSON.

Beside ParkAPI's own answers (`items`, or `lots` in version 1) it reads the simple lists of single towns, told
apart by their field names (`dialects.py`). A list without times counts as measured when we received it.
Places may be in any coordinate system that GeoJSON names in `crs`.
https://github.com/ParkenDD/park-api-v3
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urljoin

import pyproj
from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite
from stadtkern.base.times import from_epoch, parse_time
from stadtkern.connectors.parkapi_v3.dialects import fact, plain
from stadtkern.contracts.answers import kind, part, position, reject
from stadtkern.contracts.connector import (
    Connector,
    Context,
    Follow,
    Item,
    Reading,
    Request,
    SourceError,
    Station,
)
from stadtkern.contracts.option import Option

API = "https://api.mobidata-bw.de/park-api/api/public/v3/parking-sites"
ZONE = "Europe/Berlin"
_OPENING = {"open": 1.0, "closed": 0.0}
_LISTS = ("items", "lots", "features", "records")


@dataclass(frozen=True, slots=True)
class Site:
    """One car park or parking space out of a list."""

    fields: Mapping[str, Any]
    longitude: float | None = None
    latitude: float | None = None


@lru_cache(maxsize=16)
def _transformer(epsg: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(epsg, 4326, always_xy=True)


def _epsg(document: Mapping[str, Any]) -> int:
    """Return the EPSG number of the coordinates of a GeoJSON document; 4326 where it says nothing."""
    name = part(part(document, "crs"), "properties").get("name")
    if not isinstance(name, str) or name.endswith("CRS84"):
        return 4326
    number = name.rpartition(":")[2]
    if "EPSG" not in name or not number.isdecimal():
        raise SourceError(f'unknown coordinate system "{name[:60]}"')
    try:
        _transformer(int(number))
    except pyproj.exceptions.ProjError as error:
        raise SourceError(f'unknown coordinate system "{name[:60]}"') from error
    return int(number)


def _first_point(coordinates: object, depth: int = 0) -> tuple[object, object] | None:
    """Return the first point of a geometry of any kind."""
    if not isinstance(coordinates, list) or not coordinates or depth > 4:  # noqa: PLR2004
        return None
    if isinstance(coordinates[0], list):
        return _first_point(coordinates[0], depth + 1)
    return (coordinates[0], coordinates[1]) if len(coordinates) > 1 else None


def _degrees(point: tuple[object, object] | None, epsg: int) -> tuple[float | None, float | None]:
    if point is None:
        return None, None
    if epsg == 4326:  # noqa: PLR2004
        return position(*point)
    try:
        longitude, latitude = _transformer(epsg).transform(finite(point[0]), finite(point[1]))
    except ValueError:
        return None, None
    return position(longitude, latitude)


def _sites(document: object) -> Iterator[Site | Item]:
    """Yield the car parks of any known list."""
    rows: object = document
    epsg = 4326
    if isinstance(document, Mapping):
        if "$schema" in document:
            raise SourceError("this is a JSON schema, not a list of car parks")
        holder = part(document, "result") if "result" in document else document
        rows = next((holder[name] for name in _LISTS if name in holder), None)
        if rows is None:
            told = document.get("message") or document.get("error") or ", ".join(map(str, document))
            raise SourceError(f"the answer is no list of car parks: {str(told)[:100]}")
        epsg = _epsg(document)
    if not isinstance(rows, list):
        raise SourceError(f"the list of car parks is {kind(rows)}")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            yield reject(f"a car park is {kind(row)}", f"entry {number}", row)
        elif "geometry" in row:
            fields = part(row, "properties")
            if fields.get("type") == "city":
                continue
            yield Site(plain(fields), *_degrees(_first_point(part(row, "geometry").get("coordinates")), epsg))
        else:
            fields = plain(row)
            yield Site(fields, *position(fact(fields, "longitude"), fact(fields, "latitude")))


def _time(fields: Mapping[str, Any], listed: object, received: datetime, zone: str) -> datetime:
    written = fact(fields, "time") or listed
    if written is None:
        return received
    if isinstance(written, str):
        return parse_time(written, zone, not_after=received)
    return from_epoch(finite(written))


def _number(value: object, where: str, what: str) -> Iterator[float | Item]:
    try:
        yield finite(value)
    except ValueError as error:
        yield reject(error, f"{where}, {what}", value)


def _counts(fields: Mapping[str, Any]) -> dict[str, object]:
    """Return the counts of a car park, those of a single space as well (`occupied` true or false)."""
    occupied, free, capacity = (fact(fields, name) for name in ("occupied", "free", "capacity"))
    if isinstance(occupied, bool):
        return {"parking_occupied": occupied, "parking_free": not occupied}
    if free is None and occupied is None:
        return {}
    return {"parking_free": free, "parking_occupied": occupied, "parking_capacity": capacity}


def _readings(site: Site, thing: str, time: datetime) -> Iterator[Item]:
    numbers: dict[str, float] = {}
    for observed_property, value in _counts(site.fields).items():
        if value is None:
            continue
        for found in _number(value, thing, observed_property):
            if isinstance(found, float):
                numbers[observed_property] = found
            else:
                yield found
    capacity = numbers.get("parking_capacity")
    if capacity is not None and "parking_free" not in numbers and "parking_occupied" in numbers:
        numbers["parking_free"] = max(0.0, capacity - numbers["parking_occupied"])
    opening = fact(site.fields, "opening")
    if isinstance(opening, str) and opening.lower() in _OPENING:
        numbers["parking_open"] = _OPENING[opening.lower()]
    for observed_property, result in numbers.items():
        quality: Literal["", "questionable"] = ""
        if capacity and observed_property in {"parking_free", "parking_occupied"}:
            is_impossible = result > capacity or numbers.get("parking_occupied", 0) > capacity
            quality = "questionable" if is_impossible else ""
        yield Reading(
            thing=thing,
            observed_property=observed_property,
            phenomenon_time=time,
            result=result,
            unit="1",
            quality=quality,
        )


def _site_items(site: Site, number: int, listed: object, context: Context) -> Iterator[Item]:
    key = fact(site.fields, "key")
    if isinstance(key, bool) or not isinstance(key, str | int | float):
        yield reject("the car park has no key", f"entry {number}", dict(site.fields))
        return
    thing = str(key).strip()
    name, capacity = fact(site.fields, "name"), fact(site.fields, "capacity")
    yield Station(
        thing=thing,
        name=str(name) if name is not None else thing,
        longitude=site.longitude,
        latitude=site.latitude,
        properties={"capacity": capacity} if capacity is not None else {},
    )
    if not _counts(site.fields):
        return
    try:
        time = _time(site.fields, listed, context.received, str(context.options.get("timezone") or ZONE))
    except ValueError as error:
        yield reject(error, thing, fact(site.fields, "time"))
        return
    yield from _readings(site, thing, time)


def _is_path(text: str) -> bool:
    """Return whether `text` leads to a page of the same service."""
    return text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield each car park with its counts, and the next page of the list."""
    start = body[:1000].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start[:1] not in (b"{", b"[") and not jsonbody.looks_like_html(body) and start:
        form = (
            "XML; if it is DATEX II, use a source of that kind"
            if start[:1] == b"<"
            else "a table; use a table file"
        )
        raise SourceError(f"the answer is not JSON but {form}")
    document = jsonbody.load(body)
    listed = document.get("last_updated") if isinstance(document, Mapping) else None
    for number, site in enumerate(_sites(document), start=1):
        if isinstance(site, Site):
            yield from _site_items(site, number, listed, context)
        else:
            yield site
    following = document.get("next_path") if isinstance(document, Mapping) else None
    if isinstance(following, str) and _is_path(following) and context.url.startswith(("https://", "http://")):
        yield Follow(request=Request(url=urljoin(context.url, following)))


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the address of the list."""
    return [Request(url=str(options.get("url") or "").strip() or API)]


connector = Connector(
    title=_("Car parks (ParkAPI)"),
    description=_("Free spaces in car parks, from ParkAPI v3 or a JSON or GeoJSON list of a town."),
    publisher="",
    homepage="https://github.com/ParkenDD/park-api-v3",
    licence="",
    attribution="",
    parse=parse,
    requests=requests,
    interval=timedelta(minutes=5),
    timezone=ZONE,
    options=(
        Option(
            name="url",
            kind="url",
            label=_("Address of the list"),
            help=_("With filter, such as ?source_uid=..., if the service offers one."),
            default=API,
            required=True,
        ),
        Option(
            name="timezone",
            kind="text",
            label=_("Time zone"),
            help=_("Of times without one, such as Europe/Berlin or UTC."),
            default=ZONE,
        ),
    ),
)
