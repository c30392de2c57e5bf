"""Changing entities and their links (OGC 18-088 section 10.3)."""

from collections.abc import Callable
from typing import Any

from stadtkern.observations.models import Datastream, HistoricalLocation, Location, Thing
from stadtkern.observations.services.entities import components, places
from stadtkern.observations.services.entities.creation import children, end_of, ends_of, ends_of_properties
from stadtkern.observations.services.entities.drafts import Draft
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.shapes import apply
from stadtkern.observations.services.entities.work import Work, require_manager


def apply_change(work: Work, draft: Draft, pk: int) -> None:
    """Write what a draft names into the entity `pk`; a link to many adds, a link to one leads elsewhere."""
    if draft.kind == "Observation":
        from stadtkern.observations.services.entities import observations  # noqa: PLC0415  # each needs the other

        observations.change(work, draft, pk)
        return
    require_manager(work.access)
    row = work.find(draft.kind, pk)
    work.changing(draft.kind, row, *draft.values, *draft.links)
    apply(draft.kind, row, draft.values)
    _CHANGERS.get(draft.kind, _save)(work, draft, row)


def _save(work: Work, draft: Draft, row: Any) -> None:  # noqa: ANN401  # rows of several models
    row.save()
    children(work, draft, row, draft.kind, _COLLECTIONS.get(draft.kind, ()))


def _thing(work: Work, draft: Draft, row: Thing) -> None:
    _save(work, draft, row)
    if locations := ends_of(work, draft, "Locations", "Location", {}):
        places.move(work, row, locations)


def _location(work: Work, draft: Draft, row: Location) -> None:
    row.save()
    for thing in row.things.order_by("pk"):
        places.renew_point(thing)
    for end in draft.links.get("Things", ()):
        thing = work.target("Thing", end_of(work, "Thing", end, "Things"), "Things", change=True)
        places.move(work, thing, [row.pk])
    for end in draft.links.get("HistoricalLocations", ()):
        pk = end_of(work, "HistoricalLocation", end, "HistoricalLocations")
        historical = work.target("HistoricalLocation", pk, "HistoricalLocations", change=True)
        work.changing("HistoricalLocation", historical, "Locations")
        historical.locations.add(row)


def _historical(work: Work, draft: Draft, row: HistoricalLocation) -> None:
    if "Thing" in draft.links:
        row.thing = _end(work, draft, "Thing", "Thing", change=True)
    row.save()
    if locations := ends_of(work, draft, "Locations", "Location", {}):
        row.locations.set(locations)
    places.follow_history(work, row)


def _stream(work: Work, draft: Draft, row: Datastream) -> None:
    if "Thing" in draft.links:
        row.thing = _end(work, draft, "Thing", "Thing", change=True)
        row.feature_of_interest = None
    if "Sensor" in draft.links:
        row.sensor = _end(work, draft, "Sensor", "Sensor")
    if row.is_multi:
        observed = ends_of_properties(work, draft, {}) if "ObservedProperties" in draft.links else None
        components.change(row, draft.values, observed)
    elif "ObservedProperty" in draft.links:
        row.observed_property = _end(work, draft, "ObservedProperty", "ObservedProperty")
    _save(work, draft, row)


def _end(work: Work, draft: Draft, name: str, kind: str, *, change: bool = False) -> Any:  # noqa: ANN401
    (end,) = draft.links[name]
    return work.target(kind, end_of(work, kind, end, name), name, change=change)


def unlink(work: Work, kind: str, pk: int, name: str, target: int) -> None:
    """End a link between two entities, such as that of a Thing to one of its Locations.

    Raises
    ------
    BadEntity
        If the link may not be missing.
    """
    require_manager(work.access)
    row = work.find(kind, pk)
    if (kind, name) == ("Location", "Things"):
        unlink(work, "Thing", target, "Locations", pk)
        return
    if (kind, name) == ("Thing", "Locations"):
        left = list(row.locations.exclude(pk=target).order_by("pk").values_list("pk", flat=True))
        places.place(work, row, left)
        return
    if (kind, name) in {("HistoricalLocation", "Locations"), ("Location", "HistoricalLocations")}:
        historical, location = (row, target) if kind == "HistoricalLocation" else (None, pk)
        historical = historical or work.find("HistoricalLocation", target)
        if not historical.locations.exclude(pk=location).exists():
            raise BadEntity("A HistoricalLocation has to keep one of its Locations")
        work.changing("HistoricalLocation", historical, "Locations")
        historical.locations.remove(location)
        return
    raise BadEntity(f"The link {name} of a {kind} can lead elsewhere, but not be missing")


_COLLECTIONS = {
    "Thing": ("HistoricalLocations", "Datastreams", "MultiDatastreams"),
    "Datastream": ("Observations",),
    "MultiDatastream": ("Observations",),
    "Sensor": ("Datastreams", "MultiDatastreams"),
    "ObservedProperty": ("Datastreams", "MultiDatastreams"),
    "FeatureOfInterest": ("Observations",),
}
_CHANGERS: dict[str, Callable[[Work, Draft, Any], None]] = {
    "Thing": _thing,
    "Location": _location,
    "HistoricalLocation": _historical,
    "Datastream": _stream,
    "MultiDatastream": _stream,
}
