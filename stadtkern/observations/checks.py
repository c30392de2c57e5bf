"""The quality tests as pure functions over columns.

After QARTOD (US IOOS, Manual for Real-Time Quality Control of In-situ Temperature and Salinity Data, 2020,
tests 4 and 6 to 8) and the spike test of the Argo quality control manual (test 9). Times are int64
microseconds in ascending order within each group; values are finite.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Times: TypeAlias = NDArray[np.int64]
Values: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

HOUR = 3_600_000_000
NEAR = 3 * HOUR
"""Neighbours in time further away than this say nothing about a spike."""
GAP = 3
"""A distance of more than this many median steps is a gap."""
FEWEST_STUCK = 10
"""So many equal values in a row at least are called stuck."""


def spikes(groups: Times, times: Times, values: Values, allowed: Values) -> Mask:
    """Return where a value lies more than `allowed` outside the span of the two beside it.

    |v2 - (v3 + v1) / 2| - |v3 - v1| / 2 > allowed. `groups` numbers the datastream of each row.
    """
    found = np.zeros(len(values), dtype=np.bool_)
    if len(values) < 3:  # noqa: PLR2004  # a value between two others
        return found
    before, here, after = values[:-2], values[1:-1], values[2:]
    together = (groups[:-2] == groups[2:]) & (np.diff(times)[:-1] <= NEAR) & (np.diff(times)[1:] <= NEAR)
    excess = np.abs(here - (after / 2 + before / 2)) - np.abs(after / 2 - before / 2)
    found[1:-1] = together & (excess > allowed[1:-1])
    return found


def steps(groups: Times, times: Times, values: Values, allowed: Values, rate: Values, spiky: Mask) -> Mask:  # noqa: PLR0913, PLR0917
    """Return where the change since the value before exceeds `allowed` plus `rate` an hour.

    A spike is compared with nothing, and the value after a spike with the one before the spike.
    """
    found = np.zeros(len(values), dtype=np.bool_)
    if len(values) < 2:  # noqa: PLR2004  # a value after another
        return found
    index = np.arange(len(values))
    before = index - 1 - np.concatenate(([False], spiky[:-1]))
    tested = (before >= 0) & ~spiky
    before = np.maximum(before, 0)
    tested &= groups[before] == groups
    hours = (times - times[before]) / HOUR
    return tested & (np.abs(values - values[before]) > allowed + rate * hours)


def stuck(times: Times, values: Values, longest: int, *, at_zero: bool = True) -> Mask:
    """Return the values of one datastream that repeat the same value for more than `longest` microseconds."""
    if not len(values):
        return np.zeros(0, dtype=np.bool_)
    run = np.cumsum(np.concatenate(([0], values[1:] != values[:-1]))).astype(np.int64)
    first = np.searchsorted(run, run)
    found = (times - times[first] > longest) & (np.arange(len(run)) - first + 1 >= FEWEST_STUCK)
    return found if at_zero else found & (values != 0)


def gaps(times: Times) -> Mask:
    """Return the values of one datastream that come after a gap."""
    found = np.zeros(len(times), dtype=np.bool_)
    if len(times) >= GAP:
        distances = np.diff(times)
        found[1:] = distances > GAP * np.median(distances)
    return found


def at_times(wanted: Times, times: Times, values: Values, near: int = HOUR) -> Values:
    """Return the value nearest in time to each of `wanted`; nan where none is within `near`."""
    if not len(times):
        return np.full(len(wanted), np.nan)
    right = np.clip(np.searchsorted(times, wanted), 1, max(len(times) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(times) - 1)
    nearest = np.where(np.abs(times[right] - wanted) < np.abs(wanted - times[left]), right, left)
    return np.where(np.abs(times[nearest] - wanted) <= near, values[nearest], np.nan)


def far_from(values: Values, neighbours: list[Values], allowed: float, fewest: int = 3) -> Mask:
    """Return where a value lies more than `allowed` from the median of `fewest` or more neighbours."""
    if len(neighbours) < fewest:
        return np.zeros(len(values), dtype=np.bool_)
    table = np.vstack(neighbours)
    enough = np.count_nonzero(~np.isnan(table), axis=0) >= fewest
    middle = np.full(len(values), np.nan)
    middle[enough] = np.nanmedian(table[:, enough], axis=0)
    far: Mask = np.abs(values - np.where(enough, middle, values)) > allowed
    far &= enough
    return far
