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
    Path,
    Query,
    Transformation,
)
from stadtkern.standards.sensorthings.compile.columns import IDS
from stadtkern.standards.sensorthings.compile.tables import STREAMS
from stadtkern.standards.sensorthings.read.bounds import TIME

RESULT = Path(("result",))
ROLLED = frozenset({"sum", "min", "max", "average", "count"})


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
    plan = Plan(condition, groups, buckets[0] if buckets else None, last.aggregates)
    _refuse_overlaps(ways(plan))
    return plan


def way_of(path: Path) -> tuple[str, ...]:
    """Return where a key stands in a row; ids stand under their name in documents."""
    *links, last = (str(step) for step in path.steps)
    return (*links, "@iot.id" if last in IDS else last)


def ways(plan: Plan) -> list[tuple[str, ...]]:
    """Return where all keys and statistics stand in a row."""
    aliases = [one.alias for one in plan.aggregates] + ([plan.bucket.alias] if plan.bucket else [])
    return [*(way_of(group.path) for group in plan.groups), *((alias,) for alias in aliases)]


def _refuse_overlaps(found: Sequence[tuple[str, ...]]) -> None:
    """Refuse keys of which one would have to stand within another, such as a and a/b."""
    for number, one in enumerate(found):
        for other in found[:number]:
            shorter, longer = sorted((one, other), key=len)
            if longer[: len(shorter)] == shorter:
                raise QueryError(f"{'/'.join(longer)} would stand within {'/'.join(shorter)} in the answer.")


def can_use_rollups(plan: Plan) -> bool:
    """Return whether nothing is asked that rollups do not hold."""
    return all(one.method in ROLLED and one.expression in {None, RESULT} for one in plan.aggregates) and all(
        group.path.steps[0] in STREAMS and len(group.path.steps) > 1 for group in plan.groups
    )
