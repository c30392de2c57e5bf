"""Who may read and write which datastreams: one answer for pages, files, SensorThings, MQTT and WebSocket.

`access_for` turns a session, an API key or a token into an `Access`. The sets of identifiers in it are
compiled once, kept in memory and made anew when `people.rights` says that something changed.
"""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream, DatastreamQuerySet, Thing
from stadtkern.people import rights, roles
from stadtkern.people.grants import MANAGE, PERSONAL, READ, WRITE, Grant, grant_of
from stadtkern.people.rules import Someone

NO_PROFILE = 0
"""Stands for the streams that have no profile yet."""
OLDEST = 60.0
"""Seconds after which the compiled sets are made anew in any case."""
MOST_KEPT = 2000
"""Grants whose access is kept."""
PERSONAL_ROLES = frozenset({roles.EDITOR, roles.ANALYST, roles.ADMIN})
"""Roles that may see single values of personal data."""
WRITING_ROLES = frozenset({roles.EDITOR, roles.ADMIN})
_STREAMS_BY = {
    "thing": "thing",
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
    write_profiles: frozenset[int] = frozenset()

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
    is_personal: bool
    owners: frozenset[int]


@dataclass(slots=True)
class _Table:
    """All profiles and streams at one version of the rights."""

    version: rights.Version
    made: float
    profiles: dict[int, _Profile] = field(default_factory=dict)
    streams: dict[int, frozenset[int]] = field(default_factory=dict)
    accesses: dict[Grant, Access] = field(default_factory=dict)
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
    fields = ("pk", "slug", "is_published", "has_personal_data", "owner", "owner__parent")
    for pk, slug, published, personal, owner, above in DataProfile.objects.order_by().values_list(*fields):
        owners = frozenset({owner, above} - {None})
        table.profiles[pk] = _Profile(pk, slug, published, personal, owners)
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

    Parameters
    ----------
    user
        Who is signed in; asked where there is neither header nor key.
    authorization
        The value of the header `Authorization`: `Bearer <API key or token>`.
    key
        An API key given in another way, such as the header `X-API-Key`.
    max_age
        Seconds for which rights may be out of date; 0 costs one small query.
    """
    if settings.STA_ANONYMOUS_WRITE:
        return EVERYTHING
    return _access(_grant(user, authorization, key), _table(max_age))


def _grant(user: Someone, authorization: str | None, key: str | None) -> Grant:
    if authorization or key:
        raise NotImplementedError
    return grant_of(user)


def access_for_mqtt(username: str | None, password: str | None) -> Access | None:
    """Return what an MQTT client may do; None: it may not sign in. The password is an API key or a token."""
    if settings.STA_ANONYMOUS_WRITE:
        return EVERYTHING
    if not username and not password:
        return access_for()
    return None


def _access(grant: Grant, table: _Table) -> Access:
    found = table.accesses.get(grant)
    if found is None:
        if len(table.accesses) >= MOST_KEPT:
            table.accesses.clear()
        found = table.accesses[grant] = _compile(grant, table)
    return found


def _compile(grant: Grant, table: _Table) -> Access:
    reads, writes = _read_profiles(grant, table), _write_profiles(grant, table)
    sees_all = bool(grant.roles & PERSONAL_ROLES) and PERSONAL in grant.scopes and READ in grant.scopes
    writes_all = bool(writes) and (roles.ADMIN in grant.roles or not grant.bonds)
    return Access(
        principal=grant.principal,
        sees_all=sees_all,
        readable=frozenset() if sees_all else table.ids(reads),
        writes_all=writes_all,
        writable=frozenset() if writes_all else table.ids(writes),
        may_manage=bool(writes) and MANAGE in grant.scopes,
        read_profiles=reads,
        write_profiles=writes,
    )


def _read_profiles(grant: Grant, table: _Table) -> frozenset[int]:
    """Return the profiles whose single values may be read; those of personal data are for `sees_all` only."""
    if READ not in grant.scopes:
        return frozenset()
    works_here = bool(grant.roles & set(roles.BACK_OFFICE))
    found = {
        profile.pk
        for profile in table.profiles.values()
        if not profile.is_personal and (works_here or profile.is_published)
    }
    return frozenset(found | ({NO_PROFILE} if works_here else set()))


def _write_profiles(grant: Grant, table: _Table) -> frozenset[int]:
    if WRITE not in grant.scopes or not grant.roles & WRITING_ROLES:
        return frozenset()
    is_free = roles.ADMIN in grant.roles or not grant.bonds
    own = {pk for pk, profile in table.profiles.items() if is_free or profile.owners & grant.bonds}
    return frozenset(own | {NO_PROFILE})


def visible_streams(access: Access) -> DatastreamQuerySet:
    """Return the datastreams whose values may be read."""
    streams: DatastreamQuerySet = Datastream.objects.all()  # type: ignore[assignment]  # the manager is made of it
    return streams if access.sees_all else streams.filter(_within(access.read_profiles))


def writable_streams(access: Access) -> DatastreamQuerySet:
    """Return the datastreams that may be written to and changed."""
    streams: DatastreamQuerySet = Datastream.objects.all()  # type: ignore[assignment]  # the manager is made of it
    return streams if access.writes_all else streams.filter(_within(access.write_profiles))


def _within(profiles: frozenset[int]) -> Q:
    condition = Q(profile__in=profiles - {NO_PROFILE})
    return condition | Q(profile=None) if NO_PROFILE in profiles else condition


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
        return rows.filter(_within(access.read_profiles))
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
        return rows.filter(_within(access.write_profiles))
    own = {_STREAMS_BY[str(name)]: OuterRef("pk")}
    foreign = Datastream.objects.exclude(pk__in=writable_streams(access).values("pk")).filter(**own)
    return rows.filter(~Q(Exists(foreign)))
