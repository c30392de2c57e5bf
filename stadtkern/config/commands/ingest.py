"""`stadtkern ingest`: connectors and MQTT."""

import argparse

from stadtkern.config.start import start_django

HELP = "read the outside sources: polls, MQTT"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments: the sources stand in the database."""


def run(arguments: argparse.Namespace) -> int:
    """Run until told to stop."""
    start_django()
    from django.core.management import call_command

    call_command("ingest")
    return 0
