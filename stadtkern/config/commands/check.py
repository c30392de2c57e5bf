"""`stadtkern check`: is this installation safe."""

import argparse

from stadtkern.config.start import start_django

HELP = "check whether this installation is set up safely"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Run all checks of Django and ours; 1 if one of them warns."""
    start_django()
    from django.core.management import call_command
    from django.core.management.base import SystemCheckError

    try:
        call_command("check", deploy=True, fail_level="WARNING", databases=["default"])
    except SystemCheckError as error:
        print(error)
        return 1
    print("This installation is set up safely.")
    return 0
