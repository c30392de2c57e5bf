"""`stadtkern codecs`: payload codecs and device profiles of LoRaWAN devices."""

import argparse
from pathlib import Path

from stadtkern.config.start import start_django

HELP = "test or import a folder with payload codecs of LoRaWAN devices"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`test DIR`, `import DIR` or `list`."""
    actions = parser.add_subparsers(dest="action", metavar="test|import|list", required=True)
    test = actions.add_parser("test", help="run every example of a folder")
    test.add_argument("folder", type=Path, nargs="?", help="left out: our own profiles")
    test.add_argument("--failed", action="store_true", help="show only what failed")
    bring = actions.add_parser("import", help="bring codecs and device profiles into the database")
    bring.add_argument("folder", type=Path, nargs="?", help="left out: our own profiles")
    actions.add_parser("list", help="the device profiles in the database")


def run(arguments: argparse.Namespace) -> int:
    """Print to the terminal."""
    start_django()
    from stadtkern.lorawan import cli

    if arguments.action == "test":
        return cli.run_folder(arguments.folder, only_failed=arguments.failed)
    if arguments.action == "import":
        return cli.import_folder(arguments.folder)
    return cli.list_profiles()
