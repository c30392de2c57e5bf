"""What charts show: rows put together in groups, and numbers computed of each."""

from typing import TYPE_CHECKING

from stadtkern.tables import engine
from stadtkern.tables.model import Column, TableError
from stadtkern.tables.queries import Where
from stadtkern.tables.questions import Aggregate, Aggregated, Group, Measure, Query

if TYPE_CHECKING:
    from stadtkern.tables.table import Table

MOST_GROUPS = 3
MOST_MEASURES = 10
MOST_ROWS = 10_000
MOST_BINS = 500
_BUCKETS = ("hour", "day", "week", "month", "quarter", "year")
_FUNCTIONS: dict[Measure, str] = {
    "sum": "sum({})", "mean": "avg({})", "median": "median({})", "min": "min({})", "max": "max({})",
    "distinct": "count(DISTINCT {})",
}  # fmt: skip
_OF_NUMBERS = ("sum", "mean", "median")


def aggregate(table: "Table", wanted: Aggregate, query: Query) -> Aggregated:
    """Return groups and measures; the groups in their order, or the largest first.

    Raises
    ------
    TableError
        `no_such_column`, `bad_aggregate`.
    """
    if len(wanted.groups) > MOST_GROUPS or not 1 <= len(wanted.measures) <= MOST_MEASURES:
        raise TableError("bad_aggregate", groups=len(wanted.groups), measures=len(wanted.measures))
    found = table.where(query)
    groups = [_group(table, one, found) for one in wanted.groups]
    measures = [_measure(table, measure, column) for measure, column in wanted.measures]
    names = _unique([one.column for one in wanted.groups] + [_title(*one) for one in wanted.measures])
    limit = min(max(wanted.limit, 1), MOST_ROWS)
    by = ", ".join(str(place) for place in range(1, len(groups) + 1))
    first = f"{len(groups) + 1} DESC NULLS LAST, " if wanted.is_largest_first else ""
    order = ", ".join(f"{place} ASC NULLS LAST" for place in range(1, len(groups) + 1))
    statement = (
        f"SELECT {', '.join([*groups, *measures])} FROM {table.source}{found.sql()}"  # noqa: S608  (names are checked, values are parameters)
        + (f" GROUP BY {by} ORDER BY {first}{order} LIMIT {limit + 1}" if groups else "")
    )
    with engine.cursor(table.zone) as cursor:
        rows = cursor.execute(statement, found.values).fetchall()
    return Aggregated(tuple(names), tuple(rows[:limit]), is_cut=len(rows) > limit)


def _title(measure: Measure, column: str) -> str:
    return f"{measure}_{column}" if column else measure


def _unique(names: list[str]) -> list[str]:
    result: list[str] = []
    for one in names:
        name, number = one, 2
        while name in result:
            name, number = f"{one}_{number}", number + 1
        result.append(name)
    return result


def _group(table: "Table", group: Group, found: Where) -> str:
    column = table.column(group.column)
    quoted = engine.name(column.name)
    if not group.bucket:
        return quoted
    if group.bucket == "bins":
        return _bins(table, column, group.bins, found)
    if group.bucket not in _BUCKETS or column.kind not in {"date", "datetime"}:
        raise TableError("bad_aggregate", column=column.name, bucket=group.bucket)
    kind = "::DATE" if column.kind == "date" else ""
    return f"date_trunc('{group.bucket}', {quoted}){kind}"


def _bins(table: "Table", column: Column, count: int, found: Where) -> str:
    """Return the start of the part into which a number falls; all parts are equally wide."""
    if column.kind not in {"integer", "number"} or not 1 <= count <= MOST_BINS:
        raise TableError("bad_aggregate", column=column.name, bins=count)
    quoted = engine.name(column.name)
    with engine.cursor(table.zone) as cursor:
        row = cursor.execute(
            f"SELECT min({quoted}), max({quoted}) FROM {table.source}{found.sql()}",  # noqa: S608  (names are checked)
            found.values,
        ).fetchone()
    low, high = row or (None, None)
    if low is None:
        return "NULL"
    width = (float(high) - float(low)) / count
    if width <= 0:
        return f"CASE WHEN {quoted} IS NOT NULL THEN {float(low)!r}::DOUBLE END"
    is_there = f"CASE WHEN {quoted} IS NOT NULL THEN"  # the least of nothing and a number is the number
    part = f"least(floor(({quoted} - {float(low)!r}::DOUBLE) / {width!r}::DOUBLE), {count - 1})"
    return f"{is_there} {float(low)!r}::DOUBLE + {width!r}::DOUBLE * {part} END"


def _measure(table: "Table", measure: Measure, column: str) -> str:
    if measure == "count":
        return f"count({engine.name(table.column(column).name)})" if column else "count(*)"
    known = table.column(column)
    function = _FUNCTIONS.get(measure)
    if function is None or (measure in _OF_NUMBERS and known.kind not in {"integer", "number", "boolean"}):
        raise TableError("bad_aggregate", measure=measure, column=column)
    quoted = engine.name(column)
    return function.format(f"{quoted}::DOUBLE" if measure in _OF_NUMBERS else quoted)
