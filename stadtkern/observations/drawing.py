"""Small drawings for the back office: a series over time, a limit, and spans that are marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, timezone

WIDTH, HEIGHT, BASE, TOP = 720, 180, 156, 12


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked span, in units of the drawing."""

    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """A drawing ready to be written as SVG of 720 by 180."""

    path: str
    marks: Sequence[Mark]
    limit: str
    """Height of the limit; empty: none in view."""
    low: str
    high: str
    start: str
    end: str


def sketch(
    points: Sequence[tuple[datetime, float | None]],
    start: datetime,
    end: datetime,
    *,
    limit: float | None = None,
    spans: Sequence[tuple[datetime, datetime]] = (),
) -> Sketch | None:
    """Return the drawing of a series; None stands for a gap, no values at all for no drawing."""
    values = [value for _when, value in points if value is not None]
    if not values:
        return None
    low, high = min(values), max(values)
    if limit is not None and low - (high - low) <= limit <= high + (high - low):
        low, high = min(low, limit), max(high, limit)
    length = max((end - start).total_seconds(), 1.0)

    def x(when: datetime) -> float:
        return min(max((when - start).total_seconds() / length, 0.0), 1.0) * WIDTH

    def y(value: float) -> float:
        return BASE - (value - low) / ((high - low) or 1.0) * (BASE - TOP)

    parts, is_open = [], False
    for when, value in points:
        if value is not None:
            parts.append(f"{'L' if is_open else 'M'}{x(when):.1f} {y(value):.1f}")
        is_open = value is not None
    marks = [Mark(f"{x(begun):.1f}", f"{max(x(ended) - x(begun), 2):.1f}") for begun, ended in spans]
    shown = limit is not None and low <= limit <= high
    return Sketch(
        path="".join(parts),
        marks=marks,
        limit=f"{y(limit):.1f}" if shown and limit is not None else "",
        low=formats.number_format(round(low, 2)),
        high=formats.number_format(round(high, 2)),
        start=formats.date_format(timezone.localtime(start), "SHORT_DATE_FORMAT"),
        end=formats.date_format(timezone.localtime(end), "SHORT_DATE_FORMAT"),
    )
