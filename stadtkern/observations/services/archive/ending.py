"""The end of what is in the archive."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Max, Min, Sum

from stadtkern.observations.archive.models import ArchiveFile, folder
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.services.archive import files
from stadtkern.observations.services.archive.moving import Month, described, write_file
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.facts import hold
from stadtkern.observations.services.storage import Writing, storage

logger = logging.getLogger(__name__)
LEFT_OVER = timedelta(days=1)
"""After so long a file that no record names is deleted; backups that run know it until then."""


def delete_before(datastream: int, limit: int) -> int:
    """Delete what the archive holds before `limit`, in a transaction that holds the datastream.

    The month that holds the limit is written anew. The files themselves go with the next `sweep`.
    """
    deleted = 0
    for found in list(ArchiveFile.objects.filter(datastream=datastream, first_time__lt=instant(limit))):
        month, rows = Month(datastream, found.start, found.end), found.rows
        kept = _later(found, limit) if micros(found.end) > limit else iter(())
        try:
            first = next(kept, None)
        except FileNotFoundError:
            logger.error("the archive file %s is missing", found.path)  # noqa: TRY400  # one line
            continue
        found.delete()
        if first is not None:
            rows -= write_file(described(datastream), month, _chain(first, kept)).rows
        deleted += rows
    return deleted


def _chain(first: Writing, rest: Iterator[Writing]) -> Iterator[Writing]:
    yield first
    yield from rest


def _later(found: ArchiveFile, limit: int) -> Iterator[Writing]:
    """Yield the rows of a file that are not older than `limit`."""
    for piece in files.read(found.path, found.datastream_id):
        chosen = piece.columns.time >= limit
        if chosen.any():
            yield piece.take(chosen)


def sweep(now: datetime) -> int:
    """Delete files in the archive folder that no record has named for a day; return how many."""
    if not folder().exists():
        return 0
    limit = (now - LEFT_OVER).timestamp()
    named = set(ArchiveFile.objects.values_list("name", flat=True))
    old = [
        path
        for path in sorted(folder().rglob("*"))
        if path.is_file() and _name(path) not in named and path.stat().st_mtime < limit
    ]
    if transaction.get_connection().in_atomic_block:  # what is only tried must not really happen
        return len(old)
    return sum(_remove(path) for path in old)


def _name(path: Path) -> str:
    return path.relative_to(folder()).as_posix()


def _remove(path: Path) -> bool:
    """Delete a file unless a record names it by now; whoever archives the same datastream waits so long."""
    datastream = _name(path).partition("/")[0].partition("-")[0]
    with durable():
        if datastream.isdecimal():
            hold(storage(), [int(datastream)])
        if ArchiveFile.objects.filter(name=_name(path)).exists():
            return False
        path.unlink(missing_ok=True)
    return True


def statistics(datastream: int) -> tuple[int, list[datetime | None]]:
    """Return the count, first and last time, first and last result time of what is in the archive."""
    found = ArchiveFile.objects.filter(datastream=datastream).aggregate(
        count=Sum("rows", default=0),
        first=Min("first_time"),
        last=Max("last_time"),
        first_known=Min("first_result_time"),
        last_known=Max("last_result_time"),
    )
    return found["count"], [found[name] for name in ("first", "last", "first_known", "last_known")]
