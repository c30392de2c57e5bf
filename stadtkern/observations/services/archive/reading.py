"""Reading months that are in the archive together with rows of the table.

While somebody reads, a month may go into the archive or come back. Who reads therefore looks before and after
which months are archived, and begins anew if that has changed.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from django.db.models import Q

from stadtkern.base import clock
from stadtkern.base.errors import Unavailable
from stadtkern.observations.archive.models import ArchiveFile
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.services.archive import files
from stadtkern.observations.services.archive.moving import YOUNGEST
from stadtkern.observations.services.columns import Floats, Ints
from stadtkern.observations.services.judging import EARLIEST, LATEST
from stadtkern.observations.services.rows import Row
from stadtkern.observations.services.storage import storage

Span = tuple[int, int]
"""Start and end in microseconds; the end does not belong to it."""
logger = logging.getLogger(__name__)
ATTEMPTS = 5
GONE = "A part of the older values cannot be read now; try again."
MOST_ASKED = 200
"""Spans that one query asks for."""
_Found = TypeVar("_Found")


class Archived(NamedTuple):
    """Numeric observations of a datastream by time."""

    times: Ints
    values: Floats
    quality: Ints


def is_young(start: int) -> bool:
    """Return whether nothing from `start` on can be archived, which saves the question."""
    return start >= micros(clock.now() - YOUNGEST)


def archived(spans: Mapping[int, Span]) -> list[ArchiveFile]:
    """Return the files that hold something of the spans, by datastream and time."""
    old = [(pk, span) for pk, span in sorted(spans.items()) if not is_young(span[0])]
    found: list[ArchiveFile] = []
    for first in range(0, len(old), MOST_ASKED):
        wanted = Q()
        for pk, (start, end) in old[first : first + MOST_ASKED]:
            wanted |= Q(datastream=pk, start__lt=_instant(end), end__gt=_instant(start))
        found += ArchiveFile.objects.filter(wanted).order_by("datastream", "start")
    return found


def _instant(time: int) -> Any:  # noqa: ANN401  # a time
    return instant(min(max(time, EARLIEST), LATEST))


def with_archive(
    spans: Mapping[int, Span], table: Callable[[], _Found]
) -> tuple[_Found, list[tuple[ArchiveFile, Archived]]]:
    """Return what `table` reads from the table, and the archived observations of the same spans."""
    for _attempt in range(ATTEMPTS):
        known = archived(spans)
        rows = table()
        if not known and all(is_young(start) for start, _end in spans.values()):
            return rows, []
        try:
            parts = [(one, numbers(one, *spans[one.datastream_id])) for one in known]
        except FileNotFoundError as error:
            logger.warning("an archive file has gone: %s", error)
            continue
        if archived(spans) == known:
            return rows, parts
    raise Unavailable(GONE)


def last_archived(datastream: int, moment: int) -> int | None:
    """Return the time of the newest observation in the archive at or before `moment`."""
    files_before = ArchiveFile.objects.filter(datastream=datastream, first_time__lte=_instant(moment))
    found = files_before.order_by("-start").first()
    if found is None:
        return None
    times = files.read_columns(found.path, ["phenomenon_time"])["phenomenon_time"]
    return int(times[times <= moment].max())


def numbers(found: ArchiveFile, start: int, end: int) -> Archived:
    """Return the numbers of a file with start <= time < end, those called missing left out."""
    columns = files.read_columns(found.path, ["phenomenon_time", "result", "quality"])
    times, values, quality = columns["phenomenon_time"], columns["result"], columns["quality"]
    wanted = (times >= start) & (times < end) & ~np.isnan(values)
    return Archived(times[wanted], values[wanted], quality[wanted])


def rows_of(found: ArchiveFile, start: int, end: int) -> list[Row]:
    """Return the numeric observations of a file with start <= time < end."""
    names = ["phenomenon_time", "copy", "result", "quality", "checks"]
    columns = files.read_columns(found.path, names)
    times, values = columns["phenomenon_time"], columns["result"]
    wanted = (times >= start) & (times < end) & ~np.isnan(values)
    parts = [columns[name][wanted].tolist() for name in names]
    return [Row(found.datastream_id, *values) for values in zip(*parts, strict=True)]


def pieces(datastream: int, start: int, end: int, size: int) -> Iterator[Sequence[Row]]:
    """Yield the numeric observations with start <= time < end by time, about `size` at once."""
    failed = 0
    while start < end:
        found = _next_file(datastream, start, end)
        if found is not None and micros(found.start) <= start:
            try:
                rows = rows_of(found, start, end)
            except FileNotFoundError as error:
                logger.warning("an archive file has gone: %s", error)
                failed += 1
                if failed == ATTEMPTS:
                    raise Unavailable(GONE) from error
                continue
            failed = 0
            for first in range(0, len(rows), size):
                yield rows[first : first + size]
            start = micros(found.end)
            continue
        until = end if found is None else min(micros(found.start), end)
        rows, following = _from_table(datastream, start, until, size)
        if _next_file(datastream, start, end) != found:
            continue
        if rows:
            yield rows
        start = following


def _next_file(datastream: int, start: int, end: int) -> ArchiveFile | None:
    """Return the first file that holds something at `start` or later."""
    if is_young(start):
        return None
    later = ArchiveFile.objects.filter(
        datastream=datastream, end__gt=_instant(start), start__lt=_instant(end)
    )
    return later.order_by("start").first()


def _from_table(datastream: int, start: int, end: int, size: int) -> tuple[list[Row], int]:
    """Return about `size` rows of the table from `start` on, and where to go on."""
    while True:
        found = storage().span(datastream, start, size)
        rows = [row for row in found if row.time < end]
        if len(rows) < size:
            return rows, end
        # there may be more of the time of the last row
        whole = [row for row in rows if row.time < rows[-1].time]
        if whole:
            return whole, rows[-1].time
        size *= 2
