"""Documents as rows of a table: a column for each property, then those of expanded entities."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from stadtkern.base.odata.errors import QueryError
from stadtkern.standards.sensorthings.entities import Kind
from stadtkern.standards.sensorthings.read.fields import stamp
from stadtkern.standards.sensorthings.read.shape import Shape, shape_of

ID = "@iot.id"


@dataclass(frozen=True, slots=True)
class Column:
    """A column and the way to its values."""

    name: str
    way: tuple[str, ...]
    kind: Kind | None
    """None: an id."""


def columns_of(shape: Shape, vendor: str, before: tuple[str, ...] = ()) -> Iterator[Column]:
    """Yield the columns for documents of `shape`; names of inner ones are paths such as `Thing/name`."""
    prefix = "".join(f"{step}/" for step in before)
    if shape.has_id:
        yield Column(f"{prefix}id", (*before, ID), None)
    for field in shape.fields:
        yield Column(prefix + field.name, (*before, field.name), field.kind)
    for branch in shape.branches:
        if branch.link.many:
            raise QueryError(f"A table cannot hold the many {branch.link.name} of one row.")
        yield from columns_of(
            shape_of(branch.target, branch.query, vendor), vendor, (*before, branch.link.name)
        )


def value_at(document: Any, way: tuple[str, ...]) -> Any:  # noqa: ANN401  # JSON
    """Return the value of a column in a document; None if there is none."""
    for step in way:
        if document is None:
            return None
        document = document.get(step)
    return document


def plain(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Return a value for a cell: text, number, truth value, or JSON as text."""
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    if isinstance(value, datetime):
        return stamp(value)
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value
