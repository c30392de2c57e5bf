"""Expressions of a query as SQL within a scope."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stadtkern.base.odata import nodes
from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Expression
from stadtkern.standards.sensorthings.compile import comparisons
from stadtkern.standards.sensorthings.compile.columns import operand
from stadtkern.standards.sensorthings.compile.comparisons import as_number, compare, describe
from stadtkern.standards.sensorthings.compile.dialect import PREDICATES, Dialect
from stadtkern.standards.sensorthings.compile.scope import Scope
from stadtkern.standards.sensorthings.compile.sql import (
    NAMES,
    Json,
    Operand,
    Span,
    Sql,
    Type,
    build,
    every,
)
from stadtkern.standards.sensorthings.compile.tables import joins, model_of, seen
from stadtkern.standards.sensorthings.entities import BY_NAME

CALENDAR = frozenset({"year", "month", "day"})
CLOCK = frozenset({"hour", "minute", "second"})
RELATIONS = frozenset({"before", "after", "during", "overlaps", "meets", "starts", "finishes"})
TEXTS = frozenset({"length", "tolower", "toupper", "trim"})
PAIRS = frozenset({"concat", "contains", "startswith", "endswith", "indexof"})
NUMBERS = frozenset({"round", "floor", "ceiling"})
INDEXED = frozenset(PREDICATES) - {"st_disjoint"}
"""Predicates that hold only where the boxes of both geometries meet."""


def condition(expression: Expression, scope: Scope) -> Sql:
    """Return a condition; NULL counts as false."""
    return _as_condition(compile_expression(expression, scope), scope.dialect)


def _as_condition(found: Operand, dialect: Dialect) -> Sql:
    if isinstance(found, Json) and found.number is None:
        found = dialect.json_condition(found)
    if isinstance(found, Json):
        found = dialect.json_condition(replace(found, number=None))
    if not isinstance(found, Sql) or found.type != Type.CONDITION:
        raise QueryError(f"Expected a condition, found {describe(found)}.")
    return found


def compile_expression(expression: Expression, scope: Scope) -> Operand:
    """Return what an expression stands for."""
    return _COMPILERS[type(expression)](expression, scope)


def _value(one: Any, scope: Scope) -> Operand:  # noqa: ANN401  # each kind of value has an own class
    dialect = scope.dialect
    makers: dict[type, Callable[[], Operand]] = {
        nodes.Null: lambda: Sql("NULL", (), Type.NULL, constant=True),
        nodes.Boolean: lambda: dialect.condition(value=one.value),
        nodes.Number: lambda: dialect.number(one.value),
        nodes.Text: lambda: dialect.text(one.value),
        nodes.Instant: lambda: dialect.instant(one.value),
        nodes.Period: lambda: Span(dialect.instant(one.start), dialect.instant(one.end)),
        nodes.Day: lambda: dialect.day(one.value),
        nodes.Clock: lambda: dialect.clock(one.value),
        nodes.Duration: lambda: dialect.duration(one.value),
        nodes.Geometry: lambda: dialect.geometry(one.wkt),
    }
    return makers[type(one)]()


def _path(one: nodes.Path, scope: Scope) -> Operand:
    home, steps = resolve(one, scope)
    links, rest = home.split(steps)
    entity, alias = home.follow(links)
    found = operand(entity, alias, rest, scope.dialect)
    # what a link leads to may be missing
    return replace(found, certain=False) if links and isinstance(found, Sql) else found


def resolve(one: nodes.Path, scope: Scope) -> tuple[Scope, tuple[str | int, ...]]:
    """Return the scope that a path begins in, and its steps: `$it` is the outermost, variables their own."""
    first = str(one.steps[0])
    if first in scope.outer:
        return scope.outer[first], one.steps[1:]
    return (scope, one.steps[1:]) if first == "$it" else (scope, one.steps)


def _unary(one: nodes.Unary, scope: Scope) -> Operand:
    if one.operator == "not":
        return build("(({}) IS NOT TRUE)", condition(one.operand, scope))
    return build("(-{})", _number(one.operand, scope), kind=Type.NUMBER)


def _binary(one: nodes.Binary, scope: Scope) -> Operand:
    if one.operator in {"and", "or"}:
        word = one.operator.upper()
        return build(f"({{}} {word} {{}})", condition(one.left, scope), condition(one.right, scope))
    left, right = compile_expression(one.left, scope), compile_expression(one.right, scope)
    if one.operator in {"add", "sub", "mul", "div", "mod"}:
        return _arithmetic(one.operator, left, right, scope.dialect)
    return compare(one.operator, left, right, scope.dialect)


def _arithmetic(operator: str, left: Operand, right: Operand, dialect: Dialect) -> Sql:
    one, other = _plain(left, dialect), _plain(right, dialect)
    kinds = (one.type, other.type)
    if kinds == (Type.NUMBER, Type.NUMBER):
        return dialect.arithmetic(operator, one, other)
    if kinds == (Type.INSTANT, Type.INSTANT) and operator == "sub":
        return dialect.between(one, other)
    if kinds in {(Type.INSTANT, Type.DURATION), (Type.DURATION, Type.DURATION)} and operator in {
        "add",
        "sub",
    }:
        return dialect.shift(one, operator, other)
    if kinds == (Type.DURATION, Type.INSTANT) and operator == "add":
        return dialect.shift(other, operator, one)
    raise QueryError(f"One cannot {operator} {NAMES[one.type]} and {NAMES[other.type]}.")


def _plain(one: Operand, dialect: Dialect) -> Sql:
    """Return an operand of arithmetic: JSON is taken as a number, a period as its begin."""
    if isinstance(one, Json):
        return as_number(one, dialect)
    return one.start if isinstance(one, Span) else one


def _in(one: nodes.In, scope: Scope) -> Operand:
    left = compile_expression(one.operand, scope)
    found = [compare("eq", left, compile_expression(choice, scope), scope.dialect) for choice in one.choices]
    return build("(" + " OR ".join("{}" for _ in found) + ")", *found)


def _quantified(one: nodes.Quantified, scope: Scope) -> Operand:
    """Return EXISTS over the rows that a link leads to."""
    home, steps = resolve(one.path, scope)
    links, rest = home.split(steps)
    if not links or rest:
        raise QueryError(f"{one.kind}() needs a link before it, such as Datastreams/{one.kind}(...).")
    entity, alias = home.follow(links[:-1])
    first, *more = joins(entity.name, links[-1])
    target = BY_NAME[entity.link_of[links[-1]].target]
    last = scope.names.next()
    source, where = f"{first.table} {last}", [Sql(first.on.format(a=alias, b=last))]
    for join in more:
        before, last = last, scope.names.next()
        source += f" JOIN {join.table} {last} ON {join.on.format(a=before, b=last)}"
    inner = Scope(target, last, scope.dialect, scope.access, scope.names)
    if (visible := seen(target, last, scope.access)) is not None:
        where.append(visible)
    if one.condition is not None:
        inner.outer = {**scope.outer, one.variable: inner}
        found = condition(one.condition, inner)
        where.append(found if one.kind == "any" else build("(({}) IS NOT TRUE)", found))
    return _exists(one.kind, source, inner.clauses, where)


def _exists(kind: str, source: str, clauses: list[Sql], where: list[Sql]) -> Sql:
    word = "EXISTS" if kind == "any" else "NOT EXISTS"
    tables, conditions = " ".join([source, *(one.text for one in clauses)]), every(where)
    params = tuple(value for one in clauses for value in one.params) + conditions.params
    return Sql(f"{word} (SELECT 1 FROM {tables} WHERE {conditions.text})", params)  # noqa: S608  # constants of this program; values are parameters


def _call(one: nodes.Call, scope: Scope) -> Operand:
    """Return a function."""
    for names, compiler in _FAMILIES:
        if one.name in names:
            return compiler(one, scope)
    return _FUNCTIONS[one.name](one, scope)


def _texts(one: nodes.Call, scope: Scope) -> Sql:
    return scope.dialect.call(one.name, [_text(argument, scope) for argument in one.arguments])


def _substringof(one: nodes.Call, scope: Scope) -> Sql:
    """`substringof('part', text)`: the part comes first."""
    part, whole = (_text(argument, scope) for argument in one.arguments)
    return scope.dialect.call("contains", [whole, part])


def _substring(one: nodes.Call, scope: Scope) -> Sql:
    first, *numbers = one.arguments
    arguments = [_text(first, scope), *(_number(argument, scope) for argument in numbers)]
    return scope.dialect.call(f"substring{len(arguments)}", arguments)


def _numbers(one: nodes.Call, scope: Scope) -> Sql:
    return scope.dialect.call(one.name, [_number(argument, scope) for argument in one.arguments])


def _part(one: nodes.Call, scope: Scope) -> Sql:
    """Return a part of a time; of a period it is that of its begin."""
    found = compile_expression(one.arguments[0], scope)
    if isinstance(found, Span):
        found = found.start
    possible = {Type.INSTANT}
    if one.name in CALENDAR:
        possible.add(Type.DAY)
    if one.name in CLOCK:
        possible.add(Type.CLOCK)
    if not isinstance(found, Sql) or found.type not in possible:
        raise QueryError(f"{one.name}() takes a time, not {describe(found)}.")
    return scope.dialect.part(one.name, found)


def _offset(one: nodes.Call, scope: Scope) -> Sql:
    """Return the times as they are: they are kept in UTC."""
    return build("({} * 0)", _part(nodes.Call("year", one.arguments), scope), kind=Type.NUMBER)


def _relation(one: nodes.Call, scope: Scope) -> Sql:
    left, right = (compile_expression(argument, scope) for argument in one.arguments)
    return comparisons.relation(one.name, left, right, scope.dialect)


def _geometry(one: Expression, scope: Scope) -> Sql:
    found = compile_expression(one, scope)
    if not isinstance(found, Sql) or found.type != Type.GEOMETRY:
        raise QueryError(f"Expected a geometry, found {describe(found)}.")
    return found


def _measure(one: nodes.Call, scope: Scope) -> Sql:
    return scope.dialect.call(one.name, [_geometry(argument, scope) for argument in one.arguments])


def _predicate(one: nodes.Call, scope: Scope) -> Sql:
    left, right = (_geometry(argument, scope) for argument in one.arguments)
    found = scope.dialect.relate(one.name, left, right)
    near = _near(one, scope) if one.name in INDEXED else None
    return found if near is None else build("({} AND {})", near, found)


def _near(one: nodes.Call, scope: Scope) -> Sql | None:
    """Return the condition on the spatial index where a column meets a constant."""
    for path, constant in (one.arguments, one.arguments[::-1]):
        if isinstance(path, nodes.Path) and isinstance(constant, nodes.Geometry):
            home, steps = resolve(path, scope)
            links, rest = home.split(steps)
            entity, alias = home.follow(links)
            field = entity.property_of[str(rest[0])].field
            return scope.dialect.near(alias, model_of(entity), field, constant.wkt)
    return None


def _relate(one: nodes.Call, scope: Scope) -> Sql:
    first, second, pattern = one.arguments
    if not isinstance(pattern, nodes.Text) or not _PATTERN.fullmatch(pattern.value):
        raise QueryError("st_relate takes a pattern of nine of the letters T, F, *, 0, 1, 2 in quotes.")
    arguments = [_geometry(first, scope), _geometry(second, scope), scope.dialect.text(pattern.value.upper())]
    return scope.dialect.call("st_relate", arguments)


def _number(one: Expression, scope: Scope) -> Sql:
    found = _plain(compile_expression(one, scope), scope.dialect)
    if found.type not in {Type.NUMBER, Type.DURATION}:
        raise QueryError(f"Expected a number, found {NAMES[found.type]}.")
    return found


def _text(one: Expression, scope: Scope) -> Sql:
    found = compile_expression(one, scope)
    if isinstance(found, Json):
        return scope.dialect.json_text(found)
    if not isinstance(found, Sql) or found.type != Type.TEXT:
        raise QueryError(f"Expected a text, found {describe(found)}.")
    return found


_PATTERN = re.compile(r"[TF*012]{9}", re.IGNORECASE)
_FAMILIES: tuple[tuple[frozenset[str], Callable[[nodes.Call, Scope], Operand]], ...] = (
    (TEXTS | PAIRS, _texts),
    (NUMBERS, _numbers),
    (CALENDAR | CLOCK | {"fractionalseconds", "date", "time"}, _part),
    (RELATIONS, _relation),
    (frozenset(PREDICATES), _predicate),
    (frozenset({"geo.distance", "geo.length"}), _measure),
)
_FUNCTIONS: dict[str, Callable[[nodes.Call, Scope], Operand]] = {
    "substringof": _substringof,
    "substring": _substring,
    "totaloffsetminutes": _offset,
    "st_relate": _relate,
}
_COMPILERS: dict[type, Callable[[Any, Scope], Operand]] = {
    nodes.Path: _path,
    nodes.Unary: _unary,
    nodes.Binary: _binary,
    nodes.In: _in,
    nodes.Quantified: _quantified,
    nodes.Call: _call,
    **dict.fromkeys(
        (
            nodes.Null, nodes.Boolean, nodes.Number, nodes.Text, nodes.Instant, nodes.Period, nodes.Day,
            nodes.Clock, nodes.Duration, nodes.Geometry,
        ),
        _value,
    ),
}  # fmt: skip
