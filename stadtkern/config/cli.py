"""The command line `stadtkern`.

A word that is no command of ours goes to Django (`stadtkern migrate`, `stadtkern makemigrations`).
"""

import argparse
import importlib
import os
import pkgutil
import sys

from stadtkern import __version__
from stadtkern.base.errors import StadtkernError

COMMANDS = "stadtkern.config.commands"


def command_names() -> list[str]:
    """Return the names of our commands: the files in `config/commands`."""
    package = importlib.import_module(COMMANDS)
    return sorted(m.name.rstrip("_") for m in pkgutil.iter_modules(package.__path__))


def module_of(name: str) -> str:
    """Return the module of a command; a name that Python reserves ends in an underscore there."""
    return f"{COMMANDS}.{name}_" if name == "import" else f"{COMMANDS}.{name}"


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    root = argparse.ArgumentParser(
        prog="stadtkern",
        description="The digital core of a town, as one program.",
        epilog="Any other word goes to Django, such as `stadtkern migrate`.",
    )
    root.add_argument("--version", action="version", version=f"stadtkern {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in command_names():
        module = importlib.import_module(module_of(name))
        sub = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return root


def main() -> None:
    """Run one command; what a person can mend is told in one line, without a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
    words = sys.argv[1:]
    if words and not words[0].startswith("-") and words[0] not in command_names():
        from django.core.management import execute_from_command_line  # noqa: PLC0415

        execute_from_command_line(["stadtkern", *words])
        return
    arguments = parser().parse_args(words or ["--help"])
    try:
        sys.exit(arguments.run(arguments))
    except (StadtkernError, OSError) as error:
        sys.stderr.write(f"stadtkern {arguments.command}: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
