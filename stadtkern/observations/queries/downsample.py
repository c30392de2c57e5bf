"""Fewer points that look the same: LTTB, min-max, and gaps."""

from itertools import pairwise

import numpy as np

from stadtkern.observations.queries.raw import Times, Values

GAP = 3
"""A distance of more than this many median steps is shown as a gap."""

FEWEST = 3
"""Points with anything to choose between the two ends."""


def lttb(times: Times, values: Values, points: int) -> Times:
    """Return the indices of at most `points` points chosen by Largest Triangle Three Buckets.

    Steinarsson 2013, Downsampling Time Series for Visual Representation, section 4.2. Both ends stay.
    """
    count = len(times)
    if points >= count:
        return np.arange(count)
    if points < FEWEST:
        return np.array([0, count - 1])[: max(points, 1)]
    x = (times - times[0]).astype(np.float64)
    edges = np.linspace(1, count - 1, points - 1).astype(np.int64)
    chosen = np.empty(points, dtype=np.int64)
    chosen[0], chosen[-1] = 0, count - 1
    sums = np.concatenate(([0.0], np.cumsum(x))), np.concatenate(([0.0], np.cumsum(values)))
    ends = np.append(edges[1:], count)
    for number in range(points - 2):
        low, high, after = edges[number], edges[number + 1], ends[number + 1]
        width = after - high
        next_x, next_y = ((column[after] - column[high]) / width for column in sums)
        last = chosen[number]
        area = np.abs(
            (x[last] - next_x) * (values[low:high] - values[last])
            - (x[last] - x[low:high]) * (next_y - values[last])
        )
        chosen[number + 1] = low + int(np.argmax(area))
    return chosen


def min_max(values: Values, points: int) -> Times:
    """Return the indices of the lowest and highest value in each of `points` // 2 equal runs, in order."""
    count = len(values)
    if points >= count:
        return np.arange(count)
    edges = np.linspace(0, count, max(points // 2, 1) + 1).astype(np.int64)
    pairs = [
        (low + int(np.argmin(values[low:high])), low + int(np.argmax(values[low:high])))
        for low, high in pairwise(edges)
    ]
    return np.unique(np.array(pairs).ravel())


def gap_after(times: Times) -> Times:
    """Return the indices after which a gap follows."""
    if len(times) < GAP:
        return np.empty(0, dtype=np.int64)
    steps = np.diff(times)
    return np.flatnonzero(steps > GAP * np.median(steps))
