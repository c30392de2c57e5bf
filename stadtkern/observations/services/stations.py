"""Names, places and properties of things as their sources tell them."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.gis.geos import Point

from stadtkern.contracts.connector import Station
from stadtkern.observations.models import Thing
from stadtkern.observations.services.storage import chunks
from stadtkern.observations.services.text import clean, clean_json

EAST, NORTH = 180, 90
FORMER = "former_names"
"""Property of a thing that keeps its earlier names: a list of {"name", "until"}."""


def update_stations(stations: Mapping[str, Station], *, source: str, received: datetime) -> None:
    """Make or update the things that `stations` describe."""
    for keys in chunks(sorted(stations)):
        known = {thing.key: thing for thing in Thing.objects.filter(source=source, key__in=keys)}
        fresh = [Thing(source=source, key=key) for key in keys if key not in known]
        for thing in fresh:
            _apply(thing, stations[thing.key], received)
        Thing.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
        changed = [thing for thing in known.values() if _apply(thing, stations[thing.key], received)]
        Thing.objects.bulk_update(changed, ["name", "description", "location", "properties"], batch_size=200)


def _apply(thing: Thing, station: Station, received: datetime) -> bool:
    """Write what is new about the station into `thing`; return whether anything was."""
    told = {clean(str(key)): clean_json(value) for key, value in station.properties.items()}
    properties = told or {key: value for key, value in thing.properties.items() if key != FORMER}
    name = clean(station.name, 300)
    former = list(thing.properties.get(FORMER, []))
    if name and thing.name and name != thing.name:
        former.append({"name": thing.name, "until": received.isoformat()})
    if former:
        properties[FORMER] = former
    before = (thing.name, thing.description, thing.properties, _place(thing.location))
    thing.name = name or thing.name
    thing.description = clean(station.description) or thing.description
    thing.properties = properties
    if (place := _point(station)) is not None and _place(place) != before[3]:
        thing.location = place
    return before != (thing.name, thing.description, thing.properties, _place(thing.location))


def _point(station: Station) -> Point | None:
    if station.longitude is None or station.latitude is None:
        return None
    if not (abs(station.longitude) <= EAST and abs(station.latitude) <= NORTH):
        return None
    return Point(station.longitude, station.latitude, srid=4326)


def _place(point: Point | None) -> tuple[float, float] | None:
    """Return the coordinates to about a centimetre, for comparison."""
    return None if point is None else (round(point.x, 7), round(point.y, 7))
