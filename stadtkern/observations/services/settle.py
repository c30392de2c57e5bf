"""Keeping statistics, newest values and rollups right where single observations change or go."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from stadtkern.observations.fields import micros
from stadtkern.observations.models import LatestObservation, Observation
from stadtkern.observations.services import newest, rollups, told
from stadtkern.observations.services.changes import note_late
from stadtkern.observations.services.facts import Newest, Stream
from stadtkern.observations.services.storage import Storage


def settle(
    store: Storage,
    streams: dict[int, Stream],
    gone: Sequence[Observation],
    there: Sequence[Observation],
    *,
    received: datetime,
) -> int:
    """Bring all that is derived from observations in line with rows already written; return the version.

    Parameters
    ----------
    streams
        The datastreams of all rows, held since before the rows were written.
    gone
        The rows as they were.
    there
        The rows as they are now; none where they were removed.
    """
    rollups.roll_up(store, {_key(row) for row in (*gone, *there)})
    touched = sorted({row.datastream_id for row in (*gone, *there)})
    statistics = {pk: _statistics(store, streams[pk], _of(pk, gone), _of(pk, there)) for pk in touched}
    found = newest.reread(store, touched, statistics)
    version = newest.put(store, found, received=micros(received))
    LatestObservation.objects.filter(datastream__in=set(touched) - set(found)).delete()
    times = {pk: [micros(row.phenomenon_time) for row in (*_of(pk, gone), *_of(pk, there))] for pk in touched}
    note_late([(pk, min(own), max(own)) for pk, own in times.items()], version=version)
    told.rows(
        [row.datastream_id for row in there],
        [micros(row.phenomenon_time) for row in there],
        [row.number for row in there],
    )
    return version


def _key(row: Observation) -> tuple[int, int]:
    return row.datastream_id, micros(row.phenomenon_time)


def _of(pk: int, rows: Iterable[Observation]) -> list[Observation]:
    return [row for row in rows if row.datastream_id == pk]


def _statistics(
    store: Storage, stream: Stream, gone: Sequence[Observation], there: Sequence[Observation]
) -> Newest:
    """Return the statistics of a datastream; its rows are counted only where a row at an edge has gone."""
    before = stream.newest
    if before is None or _touches_edge(before, gone):
        count, *edges = newest.recount(store, stream.id)
        return Newest(0, 0, 0, None, None, 0, 0, None, None, count, *edges)
    times = [micros(row.phenomenon_time) for row in there]
    known = [micros(row.result_time) for row in there if row.result_time is not None]
    return before._replace(
        count=before.count - len(gone) + len(there),
        first_time=_least(before.first_time, times),
        last_time=_most(before.last_time, [_end(row) for row in there]),
        first_result_time=_least(before.first_result_time, known),
        last_result_time=_most(before.last_result_time, known),
    )


def _touches_edge(before: Newest, gone: Sequence[Observation]) -> bool:
    edges = {before.first_time, before.last_time}
    known = {before.first_result_time, before.last_result_time}
    return any(
        not edges.isdisjoint({micros(row.phenomenon_time), _end(row)})
        or (row.result_time is not None and micros(row.result_time) in known)
        for row in gone
    )


def _end(row: Observation) -> int:
    return micros(row.phenomenon_end or row.phenomenon_time)


def _least(first: int | None, times: Sequence[int]) -> int | None:
    return min([*times, *([] if first is None else [first])], default=None)


def _most(last: int | None, times: Sequence[int]) -> int | None:
    return max([*times, *([] if last is None else [last])], default=None)
