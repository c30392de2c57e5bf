"""Comparisons: of values of one type, of JSON with whatever is asked, of times that may be periods."""

from dataclasses import dataclass

from stadtkern.base.odata import values
from stadtkern.base.odata.errors import QueryError
from stadtkern.standards.sensorthings.compile.dialect import Dialect
from stadtkern.standards.sensorthings.compile.sql import NAMES, Json, Operand, Span, Sql, Type, build

SIGNS = {"eq": "=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
MIRRORED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
ORDERED = frozenset({Type.NUMBER, Type.TEXT, Type.INSTANT, Type.DURATION, Type.DAY, Type.CLOCK})


def describe(one: Operand) -> str:
    """Return what an operand is, for an error."""
    if isinstance(one, Json):
        return "a JSON value"
    return "a period" if isinstance(one, Span) else NAMES[one.type]


def compare(operator: str, left: Operand, right: Operand, dialect: Dialect) -> Sql:
    """Return whether `left` and `right` compare so."""
    if _is_null(right) or _is_null(left):
        return _with_null(operator, left if _is_null(right) else right, dialect)
    if isinstance(left, Json) and isinstance(right, Json):
        return _two_jsons(operator, left, right, dialect)
    if isinstance(left, Json):
        return _simple(operator, as_type(left, right, dialect), _for_json(right), dialect)
    if isinstance(right, Json):
        return _simple(operator, _for_json(left), as_type(right, left, dialect), dialect)
    left, right = _times(left, right, dialect), _times(right, left, dialect)
    if isinstance(left, Span) or isinstance(right, Span):
        return _spans(operator, _span(left), _span(right), dialect)
    return _simple(operator, left, right, dialect)


def _is_null(one: Operand) -> bool:
    return isinstance(one, Sql) and one.type == Type.NULL


def _with_null(operator: str, one: Operand, dialect: Dialect) -> Sql:
    if operator not in {"eq", "ne"}:
        raise QueryError("Nothing is larger or smaller than null; use eq or ne.")
    missing = is_missing(one, dialect)
    return missing if operator == "eq" else build("NOT ({})", missing)


def is_missing(one: Operand, dialect: Dialect) -> Sql:
    """Return whether there is no value."""
    if isinstance(one, Json):
        missing = dialect.json_missing(one)
        return missing if one.number is None else build("({} IS NULL AND {})", one.number, missing)
    if isinstance(one, Span):
        return build("{} IS NULL", one.start)
    return Sql("1 = 1") if one.type == Type.NULL else build("{} IS NULL", one)


def as_type(one: Json, other: Operand, dialect: Dialect) -> Sql:
    """Return a JSON value as what the other side of a comparison is."""
    if isinstance(other, Span):
        raise QueryError("A JSON value cannot be compared with a period.")
    if other.type == Type.NUMBER:  # type: ignore[union-attr]  # callers pass no two JSON values
        return as_number(one, dialect)
    if other.type == Type.CONDITION:  # type: ignore[union-attr]  # as above
        return dialect.json_condition(one)
    return dialect.json_text(one)


def as_number(one: Json, dialect: Dialect) -> Sql:
    """Return a JSON value as a number, NULL if it is none."""
    return dialect.json_number(one) if one.number is None else one.number


def _for_json(one: Operand) -> Sql:
    """Return a value as it is compared with a JSON text: times in JSON are texts in ISO 8601."""
    if not isinstance(one, Sql) or one.type in {Type.GEOMETRY, Type.DURATION}:
        raise QueryError(f"A JSON value cannot be compared with {describe(one)}.")
    if one.type in {Type.INSTANT, Type.DAY, Type.CLOCK}:
        raise QueryError("Times within JSON are texts; compare them with a text such as '2026-01-31'.")
    return one


def _two_jsons(operator: str, left: Json, right: Json, dialect: Dialect) -> Sql:
    numbers = _simple(operator, as_number(left, dialect), as_number(right, dialect), dialect)
    texts = _simple(operator, dialect.json_text(left), dialect.json_text(right), dialect)
    if operator == "ne":
        return build("({} AND {})", numbers, texts)
    return build("(COALESCE({}, {}))", numbers, texts)


def _times(one: Operand, other: Operand, dialect: Dialect) -> Operand:
    """Return a date or text as a point in time where the other side is a time."""
    is_time = isinstance(other, Span) or (isinstance(other, Sql) and other.type == Type.INSTANT)
    if not is_time or not isinstance(one, Sql) or not one.constant:
        return one
    if one.type in {Type.TEXT, Type.DAY}:
        return dialect.instant(values.moment(str(one.params[0])))
    return one


@dataclass(frozen=True, slots=True)
class _Period:
    """A span with the end worked out; `end` is NULL for an instant, `last` is not."""

    start: Sql
    end: Sql
    is_instant: bool

    @property
    def last(self) -> Sql:
        if self.is_instant:
            return self.start
        return build("COALESCE({}, {})", self.end, self.start, kind=Type.INSTANT)


def _span(one: Operand) -> _Period:
    if isinstance(one, Span):
        return _Period(one.start, one.end, is_instant=False)
    if isinstance(one, Sql) and one.type == Type.INSTANT:
        return _Period(one, one, is_instant=True)
    raise QueryError(f"A time cannot be compared with {describe(one)}.")


def _spans(operator: str, left: _Period, right: _Period, dialect: Dialect) -> Sql:
    """Compare times of which one at least may be a period; a period is before what begins at its end."""
    if left.is_instant and not right.is_instant:
        return _spans(MIRRORED[operator], right, left, dialect)
    if operator == "eq":
        return build("({} = {} AND {})", left.start, right.start, _same_end(left, right, dialect))
    if operator == "ne":
        return build(
            "({} OR NOT ({}))", dialect.differs(left.start, right.start), _same_end(left, right, dialect)
        )
    if operator == "gt":
        sign = ">" if right.is_instant else ">="
        return build(f"{{}} {sign} {{}}", left.start, right.last if not right.is_instant else right.start)
    if operator == "ge":
        first = build("{} >= {}", left.start, right.start)
        return first if right.is_instant else build("({} AND {} >= {})", first, left.last, right.last)
    begins = build("{} < {}" if operator == "lt" else "{} <= {}", left.start, right.start)
    limit = right.start if operator == "lt" or right.is_instant else right.last
    return build("({} AND ({} IS NULL OR {} <= {}))", begins, left.end, left.end, limit)


def _same_end(left: _Period, right: _Period, dialect: Dialect) -> Sql:
    if right.is_instant:
        return build("{} IS NULL", left.end)
    return build("NOT ({})", dialect.differs(left.end, right.end))


def relation(name: str, left: Operand, right: Operand, dialect: Dialect) -> Sql:
    """Return a relation of two times: before, after, during, overlaps, meets, starts, finishes."""
    one, other = _span(_times(left, right, dialect)), _span(_times(right, left, dialect))
    if name in {"before", "after"}:
        return _spans("lt" if name == "before" else "gt", one, other, dialect)
    templates = {
        "during": ("({} >= {} AND {} <= {})", (one.start, other.start, one.last, other.last)),
        "overlaps": ("({} <= {} AND {} <= {})", (one.start, other.last, other.start, one.last)),
        "meets": ("({} = {} OR {} = {})", (one.last, other.start, other.last, one.start)),
        "starts": ("{} = {}", (one.start, other.start)),
        "finishes": ("{} = {}", (one.last, other.last)),
    }
    template, parts = templates[name]
    return build(template, *parts)


def _simple(operator: str, left: Operand, right: Operand, dialect: Dialect) -> Sql:
    if not isinstance(left, Sql) or not isinstance(right, Sql) or left.type != right.type:
        raise QueryError(f"{describe(left).capitalize()} cannot be compared with {describe(right)}.")
    if left.type == Type.GEOMETRY:
        return _geometries(operator, left, right, dialect)
    if operator == "ne":
        return build("({})", dialect.differs(left, right))
    if operator != "eq" and left.type not in ORDERED:
        raise QueryError(f"{describe(left).capitalize()} is neither larger nor smaller; use eq or ne.")
    return build(f"({{}} {SIGNS[operator]} {{}})", left, right)


def _geometries(operator: str, left: Sql, right: Sql, dialect: Dialect) -> Sql:
    if operator not in {"eq", "ne"}:
        raise QueryError("A geometry is neither larger nor smaller; use st_within, geo.distance and so on.")
    equal = dialect.relate("st_equals", left, right)
    return equal if operator == "eq" else build("({}) IS NOT TRUE", equal)
