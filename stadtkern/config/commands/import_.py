"""`stadtkern import KIND FILE`: bring a file in."""

import argparse
from pathlib import Path

from stadtkern.base.errors import BadInput
from stadtkern.config.start import start_django

HELP = "import a file: areas, addresses (GeoJSON, GeoPackage, Shapefile zip), setup (JSON)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name kind and file."""
    parser.add_argument("kind", help="areas | addresses | setup")
    parser.add_argument("file", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")


def run(arguments: argparse.Namespace) -> int:
    """Import, and report every row that was left out."""
    start_django()
    if arguments.kind == "setup":
        return read_setup(arguments.file, dry_run=arguments.dry_run)
    from django.core.management import call_command

    from stadtkern.places.services import IMPORTERS

    if arguments.kind not in IMPORTERS:
        raise BadInput(
            f"cannot import {arguments.kind!r}; choose one of {', '.join([*sorted(IMPORTERS), 'setup'])}"
        )
    call_command("import_places", arguments.kind, str(arguments.file), dry_run=arguments.dry_run)
    return 0


def read_setup(file: Path, *, dry_run: bool) -> int:
    """Bring a set-up in; all of it or nothing."""
    from stadtkern.base.jsonbody import load
    from stadtkern.ingest.setup import import_setup

    if not file.is_file():
        raise BadInput(f"{file} is no file")
    report = import_setup(load(file.read_bytes()), dry_run=dry_run)
    for name, created, changed, unchanged in report.lines():
        print(f"{name:<14} {created:>6} new {changed:>6} changed {unchanged:>6} as they were")
    for line in report.problems:
        print(line)
    if report.problems:
        print("Nothing was written.")
        return 1
    if dry_run:
        print("Nothing was written (dry run).")
    return 0
