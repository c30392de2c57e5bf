"""A stored table that answers questions."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq

from stadtkern.tables import engine, queries
from stadtkern.tables.model import GEOMETRY, ID, Column, Fact, Geometry, Kind, Meaning, TableError
from stadtkern.tables.questions import (
    Aggregate,
    Aggregated,
    ColumnProfile,
    Difference,
    ExportFormat,
    Query,
    RowsPage,
    TopValue,
)
from stadtkern.tables.writing import META

MOST_ROWS = 100_000


class Table:
    """A table that `ingest` wrote.

    Cheap to make: the file's footer is read once. Safe to use from several threads.

    Raises
    ------
    TableError
        `table_missing`, if there is no such file or it is not one of ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _about(self) -> Mapping[str, object]:
        try:
            metadata = pq.read_metadata(self.path).metadata or {}
            about: Mapping[str, object] = json.loads(metadata[META])
        except (OSError, KeyError, ValueError) as error:
            raise TableError("table_missing") from error
        return about

    @property
    def schema(self) -> Mapping[str, Fact]:
        """The Table Schema."""
        return cast("Mapping[str, Fact]", self._about["schema"])

    @property
    def zone(self) -> str:
        """The zone in which moments are shown and cut to days."""
        return str(self._about["zone"])

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns but `_id`, `geometry` and `_bbox`."""
        return tuple(
            Column(
                one["name"], one["title"], cast("Kind", one["kind"]), cast("Meaning", one["meaning"]),
                one["unit"], one["description"],
            )
            for one in cast("list[Mapping[str, str]]", self._about["columns"])
        )  # fmt: skip

    @cached_property
    def geometry(self) -> Geometry | None:
        """What is known about the geometry, if there is one."""
        found = cast("Mapping[str, object] | None", self._about.get("geometry"))
        if not found:
            return None
        box = cast("list[float] | None", found["bbox"])
        return Geometry(
            str(found["type"]),
            (box[0], box[1], box[2], box[3]) if box else None,
            cast("int", found["source_crs"]),
            cast("int", found["count"]),
        )

    @property
    def source(self) -> str:
        """The table as it stands behind FROM."""
        return engine.source(self.path)

    def where(self, query: Query | None) -> queries.Where:
        """Return the conditions of a question about this table."""
        return queries.where(
            query or Query(), self.columns, self.zone, has_geometry=self.geometry is not None
        )

    def column(self, name: str) -> Column:
        """Return the column of this name."""
        return queries.column_of(self.columns, name)

    def __len__(self) -> int:
        """Return the number of rows."""
        return cast("int", self._about["rows"])

    def profile(self) -> tuple[ColumnProfile, ...]:
        """Return numbers about every column; the same file gives the same numbers."""
        from stadtkern.tables.profile import profile  # noqa: PLC0415  (only where it is asked for)

        return profile(self)

    def rows(self, query: Query) -> RowsPage:
        """Return the wanted rows; `_id` comes first, `geometry` last where the table has one."""
        names = [ID, *(one for one in self.shown(query) if one != ID)]
        found = self.where(query)
        limit = min(max(query.limit, 0), MOST_ROWS)
        statement = (
            f"SELECT {self.selected(names)} FROM {self.source}{found.sql()}{queries.order(query, self.columns)}"  # noqa: E501, S608  (names are checked, values are parameters)
            " LIMIT ? OFFSET ?"
        )
        with engine.cursor(self.zone) as cursor:
            rows = cursor.execute(statement, [*found.values, limit, query.offset]).fetchall() if limit else []
        total = self.count(query)
        readers = self._readers(names)
        if readers:
            rows = [_read(row, readers) for row in rows]
        return RowsPage(tuple(names), tuple(map(tuple, rows)), total, query.offset, limit)

    def shown(self, query: Query) -> list[str]:
        """Return the names of the wanted columns."""
        return queries.shown(query, self.columns, has_geometry=self.geometry is not None)

    def selected(self, names: Sequence[str], *, geometry: str = "ST_AsGeoJSON") -> str:
        """Return the columns as they stand behind SELECT."""
        return ", ".join(
            f"{geometry}({GEOMETRY}) AS {GEOMETRY}" if one == GEOMETRY else engine.name(one) for one in names
        )

    def _readers(self, names: Sequence[str]) -> list[int]:
        """Return the places of columns that come as JSON texts."""
        kinds = {column.name: column.kind for column in self.columns} | {GEOMETRY: "json"}
        return [place for place, one in enumerate(names) if kinds.get(one) == "json"]

    def count(self, query: Query) -> int:
        """Return how many rows the filters leave; offset and limit do not matter."""
        found = self.where(query)
        if not found.conditions:
            return len(self)
        with engine.cursor(self.zone) as cursor:
            row = cursor.execute(f"SELECT count(*) FROM {self.source}{found.sql()}", found.values).fetchone()  # noqa: S608  (see rows)
        return int(row[0]) if row else 0

    def values(self, column: str, query: Query | None = None, *, limit: int = 50) -> tuple[TopValue, ...]:
        """Return the values of a column and how often each is there, most frequent first.

        Missing ones are left out.
        """
        quoted = engine.name(self.column(column).name)
        found = self.where(query)
        found.add(f"{quoted} IS NOT NULL")
        statement = f"SELECT {quoted}, count(*) AS n FROM {self.source}{found.sql()} GROUP BY 1 ORDER BY n DESC, 1 LIMIT ?"  # noqa: E501, S608  (see rows)
        with engine.cursor(self.zone) as cursor:
            rows = cursor.execute(statement, [*found.values, limit]).fetchall()
        return tuple(TopValue(plain(value), count) for value, count in rows)

    def aggregate(self, wanted: Aggregate, query: Query | None = None) -> Aggregated:
        """Return what a chart shows."""
        from stadtkern.tables.charts import aggregate  # noqa: PLC0415  (only where it is asked for)

        return aggregate(self, wanted, query or Query())

    def export(self, query: Query, form: ExportFormat, target: Path) -> int:
        """Write the wanted rows to a file in pieces and return how many there are.

        Offset and limit hold; `limit=0` means all. In CSV an apostrophe is put before texts that a
        spreadsheet would take for formulas.

        Raises
        ------
        TableError
            `too_many_rows` (XLSX ends at 1,048,575), `no_geometry` (GeoJSON), `unknown_format`.
        """
        from stadtkern.tables.exports import export  # noqa: PLC0415  (writers are slow to load)

        return export(self, query, form, target)

    def difference(self, before: "Table", *, key: Sequence[str] = (), sample: int = 100) -> Difference:
        """Return what changed from `before` to this table; without `key` one is looked for."""
        from stadtkern.tables.differences import difference  # noqa: PLC0415  (only where it is asked for)

        return difference(before, self, tuple(key), sample)


def _read(row: Sequence[object], readers: Sequence[int]) -> tuple[object, ...]:
    cells = list(row)
    for place in readers:
        value = cells[place]
        cells[place] = json.loads(value) if isinstance(value, str) else value
    return tuple(cells)


def plain(value: object) -> Fact:
    """Return a value as JSON has it: times in ISO 8601, numbers and truth values as they are."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
