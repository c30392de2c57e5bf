"""`stadtkern backup FILE`: everything of a town in one file."""

import argparse
from pathlib import Path

from stadtkern.config.start import start_django

HELP = "write database and files into one .tar.gz, while everything keeps running"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whereto."""
    parser.add_argument("file", type=Path)


def run(arguments: argparse.Namespace) -> int:
    """Write the backup and say how large it is."""
    start_django()
    from stadtkern.config.backup import backup

    size = backup(arguments.file)
    print(f"{arguments.file}: {size / 1e6:.1f} MB")
    return 0
