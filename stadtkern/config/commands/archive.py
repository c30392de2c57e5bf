"""`stadtkern archive`: old months into files, and back."""

import argparse
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from stadtkern.base.errors import BadInput
from stadtkern.config.start import start_django

if TYPE_CHECKING:
    from stadtkern.observations.models import DatastreamQuerySet
    from stadtkern.observations.services.archive.moving import Month

HELP = "move old months of values into Parquet files; pages and exports go on showing them"
LONGEST = 100_000
"""Days."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what is old, and of which series."""
    parser.add_argument(
        "--older-than",
        type=int,
        metavar="DAYS",
        help="months that ended so many days ago, at least 31, whatever their data profiles say",
    )
    parser.add_argument(
        "--stream", action="append", default=[], metavar="KEY", help="only this series (repeatable)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be moved")
    parser.add_argument("--list", action="store_true", help="tell what is in the archive")
    parser.add_argument("--bring-back", action="store_true", help="move all files back into the database")


def run(arguments: argparse.Namespace) -> int:
    """Do it and tell it, a line for each month."""
    days = arguments.older_than
    if days is not None and not 31 <= days <= LONGEST:  # noqa: PLR2004  # as the help says
        raise BadInput(f"--older-than takes 31 to {LONGEST} days, not {days}")
    start_django()
    from stadtkern.observations.models import Datastream

    streams = Datastream.objects.order_by("key")
    if arguments.stream:
        streams = streams.filter(key__in=arguments.stream)
        if missing := set(arguments.stream) - set(streams.values_list("key", flat=True)):
            raise BadInput(f"there is no series {min(missing)!r}")
    if arguments.list:
        return tell(streams)
    if arguments.bring_back:
        return bring_back(streams)
    return move(streams, days, dry_run=arguments.dry_run)


def months(streams: "DatastreamQuerySet", days: int | None) -> "Iterator[tuple[str, Month]]":
    """Yield what is due, with the key of the series."""
    from stadtkern.base import clock
    from stadtkern.observations.services.archive.moving import due_months

    for pk, key, after in streams.values_list("pk", "key", "profile__archive_after"):
        age = after if days is None else timedelta(days=days)
        if age is not None:
            for month in due_months(pk, clock.now() - age):
                yield key, month


def move(streams: "DatastreamQuerySet", days: int | None, *, dry_run: bool) -> int:
    """Move what is due."""
    from stadtkern.observations.services.archive.moving import archive_month

    count = 0
    for key, month in months(streams, days):
        made = None if dry_run else archive_month(month)
        if dry_run:
            sys.stdout.write(f"{key} {month.start:%Y-%m}: would be moved\n")
        elif made is not None:
            sys.stdout.write(f"{key} {month.start:%Y-%m}: {made.rows} values, {made.size} bytes\n")
        count += dry_run or made is not None
    sys.stdout.write(f"{count} months {'would be moved' if dry_run else 'moved'}\n")
    return 0


def tell(streams: "DatastreamQuerySet") -> int:
    """List the files."""
    from stadtkern.observations.queries.archive import archive_files

    for one in archive_files(streams):
        sys.stdout.write(f"{one.stream} {one.start:%Y-%m}: {one.rows} values, {one.size} bytes, {one.path}\n")
    return 0


def bring_back(streams: "DatastreamQuerySet") -> int:
    """Move all files back."""
    from stadtkern.observations.archive.models import ArchiveFile
    from stadtkern.observations.services.archive.moving import bring_back_file

    wanted = ArchiveFile.objects.filter(datastream__in=streams.values("pk"))
    rows = sum(bring_back_file(found) for found in wanted.iterator())
    sys.stdout.write(f"{rows} values brought back\n")
    return 0
