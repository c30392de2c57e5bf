"""`stadtkern import KIND FILE`: bring a file in."""

import argparse
from pathlib import Path

from stadtkern.base.errors import BadInput
from stadtkern.config.start import start_django

HELP = "import a file: areas, addresses (GeoJSON, GeoPackage, Shapefile zip)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name kind and file."""
    parser.add_argument("kind", help="areas | addresses")
    parser.add_argument("file", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")


def run(arguments: argparse.Namespace) -> int:
    """Import, and report every row that was left out."""
    start_django()
    from django.core.management import call_command

    from stadtkern.places.services import IMPORTERS

    if arguments.kind not in IMPORTERS:
        raise BadInput(f"cannot import {arguments.kind!r}; choose one of {', '.join(sorted(IMPORTERS))}")
    call_command("import_places", arguments.kind, str(arguments.file), dry_run=arguments.dry_run)
    return 0
