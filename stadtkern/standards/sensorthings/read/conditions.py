"""`$filter` as conditions on a table; what it says about datastreams decides which are looked into at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from stadtkern.base.odata.nodes import Binary, Call, Expression, In, Path, Quantified, Unary, children
from stadtkern.standards.sensorthings.compile.expressions import condition
from stadtkern.standards.sensorthings.compile.fold import fold
from stadtkern.standards.sensorthings.compile.scope import Names, Scope
from stadtkern.standards.sensorthings.compile.sql import Sql, every
from stadtkern.standards.sensorthings.compile.tables import STREAMS, kind_condition, seen, table_of
from stadtkern.standards.sensorthings.entities import BY_NAME, EntityType
from stadtkern.standards.sensorthings.read.context import Context


@dataclass(frozen=True, slots=True)
class Where:
    """Joins and conditions on one alias."""

    clauses: tuple[Sql, ...]
    conditions: tuple[Sql, ...]


def conjuncts(expression: Expression | None) -> list[Expression]:
    """Return the conditions that all have to hold."""
    if expression is None:
        return []
    if isinstance(expression, Binary) and expression.operator == "and":
        return [*conjuncts(expression.left), *conjuncts(expression.right)]
    return [expression]


def where_of(
    entity: EntityType, alias: str, conditions: Sequence[Expression], context: Context, names: Names
) -> Where:
    """Return conditions on the rows of `alias`.

    Where a path leads to many, a row fits if one of its combinations of joined rows does.
    """
    if not conditions:
        return Where((), ())
    scope = Scope(entity, alias, context.dialect, context.access, names)
    found = tuple(condition(fold(one, context.now), scope) for one in conditions)
    if not scope.is_many:
        return Where(tuple(scope.clauses), found)
    joins, together = tuple(scope.clauses), every(list(found))
    inner = f"SELECT {alias}.id FROM {table_of(entity)} {alias} {' '.join(one.text for one in joins)}"  # noqa: S608  # names of tables; values are parameters
    params = tuple(value for one in joins for value in one.params) + together.params
    return Where((), (Sql(f"{alias}.id IN ({inner} WHERE {together.text})", params),))


def base_conditions(entity: EntityType, alias: str, context: Context) -> list[Sql]:
    """Return what holds for all rows of an entity type that the reader may know of."""
    kind = kind_condition(entity, alias)
    visible = seen(entity, alias, context.access)
    return [*([Sql(kind)] if kind else []), *([visible] if visible is not None else [])]


# ---- what a filter of observations says about their datastreams


def _roots(expression: Expression, variables: frozenset[str] = frozenset()) -> set[str]:
    """Return the first steps of all paths, those of variables left out."""
    if isinstance(expression, Path):
        first = str(expression.steps[0])
        return set() if first in variables else {first}
    found: set[str] = set()
    if isinstance(expression, Quantified):
        found |= _roots(expression.path, variables)
        variables |= {expression.variable}
    return found.union(*(_roots(child, variables) for child in children(expression)))


def _below(  # noqa: PLR0911  # one answer for each kind of expression
    expression: Expression, variables: frozenset[str] = frozenset()
) -> Expression:
    """Return `expression` with the first step taken off all paths, those of variables left out."""
    if isinstance(expression, Path):
        return expression if expression.steps[0] in variables else Path(expression.steps[1:])
    if isinstance(expression, Quantified):
        path, inner = _below(expression.path, variables), expression.condition
        within = variables | {expression.variable}
        assert isinstance(path, Path)  # noqa: S101  # paths stay paths
        below = None if inner is None else _below(inner, within)
        return Quantified(path, expression.kind, expression.variable, below)
    if isinstance(expression, Binary):
        left, right = _below(expression.left, variables), _below(expression.right, variables)
        return Binary(expression.operator, left, right)
    if isinstance(expression, Unary):
        return Unary(expression.operator, _below(expression.operand, variables))
    if isinstance(expression, In):
        choices = tuple(_below(one, variables) for one in expression.choices)
        return In(_below(expression.operand, variables), choices)
    if isinstance(expression, Call):
        return Call(expression.name, tuple(_below(one, variables) for one in expression.arguments))
    return expression


def _is_about_stream(expression: Expression) -> str:
    """Return the kind of datastream that alone a condition is about; empty if it is about more."""
    roots = _roots(expression)
    name = next(iter(roots)) if len(roots) == 1 else ""
    if name not in STREAMS or _has_bare_link(expression, name):
        return ""
    return name


def _has_bare_link(expression: Expression, name: str) -> bool:
    """Return whether a path ends at the link itself, which then is an error to be told elsewhere."""
    if isinstance(expression, Path):
        return expression.steps == (name,)
    if isinstance(expression, Quantified) and _has_bare_link(expression.path, name):
        return True
    return any(_has_bare_link(child, name) for child in children(expression))


def split(expression: Expression | None) -> tuple[dict[str, list[Expression]], list[Expression]]:
    """Return what a filter of observations says about datastreams, by their kind, and the rest."""
    about: dict[str, list[Expression]] = {}
    rest: list[Expression] = []
    for one in conjuncts(expression):
        if kind := _is_about_stream(one):
            about.setdefault(kind, []).append(_below(one))
        else:
            rest.append(one)
    return about, rest


def stream_ids(about: dict[str, list[Expression]], context: Context) -> list[int] | None:
    """Return the datastreams that observations may belong to, ascending; None: any."""
    if not about:
        return None if context.access.sees_all else sorted(context.access.readable)
    chosen: set[int] | None = None
    for kind, conditions in about.items():
        entity, names = BY_NAME[kind], Names("s")
        where = where_of(entity, "s0", conditions, context, names)
        found = every([*base_conditions(entity, "s0", context), *where.conditions])
        clauses = " ".join(one.text for one in where.clauses)
        params = tuple(value for one in where.clauses for value in one.params) + found.params
        rows = context.rows(
            Sql(f"SELECT s0.id FROM {table_of(entity)} s0 {clauses} WHERE {found.text}", params)  # noqa: S608  # as above
        )
        ids = {int(row[0]) for row in rows}
        chosen = ids if chosen is None else chosen & ids
    return sorted(chosen or ())
