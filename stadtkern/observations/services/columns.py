"""What travels through the bulk path: columns of observations, and what became of each row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Texts = NDArray[np.object_]
"""JSON as text, None where there is nothing."""

NULL = int(np.iinfo(np.int64).min)
"""Stands for nothing in a column of whole numbers."""
TIMES = ("phenomenon_end", "result_time", "valid_from", "valid_to")
"""Optional columns of times."""
JSON = ("value", "parameters", "result_quality")
"""Optional columns of JSON."""
SPARSE = (*TIMES, *JSON, "feature")


@dataclass(slots=True)
class Columns:
    """Observations to store, shape (rows,) each; times in microseconds since 1970.

    A column that is None is empty in all rows.
    """

    datastream: Ints
    time: Ints
    result: Floats
    """In the unit of the datastream; nan where `value` holds the result."""
    value: Texts | None = None
    phenomenon_end: Ints | None = None
    result_time: Ints | None = None
    valid_from: Ints | None = None
    valid_to: Ints | None = None
    parameters: Texts | None = None
    result_quality: Texts | None = None
    feature: Ints | None = None
    """`FeatureOfInterest` where it is not that of the datastream."""
    checks: Ints | None = None
    """What the source says, as bits of `quality.Check`."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.datastream)

    def take(self, rows: Ints | Mask) -> "Columns":
        """Return some of the rows."""
        taken: dict[str, Any] = {
            one.name: None if (column := getattr(self, one.name)) is None else column[rows]
            for one in fields(self)
        }
        return Columns(**taken)

    def is_plain(self) -> bool:
        """Return whether every row is a number at a time and nothing else."""
        return all(getattr(self, name) is None for name in SPARSE)


class Status(IntEnum):
    """What became of a row."""

    STORED = 0
    REPEATED = 1
    """It was there already, or the datastream keeps the first result of a time."""
    REPLACED = 2
    """It took the place of an older result."""
    REJECTED = 3


@dataclass(slots=True)
class Stored:
    """What became of a batch, row by row."""

    status: NDArray[np.int8]
    number: Ints
    """`Observation.number` of the row, or of the one that was there already; 0: none."""
    reasons: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """Why rows were rejected: kind (`QuarantinedReading.Reason`) and one line, by row."""
    datastreams: tuple[int, ...] = ()
    """Datastreams that got something new."""
    version: int = 0
    """`Change.version` of the batch; 0: nothing changed."""

    def count(self, *wanted: Status) -> int:
        """Return how many rows have one of the given states."""
        return int(np.isin(self.status, wanted).sum())


def empty_times(rows: int) -> Ints:
    """Return a column of times without any."""
    return np.full(rows, NULL, dtype=np.int64)
