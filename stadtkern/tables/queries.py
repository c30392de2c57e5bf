"""Questions as SQL over the columns of a table.

Every value is a parameter, every name is checked and quoted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stadtkern.base.numbers import NumberFormatError, parse_decimal
from stadtkern.tables import values as one_by_one
from stadtkern.tables.engine import name
from stadtkern.tables.model import BBOX, GEOMETRY, ID, Box, Column, Kind, TableError
from stadtkern.tables.questions import Filter, Op, Query
from stadtkern.tables.values import Misfit

SIGNS: Mapping[Op, str] = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
MOST_IN = 1_000
LONGEST = 1_000
_DAY = timedelta(days=1)
_TEXTS = ("text", "json")


@dataclass(slots=True)
class Where:
    """Conditions and their values."""

    conditions: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, condition: str, *values: object) -> None:
        """Add a condition that must hold as well."""
        self.conditions.append(condition)
        self.values += values

    def sql(self) -> str:
        """Return the clause; empty without conditions."""
        return f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


def column_of(columns: Sequence[Column], wanted: str) -> Column:
    """Return the column of this name; `_id` is one as well."""
    if wanted == ID:
        return Column(ID, ID, "integer")
    for column in columns:
        if column.name == wanted:
            return column
    raise TableError("no_such_column", column=wanted[:80])


def where(query: Query, columns: Sequence[Column], zone: str, *, has_geometry: bool) -> Where:
    """Return the conditions of a question."""
    found = Where()
    for one in query.filters:
        add_filter(found, one, column_of(columns, one.column), zone)
    for word in query.search[:LONGEST].split()[:10]:
        texts = [name(column.name) for column in columns if column.kind in _TEXTS]
        if texts:
            found.add(f"contains(lower(concat_ws(' ', {', '.join(texts)})), ?)", word.lower())
        else:
            found.add("false")
    if query.bbox:
        if not has_geometry:
            raise TableError("no_geometry")
        _add_box(found, query.bbox)
    return found


def _add_box(found: Where, box: Box) -> None:
    """Keep what touches the box.

    One whose west lies east of its east goes over the date line (GeoJSON, RFC 7946 5.2).
    """
    west, south, east, north = box
    found.add(f"{BBOX}.ymin <= ? AND {BBOX}.ymax >= ?", north, south)
    both = "AND" if west <= east else "OR"
    found.add(f"({BBOX}.xmin <= ? {both} {BBOX}.xmax >= ?)", east, west)


def add_filter(found: Where, one: Filter, column: Column, zone: str) -> None:
    """Add a filter on a column."""
    quoted = name(column.name)
    if one.op in {"isnull", "notnull"}:
        is_wanted = _truth(one.value, column) is (one.op == "isnull")
        found.add(f"{quoted} IS NULL" if is_wanted else f"{quoted} IS NOT NULL")
    elif one.op in {"contains", "startswith"}:
        function = "contains" if one.op == "contains" else "starts_with"
        text = quoted if column.kind in _TEXTS else f"CAST({quoted} AS VARCHAR)"
        found.add(f"{function}(lower({text}), ?)", str(one.value).lower()[:LONGEST])
    elif one.op == "in":
        values = [typed(value, column, zone) for value in _many(one.value)]
        found.add(f"{quoted} IN ({', '.join('?' * len(values))})" if values else "false", *values)
    elif column.kind == "datetime" and (day := _whole_day(one.value)):
        _add_day(found, one.op, quoted, day, zone)
    elif one.op == "eq":
        found.add(f"{quoted} = ?", typed(one.value, column, zone))
    elif one.op == "ne":
        found.add(f"{quoted} IS DISTINCT FROM ?", typed(one.value, column, zone))
    elif one.op in SIGNS:
        found.add(f"{quoted} {SIGNS[one.op]} ?", typed(one.value, column, zone))
    else:
        raise TableError("bad_parameter", name=f"{column.name}__{one.op}", value=str(one.value)[:80])


def _truth(value: object, column: Column) -> bool:
    if value is None or value == "":
        return True
    return value if isinstance(value, bool) else _read_truth(str(value), column)


def _read_truth(text: str, column: Column) -> bool:
    try:
        return one_by_one.boolean(text.strip())
    except Misfit as error:
        raise TableError("bad_parameter", name=column.name, value=text[:80]) from error


def _many(value: object) -> list[object]:
    values = (
        value.split(",")
        if isinstance(value, str)
        else list(value)
        if isinstance(value, list | tuple)
        else [value]
    )
    if len(values) > MOST_IN:
        raise TableError("bad_parameter", name="in", value=f"{len(values)} values")
    return values


def _whole_day(value: object) -> date | None:
    """Return the day, where a moment is compared with a day and not with a time."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        return None
    try:
        return one_by_one.day(value.strip(), "%d.%m.%Y")
    except Misfit:
        return None


def _add_day(found: Where, op: Op, quoted: str, day: date, zone: str) -> None:
    start = datetime.combine(day, time(), ZoneInfo(zone))
    stop = datetime.combine(day + _DAY, time(), ZoneInfo(zone))
    conditions: Mapping[Op, tuple[str, tuple[datetime, ...]]] = {
        "eq": (f"({quoted} >= ? AND {quoted} < ?)", (start, stop)),
        "ne": (f"({quoted} < ? OR {quoted} >= ? OR {quoted} IS NULL)", (start, stop)),
        "gt": (f"{quoted} >= ?", (stop,)),
        "gte": (f"{quoted} >= ?", (start,)),
        "lt": (f"{quoted} < ?", (start,)),
        "lte": (f"{quoted} < ?", (stop,)),
    }
    condition, values = conditions[op]
    found.add(condition, *values)


def typed(value: object, column: Column, zone: str) -> object:
    """Return a value of an address as one of the column's kind.

    Raises
    ------
    TableError
        `bad_parameter`, if it cannot be one.
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        return _read(text, column.kind, zone) if column.kind not in _TEXTS else value[:LONGEST]
    except (Misfit, NumberFormatError, OverflowError) as error:
        raise TableError("bad_parameter", name=column.name, value=value[:80], kind=column.kind) from error


def _read(text: str, kind: Kind, zone: str) -> object:
    if kind in {"integer", "number"}:
        number = parse_decimal(text, "," if "," in text else ".")
        return (
            int(number)
            if number.is_integer()
            and abs(number) <= one_by_one.LARGEST
            and "." not in text
            and "," not in text
            else number
        )
    if kind == "boolean":
        return one_by_one.boolean(text)
    if kind == "date":
        return one_by_one.day(text, "%d.%m.%Y")
    if kind == "clock":
        return one_by_one.clock(text)
    if text[10:11] in {"T", " "} and text[:4].isdigit():
        text = (
            text.replace(" ", "+") if text.count(" ") == 1 and "T" in text else text
        )  # a "+" that came as a blank
    return one_by_one.moment(text, "%d.%m.%Y %H:%M", zone)[0]


def order(query: Query, columns: Sequence[Column]) -> str:
    """Return the ORDER BY clause; equal rows stay in the order of the file."""
    parts = [
        f"{name(column_of(columns, one.column).name)} {'DESC' if one.is_descending else 'ASC'} NULLS LAST"
        for one in query.order
    ]
    return f" ORDER BY {', '.join([*parts, ID])}"


def shown(query: Query, columns: Sequence[Column], *, has_geometry: bool) -> list[str]:
    """Return the names of the columns that are wanted, in their order; geometry comes last."""
    if not query.columns:
        return [*(column.name for column in columns), *([GEOMETRY] if has_geometry else [])]
    for one in query.columns:
        if one != GEOMETRY or not has_geometry:
            column_of(columns, one)
    plain = [one for one in dict.fromkeys(query.columns) if one != GEOMETRY]
    return [*plain, *([GEOMETRY] if GEOMETRY in query.columns else [])]
