"""What the members of an ensemble say together."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
BLOCK = 64_000_000
"""Bytes of the members' values that are held at once."""


def stacked(paths: Sequence[Path]) -> list[Floats]:
    """Open arrays on disk without reading them."""
    return [np.load(path, mmap_mode="r") for path in paths]


def blocks(arrays: Sequence[Floats]) -> list[slice]:
    """Return the pieces of rows to work on, one after another."""
    rows, columns = arrays[0].shape
    height = max(1, BLOCK // (4 * columns * len(arrays)))
    return [slice(first, min(first + height, rows)) for first in range(0, rows, height)]


def probability(arrays: Sequence[Floats], depth: float) -> Floats:
    """Return the share of members whose greatest depth reaches `depth` (m), shape (rows, columns)."""
    found = np.zeros(arrays[0].shape, dtype=np.float32)
    for array in arrays:
        found += array >= depth
    return found / np.float32(len(arrays))


def quantile(arrays: Sequence[Floats], share: float, *, never: float | None = None) -> Floats:
    """Return a quantile over the members, shape (rows, columns), linear between members.

    `never` stands in for NaN (a time of arrival that never came: infinity), and is not interpolated with;
    where
    the quantile is `never` the result is NaN.
    """
    found = np.empty(arrays[0].shape, dtype=np.float32)
    for part in blocks(arrays):
        values = np.stack([array[part] for array in arrays])
        if never is not None:
            values = np.where(np.isnan(values), np.float32(never), values)
        found[part] = np.quantile(values, share, axis=0, method="linear" if never is None else "higher")
    return np.where(np.isfinite(found), found, np.nan).astype(np.float32)
