"""Rows as documents: control information, properties, links, and what is expanded (18-088 section 8.1)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from stadtkern.base.odata.nodes import Query
from stadtkern.observations.access import Access
from stadtkern.observations.services.archive.beside import (
    ARCHIVED,
    beside,
    files_of,
    fill,
    make_table,
)
from stadtkern.observations.services.archive.moving import holder
from stadtkern.standards.sensorthings.compile.sql import Sql, build, every
from stadtkern.standards.sensorthings.compile.tables import STREAM, table_of
from stadtkern.standards.sensorthings.entities import EntityType
from stadtkern.standards.sensorthings.read.conditions import base_conditions
from stadtkern.standards.sensorthings.read.context import Context, asked_of
from stadtkern.standards.sensorthings.read.fields import MISSING, Field
from stadtkern.standards.sensorthings.read.shape import Shape, shape_of

Document = dict[str, Any]
KIND = f"(SELECT is_multi FROM {STREAM} WHERE id = {{a}}.datastream_id)"  # noqa: S608  # name of a table
"""Whether the datastream of an observation is a MultiDatastream."""
_OWN = f"SELECT feature_of_interest_id FROM {STREAM} WHERE id = {{a}}.datastream_id"  # noqa: S608  # as above
FEATURE = f"COALESCE({{a}}.feature_id, ({_OWN}))"
TARGETS = {
    ("HistoricalLocation", "Thing"): "{a}.thing_id",
    ("Datastream", "Thing"): "{a}.thing_id",
    ("Datastream", "Sensor"): "{a}.sensor_id",
    ("Datastream", "ObservedProperty"): "{a}.observed_property_id",
    ("MultiDatastream", "Thing"): "{a}.thing_id",
    ("MultiDatastream", "Sensor"): "{a}.sensor_id",
    ("Observation", "Datastream"): "{a}.datastream_id",
    ("Observation", "MultiDatastream"): "{a}.datastream_id",
    ("Observation", "FeatureOfInterest"): FEATURE,
}
"""The column with the id of the one entity that a link leads to."""
OBSERVED = {"Datastream": False, "MultiDatastream": True}
"""The two links of which an observation has one."""


class Builder:
    """Makes documents of rows that hold `columns`, then whatever else was asked for."""

    def __init__(self, shape: Shape, root: str, parent: EntityType | None = None) -> None:
        self.shape = shape
        self.base = f"{root}/{shape.entity.plural}("
        self.columns: list[str] = ["{a}.id"]
        self.slots: list[tuple[Field, int, int]] = []
        for field in shape.fields:
            self.slots.append((field, len(self.columns), len(self.columns) + len(field.columns)))
            self.columns += field.columns
        self.readers = [_reader(*slot) for slot in self.slots]
        names = [(link.name, f"{link.name}@iot.navigationLink", f")/{link.name}") for link in shape.links]
        self.links = [
            [(shown, rest) for name, shown, rest in names if OBSERVED.get(name, kind) == kind]
            for kind in (False, True)
        ]
        """Links of observations of a Datastream, and of those of a MultiDatastream."""
        if shape.entity.name != "Observation":
            self.links = [[(shown, rest) for _name, shown, rest in names]] * 2
        self.kind = self._kind_slot(parent) if self.links[0] != self.links[1] else None
        self.targets = {
            branch.link.name: self.add(TARGETS[shape.entity.name, branch.link.name])
            for branch in shape.branches
            if not branch.link.many
        }

    def _kind_slot(self, parent: EntityType | None) -> int | None:
        """Return the column with the kind of datastream; None where the parent says it for all rows."""
        if parent is None or parent.name not in OBSERVED:
            return self.add(KIND)
        self.links = [self.links[OBSERVED[parent.name]]] * 2
        return None

    def add(self, column: str) -> int:
        """Return the place in a row of one column more, `{a}` for the alias of the table."""
        self.columns.append(column)
        return len(self.columns) - 1

    @property
    def width(self) -> int:
        """How many columns a row has before whatever else was asked for."""
        return len(self.columns)

    def document(self, row: Sequence[Any]) -> Document:
        """Return the document of one row, without what is expanded."""
        address = f"{self.base}{row[0]}"
        found: Document = {}
        if self.shape.has_id:
            found["@iot.id"] = row[0]
        if self.shape.has_self:
            found["@iot.selfLink"] = address + ")"
        for name, start, end, read in self.readers:
            value = read(row[start]) if not end else read(*row[start:end])
            if value is not MISSING:
                found[name] = value
        for name, ways in self.shape.members.items():
            if name in found:
                found[name] = _picked(found[name], ways)
        for name, rest in self.links[self.kind is not None and bool(row[self.kind])]:
            found[name] = address + rest
        return found


def _reader(field: Field, start: int, end: int) -> tuple[str, int, int, Callable[..., object]]:
    """Return the name of a field, its columns (end 0: only one) and its reader; quicker to loop over."""
    return field.name, start, end if end - start > 1 else 0, field.read


def _picked(value: Any, ways: Iterable[Sequence[str | int]]) -> Any:  # noqa: ANN401  # JSON
    """Return the selected members of a JSON value, each where it was."""
    whole = msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value
    found: dict[str, Any] = {}
    for way in ways:
        _pick(whole, way, found)
    return found


def _pick(whole: Any, way: Sequence[str | int], found: dict[str, Any]) -> None:  # noqa: ANN401  # JSON
    place = found
    for number, step in enumerate(way):
        inner = member(whole, step)
        if inner is MISSING:
            return
        if number == len(way) - 1:
            place[str(step)] = inner
        else:
            place = place.setdefault(str(step), {})
        whole = inner


def member(whole: Any, step: str | int) -> Any:  # noqa: ANN401  # JSON
    """Return a member of a JSON object or list; `MISSING` if there is none."""
    if isinstance(whole, Mapping):
        return whole.get(str(step), MISSING)
    if isinstance(whole, list) and str(step).isdecimal() and int(step) < len(whole):
        return whole[int(step)]
    return MISSING


def entity_documents(
    entity: EntityType, ids: Sequence[int], access: Access, root: str, query: Query | None = None
) -> dict[int, Document]:
    """Return the documents of some entities that the reader may know of, by id; for writers and MQTT."""
    from stadtkern.standards.sensorthings.read.expand import expanded  # noqa: PLC0415  # which needs this module

    context = Context(access, root)
    shape = shape_of(entity, query or Query(), context.dialect.vendor)
    builder = Builder(shape, root)
    rows = rows_by_id(context, entity, builder.columns, ids)
    documents = expanded(context, shape, builder, rows)
    return {row[0]: document for row, document in zip(rows, documents, strict=True)}


def rows_by_id(
    context: Context, entity: EntityType, columns: Sequence[str], ids: Sequence[int]
) -> Sequence[tuple[Any, ...]]:
    """Return columns of some entities that the reader may know of."""
    if not ids:
        return []
    found = every([context.dialect.any_of("t0.id", ids), *base_conditions(entity, "t0", context)])
    selected = Sql(", ".join(one.format(a="t0") for one in columns))
    query = build(f"SELECT {{}} FROM {table_of(entity)} t0 WHERE {{}}", selected, found)  # noqa: S608  # name of a table
    rows = context.table_rows(query)
    if entity.name != "Observation" or len(rows) == len(set(ids)):
        return rows
    missing = sorted(set(ids) - {row[0] for row in rows}) if columns[0] == "{a}.id" else ids
    return [*rows, *(row for number in missing for row in _archived(context, query, number))]


def _archived(context: Context, query: Sql, number: int) -> Sequence[tuple[Any, ...]]:
    """Return an observation that may be in the archive."""
    extent = replace(context.everything(), number=number)
    with beside():
        found = holder(files_of(extent), number)
        if found is None:
            return []
        make_table()
        fill([found], extent)
        return context.table_rows(asked_of(query, ARCHIVED))
