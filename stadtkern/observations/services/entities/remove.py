"""Removing entities, with what cannot be without them (OGC 18-088 section 10.4, table 25)."""

from collections.abc import Callable
from typing import Any

from django.db.models import ProtectedError

from stadtkern.base.errors import Conflict
from stadtkern.observations.models import (
    Datastream,
    FeatureOfInterest,
    HistoricalLocation,
    Location,
    ObservedProperty,
    Sensor,
    Thing,
)
from stadtkern.observations.services.entities import observations, places
from stadtkern.observations.services.entities.work import Work, kind_of, require_manager


def remove(work: Work, kind: str, pk: int) -> None:
    """Remove an entity and what depends on it.

    Raises
    ------
    Conflict
        If another part of the program still needs it; the text says which.
    """
    if kind == "Observation":
        observations.remove(work, [pk])
        return
    require_manager(work.access)
    row = work.find(kind, pk)
    try:
        _REMOVERS.get(kind, _row)(work, kind, row)
    except ProtectedError as error:
        needing = sorted({str(one._meta.verbose_name) for one in error.protected_objects})  # noqa: SLF001
        raise Conflict(f"{kind} {pk} is still needed by: {', '.join(needing)}") from error


def _row(work: Work, kind: str, row: Any) -> None:  # noqa: ANN401  # rows of several models
    work.removing(kind, row)
    row.delete()


def _thing(work: Work, kind: str, thing: Thing) -> None:
    _streams(work, Datastream.objects.filter(thing=thing))
    _historical(work, HistoricalLocation.objects.filter(thing=thing))
    _row(work, kind, thing)


def _location(work: Work, kind: str, location: Location) -> None:
    _historical(work, location.historical_locations.all())
    things = list(location.things.order_by("pk"))
    for thing in things:
        work.changing("Thing", work.find("Thing", thing.pk), "Locations")
    _row(work, kind, location)
    for thing in things:
        places.renew_point(thing)


def _observer(work: Work, kind: str, row: Sensor) -> None:
    _streams(work, Datastream.objects.filter(sensor=row))
    _row(work, kind, row)


def _property(work: Work, kind: str, row: ObservedProperty) -> None:
    _streams(work, Datastream.objects.filter(components__observed_property=row).distinct())
    _streams(work, Datastream.objects.filter(observed_property=row))
    _row(work, kind, row)


def _feature(work: Work, kind: str, row: FeatureOfInterest) -> None:
    observations.remove_of_feature(work, row)
    Datastream.objects.filter(feature_of_interest=row).update(feature_of_interest=None)
    _row(work, kind, row)


def _streams(work: Work, streams: Any) -> None:  # noqa: ANN401  # a queryset of Datastream
    for stream in streams.order_by("pk"):
        kind = kind_of(stream)
        _row(work, kind, work.find(kind, stream.pk))


def _historical(work: Work, rows: Any) -> None:  # noqa: ANN401  # a queryset of HistoricalLocation
    for one in rows.order_by("pk"):
        _row(work, "HistoricalLocation", one)


_REMOVERS: dict[str, Callable[[Work, str, Any], None]] = {
    "Thing": _thing,
    "Location": _location,
    "Sensor": _observer,
    "ObservedProperty": _property,
    "FeatureOfInterest": _feature,
}
