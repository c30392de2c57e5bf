"""A set-up goes out, is changed by hand, comes back, and is all there or not at all."""

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.contracts.connector import Item, Reading, Station, Threshold
from stadtkern.governance.models import DataProfile
from stadtkern.ingest.models import Source
from stadtkern.ingest.setup import dump, export_setup, import_setup
from stadtkern.observations.models import Datastream, HistoricalLocation, Observation, Thing
from stadtkern.observations.services import record
from stadtkern.people.models import Organisation, User

TIME = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)


@pytest.fixture
def town(db: None) -> dict[str, Any]:
    owner = Organisation.objects.create(slug="a-water", name={"de": "Wasserwerk"})
    owner.parent = Organisation.objects.create(slug="town", name={"de": "Stadt", "dsb": "Město"})
    owner.save()
    profile = DataProfile.objects.create(
        slug="river", title={"de": "Fluss"}, owner=owner, retention=timedelta(days=30, hours=1)
    )
    Source.objects.create(slug="gauges", connector="pegelonline", title={"de": "Pegel"}, profile=profile)
    items: list[Item] = [
        Station(thing="g1", name="Łęknica, Żarska", longitude=14.74, latitude=51.54),
        Reading(
            thing="g1",
            observed_property="water_level",
            phenomenon_time=TIME,
            result=212.5,
            unit="cm",
            sensor="Radar",
        ),
        Threshold(thing="g1", observed_property="water_level", name="A1", value=460, unit="cm", severity=1),
        Threshold(
            thing="g1", observed_property="water_level", name="A2", value=520, unit="cm", valid_from=TIME
        ),
    ]
    record(items, source="gauges", profile=profile)
    return export_setup()


def forget_everything() -> None:
    Source.objects.all().delete()
    Observation.objects.all().delete()
    Thing.objects.all().delete()
    DataProfile.objects.all().delete()
    Organisation.objects.filter(parent__isnull=False).delete()
    Organisation.objects.all().delete()


def test_a_set_up_comes_back_as_it_went_out(town: dict[str, Any]) -> None:
    document = json.loads(dump(town))
    forget_everything()
    report = import_setup(document)
    assert report.problems == []
    assert report.created["streams"] == 1
    assert json.loads(dump(export_setup())) == document
    stream = Datastream.objects.select_related("thing", "sensor", "profile").get()
    assert (stream.thing.name, str(stream.sensor)) == ("Łęknica, Żarska", "Radar")
    assert stream.thing.location == Point(14.74, 51.54, srid=4326)
    assert HistoricalLocation.objects.filter(thing=stream.thing).count() == 1
    assert stream.profile is not None
    assert stream.profile.retention == timedelta(days=30, hours=1)


def test_a_second_import_changes_nothing(town: dict[str, Any]) -> None:
    report = import_setup(town)
    assert (report.problems, report.created, report.changed) == ([], {}, {})
    assert {name for name, *_counts in report.lines()} >= {"streams", "things", "thresholds", "sources"}


def test_a_dry_run_says_what_it_would_do(town: dict[str, Any]) -> None:
    town["things"][0]["name"] = "Guben"
    assert import_setup(town, dry_run=True).changed == {"things": 1}
    assert Thing.objects.get().name == "Łęknica, Żarska"
    assert import_setup(town).changed == {"things": 1}
    assert Thing.objects.get().name == "Guben"


def test_what_the_document_does_not_name_stays(town: dict[str, Any]) -> None:
    report = import_setup(
        {"format": 1, "things": [{"source": "gauges", "key": "g1", "description": "Brücke"}]}
    )
    assert report.changed == {"things": 1}
    thing = Thing.objects.get()
    assert (thing.name, thing.description) == ("Łęknica, Żarska", "Brücke")


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("streams", {"thing": ["gauges", "nobody"]}, "thing: ['gauges', 'nobody'] is unknown"),
        ("streams", {"thing": 5}, "thing: a text or a list of texts is expected"),
        ("streams", {"duplicates": "sometimes"}, "duplicates"),
        ("streams", {"is_forecast": "yes"}, "is_forecast: true or false is expected"),
        ("streams", {"colour": "red"}, "unknown field 'colour'"),
        ("streams", {"key": 7}, "key: a text is expected"),
        (
            "things",
            {"location": {"type": "Point", "coordinates": ["a", 1]}},
            "location: not a GeoJSON geometry",
        ),
        ("things", {"location": "here"}, "location: not a GeoJSON geometry"),
        ("profiles", {"retention": "a month"}, "retention: a duration"),
        ("profiles", {"is_published": True}, "published"),
        ("thresholds", {"value": "high"}, "value: a number is expected"),
        ("thresholds", {"valid_to": "2026-11-25"}, "valid_to: a time with zone"),
        ("sources", {"connector": "no-such"}, "connector"),
    ],
)
def test_one_wrong_entry_stops_all(
    town: dict[str, Any], kind: str, change: dict[str, Any], message: str
) -> None:
    town["organisations"][0]["homepage"] = "https://example.org/new"
    town[kind][0] |= change
    with translation.override("en"):
        report = import_setup(town)
    assert any(line.startswith(f"{kind}[0]: ") and message in line for line in report.problems)
    assert not Organisation.objects.filter(homepage="https://example.org/new").exists()


@pytest.mark.parametrize(
    "document", [None, [], {}, {"format": 2}, {"format": 1, "things": {}}, {"format": 1, "x": []}]
)
def test_what_is_no_set_up_is_refused(db: None, document: object) -> None:
    with pytest.raises(BadInput):
        import_setup(document)


def test_an_entry_that_stands_twice_is_named(town: dict[str, Any]) -> None:
    town["things"].append(copy.deepcopy(town["things"][0]))
    assert import_setup(town).problems == ["things[1]: stands twice in the list"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    kind=st.sampled_from(
        ["organisations", "profiles", "properties", "sensors", "things", "streams", "thresholds"]
    ),
    name=st.sampled_from(
        ["slug", "name", "location", "unit", "key", "thing", "retention", "valid_from", "quality"]
    ),
    value=JSON,
)
def test_any_value_is_taken_or_named(town: dict[str, Any], kind: str, name: str, value: object) -> None:
    document = copy.deepcopy(town)
    document[kind][0][name] = value
    report = import_setup(document, dry_run=True)
    assert all(line.split("[")[0] in document for line in report.problems)


def test_the_number_of_queries_does_not_grow_with_the_streams(
    town: dict[str, Any], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    record(
        [
            Reading(thing=f"g{n}", observed_property="water_level", phenomenon_time=TIME, result=1, unit="cm")
            for n in range(2, 30)
        ],
        source="gauges",
    )
    with django_assert_num_queries(9):
        assert len(export_setup()["streams"]) == 29


def test_only_those_who_may_export_and_import(town: dict[str, Any], django_user_model: type[User]) -> None:
    bob = django_user_model.objects.create_user("bob@example.org")
    with pytest.raises(NotPermitted):
        export_setup(by=bob)
    with pytest.raises(NotPermitted):
        import_setup(town, by=bob)


@pytest.fixture
def admin(django_user_model: type[User]) -> Client:
    """Give the browser of an administrator."""
    browser = Client(headers={"accept-language": "en"})
    person = django_user_model.objects.create_superuser("root@example.org", language="en")
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_a_file_is_checked_then_imported_in_the_back_office(town: dict[str, Any], admin: Client) -> None:
    taken = admin.get(reverse("setup-download"))
    document = json.loads(taken.content)
    document["things"][0]["name"] = "Guben 2"
    body = dump(document).encode()
    checked = admin.post(reverse("setup"), {"check": "yes", "file": SimpleUploadedFile("s.json", body)})
    assert "would do" in checked.content.decode()
    assert Thing.objects.get().name == "Łęknica, Żarska"
    admin.post(reverse("setup"), {"file": SimpleUploadedFile("s.json", body)})
    assert Thing.objects.get().name == "Guben 2"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"format": 1, "things": [{"source": "x"}]}', b"[1]"])
def test_a_wrong_file_is_explained(admin: Client, body: bytes) -> None:
    answer = admin.post(reverse("setup"), {"file": SimpleUploadedFile("s.json", body)})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_an_editor_may_take_out_but_not_bring_in(town: dict[str, Any], alice: User) -> None:
    browser = Client()
    browser.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get(reverse("setup-download")).status_code == 200
    assert "multipart/form-data" not in browser.get(reverse("setup")).content.decode()
    sent = browser.post(reverse("setup"), {"file": SimpleUploadedFile("s.json", b"{}")})
    assert sent.status_code in {302, 403}
