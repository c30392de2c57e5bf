"""`$apply`: groups and their statistics; results flagged as bad are left out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Group, Order, Path, Query
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.services.archive.beside import Extent
from stadtkern.standards.sensorthings.apply.counted import (
    Columns,
    Spans,
    aggregate_columns,
    key_columns,
    spans_of,
)
from stadtkern.standards.sensorthings.apply.plan import (
    Plan,
    can_use_rollups,
    plan_of,
    way_of,
    ways,
)
from stadtkern.standards.sensorthings.apply.rolled import Sums, pieces, sums, width_for
from stadtkern.standards.sensorthings.apply.spans import edges_of
from stadtkern.standards.sensorthings.compile.scope import Names, Scope
from stadtkern.standards.sensorthings.compile.sql import Sql, build, every, joined
from stadtkern.standards.sensorthings.compile.tables import LATEST, table_of
from stadtkern.standards.sensorthings.entities import BY_NAME
from stadtkern.standards.sensorthings.read.bounds import Range, bounds
from stadtkern.standards.sensorthings.read.context import Context
from stadtkern.standards.sensorthings.read.resource import Target
from stadtkern.standards.sensorthings.read.rows import Listing, listing

Row = dict[str, Any]
MOST_GROUPS = 100_000
"""Groups of one answer."""


def applied(target: Target, query: Query, context: Context) -> dict[str, object]:
    """Return the answer to `$apply`: groups in the order of their keys, or of `$orderby`."""
    plan = plan_of(query)
    rows = listing(context, target.entity, condition=plan.condition, parent=target.parent)
    found = _rows(rows, plan)
    for order in reversed(query.orderby):
        found.sort(key=_sorter(order, plan), reverse=order.descending)
    skip, top = query.skip or 0, MOST_GROUPS if query.top is None else query.top
    counted = {"@iot.count": len(found)} if query.count else {}
    return {**counted, "value": found[skip : skip + top]}


def _sorter(order: Order, plan: Plan) -> Callable[[Row], tuple[bool, Any]]:
    """Return the function that finds what rows are sorted by; groups without it come first."""
    if not isinstance(order.expression, Path):
        raise QueryError("Groups are sorted by the names of their keys and statistics.")
    way = way_of(order.expression)
    if way not in ways(plan):
        raise QueryError(f"The groups have no {'/'.join(way)}.")

    def find(row: Row) -> tuple[bool, str, Any]:
        value: Any = row
        for step in way:
            value = value.get(step)
        return value is not None, type(value).__name__ if isinstance(value, str) else "", value

    return find  # type: ignore[return-value]  # sorts in the same way


def _put(row: Row, way: Sequence[str], value: object) -> None:
    for step in way[:-1]:
        row = row.setdefault(step, {})
    row[way[-1]] = value


def _rows(rows: Listing, plan: Plan) -> list[Row]:
    if rows.streams == []:
        return []
    if rows.entity.name != "Observation":
        if plan.bucket:
            raise QueryError("bucket(...) is for Observations.")
        return _counted(rows, plan, [])
    within = _range(rows)
    found, others = bounds(rows.rest, rows.context)
    for bound in found:
        within.narrow(bound.start, bound.end)
    if within.start >= within.end:
        return []
    edges = edges_of(plan.bucket, within.start, within.end) if plan.bucket else [within.start, within.end]
    width = width_for(plan.bucket, edges)
    if not others and width and can_use_rollups(plan) and not rows.is_of_feature and _is_numeric(rows):
        by_stream = bool(plan.groups)
        table = sums(rows.context, rows.streams, pieces(within, width), by_stream=by_stream)
        return _rolled(rows, plan, table, edges)
    if not plan.bucket:
        return _counted(rows, plan, [])
    more: list[Sql] = []
    # the spans hold the bounds from here on: SQLite looks up rows by one bound only, and it has to be theirs
    rows.rest = others
    if over := [bound.over for bound in found if bound.over is not None]:
        last = rows.context.dialect.instant(instant(min(over)))
        more.append(build("t0.phenomenon_end IS NULL OR t0.phenomenon_end <= {}", last))
    return _counted(rows, plan, edges, spans_of(edges, within, rows.context), more)


def _latest(rows: Listing, columns: str) -> Sequence[tuple[Any, ...]]:
    query = Sql(f"SELECT {columns} FROM {LATEST} l")  # noqa: S608  # constants
    if rows.streams is not None:
        query = build("{} WHERE {}", query, rows.context.dialect.any_of("l.datastream_id", rows.streams))
    return rows.context.rows(query)


def _range(rows: Listing) -> Range:
    """Return from when to when there are observations."""
    ((start, end),) = _latest(rows, "min(l.first_time), max(l.phenomenon_time)")
    if start is None:
        return Range(0, 0)
    first, last = (time if isinstance(time, int) else micros(time) for time in (start, end))
    return Range(first, last + 1)


def _is_numeric(rows: Listing) -> bool:
    """Return whether all datastreams have numbers: rollups hold nothing else."""
    ((others,),) = _latest(rows, "count(*) - count(l.result)")
    return int(others) == 0


# ---- from rollups


def _rolled(rows: Listing, plan: Plan, table: Sums, edges: Sequence[int]) -> list[Row]:
    spans = np.searchsorted(np.array(edges), table.times, side="right") - 1
    keys, number_of = _stream_keys(rows, plan, table.streams)
    groups = np.array([number_of[stream] for stream in table.streams.tolist()], np.int64)
    codes, places = np.unique(groups * len(edges) + spans, return_inverse=True)
    counts = np.bincount(places, table.counts, len(codes))
    totals = np.bincount(places, table.totals, len(codes))
    minima, maxima = np.full(len(codes), np.inf), np.full(len(codes), -np.inf)
    np.minimum.at(minima, places, table.minima)
    np.maximum.at(maxima, places, table.maxima)
    columns = {"count": counts.astype(np.int64), "sum": totals, "min": minima, "max": maxima}
    with np.errstate(invalid="ignore", divide="ignore"):
        columns["average"] = totals / counts
    return _assembled(plan, codes, edges, keys, columns)


def _assembled(
    plan: Plan,
    codes: NDArray[np.int64],
    edges: Sequence[int],
    keys: Sequence[tuple[Any, ...]],
    columns: dict[str, NDArray[Any]],
) -> list[Row]:
    lists = {one.alias: columns[one.method].tolist() for one in plan.aggregates}
    found: list[Row] = []
    for number, code in enumerate(codes.tolist()):
        group, span = divmod(code, len(edges))
        row: Row = {}
        for one, value in zip(plan.groups, keys[group], strict=True):
            _put(row, way_of(one.path), value)
        if plan.bucket:
            row[plan.bucket.alias] = instant(edges[span])
        row.update({alias: values[number] for alias, values in lists.items()})
        found.append(row)
    return _limited(found)


def _stream_keys(
    rows: Listing, plan: Plan, streams: NDArray[np.int64]
) -> tuple[list[tuple[Any, ...]], dict[int, int]]:
    """Return the different keys in order, and which of them each datastream belongs to."""
    if not plan.groups:
        return [()], {0: 0}
    ids = sorted(set(streams.tolist()))
    by_stream: dict[int, tuple[Any, ...]] = dict.fromkeys(ids, ())
    for group in plan.groups:
        entity = BY_NAME[str(group.path.steps[0])]
        scope = Scope(entity, "s0", rows.context.dialect, rows.context.access, Names("s"))
        columns = key_columns(Group(Path(group.path.steps[1:])), scope)
        only = rows.context.dialect.any_of("s0.id", ids or [0])
        query = build(
            f"SELECT s0.id, {{}} FROM {table_of(entity)} s0 {{}} WHERE {{}}",  # noqa: S608  # name of a table
            joined(columns.sql, ", "),
            joined(scope.clauses),
            only,
        )
        values = {row[0]: columns.read(row[1:], rows.context) for row in rows.context.rows(query)}
        by_stream = {stream: (*key, values.get(stream)) for stream, key in by_stream.items()}
    keys = sorted(set(by_stream.values()), key=lambda key: [(v is not None, str(type(v)), v) for v in key])
    numbers = {key: number for number, key in enumerate(keys)}
    return keys, {stream: numbers[key] for stream, key in by_stream.items()}


# ---- from rows


def _counted(
    rows: Listing,
    plan: Plan,
    edges: Sequence[int],
    spans: Spans | None = None,
    more: Sequence[Sql] = (),
) -> list[Row]:
    context = rows.context
    scope = Scope(rows.entity, "t0", context.dialect, context.access, Names("g"))
    keys = [key_columns(group, scope) for group in plan.groups]
    statistics = [aggregate_columns(one, scope, context) for one in plan.aggregates]
    source, found = rows.source("t0", ())
    conditions = [found, *more]
    table = Sql(f"{table_of(rows.entity)} t0")
    span = []
    if spans:
        table = build("{} CROSS JOIN {}", spans.table, table) if spans.table else table
        conditions += spans.conditions
        span = [spans.number]
    if rows.streams is not None:
        conditions.append(context.dialect.any_of("t0.datastream_id", rows.streams))
    if rows.entity.name == "Observation":
        conditions.append(Sql("t0.quality < 4"))
    grouped = [*(one for key in keys for one in key.sql), *span]
    query = build(
        "SELECT {} FROM {} {} {} WHERE {} {} LIMIT {}",
        joined([*grouped, *(one for column in statistics for one in column.sql)], ", "),
        table,
        joined(scope.clauses),
        source,
        every(conditions),
        _group_clause(len(grouped), has_statistics=bool(statistics)),
        Sql("%s", (MOST_GROUPS + 1,)),
    )
    return _read(context.rows(query, _extent(rows, edges)), plan, edges, keys, statistics, context)


def _extent(rows: Listing, edges: Sequence[int]) -> Extent:
    """Return which observations are counted."""
    found = rows.extent()
    return replace(found, start=max(found.start, edges[0]), end=min(found.end, edges[-1])) if edges else found


def _group_clause(keys: int, *, has_statistics: bool) -> Sql:
    if not keys:
        return Sql("") if has_statistics else Sql("LIMIT 0")
    places = ", ".join(str(number + 1) for number in range(keys))
    return Sql(f"GROUP BY {places} ORDER BY {places}")


def _read(  # noqa: PLR0913, PLR0917
    rows: Iterable[Sequence[Any]],
    plan: Plan,
    edges: Sequence[int],
    keys: Sequence[Columns],
    statistics: Sequence[Columns],
    context: Context,
) -> list[Row]:
    found: list[Row] = []
    for values in rows:
        row: Row = {}
        at = 0
        for group, key in zip(plan.groups, keys, strict=True):
            _put(row, way_of(group.path), key.read(values[at : at + len(key.sql)], context))
            at += len(key.sql)
        if plan.bucket:
            row[plan.bucket.alias] = instant(edges[values[at]])
            at += 1
        for one, column in zip(plan.aggregates, statistics, strict=True):
            row[one.alias] = column.read(values[at : at + 1], context)
            at += 1
        found.append(row)
    return _limited(found)


def _limited(found: list[Row]) -> list[Row]:
    if len(found) > MOST_GROUPS:
        raise QueryError(f"The answer would have more than {MOST_GROUPS} groups.")
    return found
