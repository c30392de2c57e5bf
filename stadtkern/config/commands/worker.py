"""`stadtkern worker`: tasks and their schedule."""

import argparse

from stadtkern.config.start import start_django

HELP = "run the tasks: retention, quality control, mails"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many tasks at a time."""
    parser.add_argument("--threads", type=int, default=2, help="tasks at a time (default: 2)")


def run(arguments: argparse.Namespace) -> int:
    """Run until told to stop."""
    start_django()
    from stadtkern.config.worker import consume

    return consume(threads=arguments.threads)
