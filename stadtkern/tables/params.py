"""Reads and writes the questions in addresses."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast, get_args

from stadtkern.tables.model import ID, Box, Column, TableError
from stadtkern.tables.queries import Where, add_filter, column_of
from stadtkern.tables.questions import Filter, Op, Order

if TYPE_CHECKING:
    from stadtkern.tables.questions import Query

Q = TypeVar("Q", bound="Query")
OPS = get_args(Op)
SIZE = 100
MOST_FILTERS = 50
_DEEPEST = 10**12


def pairs(params: object) -> list[tuple[str, str]]:
    """Return names and texts of a `QueryDict`, a mapping or pairs."""
    if hasattr(params, "lists"):
        return [(name, value) for name, values in params.lists() for value in values]
    if isinstance(params, Mapping):
        return [
            (str(name), str(value))
            for name, values in params.items()
            for value in (values if isinstance(values, list | tuple) else [values])
        ]
    return [(str(name), str(value)) for name, value in cast("Iterable[tuple[object, object]]", params)]


def read_query(
    cls: type[Q], params: object, columns: Sequence[Column], *, max_size: int, ignore: Collection[str] = ()
) -> Q:
    """Return the query of an address; see `Query.from_params`."""
    filters: list[Filter] = []
    order: list[Order] = []
    rest: dict[str, str] = {}
    for name, value in pairs(params):
        if name in ignore:
            continue
        if name in {"_sort", "_sort_desc"}:
            order += _orders(value, columns, is_descending=name == "_sort_desc")
        elif name.startswith("_") and not name.startswith(ID):
            rest[name] = value
        elif value or "__" in name:
            filters.append(_filter(name, value, columns))
    if len(filters) > MOST_FILTERS:
        raise TableError("bad_parameter", name="filters", value=str(len(filters)))
    size = min(_whole(rest, "_size", SIZE, least=1), max_size)
    page = _whole(rest, "_page", 1, least=1)
    return cls(
        filters=tuple(filters),
        search=rest.get("_q", "").strip()[:1000],
        order=tuple(order),
        columns=_columns(rest.get("_columns", ""), columns),
        bbox=_box(rest.get("_bbox", "")),
        offset=min((page - 1) * size, _DEEPEST),
        limit=size,
    )


def _orders(value: str, columns: Sequence[Column], *, is_descending: bool) -> list[Order]:
    orders = []
    for one in filter(None, value.split(",")):
        bare = one.strip().removeprefix("-")
        column_of(columns, bare)
        orders.append(Order(bare, is_descending=is_descending or one.strip().startswith("-")))
    return orders


def _filter(name: str, value: str, columns: Sequence[Column]) -> Filter:
    base, _, op = name.partition("__")
    op = op or "eq"
    column = column_of(columns, base)
    if op not in OPS:
        raise TableError("bad_parameter", name=name[:80], value=value[:80])
    found = Filter(base, cast("Op", op), value)
    add_filter(Where(), found, column, "UTC")  # only to see whether the value can be one
    return found


def _columns(value: str, columns: Sequence[Column]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, (one.strip() for one in value.split(",")))))
    for one in names:
        if one != "geometry":
            column_of(columns, one)
    return names


def _whole(params: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = params.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) < least:  # noqa: PLR2004
        raise TableError("bad_parameter", name=name, value=text[:80])
    return int(text)


def _box(text: str) -> Box | None:
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise TableError("bad_parameter", name="_bbox", value=text[:80]) from error
    if not all(map(math.isfinite, (west, south, east, north))) or south > north:
        raise TableError("bad_parameter", name="_bbox", value=text[:80])
    return west, south, east, north


def write_query(query: "Query") -> list[tuple[str, str]]:
    """Return the pairs of the address that reads as this query."""
    found: list[tuple[str, str]] = []
    for one in query.filters:
        name = one.column if one.op == "eq" else f"{one.column}__{one.op}"
        found.append((name, _written(one.value)))
    if query.search:
        found.append(("_q", query.search))
    if query.order:
        found.append(
            ("_sort", ",".join(f"-{one.column}" if one.is_descending else one.column for one in query.order))
        )
    if query.columns:
        found.append(("_columns", ",".join(query.columns)))
    if query.bbox:
        found.append(
            ("_bbox", ",".join(f"{side:g}" if side == round(side, 4) else repr(side) for side in query.bbox))
        )
    if query.offset:
        found.append(("_page", str(query.offset // max(1, query.limit) + 1)))
    if query.limit != SIZE:
        found.append(("_size", str(query.limit)))
    return found


def _written(value: object) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(_written, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return "" if value is None else str(value)
