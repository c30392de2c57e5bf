"""The first rows of a collection of observations, from the table and the archive together.

What the table gives first is put beside what the archive gives first; of both, the same question gives the
rows that are wanted. Where a condition takes many rows away, more and more of the archive is looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stadtkern.observations.fields import micros
from stadtkern.observations.services.archive.beside import (
    ARCHIVED,
    Extent,
    add_rows,
    beside,
    files_of,
    fill,
    fill_first,
    make_table,
)
from stadtkern.observations.services.archive.reading import is_young
from stadtkern.standards.sensorthings.compile.sql import Sql
from stadtkern.standards.sensorthings.read.context import Context, asked_of

Row = tuple[Any, ...]
KEY = ("{a}.datastream_id", "{a}.phenomenon_time", "{a}.copy")
FURTHER = 8
"""So many times more rows of the archive are looked at where those before did not do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows of a collection are wanted.

    Parameters
    ----------
    ask
        makes the query: of these further columns, so many rows, so many left out before.
    time
        1 or -1 where rows are sorted by time alone, upwards or downwards; else 0.
    place
        where the time stands in a row.
    """

    ask: Callable[[Sequence[str], int, int], Sql]
    extent: Extent
    limit: int
    skip: int
    time: int
    place: int


def first_rows(context: Context, wanted: Wanted) -> Sequence[Row]:
    """Return the rows that are wanted."""
    query = wanted.ask((), wanted.limit, wanted.skip)
    if not wanted.extent.is_archived:
        return context.table_rows(query)
    if wanted.time < 0:
        rows = context.table_rows(query)
        if len(rows) >= wanted.limit and is_young(_time(rows[-1], wanted)):
            return rows
    with beside():
        if not (found := files_of(wanted.extent)):
            return context.table_rows(query)
        own = context.table_rows(wanted.ask(KEY, wanted.limit + wanted.skip, 0))
        keys = [row[-len(KEY) :] for row in own]
        make_table()
        if not wanted.time:
            fill(found, wanted.extent)
            add_rows(keys)
            return context.table_rows(asked_of(query, ARCHIVED))
        return _by_time(context, wanted, found, keys)


def _by_time(context: Context, wanted: Wanted, found: Any, keys: Sequence[Any]) -> Sequence[Row]:  # noqa: ANN401  # files
    query = asked_of(wanted.ask((), wanted.limit, wanted.skip), ARCHIVED)
    count = wanted.limit + wanted.skip
    while True:
        edge = fill_first(found, wanted.extent, count, descending=wanted.time < 0)
        add_rows(keys)
        rows = context.table_rows(query)
        if edge is None or (len(rows) >= wanted.limit and (edge - _time(rows[-1], wanted)) * wanted.time > 0):
            return rows
        count *= FURTHER


def _time(row: Row, wanted: Wanted) -> int:
    time = row[wanted.place]
    return micros(time) if isinstance(time, datetime) else int(time)


def first_of_each(
    context: Context, ask: Callable[[Sequence[str]], Sql], extent: Extent, count: int | None, time: int
) -> Sequence[Row]:
    """Return the first rows of each datastream by time.

    Parameters
    ----------
    ask
        makes the query: of these further columns.
    count
        so many rows of each datastream are enough; None: nobody knows.
    """
    if not extent.is_archived:
        return context.table_rows(ask(()))
    with beside():
        if not (found := files_of(extent)):
            return context.table_rows(ask(()))
        keys = [row[-len(KEY) :] for row in context.table_rows(ask(KEY))]
        make_table()
        if count is None:
            fill(found, extent)
        else:
            fill_first(found, extent, count, descending=time < 0)
        add_rows(keys)
        return context.table_rows(asked_of(ask(()), ARCHIVED))
