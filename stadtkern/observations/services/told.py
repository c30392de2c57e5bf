"""Who wants to know what is being stored: told within the transaction, in whichever process it runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

How = Literal["created", "updated", "deleted"]


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Observations of one batch that are new or were replaced; the arrays have the same length."""

    datastreams: NDArray[np.int64]
    times: NDArray[np.int64]
    """Microseconds since 1970."""
    ids: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChangedEntities:
    """Entities of one kind that were made, changed or removed."""

    kind: str
    """SensorThings name in the singular, such as `Thing`."""
    ids: tuple[int, ...]
    how: How
    fields: frozenset[str] = frozenset()
    """JSON names of the properties that changed; empty: any of them may have."""


on_rows: list[Callable[[StoredRows], None]] = []
on_entities: list[Callable[[ChangedEntities], None]] = []


def rows(
    datastreams: "Sequence[int] | NDArray[Any]",
    times: "Sequence[int] | NDArray[Any]",
    ids: "Sequence[int] | NDArray[Any]",
) -> None:
    """Tell of observations that this transaction stores."""
    if not on_rows or not len(ids):
        return
    stored = StoredRows(*(np.asarray(column, dtype=np.int64) for column in (datastreams, times, ids)))
    for listener in on_rows:
        listener(stored)


def entities(kind: str, ids: Sequence[int], how: How, fields: frozenset[str] = frozenset()) -> None:
    """Tell of entities that this transaction makes, changes or removes."""
    if not ids:
        return
    changed = ChangedEntities(kind, tuple(ids), how, fields)
    for listener in on_entities:
        listener(changed)
