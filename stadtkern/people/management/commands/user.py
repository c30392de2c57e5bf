"""`stadtkern user`: make an account."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from stadtkern.base.errors import StadtkernError
from stadtkern.people.roles import ROLES
from stadtkern.people.services import add_person, one_time_password


class Command(BaseCommand):
    """Make an account, with a password that is printed once or read from standard input."""

    help = "make an account; prints a password for the first login, or reads one from standard input"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, and what they may do."""
        parser.add_argument("email")
        parser.add_argument(
            "--role", action="append", default=[], choices=list(ROLES), help="may be repeated"
        )
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--language", default="de", choices=[code for code, _name in settings.LANGUAGES])
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401
        """Make the account or say why not."""
        given = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else ""
        password = given if options["password_stdin"] else one_time_password()
        try:
            user = add_person(
                options["email"],
                password=password,
                roles=options["role"],
                first_name=options["first_name"],
                last_name=options["last_name"],
                language=options["language"],
            )
        except StadtkernError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.email}: {', '.join(options['role']) or 'no role'}")
        if not given:
            self.stdout.write(f"Password: {password}")
            self.stdout.write("It is shown only now. The person can change it below their account.")
