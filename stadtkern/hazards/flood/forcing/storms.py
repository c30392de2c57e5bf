"""Design storms out of statistical heights of rain."""

import math
from pathlib import Path

import numpy as np

from stadtkern.compute.series import Series
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.series import read_pairs
from stadtkern.hazards.flood.terrain.grid import Array

PEAK = 0.3
"""The peak of an Euler storm of type II lies at this share of its duration."""
MM_PER_H = 1e-3 / 3600.0
"""m/s."""


def read_depths(path: Path, where: str) -> tuple[Array, Array]:
    """Read heights of rain by duration, of one return period, out of a CSV `duration_min,depth_mm`.

    Returns
    -------
    durations in s and heights in mm, both shape (n,) and increasing
    """
    rows = read_pairs(path, where, ("duration_min", "depth_mm"))
    if rows[0, 0] <= 0 or rows[0, 1] <= 0 or (np.diff(rows[:, 1]) < 0).any():
        raise BadScenario(
            f"{where}: {path}: heights decrease or are not positive; allowed: heights that grow with duration"
        )
    return rows[:, 0] * 60.0, rows[:, 1]


def depth_of(duration: float, durations: Array, depths: Array) -> float:
    """Return the height in mm for a duration in s, linear between the tabled ones, which begin at 0."""
    return float(np.interp(duration, np.concatenate([[0.0], durations]), np.concatenate([[0.0], depths])))


def block(depth: float, duration: float, start: float = 0.0) -> Series:
    """Return an even storm: `depth` in mm over `duration` in s from `start`; values in m/s."""
    rate = depth * 1e-3 / duration
    return steps(np.array([rate]), duration, start)


def euler2(
    durations: Array, depths: Array, duration: float, step: float = 300.0, start: float = 0.0
) -> Series:
    """Return an Euler storm of type II; values in m/s, steps of `step` s.

    The heights of the intervals are the differences of the tabled heights. The greatest lies in the interval
    that contains 0.3 of the duration (or ends there), the next ones before it towards the beginning, the rest
    behind it (DWA-A 118: the model rain after Euler, type II).
    """
    count = max(1, round(duration / step))
    sums = np.array([depth_of(i * step, durations, depths) for i in range(count + 1)])
    heights = np.sort(np.diff(sums))[::-1]
    before = math.ceil(PEAK * count - 1e-9)
    ordered = np.concatenate([heights[:before][::-1], heights[before:]])
    return steps(ordered * 1e-3 / step, step, start)


def steps(rates: Array, step: float, start: float) -> Series:
    """Return rates (m/s) that hold for `step` s each from `start` on, 0 before and after."""
    times = start + step * np.arange(len(rates) + 1)
    values = np.concatenate([rates, [0.0]])
    if start > 0:
        times, values = np.concatenate([[0.0], times]), np.concatenate([[0.0], values])
    return Series(times.astype(np.float64), values.astype(np.float64), "previous")
