"""`stadtkern retention`: delete what is too old."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stadtkern.base.errors import StadtkernError
from stadtkern.governance.retention import names, run_retention


class Command(BaseCommand):
    """Apply the retention rules now, as the worker does every night."""

    help = "delete what is older than its retention rule allows; the worker does the same every night"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Really, or only counting."""
        parser.add_argument("--dry-run", action="store_true", help="count what would be deleted")
        parser.add_argument("--only", metavar="RULE", help="one rule alone")
        parser.add_argument("--list", action="store_true", help="name the rules")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401
        """Print one line for each rule; fail if one of them failed."""
        if options["list"]:
            self.stdout.write("\n".join(names()))
            return
        try:
            runs = run_retention(dry_run=options["dry_run"], only=options["only"])
        except StadtkernError as error:
            raise CommandError(str(error)) from error
        word = "would be deleted" if options["dry_run"] else "deleted"
        for run in runs:
            self.stdout.write(f"{run.name}: {run.error or f'{run.deleted} rows {word}'}")
        if any(run.error for run in runs):
            raise CommandError("Some rules failed; see above.")
