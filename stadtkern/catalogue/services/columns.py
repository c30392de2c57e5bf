"""What is kept of the corrections an editor made when the next file comes in."""

import mimetypes
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stadtkern.catalogue.vocabularies import format_of
from stadtkern.tables import ColumnPlan, GeometryPlan, Plan


def carried_over(new: Plan, old: Plan, *, proposed: Mapping[str, Mapping[str, Any]]) -> Plan:
    """Return the plan of a new file with titles, units, types and so on as they were corrected before.

    A type is kept if the survey proposes for the new file what it proposed for the old one (`proposed`, by
    the name of the column); otherwise the file has changed, and the new proposal holds.
    """
    known = {column.title.casefold(): column for column in old.columns}
    known |= {column.name: column for column in old.columns}
    columns = tuple(_carried(column, known, proposed) for column in new.columns)
    names = {column.name for column in columns}
    if len(names) < len(columns):  # two columns would have one name: the file is another one
        return new
    key = old.key if set(old.key) <= names else new.key
    geometry = old.geometry if old.geometry and _used(old.geometry) <= names else new.geometry
    return replace(new, columns=columns, key=key, geometry=geometry)


def _carried(
    column: ColumnPlan, known: Mapping[str, ColumnPlan], proposed: Mapping[str, Mapping[str, Any]]
) -> ColumnPlan:
    before = known.get(column.title.casefold()) or known.get(column.name)
    if before is None:
        return column
    words: dict[str, Any] = {
        "name": before.name,
        "title": before.title,
        "unit": before.unit or column.unit,
        "description": before.description or column.description,
        "is_kept": before.is_kept,
    }
    if proposed.get(before.name, {}).get("kind") == column.kind:
        return replace(column, **words, kind=before.kind, meaning=before.meaning, format=before.format)
    return replace(column, **words)


def _used(geometry: GeometryPlan) -> set[str]:
    return {name for name in (geometry.x, geometry.y, *geometry.columns) if name}


def is_same(new: Plan, old: Plan) -> bool:
    """Return whether the tables of two plans have the same columns of the same types."""
    shapes = [{(one.name, one.kind) for one in plan.columns if one.is_kept} for plan in (new, old)]
    return shapes[0] == shapes[1] and (new.geometry is None) == (old.geometry is None)


def ending_of(content_type: str) -> str:
    """Return the file ending that goes with a media type, with its dot; nothing if it is not known."""
    plain = content_type.partition(";")[0].strip().lower()
    found = format_of(plain)
    if found is not None and found.extension and found.media_type == plain:
        return f".{found.extension}"
    return mimetypes.guess_extension(plain) or ""
