"""A month of a datastream in the table, column by column."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from django.db import connection

from stadtkern.observations.fields import instant
from stadtkern.observations.services.columns import JSON, NULL, TIMES, Columns
from stadtkern.observations.services.storage.base import Storage, Writing

PIECE = 50_000


def _time(name: str) -> str:
    return f"(extract(epoch FROM {name}) * 1000000)::bigint" if connection.vendor == "postgresql" else name


def _mark(time: int) -> Any:  # noqa: ANN401  # what the driver takes
    return instant(time) if connection.vendor == "postgresql" else time


def rows_between(
    store: Storage, datastream: int, start: int, end: int, *, feature: int | None
) -> Iterator[Writing]:
    """Yield the rows with start <= time < end by time, in pieces, none of them empty.

    Parameters
    ----------
    feature
        The feature of interest of rows that name none; that of their datastream.
    """
    columns = ", ".join(
        (
            *(_time("phenomenon_time"), "copy", "id", "result", "quality", "checks"),
            *(_time(name) for name in TIMES),
            *(f"CAST({name} AS text)" for name in JSON),
            "feature_id",
        )
    )
    sql = (
        f"SELECT {columns} FROM observations_observation WHERE datastream_id = %s "  # noqa: S608  # constants of this module; values are parameters
        "AND (phenomenon_time, copy) > (%s, %s) AND phenomenon_time < %s "
        "ORDER BY phenomenon_time, copy LIMIT %s"
    )
    after: tuple[int, int] = (start, -1)
    while True:
        found = store.execute(sql, [datastream, _mark(after[0]), after[1], _mark(end), PIECE])
        if found:
            yield _writing(datastream, found, feature)
        if len(found) < PIECE:
            return
        after = found[-1][0], found[-1][1]


def _writing(datastream: int, rows: list[tuple[Any, ...]], feature: int | None) -> Writing:
    time, copy, number, result, quality, checks, *sparse = zip(*rows, strict=True)
    made = Columns(
        np.full(len(rows), datastream, dtype=np.int64),
        np.array(time, dtype=np.int64),
        np.array([np.nan if value is None else value for value in result], dtype=np.float64),
    )
    for name, column in zip((*TIMES, *JSON, "feature"), sparse, strict=True):
        values = [feature if value is None else value for value in column] if name == "feature" else column
        if any(value is not None for value in values):
            setattr(made, name, _filled(values, is_text=name in JSON))
    small = [np.array(column, dtype=np.int64) for column in (number, copy, quality, checks)]
    return Writing(made, *small)


def _filled(values: Any, *, is_text: bool) -> Any:  # noqa: ANN401  # to one of two kinds of arrays
    if is_text:
        return np.array([*values, None], dtype=object)[:-1]
    return np.array([NULL if value is None else value for value in values], dtype=np.int64)


def first_time(store: Storage, datastream: int, since: int) -> int | None:
    """Return the time of the oldest row that is not older than `since`."""
    ((found,),) = store.execute(
        f"SELECT {_time('min(phenomenon_time)')} FROM observations_observation "  # noqa: S608  # as above
        "WHERE datastream_id = %s AND phenomenon_time >= %s",
        [datastream, _mark(since)],
    )
    return found if found is None else int(found)


def delete_between(store: Storage, datastream: int, start: int, end: int) -> None:
    """Delete the rows with start <= time < end."""
    store.execute(
        "DELETE FROM observations_observation WHERE datastream_id = %s AND phenomenon_time >= %s "
        "AND phenomenon_time < %s",
        [datastream, _mark(start), _mark(end)],
    )
