"""Personal data leave the town only as means over groups, through whatever door."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.base.clock import now
from stadtkern.contracts.connector import Reading
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream, ObservedProperty
from stadtkern.observations.queries import latest_values
from stadtkern.observations.queries.groups import group_means, group_properties
from stadtkern.observations.services import record
from stadtkern.observations.test_access import person, profile_of
from stadtkern.people.models import Membership, Organisation

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
NOW = START + timedelta(hours=12)


def present(room: str, hour: int, value: float, profile: DataProfile) -> None:
    readings = [
        Reading(
            thing=room,
            observed_property="count",
            unit="{count}",
            phenomenon_time=START + timedelta(hours=hour, minutes=minute),
            result=value,
        )
        for minute in (5, 35)
    ]
    record(readings, source="rooms", profile=profile, received=NOW)


@pytest.fixture
def rooms(db: None) -> DataProfile:
    """Return a profile of six rooms: all of them in hour 0, four in hour 1, equal ones in hour 2."""
    town = Organisation.objects.create(slug="town", name={"en": "Town"})
    profile = profile_of(town, "rooms", has_personal_data=True)
    for number in range(6):
        present(f"room {number}", 0, number, profile)
        present(f"room {number}", 2, 3, profile)
        if number < 4:
            present(f"room {number}", 1, number, profile)
    return profile


def means(profile: DataProfile, at: datetime = NOW) -> list[tuple[int, float]]:
    prop = ObservedProperty.objects.get(slug="count")
    with time_machine.travel(at):
        found = group_means(profile, prop, START - timedelta(days=1), at)
    return [(int((one.start - START).total_seconds() // 3600), one.mean) for one in found]


def test_only_hours_with_enough_things_and_different_values_are_told(rooms: DataProfile) -> None:
    assert means(rooms) == [(0, 2.5)]
    present("room 4", 1, 100, rooms)
    assert means(rooms) == [(0, 2.5), (1, pytest.approx(106 / 5))]
    present("room 4", 2, 4, rooms)  # ignored: the time has a value
    assert means(rooms) == [(0, 2.5), (1, pytest.approx(106 / 5))]


def test_each_thing_counts_once_however_often_it_sends(rooms: DataProfile) -> None:
    for minute in range(40, 60):
        reading = Reading(
            thing="room 0",
            observed_property="count",
            unit="{count}",
            phenomenon_time=START + timedelta(minutes=minute),
            result=0,
        )
        record([reading], source="rooms", profile=rooms, received=NOW)
    assert means(rooms) == [(0, 2.5)]


def test_an_hour_is_told_when_it_has_been_over_for_an_hour(rooms: DataProfile) -> None:
    assert means(rooms, START + timedelta(hours=1, minutes=59)) == []
    assert means(rooms, START + timedelta(hours=2)) == [(0, 2.5)]


def test_a_larger_group_may_be_asked_for_and_a_smaller_is_not_possible(rooms: DataProfile) -> None:
    DataProfile.objects.update(smallest_group=7)
    rooms.refresh_from_db()
    assert means(rooms) == []
    assert group_properties(rooms) == []
    rooms.smallest_group = 2
    with pytest.raises(ValidationError) as refused:
        rooms.full_clean()
    assert "smallest_group" in refused.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        rooms.save()


def test_the_public_reads_means_and_nothing_else(rooms: DataProfile, client: Client) -> None:
    with time_machine.travel(NOW):
        page = client.get("/en/sensors/groups/rooms/count/")
        assert page.status_code == 200
        assert "at least 5 places" in page.content.decode()
        body = json.loads(client.get("/en/sensors/groups/rooms/count/series.json").content)
        text = client.get("/de/sensors/groups/rooms/count/data.csv").content.decode()
        profile_page = client.get("/en/sensors/profile/rooms/").content.decode()
    assert body["series"][0]["values"] == [2.5]
    (row,) = text.splitlines()[1:]
    assert row.startswith("2026-11-23 09:00:00+01:00;2,5;")
    assert "/en/sensors/groups/rooms/count/" in profile_page
    assert "room 3" not in profile_page + page.content.decode() + text + json.dumps(body)
    for stream in Datastream.objects.all():
        for path in ("", "data.csv", "series.json"):
            assert client.get(f"/en/sensors/streams/{stream.pk}/{path}").status_code == 404
    assert latest_values(Datastream.objects.values_list("key", flat=True)) == {}


@pytest.mark.parametrize(
    ("facts", "statuses"),
    [
        ({"access": "public", "is_published": True}, (200, 200, 200)),
        ({"access": "partner", "is_published": True}, (404, 200, 200)),
        ({"access": "internal", "is_published": True}, (404, 404, 200)),
        ({"access": "public", "is_published": False}, (404, 404, 200)),
    ],
)
def test_means_keep_to_the_profile_as_well(
    rooms: DataProfile, facts: dict[str, object], statuses: tuple[int, int, int]
) -> None:
    DataProfile.objects.update(**facts)
    water = Organisation.objects.create(slug="water")
    rooms.partners.add(water)
    dora, mia = person("citizen", "dora"), person("moderator", "mia")
    Membership.objects.create(user=dora, organisation=water)
    for user, status in zip((None, dora, mia), statuses, strict=True):
        client = Client()
        if user:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for path in ("", "data.csv", "series.json"):
            assert client.get(f"/en/sensors/groups/rooms/count/{path}").status_code == status, (user, path)


def test_data_of_nobody_have_no_groups(rooms: DataProfile, client: Client) -> None:
    DataProfile.objects.update(has_personal_data=False)
    assert client.get("/en/sensors/groups/rooms/count/").status_code == 404


@pytest.mark.parametrize("path", ["groups/rooms/temperature/", "groups/x/count/", "groups/rooms/%00/"])
def test_what_does_not_exist_is_said_so(rooms: DataProfile, client: Client, path: str) -> None:
    assert client.get(f"/en/sensors/{path}").status_code == 404


def test_a_span_of_centuries_is_cut(rooms: DataProfile, client: Client) -> None:
    answer = client.get("/en/sensors/groups/rooms/count/series.json?from=1900-01-01")
    assert answer.status_code == 200
    assert datetime.fromisoformat(answer.json()["from"]) > now() - timedelta(days=1100)


def test_a_group_asks_a_constant_number_of_times(
    rooms: DataProfile, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/en/sensors/groups/rooms/count/")
    with django_assert_num_queries(4):  # rights, profile, properties, means
        client.get("/en/sensors/groups/rooms/count/")
