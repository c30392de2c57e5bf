"""Every kind of caller on every kind of data: what may be read, written and changed.

The letters say what a caller may do with the streams of a profile: r read single values, w write, - nothing.
Doors that ask `access` are tested against the same table (`DOORS`), so that none is wider than another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from django.test import Client, RequestFactory

from stadtkern.base.clock import now
from stadtkern.base.errors import NotAuthenticated, TooMany
from stadtkern.governance.models import DataProfile
from stadtkern.observations.access import (
    Access,
    access_for,
    access_for_mqtt,
    access_for_request,
    manageable,
    remembered,
    renewed,
    seconds_to_wait,
    visible,
    visible_streams,
    writable_streams,
)
from stadtkern.observations.models import Datastream, Location, ObservedProperty, Sensor, Thing
from stadtkern.observations.test_access import person, profile_of, stream_of
from stadtkern.people.keys import create_key, revoke_key
from stadtkern.people.models import ApiKey, Membership, Organisation, User

PROFILES = ("open", "partner", "internal", "draft", "personal", "gubin", "bare")
"""For everybody, for partners, for the town; not published; personal; of another owner; without profile."""


@dataclass(frozen=True)
class Caller:
    """Somebody who asks."""

    name: str
    user: User | None = None
    secret: str = ""

    def access(self) -> Access:
        return access_for(user=self.user, authorization=f"Bearer {self.secret}" if self.secret else None)


@dataclass
class World:
    """A town with partners and data of every kind."""

    streams: dict[str, int]
    callers: dict[str, Caller]


def key_of(*, person: User | None = None, organisation: Organisation | None = None, **facts: object) -> str:
    scopes = facts.pop("scopes", ["sta:read"])
    made = create_key("test", person=person, organisation=organisation, scopes=scopes, by=None, **facts)  # type: ignore[arg-type]
    return made[1]


@pytest.fixture
def world(db: None) -> World:
    town = Organisation.objects.create(slug="town", name={"en": "Town"})
    water = Organisation.objects.create(slug="water", name={"en": "Water board"})
    gubin = Organisation.objects.create(slug="gubin", name={"en": "Gubin"})
    profiles = {
        "open": profile_of(town, "open"),
        "partner": profile_of(town, "partner", access="partner"),
        "internal": profile_of(town, "internal", access="internal"),
        "draft": profile_of(town, "draft", is_published=False),
        "personal": profile_of(town, "personal", has_personal_data=True),
        "gubin": profile_of(gubin, "gubin", access="partner"),
    }
    for name in ("partner", "internal", "draft", "personal"):
        profiles[name].partners.add(water)
    streams = {name: stream_of(profiles.get(name), name) for name in PROFILES}
    alice, bob, mia = person("admin", "alice"), person("editor", "bob"), person("moderator", "mia")
    charlie, dora, erna = person("citizen", "charlie"), person("citizen", "dora"), person("editor", "erna")
    Membership.objects.create(user=dora, organisation=water)
    Membership.objects.create(user=erna, organisation=gubin, role=Membership.Role.EDITOR)
    both = ["sta:read", "sta:write", "sta:manage"]
    callers = [
        Caller("anonymous"),
        Caller("citizen", charlie),
        Caller("partner", dora),
        Caller("moderator", mia),
        Caller("editor", bob),
        Caller("bound editor", erna),
        Caller("admin", alice),
        Caller("partner key", secret=key_of(organisation=water)),
        Caller("own key", secret=key_of(organisation=gubin, scopes=both)),
        Caller("citizen key", secret=key_of(person=charlie, scopes=[*both, "sta:personal"])),
        Caller("read key", secret=key_of(person=bob)),
        Caller("write key", secret=key_of(person=bob, scopes=["sta:write"])),
        Caller("full key", secret=key_of(person=bob, scopes=[*both, "sta:personal"])),
        Caller("limited key", secret=key_of(person=bob, scopes=both, profiles=["internal"])),
        Caller("stream key", secret=key_of(person=bob, scopes=both, streams=[streams["draft"]])),
        Caller(
            "sender key", secret=key_of(organisation=water, scopes=both, profiles=["internal", "personal"])
        ),
        Caller("lost key", secret=key_of(organisation=water, scopes=both, profiles=["no such profile"])),
    ]
    return World(streams, {caller.name: caller for caller in callers})


#                    open  partner internal draft personal gubin bare
RIGHTS = {
    "anonymous":     "r     -       -        -     -        -     -",
    "citizen":       "r     -       -        -     -        -     -",
    "partner":       "r     r       -        -     -        -     -",
    "moderator":     "r     r       r        r     -        r     r",
    "editor":        "rw    rw      rw       rw    rw       rw    rw",
    "bound editor":  "r     r       r        r     r        rw    rw",
    "admin":         "rw    rw      rw       rw    rw       rw    rw",
    "partner key":   "r     r       -        -     -        -     -",
    "own key":       "r     -       -        -     -        rw    -",
    "citizen key":   "r     -       -        -     -        -     -",
    "read key":      "r     r       r        r     -        r     r",
    "write key":     "w     w       w        w     w        w     w",
    "full key":      "rw    rw      rw       rw    rw       rw    rw",
    "limited key":   "r     -       rw       -     -        -     -",
    "stream key":    "r     -       -        rw    -        -     -",
    "sender key":    "r     -       rw       -     w        -     -",
    "lost key":      "r     -       -        -     -        -     -",
}  # fmt: skip
"""An organisation's key limited to profiles has the right to these: an administrator named them."""
MANAGERS = {"editor", "bound editor", "admin", "own key", "full key", "limited key", "sender key"}


def expected(caller: str, letter: str) -> set[str]:
    return {name for name, cell in zip(PROFILES, RIGHTS[caller].split(), strict=True) if letter in cell}


def named(world: World, ids: set[int] | list[int]) -> set[str]:
    return {name for name, pk in world.streams.items() if pk in ids}


def by_sets(world: World, access: Access) -> tuple[set[str], set[str]]:
    ids = world.streams.values()
    readable, writable = {i for i in ids if access.may_read(i)}, {i for i in ids if access.may_write(i)}
    return named(world, readable), named(world, writable)


def by_queries(world: World, access: Access) -> tuple[set[str], set[str]]:
    return (
        named(world, {s.pk for s in visible_streams(access)}),
        named(world, {s.pk for s in writable_streams(access)}),
    )


@pytest.mark.parametrize("look", [by_sets, by_queries])
@pytest.mark.parametrize("name", RIGHTS)
def test_each_caller_has_the_rights_of_the_table(
    world: World, name: str, look: Callable[[World, Access], tuple[set[str], set[str]]]
) -> None:
    access = world.callers[name].access()
    assert look(world, access) == (expected(name, "r"), expected(name, "w"))
    assert access.may_manage is (name in MANAGERS)


@pytest.mark.parametrize("name", [name for name in RIGHTS if "key" in name])
def test_mqtt_and_the_lean_path_know_a_key_as_well(world: World, name: str) -> None:
    secret = world.callers[name].secret
    found = access_for_mqtt("anything", secret)
    assert found is not None
    assert by_sets(world, found) == (expected(name, "r"), expected(name, "w"))
    kept = remembered(authorization=f"Bearer {secret}", max_age=5)
    assert kept == found
    assert remembered(key=secret, max_age=5) == found
    assert renewed(found, "anything", secret) is found


def test_mqtt_without_a_name_reads_what_is_public(world: World) -> None:
    found = access_for_mqtt(None, None)
    assert found is not None
    assert by_sets(world, found) == ({"open"}, set())
    for wrong in ("", "alice", "sk_" + "a" * 8 + "_" + "b" * 43):
        assert access_for_mqtt("alice@example.org", wrong) is None


@pytest.mark.parametrize("name", [name for name in RIGHTS if "key" not in name])
def test_pages_and_files_keep_to_the_table(world: World, client: Client, name: str) -> None:
    caller = world.callers[name]
    if caller.user:
        client.force_login(caller.user, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("", "data.csv", "series.json"):
        seen = {
            stream
            for stream, pk in world.streams.items()
            if client.get(f"/en/sensors/streams/{pk}/{path}").status_code == 200
        }
        assert seen == expected(name, "r"), path
    listed = client.get("/en/sensors/streams/").content.decode()
    assert {s for s, pk in world.streams.items() if f"/streams/{pk}/" in listed} == expected(name, "r")


@pytest.mark.parametrize("name", RIGHTS)
def test_a_session_reads_but_does_not_write_through_interfaces(world: World, name: str) -> None:
    caller = world.callers[name]
    headers = {"Authorization": f"Bearer {caller.secret}"} if caller.secret else {}
    request = RequestFactory().post("/sta/v1.1/Things", headers=headers)
    if caller.user:
        request.user = caller.user
    writes = expected(name, "w") if caller.secret else set()
    assert by_sets(world, access_for_request(request)) == (expected(name, "r"), writes)


@pytest.mark.parametrize("name", RIGHTS)
def test_entities_are_seen_with_their_streams(world: World, name: str) -> None:
    access = world.callers[name].access()
    things = {thing.key for thing in visible(access, Thing.objects.all())}
    assert things == expected(name, "r")
    for model in (Location, Sensor, ObservedProperty):
        assert visible(access, model.objects.all()).count() <= model.objects.count()
    own = {thing.key for thing in manageable(access, Thing.objects.all())}
    assert own == (expected(name, "w") if name in MANAGERS else set())
    assert {s.pk for s in manageable(access, Datastream.objects.all())} == (
        {world.streams[n] for n in expected(name, "w")} if name in MANAGERS else set()
    )


def test_new_streams_stand_under_the_profile_of_the_key(world: World) -> None:
    internal = DataProfile.objects.get(slug="internal")
    assert world.callers["limited key"].access().profile == internal.pk
    assert world.callers["own key"].access().profile == DataProfile.objects.get(slug="gubin").pk
    assert world.callers["editor"].access().profile is None


def test_a_thing_without_streams_is_seen_by_those_who_manage(world: World) -> None:
    Thing.objects.create(source="", key="new")
    for name, caller in world.callers.items():
        seen = {thing.key for thing in visible(caller.access(), Thing.objects.all())}
        assert ("new" in seen) is (name in MANAGERS), name


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Digest abc",
        "Basic %%%",
        "Basic YQ==",
        "Bearer sk_wrong",
        "nonsense",
        "Bearer a.b.c",
    ],
)
def test_a_wrong_header_is_never_taken_for_nobody(world: World, header: str) -> None:
    with pytest.raises(NotAuthenticated):
        access_for(authorization=header)


def test_a_key_may_travel_as_a_password(world: World) -> None:
    import base64  # noqa: PLC0415

    text = base64.b64encode(f"any name:{world.callers['read key'].secret}".encode()).decode()
    assert access_for(authorization=f"Basic {text}").principal.startswith("key:sk_")


def test_revoking_closes_every_door_at_once(world: World) -> None:
    secret = world.callers["write key"].secret
    before = access_for_mqtt("x", secret)
    assert before is not None
    assert remembered(key=secret, max_age=60) is not None
    revoke_key(ApiKey.objects.get(prefix=secret[:11]), by=None)
    with pytest.raises(NotAuthenticated):
        access_for(key=secret)
    assert remembered(key=secret, max_age=60) is None
    assert renewed(before, "x", secret) is None


def test_a_key_ends_by_itself(world: World) -> None:
    secret = key_of(person=world.callers["editor"].user, expires_at=now() + timedelta(hours=1))
    assert access_for(key=secret)
    with time_machine.travel(now() + timedelta(hours=2)), pytest.raises(NotAuthenticated):
        access_for(key=secret)


def test_a_role_taken_away_takes_the_rights_of_the_key(world: World) -> None:
    caller = world.callers["write key"]
    assert caller.access().writes_all
    User.objects.get(email="bob@example.org").groups.clear()
    assert not caller.access().writes_all
    assert not caller.access().writable


def test_a_partner_taken_away_reads_no_more(world: World) -> None:
    caller = world.callers["partner key"]
    assert caller.access().may_read(world.streams["partner"])
    DataProfile.objects.get(slug="partner").partners.clear()
    assert not caller.access().may_read(world.streams["partner"])


def test_a_key_that_is_used_too_often_waits(world: World) -> None:
    secret = key_of(person=world.callers["editor"].user, per_minute=3)
    for _number in range(3):
        access = access_for(key=secret)
    with pytest.raises(TooMany) as refused:
        access_for(key=secret)
    assert refused.value.retry_after == 20
    with pytest.raises(TooMany):
        remembered(key=secret, max_age=60)
    assert seconds_to_wait(access, 3) == 60
    assert access_for(key=world.callers["read key"].secret)
