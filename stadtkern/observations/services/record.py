"""The one way in for sensor data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from stadtkern.base import clock
from stadtkern.contracts.connector import Item
from stadtkern.governance.models import DataProfile
from stadtkern.observations.fields import instant
from stadtkern.observations.models import Datastream, LatestObservation
from stadtkern.observations.services.changes import newest_times, next_version, note_late
from stadtkern.observations.services.entry import check_entry
from stadtkern.observations.services.intake import rows_of, sort_items
from stadtkern.observations.services.quarantine import quarantine
from stadtkern.observations.services.rollups import roll_up
from stadtkern.observations.services.rows import Duplicates, Reason, Reject, Row, Stream
from stadtkern.observations.services.stations import update_stations
from stadtkern.observations.services.storage import Storage, storage
from stadtkern.observations.services.streams import streams_for
from stadtkern.observations.services.thresholds import update_thresholds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch."""

    stored: int = 0
    """New observations, and forecasts that replaced an older one."""
    repeated: int = 0
    """Readings that were there already."""
    rejected: int = 0
    """Readings and parts of answers that went into quarantine."""
    datastreams: frozenset[str] = frozenset()
    """Keys of the datastreams that got something new."""


def record(
    items: Iterable[Item],
    *,
    source: str,
    profile: DataProfile | None = None,
    received: datetime | None = None,
) -> Outcome:
    """Store a batch of readings, stations, thresholds and rejects of one source, all of it or nothing.

    Readings may be late, out of order and repeated. When this returns (and no transaction is open around it)
    the batch is on disk. Datastreams that are new, or have no data profile yet, get `profile`.
    """
    now = received or clock.now()
    batch = sort_items(items)
    with durable():
        streams = streams_for(batch.wanted(), source=source, profile=profile)
        update_stations(batch.stations, source=source, received=now)
        rows, rejects = rows_of(batch, streams, now)
        rejects += update_thresholds(batch.thresholds, streams, received=now)
        outcome = _store(rows, received=now)
        rejects = [*batch.rejects, *rejects, *outcome.rejects]
        if rejects:
            quarantine(rejects, source=source, received=now)
    return Outcome(outcome.stored, outcome.repeated, len(rejects), outcome.datastreams)


@contextmanager
def durable() -> Iterator[None]:
    """Open a transaction that is on disk when it ends, also if the power fails right after."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        # The usual NORMAL may lose the last transactions when the machine, not the process, dies.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
        try:
            with transaction.atomic():
                yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA synchronous=NORMAL")
    else:
        with transaction.atomic():
            yield


@dataclass(frozen=True, slots=True)
class _Stored:
    stored: int
    repeated: int
    rejects: list[Reject]
    datastreams: frozenset[str]


def _store(rows: Mapping[Stream, list[Row]], *, received: datetime) -> _Stored:
    store = storage()
    keys = [(row.datastream, row.time) for stream_rows in rows.values() for row in stream_rows]
    there = store.existing(keys) if keys else {}
    fresh: dict[Stream, list[Row]] = {}
    rejects: list[Reject] = []
    for stream, stream_rows in rows.items():
        new, refused = _without_repeats(stream, stream_rows, there)
        rejects += refused
        if new:
            fresh[stream] = new
    written = [row for new in fresh.values() for row in new]
    if written:
        known = newest_times([stream.id for stream in fresh])
        store.write(check_entry(store, fresh))
        roll_up(store, [(row.datastream, row.time) for row in written])
        version = update_latest(store, [stream.id for stream in fresh], received=received)
        note_late(_late_spans(fresh, known), version=version)
        recheck(fresh)
    names = frozenset(stream.key for stream in fresh)
    return _Stored(len(written), len(keys) - len(written) - len(rejects), rejects, names)


def _late_spans(
    fresh: Mapping[Stream, Sequence[Row]], known: Mapping[int, int]
) -> list[tuple[int, int, int]]:
    """Return what was not written at the end of its datastream."""
    spans = []
    for stream, rows in fresh.items():
        newest = known.get(stream.id)
        if newest is not None and rows[0].time <= newest:
            spans.append((stream.id, rows[0].time, min(rows[-1].time, newest)))
    return spans


def recheck(fresh: Mapping[Stream, Sequence[Row]]) -> None:
    """Let the quality job look again at what came in behind its back."""
    for stream, rows in fresh.items():
        if stream.checked_until is not None and rows[0].time < stream.checked_until:
            until = instant(rows[0].time) - timedelta(days=1)
            Datastream.objects.filter(pk=stream.id).update(checked_until=until)


def _without_repeats(
    stream: Stream, rows: list[Row], there: Mapping[tuple[int, int], tuple[float, int | None]]
) -> tuple[list[Row], list[Reject]]:
    """Return the rows to write, by time, and those that contradict what is there and may not."""
    new: dict[int, Row] = {}
    rejects: list[Reject] = []
    for row in rows:
        before = new.get(row.time)
        old = (before.result, before.result_time) if before else there.get((row.datastream, row.time))
        if old is None or (stream.duplicates == Duplicates.REPLACE and _replaces(row, *old)):
            new[row.time] = row
        elif stream.duplicates == Duplicates.REJECT and old[0] != row.result:
            when = instant(row.time).isoformat()
            text = f"{when} {row.result!r} {stream.unit}"
            rejects.append(Reject(Reason.DUPLICATE, f"Already stored: {old[0]:g}", stream.key, text))
    return [new[time] for time in sorted(new)], rejects


def _replaces(row: Row, result: float, known: int | None) -> bool:
    """Return whether `row` says something newer than what is there."""
    if known is not None and row.result_time is not None and row.result_time < known:
        return False
    return row.result != result or row.result_time != known


def update_latest(store: Storage, datastreams: list[int], *, received: datetime) -> int:
    """Write the newest row of each datastream, count the change and return its number."""
    newest: dict[int, list[Row]] = {}
    for row in store.newest(datastreams):
        newest.setdefault(row.datastream, []).append(row)
    version = next_version()
    latest = [
        LatestObservation(
            datastream_id=datastream,
            phenomenon_time=instant(row.time),
            result=row.result,
            quality=row.quality,
            checks=row.checks,
            previous_time=instant(before[0].time) if before else None,
            previous_result=before[0].result if before else None,
            received=received,
            version=version,
        )
        for datastream, (row, *before) in newest.items()
    ]
    fields = [field.name for field in LatestObservation._meta.concrete_fields if not field.primary_key]  # noqa: SLF001
    LatestObservation.objects.bulk_create(
        latest, update_conflicts=True, unique_fields=["datastream"], update_fields=fields, batch_size=500
    )
    return version
