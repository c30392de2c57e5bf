"""The row of each datastream that holds its newest value and what there is in all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from stadtkern.observations.fields import micros
from stadtkern.observations.services.archive.ending import statistics
from stadtkern.observations.services.archive.moving import bring_back_newest
from stadtkern.observations.services.changes import next_version
from stadtkern.observations.services.columns import NULL, Ints
from stadtkern.observations.services.facts import Newest, Stream
from stadtkern.observations.services.rows import Known, Row
from stadtkern.observations.services.storage import Storage, Writing

FEWEST = 2
"""So many of the newest rows stand in the table, as far as there are any."""
_RECOUNT = (
    "SELECT count(*), min(phenomenon_time), max(coalesce(phenomenon_end, phenomenon_time)), "
    "min(result_time), max(result_time) FROM observations_observation WHERE datastream_id = %s"
)


def after_adding(stream: Stream, rows: Writing, mine: Ints) -> Newest:
    """Return the newest of a datastream after new rows came in.

    Parameters
    ----------
    stream
        As it was before.
    rows
        Rows of a batch, in the order of time and copy within each datastream.
    mine
        Which of them are new ones of this datastream, not empty.
    """
    old = stream.newest
    columns = rows.columns
    first, last = int(mine[0]), int(mine[-1])
    row = _at(rows, last)
    before = _at(rows, int(mine[-2])) if len(mine) > 1 else None
    if old is not None:
        stored = (old.time, old.copy, old.number, old.result, old.value, old.quality, old.checks)
        earlier = None if old.previous_time is None else (old.previous_time, 0, 0, old.previous_result)
        candidates: list[tuple[Any, ...]] = [one for one in (row, before, stored, earlier) if one is not None]
        candidates.sort(key=lambda one: (one[0], one[1]), reverse=True)
        row, before = candidates[0], candidates[1]
    ends = columns.time[mine]
    if columns.phenomenon_end is not None:
        ends = np.maximum(ends, columns.phenomenon_end[mine])
    known = _known_times(rows, mine)
    return Newest._make(
        [
            *row[:7],
            None if before is None else before[0],
            None if before is None else before[3],
            len(mine) + (0 if old is None else old.count),
            _least(old and old.first_time, int(columns.time[first])),
            _most(old and old.last_time, int(ends.max())),
            _least(old and old.first_result_time, *known[:1]),
            _most(old and old.last_result_time, *known[1:]),
        ]
    )


def after_replacing(old: Newest, rows: Writing, mine: Ints) -> Newest:
    """Return the statistics of a datastream after rows were written over; its values are to be reread."""
    known = _known_times(rows, mine)
    ends = rows.columns.phenomenon_end
    return old._replace(
        last_time=_most(old.last_time, None if ends is None else int(ends[mine].max())),
        first_result_time=_least(old.first_result_time, *known[:1]),
        last_result_time=_most(old.last_result_time, *known[1:]),
    )


def _at(rows: Writing, row: int) -> tuple[Any, ...]:
    result = float(rows.columns.result[row])
    value = None if rows.columns.value is None else rows.columns.value[row]
    return (
        int(rows.columns.time[row]), int(rows.copy[row]), int(rows.number[row]),
        None if np.isnan(result) else result, None if value is None else json.loads(value),
        int(rows.quality[row]), int(rows.checks[row]),
    )  # fmt: skip


def _known_times(rows: Writing, mine: Ints) -> tuple[int, ...]:
    """Return the first and the last result time, or nothing."""
    if rows.columns.result_time is None:
        return ()
    times = rows.columns.result_time[mine]
    times = times[times != NULL]
    return (int(times.min()), int(times.max())) if len(times) else ()


def _least(*times: int | None) -> int | None:
    return min((time for time in times if time is not None), default=None)


def _most(*times: int | None) -> int | None:
    return max((time for time in times if time is not None), default=None)


def with_flags(newest: Newest, turned: Iterable[Row]) -> Newest:
    """Return `newest` with the flags of the row it stands for, if that is among `turned`."""
    for row in turned:
        if (row.time, row.copy) == (newest.time, newest.copy):
            return newest._replace(quality=row.quality, checks=row.checks)
    return newest


def reread(
    store: Storage, datastreams: Sequence[int], counts: Mapping[int, Newest | None]
) -> dict[int, Newest]:
    """Return the newest of datastreams whose rows changed in other ways than by adding.

    The statistics in `counts` are taken over; the values are read from the rows.
    """
    rows: dict[int, list[Known]] = {}
    for known in store.newest(datastreams):
        rows.setdefault(known.datastream, []).append(known)
    lacking = [key for key in datastreams if len(rows.get(key, ())) < min(FEWEST, _count(counts.get(key)))]
    if any(bring_back_newest(store, key) for key in lacking):
        return reread(store, datastreams, counts)
    found = {}
    for key, (row, *before) in rows.items():
        told = counts.get(key)
        found[key] = Newest(
            row.time, row.copy, row.number, row.result, row.value, row.quality, row.checks,
            before[0].time if before else None, before[0].result if before else None,
            *((0, None, None, None, None) if told is None else told[9:]),
        )  # fmt: skip
    return found


def _count(newest: Newest | None) -> int:
    return 0 if newest is None else newest.count


def recount(store: Storage, datastream: int) -> tuple[int, int | None, int | None, int | None, int | None]:
    """Return count, first and last time, first and last result time, as the rows and the archive say."""
    ((count, *times),) = store.execute(_RECOUNT, [datastream])
    first, last, known, until = (micros(time) if isinstance(time, datetime) else time for time in times)
    archived, edges = statistics(datastream)
    ends = [None if time is None else micros(time) for time in edges]
    return (
        count + archived,
        _least(first, ends[0]),
        _most(last, ends[1]),
        _least(known, ends[2]),
        _most(until, ends[3]),
    )


def put(store: Storage, newest: Mapping[int, Newest], *, received: int) -> int:
    """Write the newest rows and count the batch; return its version."""
    if not newest:
        return next_version()
    return store.put_latest(
        [
            (
                key, one.time, one.copy, one.number, one.result,
                None if one.value is None else json.dumps(one.value), one.quality, one.checks,
                one.previous_time, one.previous_result, received, one.count, one.first_time,
                one.last_time, one.first_result_time, one.last_result_time,
            )
            for key, one in sorted(newest.items())
        ]
    )  # fmt: skip
