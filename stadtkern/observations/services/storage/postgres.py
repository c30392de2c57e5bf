"""PostgreSQL: few rows travel as arrays, many by binary COPY."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from django.db import connection

from stadtkern.observations.fields import MICROSECOND, micros
from stadtkern.observations.services.columns import JSON, NULL, SPARSE, TIMES, Ints
from stadtkern.observations.services.rows import Known, Row
from stadtkern.observations.services.storage import base
from stadtkern.observations.services.storage.base import Bucket, Increments, Storage, Writing

MANY = 100
"""So many rows are worth a COPY."""
_AT = "(timestamptz 'epoch' + {} * interval '1 microsecond')"
_EPOCH_2000 = 946_684_800_000_000
"""Microseconds from 1970 to 2000, where PostgreSQL begins to count."""
_COPIED = ("datastream_id", "phenomenon_time", "copy", "id", "result", "quality", "checks")
_PACKED = {"datastream_id": ">i8", "phenomenon_time": ">i8", "copy": ">i2", "id": ">i8", "result": ">f8",
           "quality": ">i2", "checks": ">i2"}  # fmt: skip
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"
_ARRAYS = {
    **dict.fromkeys(("datastream_id", "phenomenon_time", "id", "feature_id", *TIMES), "bigint"),
    **dict.fromkeys(("copy", "quality", "checks"), "smallint"),
    **dict.fromkeys(JSON, "text"),
    "result": "float8",
}
_WIDE = (*_COPIED, *(name if name != "feature" else "feature_id" for name in SPARSE))
_LATEST_ARRAYS = {
    **dict.fromkeys(base.LATEST, "bigint"),
    **dict.fromkeys(("copy", "quality", "checks"), "smallint"),
    **dict.fromkeys(("result", "previous_result"), "float8"),
    "value": "text",
}
_LATEST_TIMES = {
    "phenomenon_time", "previous_time", "received", "first_time", "last_time", "first_result_time",
    "last_result_time",
}  # fmt: skip


def _selected(name: str, *, is_time: bool) -> str:
    if is_time:
        return _AT.format(f"u.{name}")
    return f"u.{name}::jsonb" if name in JSON else f"u.{name}"


def _unnest(names: Sequence[str], kinds: dict[str, str]) -> str:
    arrays = ", ".join(f"%s::{kinds[name]}[]" for name in names)
    return f"unnest({arrays}) AS u ({', '.join(names)})"


def _insert_statement() -> str:
    times = {"phenomenon_time", *TIMES}
    shown = ", ".join(_selected(name, is_time=name in times) for name in _WIDE)
    return (
        f"INSERT INTO observations_observation ({', '.join(_WIDE)}) "  # noqa: S608  # constants of this module; values are parameters
        f"SELECT {shown} FROM {_unnest(_WIDE, _ARRAYS)}"
    )


def _latest_statement() -> str:
    shown = ", ".join(_selected(name, is_time=name in _LATEST_TIMES) for name in base.LATEST)
    return (
        f"WITH v AS ({base.NEXT_VERSION}) "  # noqa: S608  # constants of this module; values are parameters
        f"INSERT INTO observations_latestobservation ({', '.join(base.LATEST)}, version) "
        f"SELECT {shown}, v.version FROM v, {_unnest(base.LATEST, _LATEST_ARRAYS)} "
        f"ON CONFLICT (datastream_id) DO UPDATE SET {base.LATEST_UPDATE} RETURNING version"
    )


_KEY = ("datastream_id", "phenomenon_time", "copy")
_INSERT = _insert_statement()
_OVERWRITE = f"{_INSERT} ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _WIDE if name not in {*_KEY, "id"}
)
_MARK = _AT.format("%s::bigint")
_SPAN = base.SPAN.replace("phenomenon_time >= %s", f"phenomenon_time >= {_MARK}")
_BEFORE = base.BEFORE.replace("phenomenon_time >= %s", f"phenomenon_time >= {_MARK}").replace(
    "phenomenon_time < %s", f"phenomenon_time < {_MARK}"
)
_PUT_LATEST = _latest_statement()
_ADD_ROLLUPS = (
    "INSERT INTO observations_rollup AS r "  # noqa: S608  # constants of this module; values are parameters
    "(datastream_id, width, start, count, total, squares, minimum, maximum) "
    f"SELECT d, w, {_AT.format('s')}, n, t, q, l, h FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], "
    "%s::integer[], %s::float8[], %s::float8[], %s::float8[], %s::float8[]) AS u (d, w, s, n, t, q, l, h) "
    f"ON CONFLICT (datastream_id, width, start) DO UPDATE SET {base.ROLLUP_UPDATE}, "
    "minimum = least(r.minimum, excluded.minimum), maximum = greatest(r.maximum, excluded.maximum)"
)


class PostgresStorage(Storage):
    """Statements on PostgreSQL; prepared on the server, because planning costs more than running them."""

    triples = (
        f"(SELECT d, {_AT.format('s')} AS s, {_AT.format('e')} AS e "  # noqa: S608  # constants of this module; values are parameters
        "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS u (d, s, e)) AS b"
    )

    def execute(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        connection.ensure_connection()
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(sql, parameters, prepare=True, binary=True)
            return cursor.fetchall() if cursor.description else []

    def pack(self, rows: Sequence[tuple[Any, ...]], width: int) -> list[Any]:
        """Return the rows as one array per column."""
        return [_array(column) for column in zip(*rows, strict=True)] if rows else ["{}"] * width

    def hold(self, datastreams: Sequence[int]) -> list[tuple[Any, ...]]:
        """Lock the datastreams in the order of their numbers; what is known of them is read only then."""
        ids = _array(datastreams)
        self.execute(
            "SELECT id FROM observations_datastream WHERE id = ANY(%s::bigint[]) ORDER BY id "
            "FOR NO KEY UPDATE",
            [ids],
        )
        rows = self.execute(base.FACTS + "WHERE d.id = ANY(%s::bigint[]) ORDER BY d.id", [ids])
        return [tuple(_plain(value) for value in row) for row in rows]

    def fresh_numbers(self, count: int) -> Ints:
        """Return numbers for new observations, ascending."""
        rows = self.execute(
            "SELECT nextval('observations_observation_id_seq') FROM generate_series(1, %s::int)", [count]
        )
        return np.fromiter((number for (number,) in rows), dtype=np.int64, count=count)

    def existing(self, datastreams: Ints, times: Ints) -> list[Known]:
        """Return what is stored at those (datastream, time), by copy."""
        rows = self.execute(
            f"SELECT {base.KNOWN} FROM (SELECT d, {_AT.format('t')} AS t "  # noqa: S608  # constants of this module; values are parameters
            "FROM unnest(%s::bigint[], %s::bigint[]) AS u (d, t)) AS b JOIN observations_observation o "
            "ON o.datastream_id = b.d AND o.phenomenon_time = b.t ORDER BY o.copy",
            [_array(datastreams.tolist()), _array(times.tolist())],
        )
        return [Known(*(_plain(value) for value in row)) for row in rows]

    def before(self, spans: Sequence[Bucket], count: int) -> list[Row]:
        """Return the last `count` usable rows before each span."""
        return self._side(spans, "< b.s", "DESC", count)

    def after(self, spans: Sequence[Bucket], count: int) -> list[Row]:
        """Return the first `count` usable rows after each span."""
        return self._side(spans, "> b.e", "ASC", count)

    def _side(self, spans: Sequence[Bucket], side: str, order: str, count: int) -> list[Row]:
        rows = self.execute(
            f"SELECT o.* FROM {self.triples} CROSS JOIN LATERAL ("  # noqa: S608  # constants of this module; values are parameters
            f"SELECT {base.ROW} FROM observations_observation o WHERE o.datastream_id = b.d "
            f"AND {base.USABLE} AND o.phenomenon_time {side} ORDER BY o.phenomenon_time {order} "
            f"LIMIT {int(count)}) o",
            self.pack(spans, 3),
        )
        return [_row(row) for row in rows]

    def insert(self, rows: Writing, table: str = base.TABLE) -> None:
        """Insert rows whose keys are not there, into the table or one like it."""
        columns = rows.columns
        if len(columns) < MANY or any(getattr(columns, name) is not None for name in JSON):
            self.execute(_INSERT.replace(base.TABLE, table), _arrays(rows))
            return
        for names, data in _copies(rows):
            sql = f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)"
            connection.ensure_connection()
            with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:  # noqa: SIM117  # in this order
                with cursor.copy(sql) as copy:
                    copy.write(_HEAD)
                    copy.write(data)
                    copy.write(_TAIL)

    def overwrite(self, rows: Writing) -> None:
        """Write rows over those with the same keys; their numbers stay."""
        self.execute(_OVERWRITE, _arrays(rows))

    def set_flags(self, rows: Sequence[Row]) -> None:
        """Write quality and failed tests of rows that are there."""
        keys = [(row.datastream, row.time, row.copy, row.quality, row.checks) for row in rows]
        self.execute(
            "UPDATE observations_observation AS o SET quality = u.q, checks = u.c "  # noqa: S608  # constants of this module; values are parameters
            "FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::smallint[], %s::smallint[]) "
            f"AS u (d, t, n, q, c) WHERE o.datastream_id = u.d AND o.phenomenon_time = {_AT.format('u.t')} "
            "AND o.copy = u.n",
            self.pack(keys, 5),
        )

    def newest(self, datastreams: Sequence[int]) -> list[Known]:
        """Return the newest two rows of each datastream, newest first."""
        rows = self.execute(
            "SELECT o.* FROM unnest(%s::bigint[]) AS u (d) CROSS JOIN LATERAL ("  # noqa: S608  # constants of this module; values are parameters
            f"SELECT {base.KNOWN} FROM observations_observation o WHERE o.datastream_id = u.d "
            "ORDER BY o.phenomenon_time DESC, o.copy DESC LIMIT 2) o "
            "ORDER BY o.datastream_id, o.phenomenon_time DESC, o.copy DESC",
            [_array(datastreams)],
        )
        return [Known(*(_plain(value) for value in row)) for row in rows]

    def add_rollups(self, added: Increments) -> None:
        """Add to the rollups."""
        columns = (
            added.datastream, added.width, added.start, added.count, added.total, added.squares,
            added.minimum, added.maximum,
        )  # fmt: skip
        self.execute(_ADD_ROLLUPS, [_array(column.tolist()) for column in columns])

    def put_latest(self, rows: Sequence[tuple[Any, ...]]) -> int:
        """Count one more batch, write the rows of the newest values, return the version of the batch."""
        return int(self.execute(_PUT_LATEST, self.pack(rows, len(base.LATEST)))[0][0])

    def delete(self, keys: Sequence[tuple[int, int, int]]) -> None:
        """Delete rows by (datastream, time, copy)."""
        self.execute(
            "DELETE FROM observations_observation AS o "  # noqa: S608  # constants of this module; values are parameters
            "USING unnest(%s::bigint[], %s::bigint[], %s::smallint[]) AS u (d, t, n) "
            f"WHERE o.datastream_id = u.d AND o.phenomenon_time = {_AT.format('u.t')} AND o.copy = u.n",
            self.pack(keys, 3),
        )

    def span(self, datastream: int, first: int, count: int) -> list[Row]:
        """Return up to `count` numeric rows of a datastream from `first` on, by time."""
        return [_row(row) for row in self.execute(_SPAN, [datastream, first, count])]

    def span_before(self, datastream: int, end: int, start: int, count: int) -> list[Row]:
        """Return the last `count` numeric rows with start <= time < end, by time."""
        rows = self.execute(_BEFORE, [datastream, end, start, count])
        return [_row(row) for row in rows][::-1]


def _arrays(rows: Writing) -> list[list[Any]]:
    """Return one list for each column of `_WIDE`."""
    columns = rows.columns
    result = [None if value != value else value for value in columns.result.tolist()]  # noqa: PLR0124  # nan
    found: list[list[Any]] = [
        columns.datastream.tolist(), columns.time.tolist(), rows.copy.tolist(), rows.number.tolist(),
        result, rows.quality.tolist(), rows.checks.tolist(),
    ]  # fmt: skip
    for name in SPARSE:
        column = getattr(columns, name)
        if column is None:
            found.append([None] * len(columns))
        elif column.dtype == object:
            found.append(column.tolist())
        else:
            found.append([None if value == NULL else value for value in column.tolist()])
    return [_array(column) for column in found]


def _array(values: Sequence[Any]) -> Any:  # noqa: ANN401  # text, or a list for the driver
    """Return numbers as the text of an array, which is much quicker than element by element."""
    if any(isinstance(value, str) for value in values):
        return list(values)
    return "{" + str(list(values))[1:-1].replace("None", "NULL") + "}"


def _copies(rows: Writing) -> list[tuple[list[str], bytes]]:
    """Return names of columns and binary rows, once for each set of columns that are filled together."""
    columns = rows.columns
    sparse = [name for name in (*TIMES, "feature") if getattr(columns, name) is not None]
    filled = np.isfinite(columns.result).astype(np.int64)
    for place, name in enumerate(sparse, 1):
        filled |= (getattr(columns, name) != NULL).astype(np.int64) << place
    values = {
        "datastream_id": columns.datastream, "phenomenon_time": columns.time - _EPOCH_2000,
        "copy": rows.copy, "id": rows.number, "result": columns.result, "quality": rows.quality,
        "checks": rows.checks,
    }  # fmt: skip
    found = []
    for pattern in np.unique(filled).tolist():
        chosen = filled == pattern
        names = [name for name in _COPIED if name != "result" or pattern & 1]
        some = {name: values[name][chosen] for name in names}
        for place, name in enumerate(sparse, 1):
            if pattern >> place & 1:
                column = getattr(columns, name)[chosen]
                some["feature_id" if name == "feature" else name] = (
                    column if name == "feature" else column - _EPOCH_2000
                )
        found.append((list(some), _binary(some)))
    return found


def _binary(columns: dict[str, Any]) -> bytes:
    """Return rows of PostgreSQL's binary COPY format: number of fields, then length and bytes of each."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name in columns:
        fields += [(f"{name}_size", ">i4"), (name, _PACKED.get(name, ">i8"))]
    count = len(next(iter(columns.values())))
    packed = np.empty(count, dtype=np.dtype(fields))
    packed["fields"] = len(columns)
    for name, column in columns.items():
        packed[f"{name}_size"] = np.dtype(_PACKED.get(name, ">i8")).itemsize
        packed[name] = column
    return packed.tobytes()


def _plain(value: Any) -> Any:  # noqa: ANN401  # any column
    """Return times and lengths of time in microseconds, everything else as it is."""
    if isinstance(value, datetime):
        return micros(value)
    return value // MICROSECOND if isinstance(value, timedelta) else value


def _row(row: tuple[Any, ...]) -> Row:
    datastream, time, copy, result, quality, checks = row
    return Row(datastream, micros(time), copy, result, quality, checks)
