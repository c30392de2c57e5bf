"""Reads what an address asks of a table: filters, order, columns, and where to go on.

The filters are those of `tables.Query.from_params`. Programs may also write `limit`, `offset`, `fields`
and `sort`, as long as no column has that name; with `_` in front they always work.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from stadtkern.base.errors import BadInput
from stadtkern.catalogue.refusals import words
from stadtkern.tables import GEOMETRY, Column, Filter, Op, Order, Query, TableError

KNOWN = frozenset({"_sort", "_sort_desc", "_columns", "_q", "_bbox", "_page", "_size"})
ALIASES = ("limit", "offset", "fields", "sort")
MOST_ROWS, USUAL_ROWS = 10_000, 100
MOST_OFFSET = 10**12
CURSOR = re.compile(r"v([0-9]{1,9})\.([0-9]{1,12})", re.ASCII)
OPS: tuple[Op, ...] = (
    "eq",
    "ne",
    "gt",
    "gte",
    "lt",
    "lte",
    "contains",
    "startswith",
    "in",
    "isnull",
    "notnull",
)
TEXT_OPS: tuple[Op, ...] = ("contains", "eq", "ne", "startswith", "isnull", "notnull")
ORDERED_OPS: tuple[Op, ...] = ("eq", "ne", "gte", "lte", "gt", "lt", "isnull", "notnull")
PLAIN_OPS: tuple[Op, ...] = ("eq", "ne", "isnull", "notnull")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a program goes on: in which edition, after how many rows. Paging never mixes two editions."""

    version: int
    offset: int

    def __str__(self) -> str:
        return f"v{self.version}.{self.offset}"


def read(parameters: QueryDict, columns: Sequence[Column], *, most: int = MOST_ROWS) -> Query:
    """Return the question of an address; empty parameters and those of pages are passed over.

    Raises
    ------
    BadInput
        if a column, an operator or a value is wrong; the text says which.
    """
    pairs = [
        (name, value)
        for name, values in parameters.lists()
        for value in ([",".join(values)] if name == "_columns" else values)  # boxes of a form come one by one
        if value != "" and (not name.startswith("_") or name in KNOWN)
    ]
    try:
        return Query.from_params(pairs, columns, max_size=most)
    except TableError as error:
        raise BadInput(words(error)) from error


def read_program(parameters: QueryDict, columns: Sequence[Column], *, usual: int = USUAL_ROWS) -> Query:
    """Return the question of a program, which may also write `limit`, `offset`, `fields` and `sort`."""
    rest, given = _aliases(parameters, {one.name for one in columns})
    query = read(rest, columns)
    if "_size" not in rest:
        query = replace(query, limit=usual)
    if "limit" in given:
        query = replace(query, limit=min(_whole("limit", given["limit"]), MOST_ROWS))
    if "offset" in given:
        query = replace(query, offset=_whole("offset", given["offset"]))
    if "fields" in given:
        query = replace(query, columns=tuple(known(given["fields"].split(","), columns, more=[GEOMETRY])))
    if "sort" in given:
        query = replace(query, order=_order(given["sort"], columns))
    return query


def cursor_of(parameters: QueryDict) -> Cursor | None:
    """Return where a program goes on (`_cursor`); None: at the beginning.

    Raises
    ------
    BadInput
        if it is not one of ours.
    """
    text = parameters.get("_cursor", "").strip()
    if not text:
        return None
    match = CURSOR.fullmatch(text)
    if match is None:
        raise BadInput(_("This cursor is not one of ours; begin without it."))
    return Cursor(int(match[1]), int(match[2]))


def _aliases(parameters: QueryDict, columns: set[str]) -> tuple[QueryDict, dict[str, str]]:
    """Return the other parameters, and those for programs by their plain name."""
    rest, given = parameters.copy(), {}
    for alias in ALIASES:
        for name in (alias, f"_{alias}"):
            if name in rest and name not in columns and not (name == "_sort" and "_sort" in KNOWN):
                given[alias] = rest.pop(name)[-1]
    return rest, {name: value.strip() for name, value in given.items() if value.strip()}


def known(names: Iterable[str], columns: Sequence[Column], *, more: Iterable[str] = ()) -> list[str]:
    """Return the names, each once; refuse those that no column has."""
    have = {*(one.name for one in columns), *more}
    wanted = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    for name in wanted:
        if name not in have:
            raise BadInput(_("There is no column “%(column)s”.") % {"column": name[:100]})
    return wanted


def _order(text: str, columns: Sequence[Column]) -> tuple[Order, ...]:
    """Return the order of `name,-other`."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    names = known([part.lstrip("+-") for part in parts], columns)
    down = {part.lstrip("+-") for part in parts if part.startswith("-")}
    return tuple(Order(name, name in down) for name in names)


def _whole(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:20]) > MOST_OFFSET:
        raise BadInput(
            _("“%(name)s” must be a whole number, not “%(value)s”.") % {"name": name, "value": text[:50]}
        )
    return int(text)


def ops_of(column: Column) -> tuple[Op, ...]:
    """Return how the values of a column can be compared."""
    if column.kind == "text":
        return TEXT_OPS
    if column.kind in {"boolean", "json"}:
        return PLAIN_OPS
    return ORDERED_OPS


def pair_of(one: Filter) -> tuple[str, str]:
    """Return the parameter of an address that stands for a filter."""
    name = one.column if one.op == "eq" else f"{one.column}__{one.op}"
    value = one.value
    if one.op in {"isnull", "notnull"}:
        return name, "1"
    if isinstance(value, list | tuple):
        return name, ",".join(str(part) for part in value)
    if isinstance(value, bool):
        return name, "true" if value else "false"
    return name, value.isoformat() if hasattr(value, "isoformat") else str(value)
