"""Columns of observations and rollups as numpy arrays; times in microseconds since 1970."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from stadtkern.observations.fields import instant

Times = NDArray[np.int64]
Values = NDArray[np.float64]


class Raw(NamedTuple):
    """Observations by time."""

    times: Times
    values: Values


class Rolled(NamedTuple):
    """Rollups by time."""

    starts: Times
    counts: Times
    totals: Values
    minima: Values
    maxima: Values


_PG_TIME = "(extract(epoch FROM {0}) * 1000000)::bigint"


def _sql(columns: str, time: str, table: str, condition: str) -> tuple[str, bool]:
    postgres = connection.vendor == "postgresql"
    shown = _PG_TIME.format(time) if postgres else time
    sql = (
        f"SELECT {shown}, {columns} FROM {table} "  # noqa: S608  # constants of this module; values are parameters
        f"WHERE datastream_id = %s AND {time} >= %s AND {time} < %s AND {condition} ORDER BY {time}"
    )
    return sql, postgres


def _columns(sql: str, parameters: list[int | datetime], count: int) -> list[NDArray[np.float64]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    return [np.array(column) for column in zip(*rows, strict=True)] if rows else [np.empty(0)] * count


def raw(datastream: int, start: int, end: int, *, with_bad: bool = False) -> Raw:
    """Return the observations with start <= time < end; without the bad ones unless asked for."""
    sql, postgres = _sql(
        "result",
        "phenomenon_time",
        "observations_observation",
        "result IS NOT NULL AND " + ("quality < 9" if with_bad else "quality < 4"),
    )
    between: list[int | datetime] = [instant(start), instant(end)] if postgres else [start, end]

    def table() -> Raw:
        times, values = _columns(sql, [datastream, *between], 2)
        return Raw(times.astype(np.int64), values.astype(np.float64))

    return _with_archive(datastream, start, end, table, 9 if with_bad else 4)


def _with_archive(datastream: int, start: int, end: int, table: Callable[[], Raw], below: int) -> Raw:
    """Return the rows of the table together with those in the archive of a quality below a flag."""
    from stadtkern.observations.services.archive import reading  # noqa: PLC0415  # services read by this module

    if reading.is_young(start):
        return table()
    rows, archived = reading.with_archive({datastream: (start, end)}, table)
    if not archived:
        return rows
    parts = [
        rows,
        *(Raw(one.times[one.quality < below], one.values[one.quality < below]) for _, one in archived),
    ]
    times, values = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(times, kind="stable")
    return Raw(times[order], values[order])


def rolled(datastream: int, width: int, start: int, end: int) -> Rolled:
    """Return the rollups of `width` minutes with start <= their start < end."""
    sql, postgres = _sql(
        "count, total, minimum, maximum", "start", "observations_rollup", f"width = {int(width)}"
    )
    between: list[int | datetime] = [instant(start), instant(end)] if postgres else [start, end]
    starts, counts, totals, minima, maxima = _columns(sql, [datastream, *between], 5)
    return Rolled(
        starts.astype(np.int64),
        counts.astype(np.int64),
        totals.astype(np.float64),
        minima.astype(np.float64),
        maxima.astype(np.float64),
    )
