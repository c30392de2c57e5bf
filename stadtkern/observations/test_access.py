"""Who may read and write which streams, before any door."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.test import override_settings
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.contracts.connector import Reading
from stadtkern.governance.models import DataProfile
from stadtkern.observations.access import access_for, manageable, visible, visible_streams, visible_things
from stadtkern.observations.models import Datastream, Thing
from stadtkern.observations.services import record
from stadtkern.people.models import Membership, Organisation, User

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def profile_of(owner: Organisation, slug: str, **fields: object) -> DataProfile:
    facts: dict[str, object] = {"is_published": True, "licence": "dl-de/zero-2-0", **fields}
    return DataProfile.objects.create(
        slug=slug, title={"en": slug}, purpose={"en": "p"}, legal_basis={"en": "l"}, owner=owner, **facts
    )


def stream_of(profile: DataProfile | None, thing: str) -> int:
    reading = Reading(thing=thing, observed_property="water_level", unit="cm", phenomenon_time=NOON, result=1)
    record([reading], source="test", profile=profile, received=NOON)
    return Datastream.objects.get(key=f"test:{thing}:water_level").pk


def person(role: str, name: str = "bob") -> User:
    found = User.objects.create_user(email=f"{name}@example.org")
    found.groups.add(Group.objects.get(name=role))
    return found


@pytest.fixture
def town(db: None) -> Organisation:
    return Organisation.objects.create(slug="town", name={"en": "Town"})


@pytest.fixture
def streams(town: Organisation) -> dict[str, int]:
    return {
        "open": stream_of(profile_of(town, "open"), "open"),
        "draft": stream_of(profile_of(town, "draft", is_published=False), "draft"),
        "personal": stream_of(profile_of(town, "personal", has_personal_data=True), "personal"),
        "bare": stream_of(None, "bare"),
    }


READS = {
    None: {"open"},
    "citizen": {"open"},
    "maker": {"open"},
    "moderator": {"open", "draft", "bare"},
    "steering": {"open", "draft", "bare"},
    "analyst": {"open", "draft", "bare", "personal"},
    "editor": {"open", "draft", "bare", "personal"},
    "admin": {"open", "draft", "bare", "personal"},
}


@pytest.mark.parametrize("role", READS)
def test_each_role_reads_what_it_may(streams: dict[str, int], role: str | None) -> None:
    access = access_for(user=person(role) if role else AnonymousUser())
    assert {name for name, pk in streams.items() if access.may_read(pk)} == READS[role]
    assert {stream.pk for stream in visible_streams(access)} == {streams[name] for name in READS[role]}
    assert {thing.key for thing in visible_things(access)} == READS[role]
    assert {s.pk for s in visible(access, Datastream.objects.all())} == {streams[n] for n in READS[role]}


@pytest.mark.parametrize("role", READS)
def test_only_editors_write(streams: dict[str, int], role: str | None) -> None:
    access = access_for(user=person(role) if role else None)
    may = role in {"editor", "admin"}
    assert {access.may_write(pk) for pk in streams.values()} == {may}
    assert access.may_manage is may
    assert manageable(access, Thing.objects.all()).exists() is may


def test_an_editor_writes_the_data_of_his_organisation(streams: dict[str, int], town: Organisation) -> None:
    other = Organisation.objects.create(slug="other", name={"en": "Other"})
    theirs = stream_of(profile_of(other, "theirs"), "theirs")
    bob = person("editor")
    Membership.objects.create(user=bob, organisation=other, role=Membership.Role.EDITOR)
    access = access_for(user=bob)
    assert access.may_write(theirs)
    assert access.may_write(streams["bare"])
    assert not access.may_write(streams["open"])
    assert {thing.key for thing in manageable(access, Thing.objects.all())} == {"theirs", "bare"}


def test_a_change_takes_effect_at_once(streams: dict[str, int]) -> None:
    assert access_for().may_read(streams["open"])
    DataProfile.objects.filter(slug="open").update(is_published=False)
    assert not access_for().may_read(streams["open"])
    profile = DataProfile.objects.get(slug="draft")
    profile.is_published = True
    profile.save()
    assert access_for().may_read(streams["draft"])
    Datastream.objects.filter(pk=streams["bare"]).update(profile=profile)
    assert access_for().may_read(streams["bare"])
    new = stream_of(profile, "new")
    assert access_for().may_read(new)


def test_asking_again_costs_one_query_or_none(
    streams: dict[str, int], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    access_for()
    with django_assert_num_queries(1):
        access_for()
    with django_assert_num_queries(0):
        access_for(max_age=60)


def test_a_switch_opens_everything_to_test_suites(streams: dict[str, int]) -> None:
    with override_settings(STA_ANONYMOUS_WRITE=True):
        access = access_for()
    assert access.sees_all
    assert access.writes_all
    assert access.may_manage
    assert not access_for().may_manage
