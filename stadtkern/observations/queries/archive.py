"""What is in the archive, for catalogues and lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stadtkern.observations.archive.models import ArchiveFile
from stadtkern.observations.models import DatastreamQuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedMonth:
    """A month of a datastream in a file."""

    datastream: int
    stream: str
    """Key of the datastream."""
    start: datetime
    end: datetime
    path: Path
    rows: int
    size: int
    """Bytes."""
    sha256: str
    made: datetime


def archive_files(streams: DatastreamQuerySet) -> Iterator[ArchivedMonth]:
    """Yield the files of some datastreams, by datastream and month; who may read the values chooses them."""
    wanted = ArchiveFile.objects.filter(datastream__in=streams.values("pk")).select_related("datastream")
    for found in wanted.order_by("datastream__key", "start").iterator():
        yield ArchivedMonth(
            datastream=found.datastream_id,
            stream=found.datastream.key,
            start=found.start,
            end=found.end,
            path=found.path,
            rows=found.rows,
            size=found.size,
            sha256=found.digest,
            made=found.made,
        )
