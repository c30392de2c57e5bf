"""What `$apply` asks for: conditions first, then one grouping."""

from collections.abc import Sequence
from dataclasses import dataclass

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import (
    Aggregate,
    Binary,
    Bucket,
    Expression,
    Filtering,
    Group,
    Grouping,
    Instant,
    Operator,
    Path,
    Query,
    Transformation,
)
from stadtkern.observations.fields import micros
from stadtkern.standards.sensorthings.compile.fold import fold
from stadtkern.standards.sensorthings.compile.tables import STREAMS
from stadtkern.standards.sensorthings.read.conditions import conjuncts
from stadtkern.standards.sensorthings.read.context import Context
from stadtkern.standards.sensorthings.read.rows import TIME

RESULT = Path(("result",))
ROLLED = frozenset({"sum", "min", "max", "average", "count"})
AFTER = {"ge": 0, "gt": 1}
BEFORE = {"lt": 0, "le": 1}
MIRRORED: dict[str, Operator] = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


@dataclass(frozen=True, slots=True)
class Plan:
    """The one grouping, and the condition before it."""

    condition: Expression | None
    groups: tuple[Group, ...]
    bucket: Bucket | None
    aggregates: tuple[Aggregate, ...]


def plan_of(query: Query) -> Plan:
    """Return what is to be done."""
    for name, value in (("$filter", query.filter), ("$select", query.select), ("$expand", query.expand)):
        if value:
            raise QueryError(f"{name} does not go with $apply; filter(...) stands before groupby(...).")
    condition: Expression | None = None
    *before, last = query.apply
    for one in before:
        if not isinstance(one, Filtering):
            raise QueryError("$apply takes filter(...) and then one groupby(...) or aggregate(...).")
        condition = one.condition if condition is None else Binary("and", condition, one.condition)
    return _grouped(last, condition)


def _grouped(last: Transformation, condition: Expression | None) -> Plan:
    if not isinstance(last, Grouping):
        raise QueryError("$apply ends with groupby(...) or aggregate(...).")
    buckets = [key for key in last.keys if isinstance(key, Bucket)]
    if len(buckets) > 1:
        raise QueryError("One can group by one bucket(...) at a time.")
    if buckets and buckets[0].path != TIME:
        raise QueryError("bucket(...) is for phenomenonTime.")
    groups = tuple(key for key in last.keys if isinstance(key, Group))
    return Plan(condition, groups, buckets[0] if buckets else None, last.aggregates)


@dataclass(slots=True)
class Range:
    """Times from `start` up to before `end`, in microseconds."""

    start: int
    end: int

    def narrow(self, start: int | None, end: int | None) -> None:
        """Leave out what lies before `start` or from `end` on."""
        self.start = self.start if start is None else max(self.start, start)
        self.end = self.end if end is None else min(self.end, end)


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound of phenomenonTime in microseconds: begin, or end and when periods have to be over."""

    start: int | None = None
    end: int | None = None
    over: int | None = None


def bounds(rest: Sequence[Expression], context: Context) -> tuple[list[Bound], list[Expression]]:
    """Return the bounds of phenomenonTime in conditions, and the conditions that say something else."""
    found: list[Bound] = []
    others: list[Expression] = []
    for one in rest:
        bound = _bound(fold(one, context.now))
        if bound is None:
            others.append(one)
        else:
            found.append(bound)
    return found, others


def _bound(one: Expression) -> Bound | None:
    if not isinstance(one, Binary) or one.operator not in MIRRORED:
        return None
    operator, left, right = one.operator, one.left, one.right
    if right == TIME:
        operator, left, right = MIRRORED[operator], right, left
    if left != TIME or not isinstance(right, Instant):
        return None
    time = micros(right.value)
    if operator in AFTER:
        return Bound(start=time + AFTER[operator])
    return Bound(end=time + BEFORE[operator], over=time)


def can_use_rollups(plan: Plan) -> bool:
    """Return whether nothing is asked that rollups do not hold."""
    return all(one.method in ROLLED and one.expression in {None, RESULT} for one in plan.aggregates) and all(
        group.path.steps[0] in STREAMS and len(group.path.steps) > 1 for group in plan.groups
    )


def conditions(plan: Plan) -> list[Expression]:
    """Return the conditions that all have to hold."""
    return conjuncts(plan.condition)
