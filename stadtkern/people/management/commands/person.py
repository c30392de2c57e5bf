"""`stadtkern person export|erase`: what the town holds about somebody."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stadtkern.base.errors import StadtkernError
from stadtkern.people.services import erase_person, export_person, find_person


class Command(BaseCommand):
    """Hand out or forget what the town holds about a person."""

    help = "print everything the town holds about a person as JSON, or forget who the person is"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do, and with whom."""
        parser.add_argument("action", choices=["export", "erase"])
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="erase without asking")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401
        """Do it, or say why not."""
        try:
            person = find_person(options["email"])
            if options["action"] == "export":
                data = export_person(person, by=None)
                self.stdout.write(json.dumps(data, indent=1, ensure_ascii=False))
            elif (
                options["yes"] or input(f"Forget who {person.email} is? This is for good. [yes/no] ") == "yes"
            ):
                erase_person(person, by=None)
                self.stdout.write("Done. What they wrote stays, without a name.")
        except StadtkernError as error:
            raise CommandError(str(error)) from error
