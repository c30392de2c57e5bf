"""From a JSON body to a `Draft`: every property and link is looked at, and the message says where."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stadtkern.contracts.answers import kind
from stadtkern.observations.services.entities.drafts import Draft
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.results import shown
from stadtkern.standards.sensorthings.entities import (
    ENTITY_FOR,
    MULTI_DATASTREAM,
    OBSERVATION,
    OM_COMPLEX,
    EntityType,
    Kind,
    Link,
    Property,
)
from stadtkern.standards.sensorthings.write import observations, values

Mode = Literal["create", "merge", "replace"]
DEEPEST = 12
"""Levels of entities within each other."""
MOST = 10_000
"""Entities in one body."""
ID = "@iot.id"
_LONGEST = {"encodingType": 100, "observationType": 200, "definition": values.LONGEST_URI}
_PLACED = {"location", "feature"}


@dataclass(slots=True)
class _Reading:
    """What holds for one body."""

    mode: Mode
    stored: Mapping[str, Any] = field(default_factory=dict)
    left: int = MOST


def new_entity(entity: EntityType, body: object, *, given: frozenset[str] = frozenset()) -> Draft:
    """Return the draft of a new entity, with all that is nested in it (OGC 18-088 section 10.2).

    Parameters
    ----------
    entity
        its type.
    body
        decoded JSON.
    given
        links that the address gives, such as `Thing` for `/Things(1)/Datastreams`.

    Raises
    ------
    BadEntity
        Names the property or link that is wrong or missing.
    """
    return _draft(entity, body, _Reading("create"), given, "", 1)


def changed_entity(entity: EntityType, body: object, mode: Mode, stored: Mapping[str, Any]) -> Draft:
    """Return the draft of what is to change: only what `body` names (`merge`), or all (`replace`).

    Parameters
    ----------
    stored
        the entity as its document shows it now; a place is read as the stored encoding says.
    """
    return _draft(entity, body, _Reading(mode, stored), frozenset(), "", 1)


def _draft(  # noqa: PLR0913, PLR0917
    entity: EntityType, body: object, reading: _Reading, given: frozenset[str], where: str, depth: int
) -> Draft:
    if not isinstance(body, dict):
        raise BadEntity(f"{where or entity.name} has to be an object, not {kind(body)}")
    reading.left -= 1
    if reading.left < 0:
        raise BadEntity(f"More than {MOST} entities in one request")
    if depth > DEEPEST:
        raise BadEntity(f"{where} is nested deeper than {DEEPEST} entities")
    prefix = f"{where}." if where else ""
    _refuse_unknown(entity, body, prefix)
    found = dict(_values(entity, body, reading, prefix))
    links = {
        link.name: _link(link, body[link.name], reading, f"{prefix}{link.name}", depth)
        for link in entity.links
        if body.get(link.name) is not None
    }
    if reading.mode == "create":
        _refuse_incomplete(entity, body, links, given, prefix)
    if entity is MULTI_DATASTREAM:
        _check_multi(found, links, prefix)
    return Draft(entity.name, found, links, where)


def _refuse_unknown(entity: EntityType, body: Mapping[str, Any], prefix: str) -> None:
    """Refuse misspelt names, not annotations such as `@iot.selfLink`: clients send back what they got."""
    for name in body:
        if "@" not in name and name not in entity.property_of and name not in entity.link_of and name != "id":
            raise BadEntity(f"A {entity.name} has no property or link {shown(prefix + name)}")


def _refuse_incomplete(
    entity: EntityType,
    body: Mapping[str, Any],
    links: Mapping[str, tuple[int | Draft, ...]],
    given: frozenset[str],
    prefix: str,
) -> None:
    """Refuse a new entity without what 18-088 tables 3 to 21 and 24 make mandatory."""
    filled = {"phenomenonTime", "resultTime"} if entity is OBSERVATION else set()
    missing = [name for name in entity.mandatory if name not in filled and body.get(name) is None]
    needed = [link.name for link in entity.links if link.mandatory and link.name not in given]
    missing += [name for name in needed if not links.get(name)]
    if entity is OBSERVATION:
        streams = {"Datastream", "MultiDatastream"} & (set(links) | given)
        if not streams:
            missing.append("Datastream or MultiDatastream")
        elif len(streams) > 1:
            raise BadEntity(f"{prefix}Datastream and MultiDatastream cannot both be given")
    if missing:
        what = ", ".join(prefix + name for name in missing)
        raise BadEntity(f"Missing in this {entity.name}: {what}")


def _values(
    entity: EntityType, body: Mapping[str, Any], reading: _Reading, prefix: str
) -> Iterator[tuple[str, Any]]:
    """Yield the checked values of the properties that are to be written; None: none any more."""
    whole = reading.mode == "replace"
    missing = [
        one.name
        for one in entity.properties
        if one.mandatory and whole and one.writable and body.get(one.name) is None
    ]
    if missing:
        raise BadEntity(f"Missing in this {entity.name}: {', '.join(missing)}")
    for one in entity.properties:
        if not one.writable:
            continue
        value, is_told = body.get(one.name), one.name in body
        if one.name in _PLACED and not is_told and "encodingType" in body and reading.stored:
            value, is_told = reading.stored.get(one.name), True
        if value is not None:
            encoding = body.get("encodingType") or reading.stored.get("encodingType", "")
            yield one.name, _value(one, value, encoding, f"{prefix}{one.name}")
        elif one.mandatory and not _may_be_null(entity, one):
            if not is_told or reading.mode == "create":
                continue  # `_refuse_incomplete` names it
            raise BadEntity(f"{prefix}{one.name} must not be null")
        elif is_told or whole:
            yield one.name, None


def _may_be_null(entity: EntityType, one: Property) -> bool:
    return entity is OBSERVATION and one.name in {"phenomenonTime", "resultTime"}


def _value(one: Property, value: Any, encoding: str, where: str) -> Any:  # noqa: ANN401
    if one.name in _PLACED:
        return values.place(value, values.text(encoding, "encodingType", 100), where)
    if one.name == "name":
        return values.name(value, where)
    if one.name == "result":
        return observations.result(value, where)
    if one.kind in {Kind.TEXT, Kind.URI}:
        return values.text(value, where, _LONGEST.get(one.name, values.LONGEST_TEXT))
    return _BY_KIND[one.kind](value, where)


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadEntity(f"{where} has to be an array, not {kind(value)}")
    found: list[Any] = values.free(value, where)
    return found


_BY_KIND: dict[Kind, Callable[[Any, str], Any]] = {
    Kind.OBJECT: values.json_object,
    Kind.LIST: _list,
    Kind.ANY: values.free,
    Kind.INSTANT: values.instant,
    Kind.PERIOD: values.period,
    Kind.TIME: values.time,
}


def _link(link: Link, value: object, reading: _Reading, where: str, depth: int) -> tuple[int | Draft, ...]:
    """Return what a link leads to: identifiers, or drafts of what is nested (section 10.2.1)."""
    if not link.many:
        if isinstance(value, list):
            raise BadEntity(f"{where} leads to one {link.target}, not to an array")
        return (_target(link, value, reading, where, depth),)
    if not isinstance(value, list):
        raise BadEntity(f"{where} has to be an array, not {kind(value)}")
    return tuple(_target(link, one, reading, f"{where}[{place}]", depth) for place, one in enumerate(value))


def _target(link: Link, value: object, reading: _Reading, where: str, depth: int) -> int | Draft:
    if isinstance(value, dict) and ID in value:
        return identifier(value[ID], where)
    if reading.mode != "create":
        # 18-088 section 10.3: an update must not contain related entities as inline content
        raise BadEntity(f'{where} has to be a reference such as {{"{ID}": 1}} in an update')
    return _draft(ENTITY_FOR[link.target], value, reading, frozenset({link.back}), where, depth + 1)


def identifier(value: object, where: str) -> int:
    """Return the identifier of an entity."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise BadEntity(f"{where} has an {ID} that is no positive whole number: {shown(value)}")
    return value


def _check_multi(found: Mapping[str, Any], links: Mapping[str, tuple[int | Draft, ...]], prefix: str) -> None:
    """Refuse a MultiDatastream whose arrays do not match (18-088 section 9.2.2)."""
    units, types = found.get("unitOfMeasurements"), found.get("multiObservationDataTypes")
    for place, unit in enumerate(units or ()):
        values.json_object(unit, f"{prefix}unitOfMeasurements[{place}]")
    for place, one in enumerate(types or ()):
        values.text(one, f"{prefix}multiObservationDataTypes[{place}]", 200)
    if found.get("observationType", OM_COMPLEX) != OM_COMPLEX:
        raise BadEntity(f"{prefix}observationType of a MultiDatastream has to be {OM_COMPLEX}")
    lengths = {
        name: len(value)
        for name, value in (
            ("unitOfMeasurements", units),
            ("multiObservationDataTypes", types),
            ("ObservedProperties", links.get("ObservedProperties")),
        )
        if value is not None
    }
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{prefix}{name} has {length}" for name, length in lengths.items())
        raise BadEntity(f"These have to have the same length: {told}")
    if 0 in lengths.values():
        raise BadEntity(f"{prefix}{next(iter(lengths))} is empty")
