"""Numbers about every column of a table."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb

from stadtkern.tables import engine
from stadtkern.tables.model import Column, Fact
from stadtkern.tables.questions import Bin, ColumnProfile, TopValue

if TYPE_CHECKING:
    from stadtkern.tables.table import Table

BINS = 20
TOP = 10
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
PATIENCE = 120.0
_ORDERED = ("integer", "number", "date", "datetime")


def profile(table: "Table") -> tuple[ColumnProfile, ...]:
    """Return numbers about every column.

    One thread reads, so that means of many numbers are added up in the same order each time.
    """
    own = engine.new_engine(1)
    try:
        with engine.cursor(table.zone, patience=PATIENCE, engine=own) as cursor:
            return tuple(_column(table, column, cursor) for column in table.columns)
    finally:
        own.close()


def _column(table: "Table", column: Column, cursor: duckdb.DuckDBPyConnection) -> ColumnProfile:
    from stadtkern.tables.table import plain  # noqa: PLC0415  (that module asks this one)

    quoted = engine.name(column.name)
    row = cursor.execute(
        f"SELECT count(*), count({quoted}), count(DISTINCT {quoted}), min({quoted}), max({quoted}) FROM {table.source}"  # noqa: E501, S608  (names are checked)
    ).fetchone()
    total, count, distinct, low, high = row or (0, 0, 0, None, None)
    is_number = column.kind in {"integer", "number"}
    is_ordered = column.kind in _ORDERED and count
    return ColumnProfile(
        column,
        total,
        total - count,
        distinct,
        plain(low) if column.kind != "json" else None,
        plain(high) if column.kind != "json" else None,
        _mean(table, quoted, cursor) if is_number and count else None,
        _quantiles(table, quoted, cursor, is_number=is_number) if is_ordered else {},
        _top(table, quoted, cursor) if distinct < count or distinct <= TOP else (),
        _histogram(table, quoted, column, low, high, cursor) if is_ordered else (),
    )


def _mean(table: "Table", quoted: str, cursor: duckdb.DuckDBPyConnection) -> float:
    row = cursor.execute(f"SELECT favg({quoted}) FROM {table.source}").fetchone()  # noqa: S608  (names are checked)
    return float(row[0]) if row else 0.0


def _quantiles(
    table: "Table", quoted: str, cursor: duckdb.DuckDBPyConnection, *, is_number: bool
) -> dict[str, Fact]:
    from stadtkern.tables.table import plain  # noqa: PLC0415  (that module asks this one)

    function = "quantile_cont" if is_number else "quantile_disc"
    row = cursor.execute(f"SELECT {function}({quoted}, {list(QUANTILES)}) FROM {table.source}").fetchone()  # noqa: S608  (names are checked)
    values = row[0] if row else []
    return {f"{quantile:g}": plain(value) for quantile, value in zip(QUANTILES, values, strict=True)}


def _top(table: "Table", quoted: str, cursor: duckdb.DuckDBPyConnection) -> tuple[TopValue, ...]:
    from stadtkern.tables.table import plain  # noqa: PLC0415  (that module asks this one)

    rows = cursor.execute(
        f"SELECT {quoted}, count(*) AS n FROM {table.source} WHERE {quoted} IS NOT NULL"  # noqa: S608  (names are checked)
        f" GROUP BY 1 ORDER BY n DESC, 1 LIMIT {TOP}"
    ).fetchall()
    return tuple(TopValue(plain(value), count) for value, count in rows)


def _histogram(  # noqa: PLR0913, PLR0917  (what is counted, and between which values)
    table: "Table",
    quoted: str,
    column: Column,
    low: object,
    high: object,
    cursor: duckdb.DuckDBPyConnection,
) -> tuple[Bin, ...]:
    is_time = column.kind in {"date", "datetime"}
    start, stop = (_position(value) for value in (low, high))
    value = f"epoch({quoted})" if is_time else f"{quoted}::DOUBLE"
    width = (stop - start) / BINS
    if width <= 0:
        return (Bin(_edge(start, column), _edge(stop, column), len(table)),) if not is_time else ()
    rows = cursor.execute(
        f"SELECT least(floor(({value} - ?) / ?), {BINS - 1})::INTEGER AS b, count(*) FROM {table.source}"  # noqa: S608  (names are checked)
        f" WHERE {quoted} IS NOT NULL GROUP BY 1",
        [start, width],
    ).fetchall()
    counts = dict(rows)
    return tuple(
        Bin(
            _edge(start + width * place, column),
            _edge(start + width * (place + 1), column),
            counts.get(place, 0),
        )
        for place in range(BINS)
    )


def _position(value: object) -> float:
    """Return a number; of days and moments the seconds since 1970."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return (value - date(1970, 1, 1)).total_seconds()
    return float(value)  # type: ignore[arg-type]  # a number


def _edge(position: float, column: Column) -> float | str:
    if column.kind not in {"date", "datetime"}:
        return position
    from datetime import UTC, timedelta  # noqa: PLC0415  (only here)

    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=position)
    return moment.date().isoformat() if column.kind == "date" else moment.isoformat()
