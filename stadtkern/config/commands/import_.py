"""`stadtkern import KIND FILE`: bring a file in."""

import argparse
from pathlib import Path

from stadtkern.base.errors import BadInput
from stadtkern.config.start import start_django

OTHERS = ("setup", "dataset")
HELP = (
    "import a file: areas, addresses (GeoJSON, GeoPackage, Shapefile zip), setup (JSON), dataset (any table)"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name kind and file."""
    parser.add_argument("kind", help="areas | addresses | setup | dataset")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--to", metavar="DATASET[/TABLE]", help="dataset: its short name, perhaps with a table"
    )
    parser.add_argument("--note", default="", help="dataset: what is new in this version")
    parser.add_argument("--publish", action="store_true", help="dataset: make the version current at once")
    parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")


def run(arguments: argparse.Namespace) -> int:
    """Import, and report every row that was left out."""
    start_django()
    if arguments.kind == "setup":
        return read_setup(arguments.file, dry_run=arguments.dry_run)
    if arguments.kind == "dataset":
        return read_dataset(arguments)
    from django.core.management import call_command

    from stadtkern.places.services import IMPORTERS

    if arguments.kind not in IMPORTERS:
        raise BadInput(
            f"cannot import {arguments.kind!r}; choose one of {', '.join([*sorted(IMPORTERS), *OTHERS])}"
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


def read_dataset(arguments: argparse.Namespace) -> int:
    """Bring a file in as the next version of a table; however large, it is read by this process."""
    from stadtkern.catalogue.models import Distribution
    from stadtkern.catalogue.services import versions, work
    from stadtkern.tables import survey

    file: Path = arguments.file
    if not file.is_file():
        raise BadInput(f"{file} is no file")
    dataset, _slash, table = (arguments.to or "").partition("/")
    tables = Distribution.objects.select_related("dataset__profile").filter(dataset__slug=dataset)
    found = list(tables.filter(slug=table) if table else tables)
    if len(found) != 1:
        names = ", ".join(f"{one.dataset.slug}/{one.slug}" for one in tables[:20])
        raise BadInput(f"say with --to which table it belongs to{': ' + names if names else ''}")
    if arguments.dry_run:
        seen = survey(file, name=file.name)
        for column in seen.plan.columns:
            print(f"{column.name:<32} {column.kind:<10} {column.title}")
        print("Nothing was written (dry run).")
        return 0
    version = work.bring_in(found[0], file, file.name, note=arguments.note)
    print(f"version {version.number}: {version.rows} rows, {version.rejected_rows} left out")
    if arguments.publish:
        versions.make_current(version, by=None)
    return 0
