"""`stadtkern restore FILE`: bring a backup back."""

import argparse
from pathlib import Path

from stadtkern.config.start import start_django

HELP = "replace database and files by those of a backup (stop the services first)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Wherefrom."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--yes", action="store_true", help="replace what is there")


def run(arguments: argparse.Namespace) -> int:
    """Restore, after everything in the file was found sound."""
    start_django()
    from stadtkern.config.backup import restore

    restore(arguments.file, replace=arguments.yes)
    print("Restored. Start with: stadtkern run")
    return 0
