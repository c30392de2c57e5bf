"""What a virtual series would come to, before anything is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stadtkern.base import clock
from stadtkern.observations.derived.align import Plan, Results, compute
from stadtkern.observations.derived.services import Draft, check, plan_of
from stadtkern.observations.drawing import Sketch, sketch
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.quality import QualityFlag
from stadtkern.observations.services.changes import newest_times

NEWEST = 10
SPANS = (timedelta(days=7), timedelta(days=31), timedelta(days=366))
MOST_POINTS = 400
GAP = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Row:
    """One result."""

    time: datetime
    value: float
    quality: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The results of the newest week, month or year that has any."""

    formula: str
    unit: str
    rows: Sequence[Row]
    count: int
    doubtful: int
    start: datetime
    end: datetime
    sketch: Sketch | None


def preview(draft: Draft) -> Preview:
    """Return what a draft comes to.

    Raises
    ------
    BadInput
        if it cannot be computed.
    """
    check(draft)
    plan = plan_of(draft)
    now = clock.now()
    newest = newest_times([key for _alias, key in plan.inputs])
    end = instant(min(max(newest.values(), default=micros(now)), micros(now)))
    start, found = _span(plan, end, now)
    rows = [
        Row(instant(when), value, str(QualityFlag(flag).label))
        for when, value, flag in zip(
            found.times[-NEWEST:].tolist(),
            found.values[-NEWEST:].tolist(),
            found.quality[-NEWEST:].tolist(),
            strict=True,
        )
    ]
    return Preview(
        formula=draft.derived.formula,
        unit=draft.stream.unit,
        rows=rows[::-1],
        count=len(found.times),
        doubtful=int((found.quality >= QualityFlag.QUESTIONABLE).sum()),
        start=start,
        end=end,
        sketch=sketch(_points(found), start, end),
    )


def _span(plan: Plan, end: datetime, now: datetime) -> tuple[datetime, Results]:
    for span in SPANS:
        start = end - span
        found = compute(plan, micros(start), micros(end), micros(now))
        if len(found.times):
            break
    return start, found


def _points(found: Results) -> list[tuple[datetime, float | None]]:
    step = max(len(found.times) // MOST_POINTS, 1)
    points: list[tuple[datetime, float | None]] = []
    for when, value in zip(found.times[::step].tolist(), found.values[::step].tolist(), strict=True):
        if points and instant(when) - points[-1][0] > GAP:
            points.append((instant(when), None))
        points.append((instant(when), value))
    return points
