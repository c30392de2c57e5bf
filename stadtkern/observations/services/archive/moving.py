"""Moving months of observations from the table into the archive, and back."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from stadtkern.base import clock
from stadtkern.base.errors import Unavailable
from stadtkern.observations.archive.models import ArchiveFile, folder
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, LatestObservation
from stadtkern.observations.services.archive import files
from stadtkern.observations.services.archive.facts import facts_of
from stadtkern.observations.services.archive.table import delete_between, first_time, rows_between
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.facts import hold
from stadtkern.observations.services.judging import EARLIEST
from stadtkern.observations.services.partitions import month_start
from stadtkern.observations.services.storage import Storage, Writing, storage

logger = logging.getLogger(__name__)
YOUNGEST = timedelta(days=31)
"""So old is the end of a month at least before it is archived; whoever reads what is newer need not ask."""
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Month:
    """A month (UTC) of a datastream."""

    datastream: int
    start: datetime
    end: datetime


def due_months(datastream: int, before: datetime) -> Iterator[Month]:
    """Yield the months with rows in the table that ended by `before`, oldest first.

    The month that holds the newest two observations stays in the table, because what comes in is judged
    beside them.
    """
    newest = LatestObservation.objects.filter(datastream=datastream).values_list("previous_time", flat=True)
    if (last := newest.first()) is None:
        return
    limit = min(before, clock.now() - YOUNGEST, last)
    since = EARLIEST
    while (first := first_time(storage(), datastream, since)) is not None:
        start = month_start(instant(first))
        month = Month(datastream, start, month_start(start, 1))
        if month.end > limit:
            return
        yield month
        since = micros(month.end)


def archive_month(month: Month) -> ArchiveFile | None:
    """Move a month from the table into a file; None if there is nothing to move.

    The file is on disk before the transaction that removes the rows ends. A process that dies before that
    leaves all rows, and perhaps a file that no record names.
    """
    start, end = micros(month.start), micros(month.end)
    with durable():
        store = storage()
        held = hold(store, [month.datastream]).get(month.datastream)
        last = None if held is None or held.newest is None else held.newest.previous_time
        if last is None or last < end:
            return None
        # rows can be on both sides only if somebody wrote past the services; the file must not win then
        bring_back({month.datastream: (start, end - 1)})
        first = first_time(store, month.datastream, start)
        if first is None or first >= end:
            return None
        stream = described(month.datastream)
        rows = rows_between(store, stream.pk, start, end, feature=stream.feature_of_interest_id)
        found = write_file(stream, month, rows)
        delete_between(store, stream.pk, start, end)
    logger.info("archived %d observations of %s: %s", found.rows, stream.key, found.name)
    return found


def described(datastream: int) -> Datastream:
    """Return a datastream with all that a file says of it."""
    related = ("thing", "observed_property", "sensor", "profile__owner")
    return Datastream.objects.select_related(*related).get(pk=datastream)


def write_file(stream: Datastream, month: Month, rows: Iterable[Writing]) -> ArchiveFile:
    """Write a file with rows, not none, and its record."""
    name = _free_name(stream, month.start)
    summary = files.write(folder() / name, rows, facts_of(stream, month.start))
    found = ArchiveFile.objects.create(
        datastream=stream,
        start=month.start,
        end=month.end,
        name=name,
        size=summary.size,
        digest=summary.digest,
        made=clock.now(),
        rows=summary.rows,
        first_time=instant(summary.first_time),
        last_time=instant(summary.last_time),
        first_result_time=_instant(summary.first_result_time),
        last_result_time=_instant(summary.last_result_time),
        first_number=summary.first_number,
        last_number=summary.last_number,
    )
    found.features.set(summary.features)
    return found


def _instant(time: int | None) -> datetime | None:
    return None if time is None else instant(time)


def _free_name(stream: Datastream, start: datetime) -> str:
    """Return a name that no file has: what is written over would be missing if the transaction failed."""
    readable = slugify(stream.key.replace(":", "-").replace("/", "-"))[:LONGEST_NAME].strip("-")
    base = f"{stream.pk}-{readable}" if readable else str(stream.pk)
    name, number = f"{base}/{start:%Y-%m}.parquet", 1
    while (folder() / name).exists() or ArchiveFile.objects.filter(name=name).exists():
        number += 1
        name = f"{base}/{start:%Y-%m}.{number}.parquet"
    return name


def archive_due(now: datetime) -> int:
    """Archive what is old enough by its data profile; return how many observations that were."""
    wanted = Datastream.objects.filter(profile__archive_after__isnull=False).order_by("pk")
    return sum(
        made.rows
        for pk, after in wanted.values_list("pk", "profile__archive_after")
        if after is not None
        for month in due_months(pk, now - after)
        if (made := archive_month(month)) is not None
    )


# ---- back into the table


def bring_back(spans: Mapping[int, tuple[int, int]]) -> int:
    """Bring the months back that hold first <= time <= last of a datastream; return how many observations.

    To be called in a transaction that holds the datastreams, before something in these months changes.
    """
    newest = micros(clock.now() - YOUNGEST)
    old = {pk: span for pk, span in spans.items() if span[0] < newest}
    if not old:
        return 0
    first, last = min(low for low, _ in old.values()), max(high for _, high in old.values())
    known = ArchiveFile.objects.filter(
        datastream__in=list(old), start__lte=instant(last), end__gt=instant(first)
    )
    store = storage()
    return sum(
        _bring_back(store, one)
        for one in known.order_by("datastream", "start")
        if micros(one.start) <= old[one.datastream_id][1] and micros(one.end) > old[one.datastream_id][0]
    )


def bring_back_newest(store: Storage, datastream: int) -> bool:
    """Bring the newest month in the archive back, in a transaction as above; False if there is none."""
    newest = ArchiveFile.objects.filter(datastream=datastream).order_by("-start").first()
    return newest is not None and _bring_back(store, newest) > 0


def bring_back_number(number: int, may_write: Callable[[int], bool]) -> bool:
    """Bring the month back that holds an observation, if its datastream may be written to."""
    found = file_of(number)
    return found is not None and may_write(found.datastream_id) and bring_back_file(found) > 0


def bring_back_feature(feature: int) -> None:
    """Bring all months back that may hold observations of a feature of interest."""
    by_default = Q(datastream__feature_of_interest=feature)
    for found in ArchiveFile.objects.filter(Q(features=feature) | by_default).distinct():
        bring_back_file(found)


def bring_back_file(found: ArchiveFile) -> int:
    """Bring one file back; return how many observations."""
    with durable():
        hold(storage(), [found.datastream_id])
        there = ArchiveFile.objects.filter(pk=found.pk).first()
        return 0 if there is None else _bring_back(storage(), there)


def file_of(number: int) -> ArchiveFile | None:
    """Return the file that holds the observation with a number."""
    near = ArchiveFile.objects.filter(first_number__lte=number, last_number__gte=number)
    return holder(near.order_by("pk"), number)


def holder(near: Iterable[ArchiveFile], number: int) -> ArchiveFile | None:
    """Return which of some files holds the observation with a number."""
    for found in near:
        try:
            numbers = files.read_columns(found.path, ["id"])["id"]
        except FileNotFoundError:
            continue
        if (numbers == number).any():
            return found
    return None


def _bring_back(store: Storage, found: ArchiveFile) -> int:
    name, path, rows = found.name, found.path, found.rows
    try:
        for piece in files.read(path, found.datastream_id):
            store.insert(piece)
    except FileNotFoundError as error:
        raise Unavailable(f"The archive file {path} is missing; a backup may have it.") from error
    found.delete()
    # a backup that runs may still need the file; `ending.sweep` deletes it a day later
    transaction.on_commit(partial(_touch, path), robust=True)
    logger.info("brought back %d observations from %s", rows, name)
    return rows


def _touch(path: Path) -> None:
    if path.exists():
        os.utime(path)
