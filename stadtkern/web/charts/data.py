"""What charts are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

MOST_POINTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A series of values in time; None is a gap."""

    times: Sequence[datetime]
    """Aware, rising."""
    values: Sequence[float | None]
    label: str = ""
    is_forecast: bool = False

    def known(self) -> list[tuple[datetime, float]]:
        """Return the points that have a value."""
        return [(t, v) for t, v in zip(self.times, self.values, strict=True) if v is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A horizontal line with a name, such as an alarm level."""

    label: str
    value: float
    severity: int = 0
    """0 information, 1 to 4 rising danger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The usual range: low and high at each time."""

    times: Sequence[datetime]
    low: Sequence[float]
    high: Sequence[float]
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar."""

    label: str
    value: float | None
    is_current: bool = False


def thin(line: Line, most: int = MOST_POINTS) -> Line:
    """Return the line with at most `most` points; lowest, highest and gap of every stretch stay."""
    count = len(line.times)
    if count <= most:
        return line
    stretches = most // 3
    keep: set[int] = {0, count - 1}
    for n in range(stretches):
        indices = range(n * count // stretches, (n + 1) * count // stretches)
        values = [(v, i) for i in indices if (v := line.values[i]) is not None]
        gap = next((i for i in indices if line.values[i] is None), None)
        if values:
            keep |= {min(values)[1], max(values)[1]}
        if gap is not None:
            keep.add(gap)
    chosen = sorted(keep)[:most]
    return Line(
        times=[line.times[i] for i in chosen],
        values=[line.values[i] for i in chosen],
        label=line.label,
        is_forecast=line.is_forecast,
    )
