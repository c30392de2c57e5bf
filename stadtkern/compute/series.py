"""Values that change with time, as simulations read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A value as a function of time; constant before the first and after the last point.

    Parameters
    ----------
    times : array, shape (n,)
        Seconds since the start of the simulation, strictly increasing.
    values : array, shape (n,)
        Values at these times, in the unit that the user of the series states.
    kind : "linear" or "previous"
        Straight lines between the points, or steps: the value holds until the next time.

    Raises
    ------
    ValueError
        Lengths differ, no point, a value that is no number, times that do not increase.
    """

    times: Floats
    values: Floats
    kind: Literal["linear", "previous"] = "linear"

    def __post_init__(self) -> None:
        times, values = (np.ascontiguousarray(each, dtype=np.float64) for each in (self.times, self.values))
        if times.ndim != 1 or times.shape != values.shape or times.size == 0:
            raise ValueError(f"a series needs as many values as times, got {values.shape} and {times.shape}")
        if not (np.isfinite(times).all() and np.isfinite(values).all()):
            raise ValueError("a series holds a value that is no finite number")
        late = np.flatnonzero(np.diff(times) <= 0)
        if late.size:
            at = int(late[0])
            raise ValueError(f"times of a series must increase: {times[at + 1]:g} s follows {times[at]:g} s")
        if self.kind not in {"linear", "previous"}:
            raise ValueError(f'kind of a series must be "linear" or "previous", not "{self.kind}"')
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)

    @classmethod
    def constant(cls, value: float) -> "Series":
        """Return the series that always has this value."""
        return cls(np.zeros(1), np.array([value]))

    @classmethod
    def of(cls, value: "Series | float | Sequence[Sequence[float]]") -> "Series":
        """Return a series from a series, a number, or pairs of time and value."""
        if isinstance(value, Series):
            return value
        if isinstance(value, (int, float)):
            return cls.constant(float(value))
        pairs: npt.NDArray[Any] = np.asarray(value, dtype=np.float64)
        if pairs.ndim != 2 or pairs.shape[1] != 2:  # noqa: PLR2004  # time and value
            raise ValueError("a series is a number or pairs of time and value")
        return cls(pairs[:, 0], pairs[:, 1])

    def at(self, time: float) -> float:
        """Return the value at a time."""
        if self.kind == "linear":
            return float(np.interp(time, self.times, self.values))
        return float(self.values[max(int(np.searchsorted(self.times, time, side="right")) - 1, 0)])

    def mean(self, start: float, end: float) -> float:
        """Return the mean between two times: what flows in steps so adds up to the integral of the series."""
        if self.times.size == 1:
            return float(self.values[0])
        if end <= start:
            return self.at(start)
        if end <= self.times[0] or start >= self.times[-1]:
            return self.at(start)
        inside = self.times[(self.times > start) & (self.times < end)]
        ends = np.concatenate(([start], inside, [end]))
        lengths = np.diff(ends)
        if self.kind == "linear":
            values = np.interp(ends, self.times, self.values)
            parts = (values[1:] + values[:-1]) * 0.5
        else:
            at = np.searchsorted(self.times, ends[:-1], side="right") - 1
            parts = self.values[np.maximum(at, 0)]
        return float((parts * lengths).sum() / (end - start))

    def largest(self) -> float:
        """Return the largest value."""
        return float(self.values.max())
