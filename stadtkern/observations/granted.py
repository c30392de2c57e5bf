"""Rights as sets of identifiers: how a grant is turned into an `Access`."""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream
from stadtkern.people import rights, roles
from stadtkern.people.grants import MANAGE, PERSONAL, READ, WRITE, Grant
from stadtkern.people.keys import Credential

NO_PROFILE = 0
"""Stands for the streams that have no profile yet."""
PERSONAL_ROLES = frozenset({roles.EDITOR, roles.ANALYST, roles.ADMIN})
"""Roles that may see single values of personal data."""


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
    group_profiles: frozenset[int] = frozenset()
    """Profiles with personal data of which means over groups may be read."""
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
class Table:
    """All profiles and streams at one version of the rights, and what was compiled from them."""

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


def load_table(version: rights.Version) -> Table:
    """Read all profiles and streams; three queries."""
    table = Table(version, time.monotonic())
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
    rows = DataProfile.objects.order_by().values_list(*fields)
    for pk, slug, is_published, access, is_personal, owner, above in rows:
        owners = frozenset({owner, above} - {None})
        facts = (pk, slug, is_published, access, is_personal)
        table.profiles[pk] = _Profile(*facts, owners, frozenset(partners[pk]))
    return table


def compile_access(grant: Grant, table: Table, credential: Credential | None) -> Access:
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
        group_profiles=_group_profiles(grant, table),
        key=credential.key if credential else None,
        per_minute=credential.per_minute if credential else 0,
    )


def _limited(grant: Grant, table: Table, profiles: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Return which of `profiles` are within the limits of a grant, and which single streams beside them."""
    if not grant.is_limited:
        return profiles, frozenset()
    slugs = grant.profiles or frozenset()
    kept = frozenset(pk for pk in profiles if pk in table.profiles and table.profiles[pk].slug in slugs)
    return kept, (grant.streams or frozenset()) & table.ids(profiles)


def _reads_personal(grant: Grant) -> bool:
    return PERSONAL in grant.scopes and bool(grant.roles & PERSONAL_ROLES)


def _readable_profiles(grant: Grant, table: Table) -> frozenset[int]:
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


def _group_profiles(grant: Grant, table: Table) -> frozenset[int]:
    """Return the profiles with personal data that are open to the caller as means over groups."""
    if READ not in grant.scopes:
        return frozenset()
    works_here = bool(grant.roles & set(roles.BACK_OFFICE))
    return frozenset(
        pk
        for pk, profile in table.profiles.items()
        if profile.is_personal and (works_here or profile.is_open_to(grant.organisations))
    )


def _writable_profiles(grant: Grant, table: Table) -> frozenset[int]:
    """Return the profiles whose streams may be written to, before the limits of a key."""
    if WRITE not in grant.scopes or not grant.is_writer:
        return frozenset()
    if grant.names_data:
        own = {pk for pk, profile in table.profiles.items() if profile.owners & grant.bonds}
        return frozenset(own | _named(grant, table))
    own = {pk for pk, profile in table.profiles.items() if not grant.is_bound or profile.owners & grant.bonds}
    return frozenset(own | {NO_PROFILE})


def _named(grant: Grant, table: Table) -> frozenset[int]:
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
