"""`stadtkern init TOWN_DIR`: a new town from its folder."""

import argparse
import os
from multiprocessing import get_context
from pathlib import Path

from stadtkern.base.errors import Unavailable
from stadtkern.config.messages import compile_catalogues
from stadtkern.config.start import seldom_collecting, start_django

HELP = "make or update the database of a town from its folder (towns/<town>)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which town."""
    parser.add_argument("town_dir", type=Path, metavar="TOWN_DIR")
    parser.add_argument("--demo", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--demo-history", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Create the tables, load the folder, make the pages."""
    os.environ["STADTKERN_TOWN_DIR"] = str(arguments.town_dir.resolve())
    compile_catalogues()
    start_django()
    from django.core.management import call_command

    from stadtkern.config.demo import fill
    from stadtkern.config.town.datasets import load_datasets
    from stadtkern.config.town.load import load_town
    from stadtkern.config.town.pages import load_pages
    from stadtkern.web.assets import collect_if_changed

    if arguments.demo_history:
        load_datasets(arguments.town_dir)
        fill.older(arguments.town_dir)
        return 0
    # static files need no database: they are made beside the migrations, on the other core
    files = get_context("fork").Process(target=collect_if_changed)
    files.start()
    with seldom_collecting():
        call_command("migrate", verbosity=0, interactive=False)
    files.join()
    if files.exitcode:
        raise Unavailable("the static files could not be made; the reason stands above")
    counts = load_town(arguments.town_dir)
    counts["pages"] = load_pages(arguments.town_dir)
    if arguments.demo:
        fill.logins()
        fill.devices(arguments.town_dir)
        fill.recent(arguments.town_dir)
    else:
        counts["datasets"] = load_datasets(arguments.town_dir)
        print(", ".join(f"{count} {name}" for name, count in counts.items()))
    return 0
