"""`stadtkern key add|list|revoke`: API keys on the command line."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, NotFound, StadtkernError
from stadtkern.people.grants import READ, SCOPES
from stadtkern.people.keys import create_key, find_key, revoke_key
from stadtkern.people.models import ApiKey, Organisation
from stadtkern.people.services import find_person

LONGEST_DAYS = 36_500


class Command(BaseCommand):
    """Make a key, which is printed once; list keys; end one."""

    help = "make an API key for a person or an organisation, list keys, or revoke one"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="add|list|revoke")
        add = actions.add_parser("add", help="make a key; it is printed only now")
        add.add_argument("name", help="what the key is for")
        holder = add.add_mutually_exclusive_group(required=True)
        holder.add_argument("--person", metavar="EMAIL", help="a key with the rights of this person")
        holder.add_argument("--organisation", metavar="NAME", help="short name of an organisation")
        add.add_argument(
            "--scope", action="append", choices=list(SCOPES), help=f"may be repeated; default {READ}"
        )
        add.add_argument("--profile", action="append", help="only these data profiles (repeatable)")
        add.add_argument(
            "--stream", action="append", type=int, help="only these series, by number (repeatable)"
        )
        add.add_argument("--days", type=int, help="how long it is valid; default: until revoked")
        add.add_argument("--per-minute", type=int, default=600, help="requests a minute (default 600)")
        listing = actions.add_parser("list", help="list keys with their last use")
        listing.add_argument("--all", action="store_true", help="also those that have ended")
        revoke = actions.add_parser("revoke", help="end a key now")
        revoke.add_argument("prefix", help="its beginning, such as sk_ab12cd34")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401
        """Do it, or say why not."""
        try:
            {"add": self._add, "list": self._list, "revoke": self._revoke}[options["action"]](options)
        except StadtkernError as error:
            raise CommandError(str(error)) from error

    def _add(self, options: dict[str, Any]) -> None:
        person = find_person(options["person"]) if options["person"] else None
        organisation = _organisation(options["organisation"]) if options["organisation"] else None
        key, secret = create_key(
            options["name"],
            person=person,
            organisation=organisation,
            scopes=options["scope"] or [READ],
            profiles=options["profile"],
            streams=options["stream"],
            expires_at=_end(options["days"]),
            per_minute=options["per_minute"],
            by=None,
        )
        self.stdout.write(f"{key.name}: {', '.join(key.scopes)}, for {key.holder}")
        self.stdout.write(f"Key: {secret}")
        self.stdout.write("It is shown only now.")

    def _list(self, options: dict[str, Any]) -> None:
        keys = ApiKey.objects.select_related("person", "organisation")
        if not options["all"]:
            keys = keys.filter(Q(expires_at=None) | Q(expires_at__gt=now()), revoked_at=None)
        for key in keys:
            used = f"last used {key.last_used:%Y-%m-%d}" if key.last_used else "never used"
            state = "" if key.is_valid(now()) else ", ended"
            line = f"{key.prefix}  {key.name}  {key.holder}  {' '.join(key.scopes)}  {used}{state}"
            self.stdout.write(line)

    def _revoke(self, options: dict[str, Any]) -> None:
        key = find_key(options["prefix"])
        revoke_key(key, by=None)
        self.stdout.write(f"{key.prefix} opens nothing any more.")


def _organisation(slug: str) -> Organisation:
    found = Organisation.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Organisation.objects.values_list("slug", flat=True)[:50])
        raise NotFound(f"There is no organisation {slug!r}; there are: {known or 'none'}.")
    return found


def _end(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInput(f"Days lie between 1 and {LONGEST_DAYS}.")
    return now() + timedelta(days=days)
