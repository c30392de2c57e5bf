"""`stadtkern bench NAME`: measure."""

import argparse
import runpy
import sys

from stadtkern.base.errors import BadInput
from stadtkern.config.paths import ROOT

HELP = "measure, and print one JSON line a figure (in a checkout of the repository)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the benchmark and its own words."""
    parser.add_argument("name", help="name of a file in bench/")
    parser.add_argument("words", nargs=argparse.REMAINDER)


def run(arguments: argparse.Namespace) -> int:
    """Run the benchmark."""
    known = sorted(p.stem for p in (ROOT / "bench").glob("[a-z]*.py"))
    if arguments.name not in known:
        raise BadInput(
            f"there is no benchmark {arguments.name!r}; there are {', '.join(known) or 'none here'}"
        )
    sys.argv = [arguments.name, *arguments.words]
    runpy.run_path(str(ROOT / "bench" / f"{arguments.name}.py"), run_name="__main__")
    return 0
