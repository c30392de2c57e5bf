"""GBFS 2.x and 3.x: stations of rental vehicles, and how many vehicles are free in the whole system.

The discovery file names the feeds; in version 2 it does so for each language. Single vehicles are only
counted: their places over time would be the ways of persons.
https://gbfs.org/documentation/
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite
from stadtkern.base.times import from_epoch, parse_time
from stadtkern.contracts.answers import part, position, reject
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

SYSTEM = "system"
FEEDS = ("system_information", "station_information", "station_status", "free_bike_status", "vehicle_status")
LANGUAGES = ("de", "en", "pl")


def _text(value: object) -> str:
    """Return a text that is plain (version 2) or a list of translations (version 3)."""
    if isinstance(value, list):
        texts = {entry.get("language"): entry.get("text") for entry in value if isinstance(entry, Mapping)}
        value = next((texts[language] for language in (*LANGUAGES, *texts) if language in texts), "")
    return value.strip() if isinstance(value, str) else ""


def _time(value: object) -> datetime:
    """Return a time in seconds since 1970 (version 2) or RFC 3339 (version 3)."""
    if isinstance(value, str):
        return parse_time(value, "UTC")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no time of the report")  # noqa: TRY004  (one bad entry, not a programming error)
    return from_epoch(finite(value))


def _is_true(value: object) -> bool:
    return value is True or value in (1, "1", "true")


def _discovery(data: Mapping[str, Any]) -> Iterator[Item]:
    groups = [
        data,
        *(data[language] for language in (*LANGUAGES, *data) if isinstance(data.get(language), Mapping)),
    ]
    feeds = next((group["feeds"] for group in groups if isinstance(group.get("feeds"), list)), None)
    if feeds is None:
        raise SourceError("the discovery file names no feeds")
    found = False
    for feed in feeds:
        name = feed.get("name") if isinstance(feed, Mapping) else None
        if name not in FEEDS:
            continue
        url = feed.get("url")
        if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"}:
            yield reject("the feed has no web address", str(name), url)
            continue
        found = True
        yield Follow(request=Request(url=url, name=str(name)))
    if not found:
        yield reject("the discovery file names neither stations nor vehicles", "data", feeds)


def _system(data: Mapping[str, Any]) -> Iterator[Item]:
    kept = {name: data[name] for name in ("system_id", "url") if isinstance(data.get(name), str)}
    kept |= {"operator": _text(data.get("operator"))} if _text(data.get("operator")) else {}
    yield Station(thing=SYSTEM, name=_text(data.get("name")) or str(data["system_id"]), properties=kept)


def _station(entry: Mapping[str, Any], where: str) -> Iterator[Item]:
    longitude, latitude = position(entry.get("lon"), entry.get("lat"))
    if longitude is None:
        yield reject("the station has no coordinates", where, entry)
    kept = {
        name: entry[name]
        for name in ("capacity", "address", "post_code", "is_virtual_station")
        if name in entry
    }
    yield Station(
        thing=where,
        name=_text(entry.get("name")) or where,
        longitude=longitude,
        latitude=latitude,
        properties=kept,
    )


def _status(entry: Mapping[str, Any], thing: str) -> Iterator[Item]:
    try:
        time = _time(entry.get("last_reported"))
    except ValueError as error:
        yield reject(error, f"{thing}, last_reported", entry.get("last_reported"))
        return
    vehicles = entry.get("num_vehicles_available", entry.get("num_bikes_available"))
    for observed_property, value in (
        ("vehicles_available", vehicles),
        ("docks_available", entry.get("num_docks_available")),
    ):
        if value is None and observed_property == "docks_available":
            continue  # stations without docks
        try:
            result = finite(value)
        except ValueError as error:
            yield reject(error, f"{thing}, {observed_property}", value)
            continue
        yield Reading(
            thing=thing, observed_property=observed_property, phenomenon_time=time, result=result, unit="1"
        )


def _stations(stations: object, name: str) -> Iterator[Item]:
    if not isinstance(stations, list):
        raise SourceError("stations is no list")
    for number, entry in enumerate(stations, start=1):
        identifier = entry.get("station_id") if isinstance(entry, Mapping) else None
        if isinstance(identifier, bool) or not isinstance(identifier, str | int) or identifier == "":
            yield reject("the station has no station_id", f"station {number}", entry)
            continue
        is_status = name == "station_status" or (
            name != "station_information" and ("last_reported" in entry or "is_renting" in entry)
        )
        yield from _status(entry, str(identifier)) if is_status else _station(entry, str(identifier))


def _vehicles(vehicles: object, time: datetime) -> Iterator[Item]:
    """Count the vehicles that are free to rent."""
    if not isinstance(vehicles, list):
        raise SourceError("the list of vehicles is no list")
    free = 0
    for number, vehicle in enumerate(vehicles, start=1):
        if not isinstance(vehicle, Mapping):
            yield reject("a vehicle is no object", f"vehicle {number}", vehicle)
        elif not _is_true(vehicle.get("is_reserved")) and not _is_true(vehicle.get("is_disabled")):
            free += 1
    yield Reading(
        thing=SYSTEM,
        observed_property="vehicles_available",
        phenomenon_time=time,
        result=float(free),
        unit="1",
    )


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield what the feed holds: further feeds, stations, counts."""
    document = jsonbody.load(body, dict)
    data = part(document, "data")
    if not data:
        raise SourceError("no GBFS feed: data is missing or empty")
    vehicles = data.get("vehicles", data.get("bikes"))
    if "stations" in data:
        yield from _stations(data["stations"], context.name)
    elif vehicles is not None:
        try:
            time = _time(document["last_updated"]) if "last_updated" in document else context.received
        except ValueError as error:
            raise SourceError(f"last_updated: {error}") from error
        yield from _vehicles(vehicles, time)
    elif "system_id" in data:
        yield from _system(data)
    elif context.name in FEEDS or any(name in data for name in ("vehicle_types", "geofencing_zones")):
        raise SourceError(f"a feed with {', '.join(map(str, data))[:80]} holds no counts")
    else:
        yield from _discovery(data)


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the address of the discovery file."""
    url = str(options.get("url") or "").strip()
    return [Request(url=url, name="gbfs")] if url else []


connector = Connector(
    title=_("Rental vehicles (GBFS)"),
    description=_("Stations of rental bikes, scooters and cars, and how many vehicles are free."),
    publisher="",
    homepage="https://gbfs.org/",
    licence="",
    attribution="",
    parse=parse,
    requests=requests,
    interval=timedelta(minutes=5),
    options=(
        Option(
            name="url",
            kind="url",
            label=_("Address of the file gbfs.json"),
            help=_("Such as https://gbfs.api.ridedott.com/public/v2/cottbus/gbfs.json"),
            required=True,
        ),
    ),
    sample_options={"url": "https://example.org/gbfs.json"},
)
