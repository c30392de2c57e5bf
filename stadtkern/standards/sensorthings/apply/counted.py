"""Statistics of single rows, for all that rollups do not hold."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Aggregate, Group
from stadtkern.observations.fields import instant
from stadtkern.standards.sensorthings.compile.comparisons import as_number, describe
from stadtkern.standards.sensorthings.compile.expressions import compile_expression
from stadtkern.standards.sensorthings.compile.fold import fold
from stadtkern.standards.sensorthings.compile.scope import Scope
from stadtkern.standards.sensorthings.compile.sql import Json, Operand, Span, Sql, Type, build
from stadtkern.standards.sensorthings.read.bounds import Range
from stadtkern.standards.sensorthings.read.context import Context

FUNCTIONS = {"sum": "sum", "min": "min", "max": "max", "average": "avg"}
COMPARED = frozenset({Type.NUMBER, Type.TEXT, Type.INSTANT})


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a key or an aggregate: a JSON value has one for numbers and one for texts."""

    sql: tuple[Sql, ...]

    def read(self, values: Sequence[Any], context: Context) -> Any:  # noqa: ANN401  # JSON
        """Return the value of the first column that has one."""
        for one, value in zip(self.sql, values, strict=True):
            if value is None:
                continue
            if one.type == Type.INSTANT:
                return context.dialect.to_python(value)
            return bool(value) if one.type == Type.CONDITION else value
        return None


def key_columns(group: Group, scope: Scope) -> Columns:
    """Return the columns to group by."""
    found = compile_expression(group.path, scope)
    if scope.is_many:
        raise QueryError("One cannot group by what an entity has many of.")
    if isinstance(found, Json):
        return Columns((as_number(found, scope.dialect), scope.dialect.json_text(found)))
    if isinstance(found, Span):
        return Columns((found.start,))
    if found.type not in COMPARED:
        raise QueryError(f"One cannot group by {describe(found)}.")
    return Columns((found,))


def aggregate_columns(one: Aggregate, scope: Scope, context: Context) -> Columns:
    """Return the column of a statistic."""
    if one.expression is None:
        return Columns((Sql("count(*)", (), Type.NUMBER),))
    found = compile_expression(fold(one.expression, context.now), scope)
    if one.method == "countdistinct":
        return Columns((_distinct(found, scope),))
    value = _value(found, scope)
    if one.method in {"sum", "average"} and value.type != Type.NUMBER:
        raise QueryError(f"There is no {one.method} of {describe(found)}.")
    return Columns((build(f"{FUNCTIONS[one.method]}({{}})", value, kind=value.type),))


def _value(found: Operand, scope: Scope) -> Sql:
    if isinstance(found, Json):
        return as_number(found, scope.dialect)
    value = found.start if isinstance(found, Span) else found
    if value.type not in COMPARED:
        raise QueryError(f"There are no statistics of {describe(found)}.")
    return value


def _distinct(found: Operand, scope: Scope) -> Sql:
    if isinstance(found, Json):
        numbers, texts = as_number(found, scope.dialect), scope.dialect.json_text(found)
        return build("(count(DISTINCT {}) + count(DISTINCT {}))", numbers, texts, kind=Type.NUMBER)
    return build("count(DISTINCT {})", _value(found, scope), kind=Type.NUMBER)


@dataclass(frozen=True, slots=True)
class Spans:
    """Which span a row `t0` lies in: a table to begin with, the number of the span, and conditions."""

    table: Sql | None
    number: Sql
    conditions: tuple[Sql, ...]


def spans_of(edges: Sequence[int], within: Range, context: Context) -> Spans:
    """Return the spans between `edges`, as far as they lie within a range.

    PostgreSQL looks the span up for each row; SQLite looks the rows up for each span, by key.
    """
    if context.dialect.vendor == "postgresql":
        starts = [instant(edge) for edge in edges[:-1]]
        number = Sql("width_bucket(t0.phenomenon_time, %s::timestamptz[]) - 1", (starts,))
        limits = (instant(within.start), instant(within.end))
        return Spans(None, number, (Sql("t0.phenomenon_time >= %s AND t0.phenomenon_time < %s", limits),))
    clipped = [min(max(edge, within.start), within.end) for edge in edges]
    spans = [[number, clipped[number], clipped[number + 1]] for number in range(len(edges) - 1)]
    part = "json_extract(value, '$[{}]')"
    text = (
        f"(SELECT {part.format(0)} AS k, {part.format(1)} AS s, {part.format(2)} AS f FROM json_each(%s)) e"  # noqa: S608  # constants
    )
    table = Sql(text, (json.dumps(spans),))
    return Spans(table, Sql("e.k"), (Sql("t0.phenomenon_time >= e.s AND t0.phenomenon_time < e.f"),))
