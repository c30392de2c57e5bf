"""API keys: made, found, used up, revoked.

A key reads `sk_<8 letters>_<43 letters>`; the first part is shown in lists, the whole only once.
"""

import hashlib
import logging
import re
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, NotAuthenticated, NotFound, NotPermitted
from stadtkern.people.grants import PERSONAL, SCOPES, Grant, of_person
from stadtkern.people.models import ApiKey, Organisation, User
from stadtkern.people.rules import Someone, is_admin

logger = logging.getLogger(__name__)
FORM = re.compile(r"sk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", re.ASCII)
LETTERS = string.ascii_lowercase + string.digits
USE_NOTED = timedelta(hours=1)
"""How often the last use is written down at most."""
MOST_KEYS = 20
"""Living keys of one person."""
MOST_PER_MINUTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Credential:
    """What a key or a token opens, as it is kept in memory."""

    grant: Grant
    until: datetime | None
    """When it ends; None: not by itself."""
    key: int | None = None
    """The `ApiKey`; None for a token."""
    per_minute: int = 0
    """Requests a minute; 0: no limit."""


def digest_of(secret: str) -> str:
    """Return what is stored of a key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def looks_like_key(text: str) -> bool:
    """Return whether a text has the form of our keys; others need not be looked up."""
    return FORM.fullmatch(text) is not None


@transaction.atomic
def create_key(  # noqa: PLR0913  # all of them belong to a key
    name: str,
    *,
    person: User | None = None,
    organisation: Organisation | None = None,
    scopes: Collection[str],
    profiles: Collection[str] | None = None,
    streams: Collection[int] | None = None,
    expires_at: datetime | None = None,
    per_minute: int = 600,
    by: User | None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with the secret, which is stored nowhere; `by` is None on the command line.

    Raises
    ------
    BadInput
        if the facts do not fit together.
    NotPermitted
        if `by` may not make keys for this holder.
    """
    _check(name, person, organisation, scopes, expires_at, per_minute)
    if by is not None and not may_keep_keys_of(by, person):
        raise NotPermitted("Only administrators make keys for somebody else.")
    if person is not None and living_keys(person).count() >= MOST_KEYS:
        raise BadInput(f"There are {MOST_KEYS} keys already; revoke one first.")
    prefix = "sk_" + "".join(secrets.choice(LETTERS) for _number in range(8))
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name.strip(),
        prefix=prefix,
        digest=digest_of(secret),
        person=person,
        organisation=organisation,
        scopes=sorted(scopes),
        profiles=None if profiles is None else sorted(profiles),
        streams=None if streams is None else sorted(streams),
        per_minute=per_minute,
        created_by=by,
        expires_at=expires_at,
    )
    return key, secret


def _check(  # noqa: PLR0913, PLR0917
    name: str,
    person: User | None,
    organisation: Organisation | None,
    scopes: Collection[str],
    expires_at: datetime | None,
    per_minute: int,
) -> None:
    if not name.strip():
        raise BadInput("A key needs a name that says what it is for.")
    if (person is None) == (organisation is None):
        raise BadInput("A key belongs to one person or to one organisation.")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise BadInput(f"There is no right {unknown[0]!r}; there are: {', '.join(SCOPES)}.")
    if not scopes:
        raise BadInput(f"A key needs at least one right of: {', '.join(SCOPES)}.")
    if person is None and PERSONAL in scopes:
        raise BadInput("Single values of personal data are for keys of persons only.")
    if person is not None and (person.erased_at or not person.is_active):
        raise BadInput("This account is closed.")
    if expires_at is not None and expires_at <= now():
        raise BadInput("The key would have ended already.")
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise BadInput(f"Requests a minute lie between 1 and {MOST_PER_MINUTE}.")


def may_keep_keys_of(user: Someone, person: User | None) -> bool:
    """Return whether `user` may make, see and revoke the keys of `person`; None: of an organisation."""
    return is_admin(user) or (isinstance(user, User) and person is not None and user.pk == person.pk)


def living_keys(person: User) -> QuerySet[ApiKey]:
    """Return the keys of a person that open something."""
    return person.api_keys.filter(Q(expires_at=None) | Q(expires_at__gt=now()), revoked_at=None)


def find_key(prefix: str) -> ApiKey:
    """Return the key whose beginning is `prefix`."""
    found = ApiKey.objects.select_related("person", "organisation").filter(prefix=prefix.strip()[:11]).first()
    if found is None:
        raise NotFound(f"There is no key that begins with {prefix[:20]!r}.")
    return found


def revoke_key(key: ApiKey, *, by: User | None) -> None:
    """End a key now, for all processes; once revoked it stays so."""
    if by is not None and not may_keep_keys_of(by, key.person):
        raise NotPermitted("This key belongs to somebody else.")
    if key.revoked_at is None:
        key.revoked_at = now()
        key.save(update_fields=["revoked_at"])


def credential_of(secret: str) -> Credential:
    """Return what a key opens.

    Raises
    ------
    NotAuthenticated
        if there is no such key, or its holder has gone.
    """
    related = ("person", "organisation")
    key = ApiKey.objects.select_related(*related).filter(digest=digest_of(secret)).first()
    if key is None or not key.is_valid(now()) or (key.person and not key.person.is_active):
        raise NotAuthenticated("This key is unknown, has ended, or was revoked.")
    return Credential(_grant(key), key.expires_at, key.pk, key.per_minute)


def _grant(key: ApiKey) -> Grant:
    principal, scopes = f"key:{key.prefix}", frozenset(key.scopes)
    profiles: frozenset[str] | None = None if key.profiles is None else frozenset(key.profiles)
    streams: frozenset[int] | None = None if key.streams is None else frozenset(key.streams)
    if key.person is not None:
        base = of_person(key.person)
        return replace(base, principal=principal, scopes=scopes, profiles=profiles, streams=streams)
    own = (
        {pk for pk in (key.organisation_id, key.organisation.parent_id) if pk} if key.organisation else set()
    )
    return Grant(
        principal=principal,
        organisations=frozenset(own),
        is_writer=True,
        bonds=frozenset({key.organisation_id} if key.organisation_id else ()),
        scopes=scopes,
        profiles=profiles,
        streams=streams,
        names_data=True,
    )


def note_use(key: int) -> None:
    """Write down that a key was used, once an hour; a full disk keeps nobody from reading."""
    try:
        with transaction.atomic():
            stale = Q(last_used=None) | Q(last_used__lt=now() - USE_NOTED)
            ApiKey.objects.filter(stale, pk=key).update(last_used=now())
    except DatabaseError as error:
        logger.warning("the use of a key cannot be written down: %s", error)


def delete_ended_keys(moment: datetime) -> int:
    """Delete keys that ended two years ago; return how many."""
    limit = moment - timedelta(days=730)
    ended = Q(revoked_at__lt=limit) | Q(expires_at__lt=limit)
    return int(ApiKey.objects.filter(ended).delete()[0])
