"""Names, places and properties of things as their sources tell them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.gis.geos import Point

from stadtkern.contracts.connector import Station
from stadtkern.observations.models import Datastream, HistoricalLocation, Location, Thing
from stadtkern.observations.services.storage import chunks
from stadtkern.observations.services.text import clean, clean_json
from stadtkern.search import changes

EAST, NORTH = 180, 90
FORMER = "former_names"
"""Property of a thing that keeps its earlier names: a list of {"name", "until"}."""


def update_stations(stations: Mapping[str, Station], *, source: str, received: datetime) -> None:
    """Make or update the things that `stations` describe; new and changed places are kept with their time."""
    for keys in chunks(sorted(stations)):
        known = {thing.key: thing for thing in Thing.objects.filter(source=source, key__in=keys)}
        places = {key: _place(thing.location) for key, thing in known.items()}
        texts = {key: (thing.name, thing.description) for key, thing in known.items()}
        fresh = [Thing(source=source, key=key) for key in keys if key not in known]
        for thing in fresh:
            _apply(thing, stations[thing.key], received)
        Thing.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
        changed = [thing for thing in known.values() if _apply(thing, stations[thing.key], received)]
        Thing.objects.bulk_update(changed, ["name", "description", "location", "properties"], batch_size=200)
        made = Thing.objects.filter(source=source, key__in=[thing.key for thing in fresh])
        named = [thing.pk for thing in changed if (thing.name, thing.description) != texts[thing.key]]
        streams = Datastream.objects.filter(thing__in=named).values_list("pk", flat=True) if named else ()
        changes.note("streams", [str(pk) for pk in streams])
        moved = [*(thing for thing in changed if _place(thing.location) != places[thing.key]), *made]
        remember_places([thing for thing in moved if thing.location is not None], received=received)


def remember_places(things: Sequence[Thing], *, received: datetime) -> None:
    """Write the point of each thing as its one Location, and since when it is there."""
    if not things:
        return
    now, then = Thing.locations.through, HistoricalLocation.locations.through
    places = Location.objects.bulk_create(
        [Location(name=thing.name or thing.key, geometry=thing.location) for thing in things], batch_size=500
    )
    times = HistoricalLocation.objects.bulk_create(
        [HistoricalLocation(thing=thing, time=received) for thing in things], batch_size=500
    )
    now.objects.filter(thing__in=things).delete()
    now.objects.bulk_create(
        [now(thing_id=thing.pk, location_id=place.pk) for thing, place in zip(things, places, strict=True)],
        batch_size=500,
    )
    then.objects.bulk_create(
        [
            then(historicallocation_id=time.pk, location_id=place.pk)
            for time, place in zip(times, places, strict=True)
        ],
        batch_size=500,
    )


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
