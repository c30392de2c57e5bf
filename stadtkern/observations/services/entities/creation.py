"""Making entities, with all that is nested in them (OGC 18-088 section 10.2)."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import uuid4

from django.db import models
from django.utils.text import slugify

from stadtkern.base.errors import NotPermitted
from stadtkern.observations.models import (
    Datastream,
    FeatureOfInterest,
    HistoricalLocation,
    Location,
    ObservedProperty,
    Sensor,
    Thing,
)
from stadtkern.observations.services.entities import components, places, results
from stadtkern.observations.services.entities.drafts import Draft
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.shapes import apply
from stadtkern.observations.services.entities.work import Work, kind_of, require_manager

_Row = TypeVar("_Row", Sensor, ObservedProperty)
SOURCE = "sensorthings"
"""Source of the things that clients make."""
LONGEST_SLUG = 60
Given = Mapping[str, int]
"""Links that the address or the entity around gives."""


def make(work: Work, draft: Draft, given: Given) -> int:
    """Make an entity and return its identifier."""
    if draft.kind == "Observation":
        return make_observations(work, [(draft, given)])[0]
    require_manager(work.access)
    row = _MAKERS[draft.kind](work, draft, given)
    work.made(draft.kind, row.pk)
    return int(row.pk)


def linked(work: Work, draft: Draft, name: str, given: Given, *, change: bool = False) -> Any:  # noqa: ANN401
    """Return the row at the end of a link to one entity of the type `name`, made where it is nested."""
    if name in given:
        return work.target(name, given[name], draft.where or draft.kind, change=change)
    (found,) = draft.links[name]
    return work.target(name, end_of(work, name, found, name, change=change), name, change=change)


def end_of(work: Work, kind: str, end: int | Draft, where: str, *, change: bool = False) -> int:
    """Return the identifier at the end of a link, made where it is nested."""
    if isinstance(end, Draft):
        return make(work, end, {})
    return int(work.target(kind, end, where, change=change).pk)


def ends_of(work: Work, draft: Draft, name: str, kind: str, given: Given) -> list[int]:
    """Return the identifiers at the ends of a link to many entities, without repeats."""
    found = [given[name]] if name in given else []
    found += [end_of(work, kind, end, name) for end in draft.links.get(name, ())]
    return list(dict.fromkeys(found))


def _thing(work: Work, draft: Draft, given: Given) -> Thing:
    row = Thing(source=SOURCE, key=uuid4().hex[:12])
    apply("Thing", row, draft.values)
    row.save()
    work.made("Thing", row.pk)
    if locations := ends_of(work, draft, "Locations", "Location", given):
        places.move(work, row, locations)
    children(work, draft, row, "Thing", ("HistoricalLocations", "Datastreams", "MultiDatastreams"))
    return row


def _location(work: Work, draft: Draft, given: Given) -> Location:
    row = Location()
    apply("Location", row, draft.values)
    row.save()
    work.made("Location", row.pk)
    for thing in ends_of(work, draft, "Things", "Thing", given):
        places.move(work, work.target("Thing", thing, "Things", change=True), [row.pk])
    for end in draft.links.get("HistoricalLocations", ()):
        if isinstance(end, Draft):
            make(work, end, {"Locations": row.pk})
        else:
            historical = work.target("HistoricalLocation", end, "HistoricalLocations", change=True)
            work.changing("HistoricalLocation", historical, "Locations")
            historical.locations.add(row)
    return row


def _historical(work: Work, draft: Draft, given: Given) -> HistoricalLocation:
    thing = linked(work, draft, "Thing", given, change=True)
    locations = ends_of(work, draft, "Locations", "Location", given)
    row = HistoricalLocation(thing=thing)
    apply("HistoricalLocation", row, draft.values)
    row.save()
    row.locations.set(locations)
    work.made("HistoricalLocation", row.pk)
    places.follow_history(work, row)
    return row


def _stream(work: Work, draft: Draft, given: Given) -> Datastream:
    thing: Thing = linked(work, draft, "Thing", given, change=True)
    row = Datastream(key=f"{thing.source}:{thing.key}:{_slug(draft)}-{uuid4().hex[:8]}", thing=thing)
    row.sensor = linked(work, draft, "Sensor", given)
    row.profile_id = work.access.profile
    row.is_multi = draft.kind == "MultiDatastream"
    apply(draft.kind, row, draft.values)
    if row.is_multi:
        observed = ends_of_properties(work, draft, given)
        components.save_new(row, draft.values, observed)
    else:
        row.observed_property = linked(work, draft, "ObservedProperty", given)
        row.save()
        give_unit(row.observed_property, row.unit)
    work.made(draft.kind, row.pk)
    children(work, draft, row, draft.kind, ("Observations",))
    return row


def ends_of_properties(work: Work, draft: Draft, given: Given) -> list[int]:
    """Return the ObservedProperties of a MultiDatastream in their order; one may stand there twice."""
    if "ObservedProperties" in given and not draft.links.get("ObservedProperties"):
        return [given["ObservedProperties"]]
    return [
        end_of(work, "ObservedProperty", end, "ObservedProperties")
        for end in draft.links.get("ObservedProperties", ())
    ]


def give_unit(observed: ObservedProperty, unit: str) -> None:
    """Let the first datastream of a property that a client made say in which unit it is shown."""
    if not observed.unit:
        ObservedProperty.objects.filter(pk=observed.pk, unit="").update(unit=unit)


def _sensor(work: Work, draft: Draft, given: Given) -> Sensor:  # noqa: ARG001  # one of the makers
    return _with_streams(work, draft, Sensor())


def _property(work: Work, draft: Draft, given: Given) -> ObservedProperty:  # noqa: ARG001  # as above
    row = ObservedProperty(slug=f"{_slug(draft)}-{uuid4().hex[:8]}", unit="")
    return _with_streams(work, draft, row)


def _with_streams(work: Work, draft: Draft, row: _Row) -> _Row:
    apply(draft.kind, row, draft.values)
    row.save()
    work.made(draft.kind, row.pk)
    children(work, draft, row, draft.kind, ("Datastreams", "MultiDatastreams"))
    return row


def _feature(work: Work, draft: Draft, given: Given) -> FeatureOfInterest:  # noqa: ARG001  # one of the makers
    row = FeatureOfInterest()
    apply("FeatureOfInterest", row, draft.values)
    row.save()
    work.made("FeatureOfInterest", row.pk)
    children(work, draft, row, "FeatureOfInterest", ("Observations",))
    return row


def _slug(draft: Draft) -> str:
    return slugify(draft.values["name"])[:LONGEST_SLUG] or draft.kind.lower()


def children(work: Work, draft: Draft, row: models.Model, back: str, names: tuple[str, ...]) -> None:
    """Make what is nested in collections of an entity, and hang there what is referred to."""
    for name in names:
        ends = draft.links.get(name, ())
        back_name = "ObservedProperties" if (back, name) == _MANY_BACK else back
        new = [end for end in ends if isinstance(end, Draft)]
        if name == "Observations":
            make_observations(work, [(end, {back: row.pk}) for end in new])
        else:
            for one in new:
                make(work, one, {back_name: row.pk})
        for end in ends:
            if not isinstance(end, Draft):
                hang(work, name, end, back, row)


_MANY_BACK = ("ObservedProperty", "MultiDatastreams")
_COLLECTIONS = {
    "Datastreams": "Datastream",
    "MultiDatastreams": "MultiDatastream",
    "HistoricalLocations": "HistoricalLocation",
    "Observations": "Observation",
}


def hang(work: Work, name: str, pk: int, back: str, row: models.Model) -> None:
    """Let the entity `pk` of the collection `name` lead back to `row`."""
    from stadtkern.observations.services.entities import change  # noqa: PLC0415  # each needs the other

    if (back, name) == _MANY_BACK:
        raise BadEntity("The ObservedProperties of a MultiDatastream change only with its units and types")
    change.apply_change(work, Draft(_COLLECTIONS[name], {}, {back: (int(row.pk),)}), pk)


def make_observations(work: Work, drafts: "list[tuple[Draft, Given]]") -> list[int]:
    """Store Observations and return their identifiers in order."""
    from stadtkern.observations.services.entities import observations  # noqa: PLC0415  # each needs the other

    return observations.make(work, drafts) if drafts else []


def require_writable(work: Work, stream: Datastream) -> None:
    """Refuse who may not add Observations to a stream; streams made just now are open to their maker."""
    is_own = (kind_of(stream), stream.pk) in work.touched
    if not is_own and not work.access.may_write(stream.pk):
        raise NotPermitted(f"Observations may not be written to Datastream {stream.pk} with these rights")


def check_of(stream: Datastream) -> results.Check:
    """Return the check for results of a stream."""
    types = [one.observation_type for one in components.of(stream)] if stream.is_multi else None
    return results.checker(stream.observation_type, types)


_MAKERS: dict[str, Callable[[Work, Draft, Given], Any]] = {
    "Thing": _thing,
    "Location": _location,
    "HistoricalLocation": _historical,
    "Datastream": _stream,
    "MultiDatastream": _stream,
    "Sensor": _sensor,
    "ObservedProperty": _property,
    "FeatureOfInterest": _feature,
}
