"""The SQL that writes and rolls up observations, once for each database.

All times that cross this border are whole microseconds since 1970. The caller holds the datastreams: by the
transaction itself on SQLite (BEGIN IMMEDIATE), by row locks on PostgreSQL.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.services.rows import Row

Bucket = tuple[int, int, int]
"""Datastream, start, end."""
QUARTER, HOUR, DAY = 15, 60, 1440
# PostgreSQL takes the square of a tiny number for an error.
_SQUARE = "CASE WHEN abs(o.result) < 1e-100 THEN 0 ELSE o.result * o.result END"
_SUMS = f"count(*), sum(o.result), sum({_SQUARE}), min(o.result), max(o.result)"
_MERGED = "sum(o.count), sum(o.total), sum(o.squares), min(o.minimum), max(o.maximum)"


_COLUMNS = "o.datastream_id, o.phenomenon_time, o.result, o.quality, o.checks, o.result_time"


_SPAN = (
    f"SELECT {_COLUMNS} FROM observations_observation o "  # noqa: S608  # constants of this module; values are parameters
    "WHERE o.datastream_id = %s AND o.result IS NOT NULL AND o.phenomenon_time >= %s ORDER BY o.phenomenon_time LIMIT %s"
)
_BEFORE = (
    f"SELECT {_COLUMNS} FROM observations_observation o "  # noqa: S608  # constants of this module; values are parameters
    "WHERE o.datastream_id = %s AND o.result IS NOT NULL AND o.phenomenon_time < %s AND o.phenomenon_time >= %s "
    "ORDER BY o.phenomenon_time DESC LIMIT %s"
)


class Storage(ABC):
    """Set-based access to the two big tables."""

    pairs: str
    """Rows (d, t) of one parameter set made by `pack`."""
    triples: str
    """Rows (d, s, e) of one parameter set made by `pack`."""

    @abstractmethod
    def pack(self, rows: Sequence[tuple[int, ...]], width: int) -> list[Any]:
        """Return the parameters behind `pairs` or `triples`."""

    @abstractmethod
    def existing(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[float, int | None]]:
        """Return result and result time of those (datastream, time) that are stored."""

    @abstractmethod
    def around(self, spans: Sequence[Bucket], count: int) -> dict[int, tuple[list[Row], list[Row]]]:
        """Return the last `count` usable rows before each span and the first ones after it, by datastream."""

    @abstractmethod
    def write(self, rows: Sequence[Row]) -> None:
        """Insert the rows; a row with the same key is replaced."""

    @abstractmethod
    def newest(self, datastreams: Sequence[int]) -> list[Row]:
        """Return the newest two rows of each datastream, newest first."""

    @abstractmethod
    def span(self, datastream: int, first: int, count: int) -> list[Row]:
        """Return up to `count` rows of a datastream from `first` on, by time."""

    @abstractmethod
    def span_before(self, datastream: int, end: int, start: int, count: int) -> list[Row]:
        """Return the last `count` rows with start <= time < end, by time."""

    def roll_up(self, quarters: Sequence[Bucket], hours: Sequence[Bucket], days: Sequence[Bucket]) -> None:
        """Compute the given buckets anew: quarters of an hour from rows, hours and days from quarters."""
        self._replace(
            QUARTER,
            quarters,
            "observations_observation",
            "phenomenon_time",
            _SUMS,
            "quality < 4 AND o.result IS NOT NULL",
        )
        self._replace(HOUR, hours, "observations_rollup", "start", _MERGED, f"width = {QUARTER}")
        self._replace(DAY, days, "observations_rollup", "start", _MERGED, f"width = {QUARTER}")

    def _replace(  # noqa: PLR0913, PLR0917
        self, width: int, buckets: Sequence[Bucket], table: str, time: str, sums: str, only: str
    ) -> None:
        if not buckets:
            return
        packed = self.pack(buckets, 3)
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM observations_rollup WHERE (datastream_id, width, start) IN "  # noqa: S608  # constants of this module; values are parameters
                f"(SELECT d, {width}, s FROM {self.triples})",
                packed,
            )
            cursor.execute(
                "INSERT INTO observations_rollup "  # noqa: S608  # constants of this module; values are parameters
                "(datastream_id, width, start, count, total, squares, minimum, maximum) "
                f"SELECT b.d, {width}, b.s, {sums} FROM {self.triples} CROSS JOIN {table} o "
                f"WHERE o.datastream_id = b.d AND o.{only} AND o.{time} >= b.s AND o.{time} < b.e "
                "GROUP BY b.d, b.s",
                packed,
            )


class SqliteStorage(Storage):
    """Lists of keys travel as JSON, rows by executemany."""

    pairs = (
        "(SELECT json_extract(value, '$[0]') AS d, json_extract(value, '$[1]') AS t FROM json_each(%s)) AS b"
    )
    triples = (
        "(SELECT json_extract(value, '$[0]') AS d, json_extract(value, '$[1]') AS s,"
        " json_extract(value, '$[2]') AS e FROM json_each(%s)) AS b"
    )

    def pack(self, rows: Sequence[tuple[int, ...]], width: int) -> list[Any]:  # noqa: ARG002
        """Return the rows as one JSON text."""
        return [json.dumps(rows)]

    def existing(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[float, int | None]]:
        """Return result and result time of those (datastream, time) that are stored."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT o.datastream_id, o.phenomenon_time, o.result, o.result_time "  # noqa: S608  # constants of this module; values are parameters
                f"FROM {self.pairs} CROSS JOIN observations_observation o "
                "WHERE o.datastream_id = b.d AND o.phenomenon_time = b.t",
                self.pack(keys, 2),
            )
            return {(d, t): (result, known) for d, t, result, known in cursor.fetchall()}

    def around(self, spans: Sequence[Bucket], count: int) -> dict[int, tuple[list[Row], list[Row]]]:
        """Return the last `count` usable rows before each span and the first ones after it, by datastream."""
        side = (
            f"SELECT {_COLUMNS} FROM {self.triples} CROSS JOIN observations_observation o "  # noqa: S608  # constants of this module; values are parameters
            "WHERE o.datastream_id = b.d AND o.phenomenon_time IN ("
            "SELECT i.phenomenon_time FROM observations_observation i WHERE i.datastream_id = b.d "
            "AND i.quality < 4 AND i.result IS NOT NULL AND i.phenomenon_time {} ORDER BY i.phenomenon_time {} "
            f"LIMIT {int(count)}) ORDER BY o.datastream_id, o.phenomenon_time"
        )
        packed = self.pack(spans, 3)
        with connection.cursor() as cursor:
            cursor.execute(side.format("< b.s", "DESC"), packed)
            before = [Row(*row) for row in cursor.fetchall()]
            cursor.execute(side.format("> b.e", "ASC"), packed)
            after = [Row(*row) for row in cursor.fetchall()]
        return _sides(before, after)

    def write(self, rows: Sequence[Row]) -> None:
        """Insert the rows; a row with the same key is replaced."""
        first = _sqlite_numbers(len(rows))
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO observations_observation "
                "(id, datastream_id, phenomenon_time, result, quality, checks, result_time) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s) "
                "ON CONFLICT (datastream_id, phenomenon_time, copy) DO UPDATE SET result = excluded.result, "
                "quality = excluded.quality, checks = excluded.checks, result_time = excluded.result_time",
                [(first + place, *row) for place, row in enumerate(rows)],
            )

    def newest(self, datastreams: Sequence[int]) -> list[Row]:
        """Return the newest two rows of each datastream, newest first."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT o.datastream_id, o.phenomenon_time, o.result, o.quality, o.checks, o.result_time "
                "FROM json_each(%s) j CROSS JOIN observations_observation o "
                "WHERE o.datastream_id = j.value AND o.phenomenon_time IN ("
                "SELECT i.phenomenon_time FROM observations_observation i WHERE i.datastream_id = j.value "
                "ORDER BY i.phenomenon_time DESC LIMIT 2) "
                "ORDER BY o.datastream_id, o.phenomenon_time DESC",
                [json.dumps(datastreams)],
            )
            return [Row(*row) for row in cursor.fetchall()]

    def span(self, datastream: int, first: int, count: int) -> list[Row]:
        """Return up to `count` rows of a datastream from `first` on, by time."""
        with connection.cursor() as cursor:
            cursor.execute(_SPAN, [datastream, first, count])
            return [Row(*row) for row in cursor.fetchall()]

    def span_before(self, datastream: int, end: int, start: int, count: int) -> list[Row]:
        """Return the last `count` rows with start <= time < end, by time."""
        with connection.cursor() as cursor:
            cursor.execute(_BEFORE, [datastream, end, start, count])
            return [Row(*row) for row in cursor.fetchall()][::-1]


def _sqlite_numbers(count: int) -> int:
    """Return the first of `count` fresh numbers of observations."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO observations_change (id, version, numbers) VALUES (1, 0, %s) ON CONFLICT (id) "
            "DO UPDATE SET numbers = observations_change.numbers + excluded.numbers RETURNING numbers",
            [count],
        )
        return int(cursor.fetchone()[0]) - count + 1


def _sides(before: Sequence[Row], after: Sequence[Row]) -> dict[int, tuple[list[Row], list[Row]]]:
    sides: dict[int, tuple[list[Row], list[Row]]] = {}
    for row in before:
        sides.setdefault(row.datastream, ([], []))[0].append(row)
    for row in after:
        sides.setdefault(row.datastream, ([], []))[1].append(row)
    return sides


def _row(row: tuple[Any, ...]) -> Row:
    """Return a row of PostgreSQL with its times in microseconds."""
    datastream, time, result, quality, checks, known = row
    return Row(datastream, micros(time), result, quality, checks, None if known is None else micros(known))


_AT = "(timestamptz 'epoch' + {} * interval '1 microsecond')"


class PostgresStorage(Storage):
    """Lists and rows travel as arrays."""

    pairs = f"(SELECT d, {_AT.format('t')} AS t FROM unnest(%s::bigint[], %s::bigint[]) AS u (d, t)) AS b"  # noqa: S608  # constants of this module; values are parameters
    triples = (
        f"(SELECT d, {_AT.format('s')} AS s, {_AT.format('e')} AS e "  # noqa: S608  # constants of this module; values are parameters
        "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS u (d, s, e)) AS b"
    )

    def pack(self, rows: Sequence[tuple[Any, ...]], width: int) -> list[Any]:
        """Return the rows as one array per column."""
        return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]

    def existing(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[float, int | None]]:
        """Return result and result time of those (datastream, time) that are stored."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT o.datastream_id, o.phenomenon_time, o.result, o.result_time "  # noqa: S608  # constants of this module; values are parameters
                f"FROM {self.pairs} JOIN observations_observation o "
                "ON o.datastream_id = b.d AND o.phenomenon_time = b.t",
                self.pack(keys, 2),
            )
            return {
                (d, micros(t)): (result, None if known is None else micros(known))
                for d, t, result, known in cursor.fetchall()
            }

    def around(self, spans: Sequence[Bucket], count: int) -> dict[int, tuple[list[Row], list[Row]]]:
        """Return the last `count` usable rows before each span and the first ones after it, by datastream."""
        side = (
            f"SELECT o.* FROM {self.triples} CROSS JOIN LATERAL ("  # noqa: S608  # constants of this module; values are parameters
            f"SELECT {_COLUMNS} FROM observations_observation o WHERE o.datastream_id = b.d "
            "AND o.quality < 4 AND o.result IS NOT NULL AND o.phenomenon_time {} ORDER BY o.phenomenon_time {} "
            f"LIMIT {int(count)}) o ORDER BY o.datastream_id, o.phenomenon_time"
        )
        packed = self.pack(spans, 3)
        with connection.cursor() as cursor:
            cursor.execute(side.format("< b.s", "DESC"), packed)
            before = [_row(row) for row in cursor.fetchall()]
            cursor.execute(side.format("> b.e", "ASC"), packed)
            after = [_row(row) for row in cursor.fetchall()]
        return _sides(before, after)

    def write(self, rows: Sequence[Row]) -> None:
        """Insert the rows; a row with the same key is replaced."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO observations_observation "  # noqa: S608  # constants of this module; values are parameters
                "(datastream_id, phenomenon_time, result, quality, checks, result_time) "
                f"SELECT d, {_AT.format('t')}, r, q, c, {_AT.format('k')} "
                "FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::smallint[], %s::smallint[], "
                "%s::bigint[]) AS u (d, t, r, q, c, k) "
                "ON CONFLICT (datastream_id, phenomenon_time, copy) DO UPDATE SET result = excluded.result, "
                "quality = excluded.quality, checks = excluded.checks, result_time = excluded.result_time",
                self.pack(rows, 6),
            )

    def newest(self, datastreams: Sequence[int]) -> list[Row]:
        """Return the newest two rows of each datastream, newest first."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT o.* FROM unnest(%s::bigint[]) AS u (d) CROSS JOIN LATERAL ("
                "SELECT i.datastream_id, i.phenomenon_time, i.result, i.quality, i.checks, i.result_time "
                "FROM observations_observation i WHERE i.datastream_id = u.d "
                "ORDER BY i.phenomenon_time DESC LIMIT 2) o ORDER BY o.datastream_id, o.phenomenon_time DESC",
                [list(datastreams)],
            )
            return [_row(row) for row in cursor.fetchall()]

    def span(self, datastream: int, first: int, count: int) -> list[Row]:
        """Return up to `count` rows of a datastream from `first` on, by time."""
        with connection.cursor() as cursor:
            cursor.execute(_SPAN, [datastream, instant(first), count])
            return [_row(row) for row in cursor.fetchall()]

    def span_before(self, datastream: int, end: int, start: int, count: int) -> list[Row]:
        """Return the last `count` rows with start <= time < end, by time."""
        with connection.cursor() as cursor:
            cursor.execute(_BEFORE, [datastream, instant(end), instant(start), count])
            return [_row(row) for row in cursor.fetchall()][::-1]


def storage() -> Storage:
    """Return the storage of the default database."""
    return PostgresStorage() if connection.vendor == "postgresql" else SqliteStorage()


def chunks(values: Iterable[Any], size: int = 5000) -> Iterable[list[Any]]:
    """Cut `values` into lists short enough for one statement."""
    everything = list(values)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]
