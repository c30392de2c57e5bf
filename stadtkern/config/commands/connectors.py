"""`stadtkern connectors`: what can be connected, and trying it."""

import argparse
from pathlib import Path

from stadtkern.config.start import start_django

HELP = "list the connectors, or try one on a file or on its live source"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`list`, or `try NAME [--file SAMPLE] [--option name=value]`."""
    actions = parser.add_subparsers(dest="action", metavar="list|try", required=True)
    actions.add_parser("list", help="all connectors with their licence")
    attempt = actions.add_parser("try", help="show what a connector reads")
    attempt.add_argument("name")
    attempt.add_argument("--file", type=Path, help="read this file instead of asking the source")
    attempt.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="a setting of the source"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print to the terminal."""
    start_django()
    from stadtkern.ingest.cli import list_connectors, try_connector

    if arguments.action == "list":
        return list_connectors()
    options = dict(pair.partition("=")[::2] for pair in arguments.option)
    return try_connector(arguments.name, file=arguments.file, options=options)
