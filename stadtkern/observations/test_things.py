"""List, map, page and label of sensors, and how editors change them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from auditlog.models import LogEntry
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from stadtkern.contracts.connector import Item, Reading, Station
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream, EntityVersion, Thing, ThingPhoto
from stadtkern.observations.services import record
from stadtkern.observations.test_access import person, profile_of
from stadtkern.people.models import Membership, Organisation, User
from stadtkern.places.models import Area

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROPERTIES = (
    ("water_level", "cm"),
    ("discharge", "m3/s"),
    ("water_temperature", "Cel"),
    ("battery_level", "%"),
)


def measure(
    key: str, name: str, profile: DataProfile | None, *, end: datetime = NOON, place: bool = True
) -> Thing:
    """Store a day of four series of a thing."""
    where = {"longitude": 14.72, "latitude": 51.95} if place else {"longitude": None, "latitude": None}
    items: list[Item] = [Station(thing=key, name=name, **where)]
    items += [
        Reading(
            thing=key,
            observed_property=slug,
            unit=unit,
            phenomenon_time=end - timedelta(minutes=15 * back),
            result=20 + back % 7,
        )
        for slug, unit in PROPERTIES
        for back in range(96)
    ]
    record(items, source="test", profile=profile, received=NOON)
    return Thing.objects.get(key=key)


@pytest.fixture(autouse=True)
def _noon() -> object:
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def profile(db: None) -> DataProfile:
    town = Organisation.objects.create(slug="town", name={"en": "Town of Guben"}, email="data@guben.example")
    return profile_of(town, "water")


@pytest.fixture
def bridge(profile: DataProfile) -> Thing:
    return measure("bridge", "Neisse <bridge>", profile)


def signed_in(role: str, name: str = "bob") -> tuple[Client, User]:
    user = person(role, name)
    user.language = "en"
    user.save()
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client, user


@pytest.mark.parametrize("language", ["de", "pl", "en", "dsb"])
def test_the_page_of_a_sensor_says_what_and_why(client: Client, bridge: Thing, language: str) -> None:
    answer = client.get(f"/{language}/sensors/things/{bridge.pk}/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Neisse &lt;bridge&gt;" in page
    assert page.count("<svg") >= 3
    stream = Datastream.objects.get(key="test:bridge:water_level")
    assert f"/{language}/sensors/streams/{stream.pk}/data.csv" in page
    if language == "en":
        assert "Town of Guben answers for it." in page
        assert "96 values" in page
        assert "read_csv" in page
        assert f"/en/sensors/streams/{stream.pk}/data.csv" in page


def test_doubtful_values_are_counted(client: Client, bridge: Thing) -> None:
    time = NOON + timedelta(minutes=1)
    bad = Reading(
        thing="bridge", observed_property="water_level", unit="cm", phenomenon_time=time, result=5000
    )
    record([bad], source="test", received=NOON + timedelta(minutes=2))
    assert "1 doubtful" in client.get(f"/en/sensors/things/{bridge.pk}/").content.decode()


def test_the_page_asks_a_constant_number_of_times(
    client: Client, bridge: Thing, profile: DataProfile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more = measure("mill", "Mill", profile)
    for slug in ("pm10", "noise", "ozone", "count", "illuminance"):
        reading = Reading(thing="mill", observed_property=slug, unit="1", phenomenon_time=NOON, result=1)
        record([reading], source="test", profile=profile, received=NOON)
    client.get(f"/en/sensors/things/{bridge.pk}/")
    for thing in (bridge, more):
        with django_assert_num_queries(15):
            client.get(f"/en/sensors/things/{thing.pk}/")


def test_the_list_finds_by_word_property_profile_and_state(
    client: Client, bridge: Thing, profile: DataProfile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    measure("mill", "Old mill", profile, end=NOON - timedelta(days=3), place=False)

    def names(query: str) -> set[str]:
        page = client.get(f"/en/sensors/things/?{query}").content.decode()
        return {name for name in ("Old mill", "Neisse &lt;bridge&gt;") if name in page}

    both = {"Old mill", "Neisse &lt;bridge&gt;"}
    assert names("") == both
    assert names("q=old") == {"Old mill"}
    assert names("property=discharge") == both
    assert names("property=noise") == set()
    assert names("profile=water") == both
    assert names("profile=other") == set()
    assert names("state=silent") == {"Old mill"}
    assert names("state=current") == {"Neisse &lt;bridge&gt;"}
    assert names("q=%00%27%22%3B--") == set()
    with django_assert_num_queries(6):  # rights, count, things, streams, properties, profiles
        client.get("/en/sensors/things/")


def test_the_map_shows_what_the_list_shows(client: Client, bridge: Thing, profile: DataProfile) -> None:
    measure("mill", "Old mill", profile, place=False)
    body = json.loads(client.get("/en/sensors/things/map.geojson").content)
    (feature,) = body["features"]
    assert feature["properties"]["name"] == "Neisse <bridge>"
    assert feature["properties"]["kind"] == "water"
    assert feature["properties"]["text"].startswith("Water level 20")
    assert json.loads(client.get("/en/sensors/things/map.geojson?q=mill").content)["features"] == []
    (one,) = json.loads(client.get(f"/en/sensors/things/{bridge.pk}/map.geojson").content)["features"]
    assert one == feature


def test_what_is_not_public_has_no_page_for_the_public(client: Client, profile: DataProfile) -> None:
    hidden = measure("secret", "Secret", None)
    for path in ("", "label/", "map.geojson"):
        assert client.get(f"/en/sensors/things/{hidden.pk}/{path}").status_code == 404
    assert "Secret" not in client.get("/en/sensors/things/").content.decode()
    assert "Secret" not in client.get("/en/sensors/things/map.geojson").content.decode()
    editor, _user = signed_in("editor")
    assert editor.get(f"/en/sensors/things/{hidden.pk}/").status_code == 200


def test_the_page_shows_only_the_series_that_are_public(client: Client, bridge: Thing) -> None:
    stream = Datastream.objects.get(key="test:bridge:discharge")
    stream.profile = None
    stream.save()
    page = client.get(f"/en/sensors/things/{bridge.pk}/").content.decode()
    assert f"/streams/{stream.pk}/" not in page
    assert "Discharge" not in page


def test_the_label_leads_to_the_page(client: Client, bridge: Thing) -> None:
    page = client.get(f"/en/sensors/things/{bridge.pk}/label/").content.decode()
    assert "data:image/svg" in page
    assert f"/en/sensors/things/{bridge.pk}/" in page
    assert "data@guben.example" in page


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Wagtail leaves a spooled file open
def test_an_editor_gives_a_sensor_a_name_and_a_picture(client: Client, bridge: Thing) -> None:
    editor, _user = signed_in("editor")
    image = get_image_model().objects.create(title="bridge", file=get_test_image_file())
    form = {"name": "Bridge", "description": "At the river", "image": str(image.pk), "credit": "Mia"}
    refused = editor.post(f"/admin/things/{bridge.pk}/", form)
    assert refused.status_code == 422
    assert not ThingPhoto.objects.exists()
    assert editor.post(f"/admin/things/{bridge.pk}/", {**form, "alt_en": "A grey box"}).status_code == 302
    page = client.get(f"/en/sensors/things/{bridge.pk}/").content.decode()
    assert 'alt="A grey box"' in page
    assert "<h1>Bridge</h1>" in page
    assert EntityVersion.objects.filter(entity="Thing", entity_id=bridge.pk, valid_to=None).exists()
    assert LogEntry.objects.get_for_object(bridge).filter(changes__has_key="name").exists()
    again = {"name": "Bridge", "description": "", "image": "", "credit": ""}
    assert editor.post(f"/admin/things/{bridge.pk}/", again).status_code == 302
    assert not ThingPhoto.objects.exists()


@pytest.mark.parametrize("role", ["moderator", "citizen", "analyst"])
def test_only_editors_change_sensors(bridge: Thing, role: str) -> None:
    browser, _user = signed_in(role)
    assert browser.post(f"/admin/things/{bridge.pk}/", {"name": "x"}).status_code in {302, 403}
    assert browser.post("/admin/things/many/", {"row": str(bridge.pk)}).status_code in {302, 403}
    bridge.refresh_from_db()
    assert bridge.name == "Neisse <bridge>"


@pytest.mark.usefixtures("bridge")
class TestMany:
    """Many sensors at once."""

    def test_first_the_changes_are_shown_then_made(self, bridge: Thing, profile: DataProfile) -> None:
        mill = measure("mill", "Old mill", profile)
        editor, _user = signed_in("editor")
        open_profile = profile_of(profile.owner, "open")
        form = {
            "row": [str(bridge.pk), str(mill.pk)],
            "profile": "p:open",
            "duplicates": "replace",
            "find": "Old",
            "replace": "New",
        }
        chosen = editor.post("/admin/things/many/", {"row": form["row"]})
        assert "2 sensors are chosen" in chosen.content.decode()
        preview = editor.post("/admin/things/many/", {**form, "action": "preview"}).content.decode()
        assert "17 changes in all" in preview
        assert "New mill" in preview
        assert not Datastream.objects.filter(profile=open_profile).exists()
        assert editor.post("/admin/things/many/", {**form, "action": "apply"}).status_code == 302
        assert set(Datastream.objects.values_list("profile__slug", "duplicates")) == {("open", "replace")}
        mill.refresh_from_db()
        assert mill.name == "New mill"
        assert EntityVersion.objects.filter(entity="Thing", entity_id=mill.pk).count() == 2
        assert LogEntry.objects.get_for_object(mill).filter(changes__has_key="name").exists()

    def test_all_that_fits_can_be_meant(self, profile: DataProfile) -> None:
        measure("mill", "Old mill", profile, place=False)
        square = Polygon(((14, 51), (15, 51), (15, 52), (14, 52), (14, 51)), srid=4326)
        Area.objects.create(
            kind="town", slug="guben", name={"en": "Guben"}, geometry=MultiPolygon(square, srid=4326)
        )
        editor, _user = signed_in("editor")
        form = {"all": "yes", "profile": "none", "action": "apply"}
        editor.post("/admin/things/many/?area=guben&source=test&state=current", form)
        without = Datastream.objects.filter(profile=None).values_list("thing__key", flat=True)
        assert set(without) == {"bridge"}

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"profile": "p:nothing"},
            {"duplicates": "sometimes"},
            {"find": "Neisse <bridge>", "replace": " "},
            {"find": "Neisse", "replace": "x" * 200, "row": "1"},
        ],
    )
    def test_a_wrong_wish_changes_nothing(self, bridge: Thing, wrong: dict[str, str]) -> None:
        Thing.objects.update(name="Neisse " * 40 if wrong.get("row") else bridge.name)
        editor, _user = signed_in("editor")
        form = {"profile": "keep", **wrong, "row": str(bridge.pk), "action": "apply"}
        assert editor.post("/admin/things/many/", form).status_code == 422
        assert not Datastream.objects.exclude(profile__slug="water").exists()

    def test_data_of_another_office_stay_as_they_are(self, bridge: Thing) -> None:
        editor, bob = signed_in("editor")
        other = Organisation.objects.create(slug="other", name={"en": "Other"})
        Membership.objects.create(user=bob, organisation=other, role="editor")
        form = {"row": str(bridge.pk), "profile": "none", "action": "preview"}
        assert "somebody else looks after it" in editor.post("/admin/things/many/", form).content.decode()
        editor.post("/admin/things/many/", {**form, "action": "apply"})
        assert not Datastream.objects.filter(profile=None).exists()
        assert editor.post(f"/admin/things/{bridge.pk}/", {"name": "x"}).status_code in {302, 403}
        bridge.refresh_from_db()
        assert bridge.name != "x"

    def test_nothing_chosen_is_said(self) -> None:
        editor, _user = signed_in("editor")
        answer = editor.post("/admin/things/many/?q=bridge", {"row": ["x", "9" * 30, "²"]}, follow=True)
        assert "Choose at least one sensor." in answer.content.decode()

    def test_the_list_asks_a_constant_number_of_times(
        self, profile: DataProfile, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        editor, _user = signed_in("editor")
        for number in range(6):
            measure(f"m{number}", f"M{number}", profile)
            if number in {0, 5}:
                editor.get("/admin/things/")
                with django_assert_num_queries(18):
                    editor.get("/admin/things/")
