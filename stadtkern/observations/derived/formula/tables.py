"""Tables that a formula looks up: lines, curves or steps between rows, each for the time it is valid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Times = NDArray[np.int64]
Mask = NDArray[np.bool_]
FAR = 2**62


@dataclass(frozen=True, slots=True)
class Curve:
    """Pairs by rising x, valid from a time on until before another."""

    x: Values
    y: Values
    between: str = "linear"
    """linear | log | step"""
    valid_from: int = -FAR
    valid_to: int = FAR

    def at(self, x: Values) -> tuple[Values, Mask]:
        """Return y at each x, and whether x lies outside the table.

        Outside, a curve on logarithmic paper goes on straight (and the result is doubtful); the others keep
        the value of their end.
        """
        outside = (x < self.x[0]) | (x > self.x[-1])
        if self.between == "step":
            found = np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, len(self.x) - 1)
            return np.where(np.isnan(x), np.nan, self.y[found]), outside
        if self.between == "log":
            return self._logarithmic(x), outside
        return np.interp(x, self.x, self.y), outside

    def _logarithmic(self, x: Values) -> Values:
        """Return y on straight lines between the logarithms: y = y0 (x / x0)^b.

        The usual form of a rating curve, Q = C (h - e)^b (ISO 18320:2020), piece by piece; levels are to be
        given above the level without flow (x > 0). A piece that touches zero is a straight line.
        """
        if len(self.x) == 1:
            return np.where(np.isnan(x), np.nan, self.y[0])
        low = np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, len(self.x) - 2)
        x0, x1, y0, y1 = self.x[low], self.x[low + 1], self.y[low], self.y[low + 1]
        straight = np.maximum(y0 + (x - x0) * (y1 - y0) / (x1 - x0), 0.0)
        usable = (x0 > 0) & (y0 > 0) & (y1 > 0) & (x > 0)
        safe = np.where(usable, x, 1.0)
        base = np.where(usable, x0, 1.0)
        ratio = np.where(usable, y1, 1.0) / np.where(usable, y0, 1.0)
        exponent = np.log(ratio) / np.log(np.where(usable, x1 / base, np.e))
        curved = y0 * (safe / base) ** exponent
        return np.where(np.isnan(x), np.nan, np.where(usable, curved, straight))


@dataclass(frozen=True, slots=True)
class Table:
    """The curves of one name over the years, with the units of both columns."""

    x_unit: str
    y_unit: str
    curves: Sequence[Curve]

    def at(self, times: Times, x: Values) -> tuple[Values, Mask]:
        """Return y at each time and x (nan where no curve is valid), and whether x lies outside."""
        y, outside = np.full(len(times), np.nan), np.zeros(len(times), dtype=np.bool_)
        for curve in self.curves:
            valid = (times >= curve.valid_from) & (times < curve.valid_to)
            if valid.any():
                y[valid], outside[valid] = curve.at(x[valid])
        return y, outside
