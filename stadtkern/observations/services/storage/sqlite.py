"""SQLite: lists of keys travel as JSON, rows by executemany."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db import connection

from stadtkern.observations.services.columns import JSON, NULL, SPARSE, Ints
from stadtkern.observations.services.rows import Known, Row
from stadtkern.observations.services.storage import base
from stadtkern.observations.services.storage.base import Bucket, Increments, Storage, Writing

_PLAIN = ("datastream_id", "phenomenon_time", "copy", "id", "result", "quality", "checks")
_WIDE = (*_PLAIN, *(name if name != "feature" else "feature_id" for name in SPARSE))
_REPLACED = [name for name in _WIDE if name not in {"datastream_id", "phenomenon_time", "copy", "id"}]
_VALUE = 19
"""Place of the newest value in `FACTS`."""
_JSON_PLACES = [place for place, name in enumerate(Known._fields) if name in JSON]


class SqliteStorage(Storage):
    """Statements on SQLite."""

    triples = (
        "(SELECT json_extract(value, '$[0]') AS d, json_extract(value, '$[1]') AS s,"
        " json_extract(value, '$[2]') AS e FROM json_each(%s)) AS b"
    )

    def execute(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def pack(self, rows: Sequence[tuple[int, ...]], width: int) -> list[Any]:  # noqa: ARG002
        """Return the rows as one JSON text."""
        return [json.dumps(rows)]

    def hold(self, datastreams: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return the facts of the datastreams; the transaction itself keeps others off."""
        where = "WHERE d.id IN (SELECT value FROM json_each(%s)) ORDER BY d.id"
        rows = self.execute(base.FACTS + where, [json.dumps(list(datastreams))])
        return [(*row[:_VALUE], _decoded(row[_VALUE]), *row[_VALUE + 1 :]) for row in rows]

    def fresh_numbers(self, count: int) -> Ints:
        """Return numbers for new observations, ascending."""
        ((last,),) = self.execute(
            "INSERT INTO observations_change (id, version, numbers) VALUES (1, 0, %s) ON CONFLICT (id) "
            "DO UPDATE SET numbers = observations_change.numbers + excluded.numbers RETURNING numbers",
            [count],
        )
        return np.arange(last - count + 1, last + 1, dtype=np.int64)

    def existing(self, datastreams: Ints, times: Ints) -> list[Known]:
        """Return what is stored at those (datastream, time), by copy."""
        rows = self.execute(
            f"SELECT {base.KNOWN} FROM (SELECT json_extract(value, '$[0]') AS d, "  # noqa: S608  # constants of this module; values are parameters
            "json_extract(value, '$[1]') AS t FROM json_each(%s)) AS b "
            "CROSS JOIN observations_observation o "
            "WHERE o.datastream_id = b.d AND o.phenomenon_time = b.t ORDER BY o.copy",
            [json.dumps(list(zip(datastreams.tolist(), times.tolist(), strict=True)))],
        )
        return [_known(row) for row in rows]

    def before(self, spans: Sequence[Bucket], count: int) -> list[Row]:
        """Return the last `count` usable rows before each span."""
        return self._side(spans, "< b.s", "DESC", count)

    def after(self, spans: Sequence[Bucket], count: int) -> list[Row]:
        """Return the first `count` usable rows after each span."""
        return self._side(spans, "> b.e", "ASC", count)

    def _side(self, spans: Sequence[Bucket], side: str, order: str, count: int) -> list[Row]:
        rows = self.execute(
            f"SELECT {base.ROW} FROM {self.triples} CROSS JOIN observations_observation o "  # noqa: S608  # constants of this module; values are parameters
            f"WHERE o.datastream_id = b.d AND {base.USABLE} AND o.phenomenon_time IN ("
            "SELECT o.phenomenon_time FROM observations_observation o WHERE o.datastream_id = b.d "
            f"AND {base.USABLE} AND o.phenomenon_time {side} ORDER BY o.phenomenon_time {order} "
            f"LIMIT {int(count)})",
            self.pack(spans, 3),
        )
        return [Row(*row) for row in rows]

    def insert(self, rows: Writing, table: str = base.TABLE) -> None:
        """Insert rows whose keys are not there, into the table or one like it."""
        names = _PLAIN if rows.columns.is_plain() else _WIDE
        with connection.cursor() as cursor:
            cursor.executemany(_insert(names, table), _tuples(rows, wide=names is _WIDE))

    def overwrite(self, rows: Writing) -> None:
        """Write rows over those with the same keys; their numbers stay."""
        update = ", ".join(f"{name} = excluded.{name}" for name in _REPLACED)
        sql = f"{_insert(_WIDE)} ON CONFLICT (datastream_id, phenomenon_time, copy) DO UPDATE SET {update}"
        with connection.cursor() as cursor:
            cursor.executemany(sql, _tuples(rows, wide=True))

    def set_flags(self, rows: Sequence[Row]) -> None:
        """Write quality and failed tests of rows that are there."""
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE observations_observation SET quality = %s, checks = %s "
                "WHERE datastream_id = %s AND phenomenon_time = %s AND copy = %s",
                [(row.quality, row.checks, row.datastream, row.time, row.copy) for row in rows],
            )

    def newest(self, datastreams: Sequence[int]) -> list[Known]:
        """Return the newest two rows of each datastream, newest first."""
        rows = self.execute(
            f"SELECT {base.KNOWN} FROM json_each(%s) j CROSS JOIN observations_observation o "  # noqa: S608  # constants of this module; values are parameters
            "WHERE o.datastream_id = j.value AND o.phenomenon_time IN ("
            "SELECT i.phenomenon_time FROM observations_observation i WHERE i.datastream_id = j.value "
            "ORDER BY i.phenomenon_time DESC LIMIT 2) "
            "ORDER BY o.datastream_id, o.phenomenon_time DESC, o.copy DESC",
            [json.dumps(list(datastreams))],
        )
        return [_known(row) for row in rows]

    def add_rollups(self, added: Increments) -> None:
        """Add to the rollups."""
        columns = (
            added.datastream, added.width, added.start, added.count, added.total, added.squares,
            added.minimum, added.maximum,
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO observations_rollup AS r "  # noqa: S608  # constants of this module; values are parameters
                "(datastream_id, width, start, count, total, squares, minimum, maximum) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (datastream_id, width, start) "
                f"DO UPDATE SET {base.ROLLUP_UPDATE}, minimum = min(r.minimum, excluded.minimum), "
                "maximum = max(r.maximum, excluded.maximum)",
                list(zip(*(column.tolist() for column in columns), strict=True)),
            )

    def put_latest(self, rows: Sequence[tuple[Any, ...]]) -> int:
        """Count one more batch, write the rows of the newest values, return the version of the batch."""
        ((version,),) = self.execute(base.NEXT_VERSION, [])
        columns, marks = ", ".join(base.LATEST), ", ".join(["%s"] * len(base.LATEST))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO observations_latestobservation ({columns}, version) "  # noqa: S608  # constants of this module; values are parameters
                f"VALUES ({marks}, {version}) ON CONFLICT (datastream_id) DO UPDATE SET {base.LATEST_UPDATE}",
                rows,
            )
        return int(version)

    def delete(self, keys: Sequence[tuple[int, int, int]]) -> None:
        """Delete rows by (datastream, time, copy)."""
        with connection.cursor() as cursor:
            cursor.executemany(
                "DELETE FROM observations_observation "
                "WHERE datastream_id = %s AND phenomenon_time = %s AND copy = %s",
                keys,
            )

    def span(self, datastream: int, first: int, count: int) -> list[Row]:
        """Return up to `count` numeric rows of a datastream from `first` on, by time."""
        return [Row(*row) for row in self.execute(base.SPAN, [datastream, first, count])]

    def span_before(self, datastream: int, end: int, start: int, count: int) -> list[Row]:
        """Return the last `count` numeric rows with start <= time < end, by time."""
        rows = self.execute(base.BEFORE, [datastream, end, start, count])
        return [Row(*row) for row in rows][::-1]


def _insert(names: Sequence[str], table: str = base.TABLE) -> str:
    marks = ", ".join(["%s"] * len(names))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608  # constants of this module; values are parameters


def _tuples(rows: Writing, *, wide: bool) -> list[tuple[Any, ...]]:
    """Return the rows as the statement takes them; SQLite itself makes NULL of nan."""
    columns = rows.columns
    parts: list[Iterable[Any]] = [
        columns.datastream.tolist(), columns.time.tolist(), rows.copy.tolist(), rows.number.tolist(),
        columns.result.tolist(), rows.quality.tolist(), rows.checks.tolist(),
    ]  # fmt: skip
    if wide:
        parts += [_sparse(getattr(columns, name), len(columns)) for name in SPARSE]
    return list(zip(*parts, strict=True))


def _sparse(column: Any, count: int) -> list[Any]:  # noqa: ANN401  # one of several kinds of arrays
    if column is None:
        return [None] * count
    values: list[Any] = column.tolist()
    if column.dtype == object:
        return values
    return [None if value == NULL else value for value in values]


def _known(row: tuple[Any, ...]) -> Known:
    values = list(row)
    for place in _JSON_PLACES:
        values[place] = _decoded(values[place])
    return Known(*values)


def _decoded(text: str | None) -> Any:  # noqa: ANN401  # JSON
    return None if text is None else json.loads(text)
