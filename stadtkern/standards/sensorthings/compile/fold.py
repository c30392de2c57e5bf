"""What is known before the query runs: `now() sub duration'PT24H'` is one time, so that indexes serve it."""

from datetime import UTC, datetime, time

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Binary, Call, Day, Duration, Expression, In, Instant, Quantified, Unary

MOMENTS = {"mindatetime": datetime.min.replace(tzinfo=UTC), "maxdatetime": datetime.max.replace(tzinfo=UTC)}


def fold(expression: Expression, now: datetime) -> Expression:  # noqa: PLR0911  # one answer for each kind of expression
    """Return `expression` with its constant times computed; `now()` is the same all through a request."""
    if isinstance(expression, Call):
        if expression.name == "now":
            return Instant(now)
        if expression.name in MOMENTS:
            return Instant(MOMENTS[expression.name])
        return Call(expression.name, tuple(fold(one, now) for one in expression.arguments))
    if isinstance(expression, Binary):
        return _binary(Binary(expression.operator, fold(expression.left, now), fold(expression.right, now)))
    if isinstance(expression, Unary):
        return Unary(expression.operator, fold(expression.operand, now))
    if isinstance(expression, In):
        return In(fold(expression.operand, now), tuple(fold(one, now) for one in expression.choices))
    if isinstance(expression, Quantified) and expression.condition is not None:
        inner = fold(expression.condition, now)
        return Quantified(expression.path, expression.kind, expression.variable, inner)
    return expression


def midnight(day: Day) -> Instant:
    """Return the begin of a day in UTC."""
    return Instant(datetime.combine(day.value, time(), UTC))


def _binary(one: Binary) -> Expression:
    left = midnight(one.left) if isinstance(one.left, Day) and isinstance(one.right, Duration) else one.left
    if not isinstance(one.right, Duration) or one.operator not in {"add", "sub"}:
        return one
    try:
        length = one.right.value if one.operator == "add" else -one.right.value
        if isinstance(left, Instant):
            return Instant(left.value + length)
        return Duration(left.value + length) if isinstance(left, Duration) else one
    except OverflowError as error:
        raise QueryError("A time lies outside of the calendar.") from error
