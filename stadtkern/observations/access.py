"""Who may read and write which datastreams: one answer for pages, files, SensorThings, MQTT and WebSocket.

`access_for` turns a session, an API key or a token into an `Access`. The sets of identifiers in it are
compiled once, kept in memory and made anew when `people.rights` says that something changed.
"""

import base64
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest

from stadtkern.base import clock
from stadtkern.base.errors import NotAuthenticated, TooMany
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream, DatastreamQuerySet, Thing
from stadtkern.people import keys, rights, roles, tokens
from stadtkern.people.grants import ANONYMOUS, MANAGE, PERSONAL, READ, WRITE, Grant, grant_of
from stadtkern.people.keys import Credential
from stadtkern.people.rates import rates
from stadtkern.people.rules import Someone

NO_PROFILE = 0
"""Stands for the streams that have no profile yet."""
OLDEST = 60.0
"""Seconds after which the compiled sets are made anew in any case."""
MOST_KEPT = 2000
"""Grants whose access is kept."""
PERSONAL_ROLES = frozenset({roles.EDITOR, roles.ANALYST, roles.ADMIN})
"""Roles that may see single values of personal data."""
USE_NOTED = 3600.0
"""Seconds between two notes that a key was used."""
_STREAMS_BY = {
    "thing": "thing",
    "location": "thing__locations",
    "historicallocation": "thing__historical_locations",
    "sensor": "sensor",
    "observedproperty": "observed_property",
    "featureofinterest": "feature_of_interest",
}
_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What somebody may do with sensor data. Has no rights unless told otherwise."""

    principal: str
    """Who, for logs and the audit trail; never a name or a mail address."""
    sees_all: bool = False
    readable: frozenset[int] = frozenset()
    """Datastreams whose single values may be read; not filled where `sees_all`."""
    writes_all: bool = False
    writable: frozenset[int] = frozenset()
    """Datastreams that may be written to; not filled where `writes_all`."""
    may_manage: bool = False
    """Whether entities may be created, changed and deleted (those that `manageable` returns)."""
    profile: int | None = None
    """`DataProfile` of the streams that are made by this access; None: they have none and are not public."""
    read_profiles: frozenset[int] = frozenset()
    """The profiles behind `readable`, for queries; `NO_PROFILE` stands for streams without one."""
    read_streams: frozenset[int] = frozenset()
    """Single streams beside those of `read_profiles`."""
    write_profiles: frozenset[int] = frozenset()
    write_streams: frozenset[int] = frozenset()
    key: int | None = None
    """The `ApiKey` in use; None for a session or a token."""
    per_minute: int = 0
    """Requests or messages a minute of the key."""

    def may_read(self, datastream: int) -> bool:
        """Return whether single values of a datastream may be read."""
        return self.sees_all or datastream in self.readable

    def may_write(self, datastream: int) -> bool:
        """Return whether observations may be added to a datastream."""
        return self.writes_all or datastream in self.writable


EVERYTHING = Access(principal="anonymous", sees_all=True, writes_all=True, may_manage=True)
"""What anybody has while STADTKERN_STA_ANONYMOUS_WRITE is on."""


@dataclass(frozen=True, slots=True)
class _Profile:
    """What decides about the streams of a profile."""

    pk: int
    slug: str
    is_published: bool
    access: str
    is_personal: bool
    owners: frozenset[int]
    partners: frozenset[int]

    @property
    def is_open(self) -> bool:
        """Whether everybody may read single values; the same as `DataProfile.is_open`."""
        return self.is_published and self.access == DataProfile.Access.PUBLIC and not self.is_personal

    def is_open_to(self, organisations: frozenset[int]) -> bool:
        """Return whether the profile lets these organisations read: as owner, partner or anybody."""
        if self.owners & organisations:
            return True
        if not self.is_published or self.access == DataProfile.Access.INTERNAL:
            return False
        return self.access == DataProfile.Access.PUBLIC or bool(self.partners & organisations)


@dataclass(slots=True)
class _Table:
    """All profiles and streams at one version of the rights."""

    version: rights.Version
    made: float
    profiles: dict[int, _Profile] = field(default_factory=dict)
    streams: dict[int, frozenset[int]] = field(default_factory=dict)
    accesses: dict[Grant, Access] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)
    used: dict[int, float] = field(default_factory=dict)
    checked: float = 0.0

    def ids(self, profiles: Iterable[int]) -> frozenset[int]:
        """Return the datastreams of some profiles."""
        empty: frozenset[int] = frozenset()
        return empty.union(*(self.streams.get(pk, empty) for pk in profiles))


class _Kept:
    """The table of this process."""

    table: _Table | None = None


def _load(version: rights.Version) -> _Table:
    table = _Table(version, time.monotonic())
    streams: defaultdict[int, set[int]] = defaultdict(set)
    for pk, profile in Datastream.objects.order_by().values_list("pk", "profile"):
        streams[profile or NO_PROFILE].add(pk)
    table.streams = {profile: frozenset(ids) for profile, ids in streams.items()}
    partners: defaultdict[int, set[int]] = defaultdict(set)
    for profile, organisation in DataProfile.partners.through.objects.values_list(
        "dataprofile", "organisation"
    ):
        partners[profile].add(organisation)
    fields = ("pk", "slug", "is_published", "access", "has_personal_data", "owner", "owner__parent")
    for pk, *facts, owner, above in DataProfile.objects.order_by().values_list(*fields):
        owners = frozenset({owner, above} - {None})
        table.profiles[pk] = _Profile(pk, *facts, owners, frozenset(partners[pk]))
    return table


def _table(max_age: float) -> _Table:
    table, at = _Kept.table, time.monotonic()
    if table is not None and at - table.checked <= max_age and at - table.made < OLDEST:
        return table
    version = rights.version()
    if table is None or table.version != version or at - table.made >= OLDEST:
        table = _Kept.table = _load(version)
    table.checked = at
    return table


def access_for(
    *,
    user: Someone = None,
    authorization: str | None = None,
    key: str | None = None,
    max_age: float = 0.0,
) -> Access:
    """Return what the bearer of a session, an `Authorization` header or an API key may do.

    With a key it counts as one request. Asks the database; `remembered` does not.

    Parameters
    ----------
    user
        Who is signed in; asked where there is neither header nor key.
    authorization
        The value of the header `Authorization`: `Bearer <API key or token>`, or `Basic` with one of them as
        password.
    key
        An API key given in another way, such as the header `X-API-Key`.
    max_age
        Seconds for which rights may be out of date; 0 costs one small query.

    Raises
    ------
    NotAuthenticated
        if header or key open nothing.
    TooMany
        if the key was used too often within a minute.
    """
    if settings.STA_ANONYMOUS_WRITE:
        return EVERYTHING
    secret = secret_in(authorization, key)
    table = _table(max_age)
    if secret is None:
        return _access(grant_of(user), table)
    credential = _credential(secret, table)
    _count(credential)
    return _access(credential.grant, table, credential)


def access_for_request(request: HttpRequest) -> Access:
    """Return what a request to an interface for programs may do.

    Who is signed in by a cookie reads, but does not write: such an interface checks no form token, so that
    any page on the web could send what the visitor never meant to.
    """
    header = request.headers
    found = access_for(
        user=getattr(request, "user", None),
        authorization=header.get("Authorization"),
        key=header.get("X-API-Key"),
    )
    if found is EVERYTHING or "Authorization" in header or "X-API-Key" in header:
        return found
    return replace(
        found, writes_all=False, writable=frozenset(), may_manage=False, write_profiles=frozenset()
    )


def remembered(*, authorization: str | None = None, key: str | None = None, max_age: float) -> Access | None:
    """Return what `access_for` would, without any question to the database; None where that cannot be known.

    May be called from asynchronous code. Raises `TooMany` as `access_for` does.
    """
    if settings.STA_ANONYMOUS_WRITE:
        return EVERYTHING
    table, at = _Kept.table, time.monotonic()
    if table is None or at - table.checked > max_age or at - table.made >= OLDEST:
        return None
    secret = secret_in(authorization, key)
    if secret is None:
        return _access(ANONYMOUS, table)
    credential = table.credentials.get(keys.digest_of(secret))
    if credential is None or _has_ended(credential):
        return None
    _count(credential)
    return _access(credential.grant, table, credential)


def access_for_mqtt(username: str | None, password: str | None) -> Access | None:
    """Return what an MQTT client may do; None: it may not sign in.

    The password is an API key or a token, the name is not looked at; who gives neither reads what is public.
    Messages of a client are counted by `seconds_to_wait`.
    """
    if settings.STA_ANONYMOUS_WRITE:
        return EVERYTHING
    if not username and not password:
        return access_for()
    try:
        credential = _credential(password or "", table := _table(0.0))
    except NotAuthenticated:
        return None
    return _access(credential.grant, table, credential)


def renewed(access: Access, username: str | None, password: str | None) -> Access | None:
    """Return what a client that stays connected may do now; the same object if nothing changed."""
    table = _table(1.0)
    if any(access is kept for kept in table.accesses.values()):
        return access
    return access_for_mqtt(username, password)


def seconds_to_wait(access: Access, count: int = 1) -> int:
    """Count messages of a key; return how many seconds it has to wait until they are welcome, or 0."""
    if access.key is None:
        return 0
    return rates.wait(access.key, access.per_minute, count=count)


def secret_in(authorization: str | None, key: str | None) -> str | None:
    """Return the key or token in a header; None if nothing was given.

    Raises
    ------
    NotAuthenticated
        if the header has another form.
    """
    if key:
        return key.strip()
    if not authorization:
        return None
    scheme, _blank, given = authorization.strip().partition(" ")
    if scheme.lower() == "bearer" and given.strip():
        return given.strip()
    if scheme.lower() == "basic":
        try:
            _name, _colon, password = base64.b64decode(given, validate=True).decode().partition(":")
        except ValueError as error:
            raise NotAuthenticated("The header Authorization cannot be read.") from error
        if password:
            return password
    raise NotAuthenticated("The header Authorization has to read: Bearer KEY")


def _credential(secret: str, table: _Table) -> Credential:
    """Return what a key or token opens, looked up once for each version of the rights."""
    digest = keys.digest_of(secret)
    found = table.credentials.get(digest)
    if found is None or _has_ended(found):
        found = keys.credential_of(secret) if keys.looks_like_key(secret) else tokens.credential_of(secret)
        if len(table.credentials) >= MOST_KEPT:
            table.credentials.clear()
        table.credentials[digest] = found
    if found.key is not None and table.used.get(found.key, 0.0) < time.monotonic() - USE_NOTED:
        table.used[found.key] = time.monotonic()
        keys.note_use(found.key)
    return found


def _has_ended(credential: Credential) -> bool:
    return credential.until is not None and credential.until <= clock.now()


def _count(credential: Credential) -> None:
    if credential.key is None:
        return
    wait = rates.wait(credential.key, credential.per_minute)
    if wait:
        raise TooMany(
            f"This key allows {credential.per_minute} requests a minute; wait {wait} s.", retry_after=wait
        )


def _access(grant: Grant, table: _Table, credential: Credential | None = None) -> Access:
    found = table.accesses.get(grant)
    if found is None:
        if len(table.accesses) >= MOST_KEPT:
            table.accesses.clear()
        found = table.accesses[grant] = _compile(grant, table, credential)
    return found


def _compile(grant: Grant, table: _Table, credential: Credential | None) -> Access:
    """Return the rights of a grant as sets."""
    reads, read_streams = _limited(grant, table, _readable_profiles(grant, table))
    if READ in grant.scopes:
        reads |= {profile.pk for profile in table.profiles.values() if profile.is_open}
    writes, write_streams = _limited(grant, table, _writable_profiles(grant, table))
    sees_all = READ in grant.scopes and _reads_personal(grant) and not grant.is_limited
    writes_all = bool(writes) and not (grant.is_bound or grant.is_limited)
    named = sorted(writes - {NO_PROFILE})
    profile = named[0] if len(named) == 1 or (named and grant.is_limited) else None
    return Access(
        principal=grant.principal,
        sees_all=sees_all,
        readable=frozenset() if sees_all else table.ids(reads) | read_streams,
        writes_all=writes_all,
        writable=frozenset() if writes_all else table.ids(writes) | write_streams,
        may_manage=MANAGE in grant.scopes and (writes_all or NO_PROFILE in writes or profile is not None),
        profile=None if writes_all else profile,
        read_profiles=reads,
        read_streams=read_streams,
        write_profiles=writes,
        write_streams=write_streams,
        key=credential.key if credential else None,
        per_minute=credential.per_minute if credential else 0,
    )


def _limited(grant: Grant, table: _Table, profiles: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Return which of `profiles` are within the limits of a grant, and which single streams beside them."""
    if not grant.is_limited:
        return profiles, frozenset()
    slugs = grant.profiles or frozenset()
    kept = frozenset(pk for pk in profiles if pk in table.profiles and table.profiles[pk].slug in slugs)
    return kept, (grant.streams or frozenset()) & table.ids(profiles)


def _reads_personal(grant: Grant) -> bool:
    return PERSONAL in grant.scopes and bool(grant.roles & PERSONAL_ROLES)


def _readable_profiles(grant: Grant, table: _Table) -> frozenset[int]:
    """Return the profiles whose single values may be read, before the limits of a key."""
    if READ not in grant.scopes:
        return frozenset()
    works_here = bool(grant.roles & set(roles.BACK_OFFICE))
    is_named = _named(grant, table)
    found = {
        profile.pk
        for profile in table.profiles.values()
        if (not profile.is_personal or _reads_personal(grant))
        and (works_here or profile.pk in is_named or profile.is_open_to(grant.organisations))
    }
    return frozenset(found | ({NO_PROFILE} if works_here else set()))


def _writable_profiles(grant: Grant, table: _Table) -> frozenset[int]:
    """Return the profiles whose streams may be written to, before the limits of a key."""
    if WRITE not in grant.scopes or not grant.is_writer:
        return frozenset()
    if grant.names_data:
        own = {pk for pk, profile in table.profiles.items() if profile.owners & grant.bonds}
        return frozenset(own | _named(grant, table))
    own = {pk for pk, profile in table.profiles.items() if not grant.is_bound or profile.owners & grant.bonds}
    return frozenset(own | {NO_PROFILE})


def _named(grant: Grant, table: _Table) -> frozenset[int]:
    """Return the profiles that the limits of an organisation's key name, also by single streams."""
    if not grant.names_data or not grant.is_limited:
        return frozenset()
    slugs, streams = grant.profiles or frozenset(), grant.streams or frozenset()
    return frozenset(
        pk
        for pk in (NO_PROFILE, *table.profiles)
        if (pk in table.profiles and table.profiles[pk].slug in slugs)
        or not streams.isdisjoint(table.ids([pk]))
    )


def visible_streams(access: Access) -> DatastreamQuerySet:
    """Return the datastreams whose values may be read."""
    streams: DatastreamQuerySet = Datastream.objects.all()  # type: ignore[assignment]  # the manager is made of it
    return streams if access.sees_all else streams.filter(_readable(access))


def writable_streams(access: Access) -> DatastreamQuerySet:
    """Return the datastreams that may be written to and changed."""
    streams: DatastreamQuerySet = Datastream.objects.all()  # type: ignore[assignment]  # the manager is made of it
    return streams if access.writes_all else streams.filter(_writable(access))


def _readable(access: Access) -> Q:
    return _within(access.read_profiles, access.read_streams)


def _writable(access: Access) -> Q:
    return _within(access.write_profiles, access.write_streams)


def _within(profiles: frozenset[int], streams: frozenset[int]) -> Q:
    """Return a condition on datastreams that names profiles, of which there are few, rather than streams."""
    condition = Q(profile__in=profiles - {NO_PROFILE})
    if NO_PROFILE in profiles:
        condition |= Q(profile=None)
    return condition | Q(pk__in=streams) if streams else condition


def visible_things(access: Access) -> QuerySet[Thing]:
    """Return the things that a visible datastream belongs to."""
    return visible(access, Thing.objects.all())


def visible(access: Access, rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Return those of `rows` that may be seen: things, sensors, properties, features, streams.

    An entity is visible if a visible stream belongs to it; those who manage also see what has no stream yet.
    """
    if access.sees_all:
        return rows
    name = rows.model._meta.model_name  # noqa: SLF001
    if name == "datastream":
        return rows.filter(_readable(access))
    own = {_STREAMS_BY[str(name)]: OuterRef("pk")}
    condition = Q(Exists(visible_streams(access).filter(**own)))
    if access.may_manage:
        condition |= ~Q(Exists(Datastream.objects.filter(**own)))
    return rows.filter(condition)


def manageable(access: Access, rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Return those of `rows` that may be changed and deleted: no stream of somebody else hangs on them."""
    if not access.may_manage:
        return rows.none()
    if access.writes_all:
        return rows
    name = rows.model._meta.model_name  # noqa: SLF001
    if name == "datastream":
        return rows.filter(_writable(access))
    own = {_STREAMS_BY[str(name)]: OuterRef("pk")}
    foreign = Datastream.objects.exclude(pk__in=writable_streams(access).values("pk")).filter(**own)
    return rows.filter(~Q(Exists(foreign)))
