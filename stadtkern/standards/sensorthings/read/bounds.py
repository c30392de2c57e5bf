"""From when to when the observations are that conditions leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stadtkern.base.odata.nodes import Binary, Expression, Instant, Number, Operator, Path
from stadtkern.observations.fields import micros
from stadtkern.observations.services.judging import EARLIEST, LATEST
from stadtkern.standards.sensorthings.compile.columns import IDS
from stadtkern.standards.sensorthings.compile.fold import fold
from stadtkern.standards.sensorthings.read.context import Context

TIME = Path(("phenomenonTime",))
AFTER = {"ge": 0, "gt": 1}
BEFORE = {"lt": 0, "le": 1}
MIRRORED: dict[str, Operator] = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


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


def span_of(rest: Sequence[Expression], context: Context, *, of_observations: bool = False) -> Range:
    """Return from when to when observations can be for which all conditions hold.

    Parameters
    ----------
    of_observations
        whether the conditions are on something that has observations, such as
        `Datastreams/Observations/phenomenonTime gt ...`; all of them are about the same observation.
    """
    within = Range(EARLIEST, LATEST)
    for one in rest:
        bound = _bound(fold(one, context.now), _is_of_observations if of_observations else _is_time)
        if bound is not None:
            within.narrow(bound.start, bound.end)
    return within


def _is_time(one: Expression) -> bool:
    return one == TIME


def _is_of_observations(one: Expression) -> bool:
    return isinstance(one, Path) and one.steps[-2:] == ("Observations", "phenomenonTime")


def number_of(rest: Sequence[Expression]) -> int | None:
    """Return the `@iot.id` that one of the conditions asks for."""
    for one in rest:
        if isinstance(one, Binary) and one.operator == "eq" and isinstance(one.left, Path):
            is_id = len(one.left.steps) == 1 and one.left.steps[0] in IDS
            if is_id and isinstance(one.right, Number) and isinstance(one.right.value, int):
                return one.right.value
    return None


def bounds(rest: Sequence[Expression], context: Context) -> tuple[list[Bound], list[Expression]]:
    """Return the bounds of phenomenonTime in conditions, and the conditions that say something else."""
    found: list[Bound] = []
    others: list[Expression] = []
    for one in rest:
        bound = _bound(fold(one, context.now), _is_time)
        if bound is None:
            others.append(one)
        else:
            found.append(bound)
    return found, others


def _bound(one: Expression, is_time: Callable[[Expression], bool]) -> Bound | None:
    if not isinstance(one, Binary) or one.operator not in MIRRORED:
        return None
    operator, left, right = one.operator, one.left, one.right
    if is_time(right):
        operator, left, right = MIRRORED[operator], right, left
    if not is_time(left) or not isinstance(right, Instant):
        return None
    time = micros(right.value)
    if operator in AFTER:
        return Bound(start=time + AFTER[operator])
    return Bound(end=time + BEFORE[operator], over=time)
