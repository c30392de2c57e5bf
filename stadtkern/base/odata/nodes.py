"""The syntax tree of a query."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

# ---- values


@dataclass(frozen=True, slots=True)
class Null:
    """`null`."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, or a float that is finite."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Text:
    """`'text'`."""

    value: str


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time in UTC, such as `2026-01-31T12:00:00Z`."""

    value: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """An interval, such as `2026-01-01T00:00:00Z/2026-02-01T00:00:00Z`; the end does not belong to it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A date, such as `2026-01-31`."""

    value: date


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day, such as `12:30:00`."""

    value: time


@dataclass(frozen=True, slots=True)
class Duration:
    """`duration'PT15M'`."""

    value: timedelta


@dataclass(frozen=True, slots=True)
class Geometry:
    """`geography'POINT (14.7 51.9)'`: well-known text, not looked at here."""

    wkt: str


Value: TypeAlias = Null | Boolean | Number | Text | Instant | Period | Day | Clock | Duration | Geometry

# ---- expressions


@dataclass(frozen=True, slots=True)
class Path:
    """A property, by the names of links and members that lead to it; numbers choose from a list."""

    steps: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `functions.FUNCTIONS`, with as many arguments as it takes."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`not` a condition, or `-` a number."""

    operator: Literal["not", "-"]
    operand: "Expression"


Operator: TypeAlias = Literal[
    "or", "and", "eq", "ne", "gt", "ge", "lt", "le", "add", "sub", "mul", "div", "mod"
]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and what stands between them."""

    operator: Operator
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class In:
    """An expression that equals one of several."""

    operand: "Expression"
    choices: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Quantified:
    """`Datastreams/any(d:d/name eq 'x')`; without variable and condition: whether there are any."""

    path: Path
    kind: Literal["any", "all"]
    variable: str
    condition: "Expression | None"


Expression: TypeAlias = Value | Path | Call | Unary | Binary | In | Quantified

# ---- query options


@dataclass(frozen=True, slots=True)
class Order:
    """One key of `$orderby`."""

    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Expand:
    """One path of `$expand` and the options of what it leads to."""

    path: tuple[str, ...]
    query: "Query"


@dataclass(frozen=True, slots=True)
class Bucket:
    """`bucket(phenomenonTime, duration'P1D', 'Europe/Berlin')`: the begin of the span that holds a time."""

    path: Path
    width: str
    zone: str
    alias: str


@dataclass(frozen=True, slots=True)
class Group:
    """A property to group by."""

    path: Path


Method: TypeAlias = Literal["sum", "min", "max", "average", "countdistinct", "count"]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`result with average as mean`; `$count as n` has no expression."""

    expression: Expression | None
    method: Method
    alias: str


@dataclass(frozen=True, slots=True)
class Filtering:
    """`filter(...)` within `$apply`."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Grouping:
    """`groupby((...), aggregate(...))`; `aggregate(...)` alone has no keys."""

    keys: tuple[Group | Bucket, ...]
    aggregates: tuple[Aggregate, ...]


Transformation: TypeAlias = Filtering | Grouping


@dataclass(frozen=True, slots=True)
class Query:
    """All options of a query; None and () where they are not given."""

    filter: Expression | None = None
    orderby: tuple[Order, ...] = ()
    select: tuple[tuple[str | int, ...], ...] = ()
    expand: tuple[Expand, ...] = ()
    top: int | None = None
    skip: int | None = None
    count: bool | None = None
    result_format: str = ""
    apply: tuple[Transformation, ...] = ()
    as_of: datetime | None = None
    skip_token: str = ""


# ---- resource paths


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a path: a name, and the key of an entity."""

    name: str
    key: int | str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """The path behind the root of the service, and what is wanted of it."""

    segments: tuple[Segment, ...]
    suffix: Literal["", "$ref", "$value", "$count"] = ""


def children(one: Expression) -> tuple[Expression, ...]:
    """Return the expressions that `one` is made of."""
    if isinstance(one, Call):
        return one.arguments
    if isinstance(one, Unary):
        return (one.operand,)
    if isinstance(one, Binary):
        return (one.left, one.right)
    if isinstance(one, In):
        return (one.operand, *one.choices)
    if isinstance(one, Quantified):
        return () if one.condition is None else (one.condition,)
    return ()


def depth(expression: Expression) -> int:
    """Return how many levels a tree has."""
    deepest, waiting = 0, [(expression, 1)]
    while waiting:
        one, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(child, level + 1) for child in children(one)]
    return deepest
