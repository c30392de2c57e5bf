"""Archived observations in a table for the length of one question, where SQL can ask them like all others.

The months that a question is about are read from their files into a temporary table. It looks like the big
one, so that the same question can be asked of it. Whatever was made goes when the block ends.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from django.db.models import Q

from stadtkern.base.errors import BadInput, Unavailable
from stadtkern.observations.archive.models import ArchiveFile
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.services.archive import files
from stadtkern.observations.services.archive.reading import GONE, is_young
from stadtkern.observations.services.judging import EARLIEST, LATEST
from stadtkern.observations.services.storage import Writing, storage
from stadtkern.observations.services.storage.base import TABLE

ARCHIVED = "archived_observation"
"""The temporary table."""
WHOLE = "whole_observation"
"""A view of what is in both tables."""
MOST = 500_000
"""Archived observations that one question may be about; they take some 50 MB."""
FEW_STREAMS = 500
Key = tuple[int, int, int]
"""Datastream, time in microseconds, copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Which observations a question is about, as far as that is known before it is asked.

    Parameters
    ----------
    streams
        the datastreams; None: any.
    start, end
        start <= phenomenon time < end, in microseconds.
    feature
        the feature of interest of all of them.
    number
        the `@iot.id` of all of them.
    """

    streams: Sequence[int] | None = None
    start: int = EARLIEST
    end: int = LATEST
    feature: int | None = None
    number: int | None = None

    @property
    def is_archived(self) -> bool:
        """Return whether some of it may be in the archive."""
        return self.start < self.end and self.streams != [] and not is_young(self.start)


@contextmanager
def beside() -> Iterator[None]:
    """Let all questions within see the database at the same moment, and forget what they make."""
    if connection.in_atomic_block:
        mark = transaction.savepoint()
        try:
            yield
        finally:
            transaction.savepoint_rollback(mark)
        return
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if connection.vendor == "postgresql" else "BEGIN"
    with connection.cursor() as cursor:  # Django's own way would keep writers off on SQLite
        cursor.execute(begin)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


def files_of(extent: Extent) -> list[ArchiveFile]:
    """Return the files that may hold some of it, by datastream and time."""
    if not extent.is_archived:
        return []
    found = ArchiveFile.objects.filter(start__lt=_instant(extent.end), end__gt=_instant(extent.start))
    if extent.feature is not None:
        own = Q(features=extent.feature) | Q(datastream__feature_of_interest=extent.feature)
        found = found.filter(own).distinct()
    if extent.number is not None:
        found = found.filter(first_number__lte=extent.number, last_number__gte=extent.number)
    streams = extent.streams
    if streams is not None and len(streams) <= FEW_STREAMS:
        return list(found.filter(datastream__in=list(streams)).order_by("datastream", "start"))
    known = None if streams is None else set(streams)
    return [
        one for one in found.order_by("datastream", "start") if known is None or one.datastream_id in known
    ]


def _instant(time: int) -> object:
    return instant(min(max(time, EARLIEST), LATEST))


def make_table() -> None:
    """Make the temporary table; to be called within `beside`."""
    empty = "WITH NO DATA" if connection.vendor == "postgresql" else "WHERE 0"
    _run(f"CREATE TEMPORARY TABLE {ARCHIVED} AS SELECT * FROM {TABLE} {empty}")  # noqa: S608  # constants
    _run(f"CREATE INDEX archived_key ON {ARCHIVED} (datastream_id, phenomenon_time, copy)")


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def fill(found: Sequence[ArchiveFile], extent: Extent) -> None:
    """Put all that files hold of an extent into the temporary table.

    Raises
    ------
    BadInput
        If that is too much for one question.
    Unavailable
        If a file is missing.
    """
    if extent.number is None:
        _require_few(sum(one.rows for one in found))
    with _present():
        for one in found:
            _insert(_pieces(one, extent))


def fill_first(found: Sequence[ArchiveFile], extent: Extent, count: int, *, descending: bool) -> int | None:
    """Put the first `count` rows of each datastream, or more, into the temporary table, which becomes empty.

    Returns
    -------
    From this time on (descending: up to it) there may be rows that were left out; None: there are none.
    """
    _run(f"DELETE FROM {ARCHIVED}")  # noqa: S608  # constants
    rows, total, edges = dict[int, int](), 0, list[int]()
    with _present():
        for one in reversed(found) if descending else found:
            known = rows.get(one.datastream_id, 0)
            if known >= count:
                edges.append(micros(one.end) - 1 if descending else micros(one.start))
                continue
            pieces, edge = _first(_pieces(one, extent), count - known + 1, descending=descending)
            own = sum(len(piece.number) for piece in pieces)
            total += own
            _require_few(total)
            _insert(pieces)
            rows[one.datastream_id] = known + own
            edges += [] if edge is None else [edge]
    if not edges:
        return None
    return max(edges) if descending else min(edges)


def _first(pieces: Iterator[Writing], count: int, *, descending: bool) -> tuple[list[Writing], int | None]:
    """Return the first rows, or a few more, and the time of the last of them if there are others."""
    kept, total, is_cut = deque[Writing](), 0, False
    for piece in pieces:
        kept.append(piece)
        total += len(piece.number)
        if total > count and not descending:
            break
        while descending and total - len(kept[0].number) >= count:
            total -= len(kept.popleft().number)
            is_cut = True
    surplus = total - count
    if surplus <= 0 and not is_cut:
        return list(kept), None
    place = 0 if descending else -1
    if surplus > 0:
        size = len(kept[place].number)
        chosen = np.arange(surplus, size) if descending else np.arange(size - surplus)
        kept[place] = kept[place].take(chosen)
    whole = [piece for piece in kept if len(piece.number)]
    return whole, int(whole[place].columns.time[place])


@contextmanager
def _present() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Unavailable(GONE) from error


def _pieces(found: ArchiveFile, extent: Extent) -> Iterator[Writing]:
    for piece in files.read(found.path, found.datastream_id):
        part = _part(piece, extent)
        if len(part.number):
            yield part


def _insert(pieces: Iterable[Writing]) -> None:
    store = storage()
    for piece in pieces:
        store.insert(piece, ARCHIVED)


def _require_few(count: int) -> None:
    if count > MOST:
        raise BadInput(
            f"This is about {count} archived Observations or more, {MOST} are possible at once; "
            "ask for fewer Datastreams or a shorter phenomenonTime."
        )


def _part(piece: Writing, extent: Extent) -> Writing:
    times = piece.columns.time
    wanted = (times >= extent.start) & (times < extent.end)
    if extent.number is not None:
        wanted &= piece.number == extent.number
    return piece if np.all(wanted) else piece.take(wanted)


def add_rows(keys: Sequence[Key]) -> None:
    """Put rows of the big table into the temporary one, too."""
    sql = (
        f"INSERT INTO {ARCHIVED} SELECT * FROM {TABLE} "  # noqa: S608  # constants
        "WHERE datastream_id = %s AND phenomenon_time = %s AND copy = %s"
    )
    with connection.cursor() as cursor:
        cursor.executemany(sql, keys)


def make_whole(extent: Extent) -> None:
    """Make the view of both tables; to be called after `make_table`."""
    _run(
        f"CREATE TEMPORARY VIEW {WHOLE} AS SELECT * FROM {TABLE} WHERE {_within(extent)} "  # noqa: S608  # whole numbers and constants
        f"UNION ALL SELECT * FROM {ARCHIVED}"
    )


def _within(extent: Extent) -> str:
    """Return the condition for the big table; a view takes no parameters, so whole numbers stand in it."""
    conditions = ["1 = 1"]
    if extent.streams is not None:
        conditions.append(f"datastream_id IN ({', '.join(str(int(one)) for one in extent.streams)})")
    for bound, sign in ((extent.start, ">="), (extent.end, "<")):
        if EARLIEST < bound < LATEST:
            text = f"'{instant(bound).isoformat()}'::timestamptz"
            time = text if connection.vendor == "postgresql" else str(int(bound))
            conditions.append(f"phenomenon_time {sign} {time}")
    return " AND ".join(conditions)
