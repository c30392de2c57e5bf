"""`stadtkern run`: web, ingest and worker together."""

import argparse

from stadtkern.config.processes import Supervisor, services

HELP = "run everything of a town on this machine: web, ingest and worker"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments: everything comes from the environment."""


def run(arguments: argparse.Namespace) -> int:
    """Run until told to stop."""
    supervisor = Supervisor(services())
    supervisor.start()
    return supervisor.run()
