"""A stored table that answers questions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from stadtkern.tables.model import (
    Aggregate,
    Aggregated,
    Column,
    ColumnProfile,
    Difference,
    ExportFormat,
    Fact,
    Geometry,
    Query,
    RowsPage,
    TopValue,
)


class Table:
    """A table that `ingest` wrote.

    Cheap to make: the file's footer is read once. Safe to use from several threads.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def schema(self) -> Mapping[str, Fact]:
        """The Table Schema."""
        raise NotImplementedError

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns but `_id`, `geometry` and `_bbox`."""
        raise NotImplementedError

    @property
    def geometry(self) -> Geometry | None:
        """What is known about the geometry, if there is one."""
        raise NotImplementedError

    def profile(self) -> tuple[ColumnProfile, ...]:
        """Return numbers about every column; the same file gives the same numbers."""
        raise NotImplementedError

    def rows(self, query: Query) -> RowsPage:
        """Return the wanted rows; `_id` comes first, `geometry` last where the table has one."""
        raise NotImplementedError

    def count(self, query: Query) -> int:
        """Return how many rows the filters leave; offset and limit do not matter."""
        raise NotImplementedError

    def values(self, column: str, query: Query | None = None, *, limit: int = 50) -> tuple[TopValue, ...]:
        """Return the values of a column and how often each is there, most frequent first."""
        raise NotImplementedError

    def aggregate(self, wanted: Aggregate, query: Query | None = None) -> Aggregated:
        """Return what a chart shows."""
        raise NotImplementedError

    def export(self, query: Query, form: ExportFormat, target: Path) -> int:
        """Write the wanted rows to a file in pieces and return how many there are.

        Offset and limit hold; `limit=0` means all.
        """
        raise NotImplementedError

    def difference(self, before: "Table", *, key: Sequence[str] = (), sample: int = 100) -> Difference:
        """Return what changed from `before` to this table; without `key` one is looked for."""
        raise NotImplementedError
