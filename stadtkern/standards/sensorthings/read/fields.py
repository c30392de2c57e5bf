"""Properties of entities as they leave: columns to select, and the JSON value made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from stadtkern.standards.sensorthings.compile.columns import (
    FLAGGED,
    name_or_key,
    property_name,
    unit_document,
)
from stadtkern.standards.sensorthings.compile.dialect import Dialect, dialect
from stadtkern.standards.sensorthings.compile.tables import LATEST, STREAMS, column_of
from stadtkern.standards.sensorthings.entities import EntityType, Kind, Property

MISSING = object()
"""Stands for a property that an entity does not have."""
ALWAYS = frozenset({"resultTime"})
"""Properties of an Observation that are shown as null (18-088 section 8.2.7)."""


@dataclass(frozen=True, slots=True)
class Field:
    """A property in a document.

    Parameters
    ----------
    columns
        what to select; `{a}` stands for the alias of the table.
    read
        makes the JSON value of the values in these columns; `MISSING`: there is none.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    read: Callable[..., object]


@cache
def fields_of(entity: EntityType, vendor: str) -> dict[str, Field]:
    """Return all properties of an entity type, for the database `vendor`."""
    maker = dialect()
    assert maker.vendor == vendor  # noqa: S101  # the cache is kept per database
    return {one.name: _field(entity, one, maker) for one in entity.properties}


def _field(entity: EntityType, one: Property, maker: Dialect) -> Field:
    special = _SPECIAL.get((entity.name, one.name)) or _SPECIAL.get((_family(entity), one.name))
    if special:
        columns, read = special(maker)
        return Field(one.name, one.kind, columns, read)
    column = f"{{a}}.{column_of(entity, one.field)}"
    if one.kind == Kind.GEOMETRY:
        return Field(one.name, one.kind, *_geometry(entity, column, maker))
    if one.end:
        columns = (column, f"{{a}}.{column_of(entity, one.end)}")
        return Field(one.name, one.kind, columns, _period(maker))
    readers: dict[Kind, Callable[[Any], object]] = {
        Kind.OBJECT: _json,
        Kind.ANY: _json,
        Kind.INSTANT: _instant(maker, null=None if one.name in ALWAYS else MISSING),
    }
    return Field(one.name, one.kind, (column,), readers.get(one.kind, _same))


def _family(entity: EntityType) -> str:
    return "" if entity.name in STREAMS else entity.name


def _same(value: object) -> object:
    return value


def _json(value: str | None) -> object:
    return MISSING if value is None else msgspec.Raw(value.encode())


def _instant(maker: Dialect, null: object) -> Callable[[Any], object]:
    def read(value: Any) -> object:  # noqa: ANN401  # as the driver gives it
        return null if value is None else maker.to_python(value)

    return read


def stamp(time: datetime) -> str:
    """Return a time in UTC as text."""
    return time.isoformat().replace("+00:00", "Z")


def _period(maker: Dialect) -> Callable[[Any, Any], object]:
    to_python = maker.to_python

    def read(start: Any, end: Any) -> object:  # noqa: ANN401  # as the driver gives it
        if start is None:
            return MISSING
        begin = to_python(start)
        return begin if end is None else f"{stamp(begin)}/{stamp(to_python(end))}"

    return read


def _geometry(
    entity: EntityType, column: str, maker: Dialect
) -> tuple[tuple[str, ...], Callable[..., object]]:
    made = maker.geojson(column)
    if entity.name in STREAMS:
        return (made,), _json
    return ("{a}.document", made), _document


def _document(sent: str | None, made: str | None) -> object:
    """Return a place as it was sent, else as GeoJSON."""
    if sent is not None:
        return msgspec.Raw(sent.encode())
    return None if made is None else msgspec.Raw(made.encode())


def _result(number: float | None, value: str | None) -> object:
    return number if value is None else msgspec.Raw(value.encode())


def _quality(sent: str | None, flag: int) -> object:
    if sent is not None:
        return msgspec.Raw(sent.encode())
    return {"flag": flag} if flag > FLAGGED else MISSING


def _metadata(text: str, document: str | None) -> object:
    return text if document is None else msgspec.Raw(document.encode())


def _unit(sent: str | None, unit: str) -> object:
    return unit_document(unit) if sent is None else msgspec.Raw(sent.encode())


def _statistics(first: str, last: str) -> Callable[[Dialect], tuple[tuple[str, ...], Callable[..., object]]]:
    select = f"(SELECT s.{{}} FROM {LATEST} s WHERE s.datastream_id = {{{{a}}}}.id)"  # noqa: S608  # constants

    def make(maker: Dialect) -> tuple[tuple[str, ...], Callable[..., object]]:
        return (select.format(first), select.format(last)), _period(maker)

    return make


def _units(maker: Dialect) -> tuple[tuple[str, ...], Callable[..., object]]:
    return (_components(maker, "unit_of_measurement", "unit"),), _each_unit


def _each_unit(components: str | None) -> object:
    found = sorted(msgspec.json.decode(components or "[]"), key=lambda one: one[0])
    return [unit_document(unit) if sent is None else sent for _position, sent, unit in found]


def _types(maker: Dialect) -> tuple[tuple[str, ...], Callable[..., object]]:
    return (_components(maker, "observation_type", "position"),), _each_type


def _each_type(components: str | None) -> object:
    found = sorted(msgspec.json.decode(components or "[]"), key=lambda one: one[0])
    return [kind for _position, kind, _again in found]


def _components(maker: Dialect, first: str, second: str) -> str:
    """Return the query of position and two columns of each part of a MultiDatastream, as JSON."""
    one = f"c.{first}"
    if maker.vendor == "postgresql":
        made = f"jsonb_agg(jsonb_build_array(c.position, {one}, c.{second}))"
    else:
        one = f"json({one})" if first == "unit_of_measurement" else one
        made = f"json_group_array(json_array(c.position, {one}, c.{second}))"
    return f"(SELECT {made} FROM observations_multicomponent c WHERE c.datastream_id = {{a}}.id)"  # noqa: S608  # constants


def _column(
    columns: tuple[str, ...], read: Callable[..., object]
) -> Callable[[Dialect], tuple[tuple[str, ...], Callable[..., object]]]:
    return lambda _maker: (columns, read)


_SPECIAL: dict[tuple[str, str], Callable[[Dialect], tuple[tuple[str, ...], Callable[..., object]]]] = {
    ("Thing", "name"): _column((name_or_key("{a}").text,), _same),
    ("", "name"): _column((name_or_key("{a}").text,), _same),
    ("", "phenomenonTime"): _statistics("first_time", "last_time"),
    ("", "resultTime"): _statistics("first_result_time", "last_result_time"),
    ("ObservedProperty", "name"): lambda maker: ((property_name("{a}", (), maker).text,), _same),
    ("Sensor", "metadata"): _column(("{a}.metadata", "{a}.metadata_document"), _metadata),
    ("Observation", "result"): _column(("{a}.result", "{a}.value"), _result),
    ("Observation", "resultQuality"): _column(("{a}.result_quality", "{a}.quality"), _quality),
    ("Datastream", "unitOfMeasurement"): _column(("{a}.unit_of_measurement", "{a}.unit"), _unit),
    ("MultiDatastream", "unitOfMeasurements"): _units,
    ("MultiDatastream", "multiObservationDataTypes"): _types,
}
"""Properties that are more than a column; those without a type belong to both kinds of datastreams."""
