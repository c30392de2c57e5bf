"""`import_places KIND FILE`: bring areas or addresses in."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from stadtkern.base.errors import BadInput
from stadtkern.places.services import IMPORTERS


class Command(BaseCommand):
    """Import a file and list the rows that were left out."""

    help = "Import areas or addresses from GeoJSON, GeoPackage, CSV or a zipped Shapefile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name kind and file."""
        parser.add_argument("kind", choices=sorted(IMPORTERS))
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")
        parser.add_argument("--srid", type=int, help="EPSG code of a file that does not name its own")

    def handle(
        self, *, kind: str, file: Path | str, dry_run: bool, srid: int | None = None, **_: object
    ) -> None:
        """Import."""
        try:
            report = IMPORTERS[kind](file, dry_run=dry_run, srid=srid)
        except BadInput as problem:
            raise CommandError(str(problem)) from problem
        for left_out in report.rejected:
            self.stderr.write(f"row {left_out.row}: {left_out.reason}")
        verb = "would be" if dry_run else "were"
        self.stdout.write(
            f"{report.read} rows read: {report.created} {verb} created, {report.updated} {verb} updated, "
            f"{len(report.rejected)} left out"
        )
