"""`$orderby` and where a page ends: the next one begins behind the values of the last row."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Order
from stadtkern.observations.fields import instant, micros
from stadtkern.standards.sensorthings.compile.comparisons import as_number, describe
from stadtkern.standards.sensorthings.compile.dialect import Dialect
from stadtkern.standards.sensorthings.compile.expressions import compile_expression
from stadtkern.standards.sensorthings.compile.scope import Scope
from stadtkern.standards.sensorthings.compile.sql import Json, Operand, Span, Sql, Type, build, every

MOST_KEYS = 8
_SCALARS: dict[Type, type | tuple[type, ...]] = {
    Type.NUMBER: (int, float),
    Type.TEXT: str,
    Type.INSTANT: int,
    Type.CONDITION: bool,
}


@dataclass(frozen=True, slots=True)
class Key:
    """What rows are sorted by. NULL comes first where it ascends (OData 4.01 part 1, 11.2.6.2)."""

    sql: Sql
    descending: bool = False

    def clause(self, dialect: Dialect) -> Sql:
        """Return the key for ORDER BY."""
        word = " DESC" if self.descending else ""
        nulls = ""
        if not self.sql.certain and dialect.vendor == "postgresql":
            nulls = " NULLS LAST" if self.descending else " NULLS FIRST"
        return build("{}" + word + nulls, self.sql)


def keys_of(orders: Sequence[Order], scope: Scope) -> list[Key]:
    """Return the keys of `$orderby`; a JSON value is sorted as a number, then as a text."""
    found = [
        Key(one, order.descending)
        for order in orders
        for one in _sortable(compile_expression(order.expression, scope), scope.dialect)
        if not one.constant
    ]
    if len(found) > MOST_KEYS:
        raise QueryError(f"One can sort by up to {MOST_KEYS} values.")
    return found


def _sortable(one: Operand, dialect: Dialect) -> list[Sql]:
    if isinstance(one, Json):
        return [as_number(one, dialect), dialect.json_text(one)]
    if isinstance(one, Span):
        return [one.start]
    if one.type not in _SCALARS:
        raise QueryError(f"One cannot sort by {describe(one)}.")
    return [one]


def order_by(keys: Sequence[Key], dialect: Dialect) -> Sql:
    """Return the keys with commas between them."""
    clauses = [key.clause(dialect) for key in keys]
    return build(", ".join("{}" for _ in clauses), *clauses)


# ---- keyset


def plain_keys(values: Sequence[Any]) -> list[Any]:
    """Return the values of a row's keys as `behind` takes them: times as microseconds."""
    return [micros(value) if isinstance(value, datetime) else value for value in values]


def token_of(values: Sequence[Any]) -> str:
    """Return the values of the last row's keys as a mark for `$skiptoken`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(plain_keys(values))).decode().rstrip("=")


def values_of(token: str, keys: Sequence[Key]) -> list[Any]:
    """Return the values behind a mark, once they fit the keys."""
    wrong = QueryError("The $skiptoken does not belong to this query; begin again without it.")
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise wrong from error
    if not isinstance(found, list) or len(found) != len(keys):
        raise wrong
    if not all(_fits(value, key.sql) for value, key in zip(found, keys, strict=True)):
        raise wrong
    return found


def _fits(value: object, sql: Sql) -> bool:
    if value is None:
        return not sql.certain
    if sql.type == Type.CONDITION:
        return value in {0, 1}
    if isinstance(value, bool):
        return False
    if isinstance(value, int) and abs(value) >= 2**63:
        return False
    if sql.type == Type.INSTANT:
        return isinstance(value, int) and abs(value) < 2.5e17  # noqa: PLR2004  # the calendar ends there
    return isinstance(value, _SCALARS[sql.type])


def behind(keys: Sequence[Key], values: Sequence[Any], dialect: Dialect) -> Sql:
    """Return the condition that a row comes behind `values` in the order of `keys`."""
    rest: Sql | None = None
    for key, value in reversed(list(zip(keys, values, strict=True))):
        rest = _behind(key, value, rest, dialect)
    first = _reach(keys[0], values[0], dialect)
    return every([one for one in (first, rest) if one is not None])


def _literal(key: Key, value: Any, dialect: Dialect) -> Sql:  # noqa: ANN401  # a scalar of JSON
    if key.sql.type == Type.INSTANT:
        return dialect.instant(instant(value))
    if key.sql.type == Type.TEXT:
        return dialect.text(value)
    if key.sql.type == Type.CONDITION:
        return dialect.condition(value=bool(value))
    return dialect.number(value)


def _reach(key: Key, value: Any, dialect: Dialect) -> Sql | None:  # noqa: ANN401  # a scalar of JSON
    """Return the plain bound of the first key, which an index can use."""
    if not key.sql.certain or value is None:
        return None
    return build("{} <= {}" if key.descending else "{} >= {}", key.sql, _literal(key, value, dialect))


def _behind(key: Key, value: Any, rest: Sql | None, dialect: Dialect) -> Sql:  # noqa: ANN401  # as above
    sql = key.sql
    if value is None:
        equal = build("{} IS NULL", sql)
        further = None if key.descending else build("{} IS NOT NULL", sql)
    else:
        literal = _literal(key, value, dialect)
        equal = build("{} = {}", sql, literal)
        further = build("{} < {}" if key.descending else "{} > {}", sql, literal)
        if key.descending and not sql.certain:
            further = build("({} OR {} IS NULL)", further, sql)
    tied = None if rest is None else build("({} AND {})", equal, rest)
    options = [one for one in (further, tied) if one is not None]
    return build("(" + " OR ".join("{}" for _ in options) + ")", *options) if options else Sql("1 = 0")
