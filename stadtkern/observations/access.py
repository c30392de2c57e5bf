"""Who may read and write which datastreams: one answer for pages, files, SensorThings, MQTT and WebSocket.

`access_for` turns a session, an API key or a token into an `Access`. The sets of identifiers in it are
compiled once, kept in memory and made anew when `people.rights` says that something changed.
"""

import base64
import time
from dataclasses import replace
from typing import TypeVar

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest

from stadtkern.base import clock
from stadtkern.base.errors import NotAuthenticated, TooMany
from stadtkern.governance.models import DataProfile
from stadtkern.observations.archive.models import ArchiveFile
from stadtkern.observations.granted import EVERYTHING, NO_PROFILE, Access, Table, compile_access, load_table
from stadtkern.observations.models import (
    Datastream,
    DatastreamQuerySet,
    FeatureOfInterest,
    HistoricalLocation,
    Location,
    Observation,
    ObservedProperty,
    Sensor,
    Thing,
)
from stadtkern.people import keys, rights, tokens
from stadtkern.people.grants import ANONYMOUS, Grant, grant_of
from stadtkern.people.keys import Credential
from stadtkern.people.rates import rates
from stadtkern.people.rules import Someone

OLDEST = 60.0
"""Seconds after which the compiled sets are made anew in any case."""
MOST_KEPT = 2000
"""Grants whose access is kept."""
USE_NOTED = 3600.0
"""Seconds between two notes that a key was used."""
_PATHS: dict[type[Model], tuple[str, ...]] = {
    Thing: ("thing",),
    Location: ("thing__locations", "thing__historical_locations__locations"),
    HistoricalLocation: ("thing__historical_locations",),
    Sensor: ("sensor",),
    ObservedProperty: ("observed_property", "components__observed_property"),
    FeatureOfInterest: ("feature_of_interest",),
}
"""How datastreams lead to the other entities."""
_Row = TypeVar("_Row", bound=Model)
__all__ = [
    "EVERYTHING",
    "NO_PROFILE",
    "Access",
    "access_for",
    "access_for_mqtt",
    "access_for_request",
    "manageable",
    "reachable",
    "remembered",
    "renewed",
    "seconds_to_wait",
    "visible",
    "visible_groups",
    "visible_streams",
    "visible_things",
    "writable_streams",
]


class _Kept:
    """The table of this process."""

    table: Table | None = None


def _table(max_age: float) -> Table:
    table, at = _Kept.table, time.monotonic()
    if table is not None and at - table.checked <= max_age and at - table.made < OLDEST:
        return table
    version = rights.version()
    if table is None or table.version != version or at - table.made >= OLDEST:
        table = _Kept.table = load_table(version)
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


def _credential(secret: str, table: Table) -> Credential:
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


def _access(grant: Grant, table: Table, credential: Credential | None = None) -> Access:
    found = table.accesses.get(grant)
    if found is None:
        if len(table.accesses) >= MOST_KEPT:
            table.accesses.clear()
        found = table.accesses[grant] = compile_access(grant, table, credential)
    return found


def visible_streams(access: Access) -> DatastreamQuerySet:
    """Return the datastreams whose values may be read."""
    streams: DatastreamQuerySet = Datastream.objects.all()
    return streams if access.sees_all else streams.filter(_readable(access))


def writable_streams(access: Access) -> DatastreamQuerySet:
    """Return the datastreams that may be written to and changed."""
    streams: DatastreamQuerySet = Datastream.objects.all()
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


def visible_groups(access: Access) -> QuerySet[DataProfile]:
    """Return the profiles with personal data of which means over groups may be read."""
    return DataProfile.objects.filter(pk__in=access.group_profiles)


def visible(access: Access, rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Return those of `rows` that may be seen: things, places, sensors, properties, features, streams.

    An entity is visible if a visible stream belongs to it; those who manage also see what has no stream yet.
    """
    if access.sees_all:
        return rows
    if rows.model is Datastream:
        return rows.filter(_readable(access))
    own = _belonging(rows.model)
    condition = Q(Exists(visible_streams(access).filter(own)))
    if rows.model is FeatureOfInterest:
        seen = Observation.objects.filter(feature=OuterRef("pk"), datastream__in=visible_streams(access))
        archived = ArchiveFile.objects.filter(features=OuterRef("pk"), datastream__in=visible_streams(access))
        condition |= Q(Exists(seen)) | Q(Exists(archived))
    if access.may_manage:
        condition |= ~Q(Exists(Datastream.objects.filter(own)))
    return rows.filter(condition)


def manageable(access: Access, rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Return those of `rows` that may be changed and deleted: no stream of somebody else hangs on them."""
    if not access.may_manage:
        return rows.none()
    if access.writes_all:
        return rows
    if rows.model is Datastream:
        return rows.filter(_writable(access))
    foreign = Datastream.objects.exclude(pk__in=writable_streams(access).values("pk"))
    return rows.filter(~Q(Exists(foreign.filter(_belonging(rows.model)))))


def reachable(access: Access, rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Return those of `rows` that an address in a request that writes may lead to.

    Besides what is visible: what may be changed or written to. Who only sends does not read.
    """
    if access.sees_all:
        return rows
    condition = Q(pk__in=visible(access, rows).values("pk")) | Q(pk__in=manageable(access, rows).values("pk"))
    if rows.model is Datastream:
        condition |= Q(pk__in=writable_streams(access).values("pk"))
    return rows.filter(condition)


def _belonging(model: type[Model]) -> Q:
    """Return a condition on the datastreams that belong to a row of `model`, for a subquery."""
    paths = _PATHS[model]
    condition = Q()
    for path in paths:
        condition |= Q(**{path: OuterRef("pk")})
    return condition
