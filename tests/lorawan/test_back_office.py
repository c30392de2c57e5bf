"""Editors set devices up, look after them and mend codecs in the back office."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from stadtkern.contracts.connector import Context
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import receive
from stadtkern.lorawan.labels import Label
from stadtkern.lorawan.models import Codec, Device, DeviceProfile, Downlink, Gateway, Redecoding
from stadtkern.lorawan.services import enrol
from stadtkern.people.models import User
from tests.lorawan.conftest import EUI, NOON, TENTHS, event

pytestmark = pytest.mark.django_db
UP = "application/town/device/x/event/up"


@pytest.fixture(autouse=True)
def _later() -> Any:  # noqa: ANN401
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        yield


def signed_in(user: User) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture
def client(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def heard(source: Source) -> Device:
    """Return a device that was heard, but is not set up."""
    for minute in range(3):
        receive(
            source,
            event(bytes([0, 200 + minute, 90]), minute=minute),
            Context(topic=UP, received=NOON + timedelta(minutes=3)),
        )
    return Device.objects.get()


def typed_fields(**more: str) -> dict[str, str]:
    return {
        "fields-TOTAL_FORMS": "2",
        "fields-INITIAL_FORMS": "2",
        "fields-0-field": "temp",
        "fields-0-is_used": "on",
        "fields-0-property": "water_temperature",
        "fields-0-unit": "°C",
        "fields-0-name": "Temperature of the pond",
        "fields-1-field": "battery",
        "fields-1-property": "battery_level",
        "fields-1-unit": "%",
        "name": "Pond",
        "longitude": "14.71",
        "latitude": "51.95",
        "interval_minutes": "30",
        "patience": "3",
        "variables_lines": "height_mm = 2250",
        "serial": "",
        **more,
    }


def test_the_wizard_leads_from_the_label_to_series_of_values(
    client: Client, heard: Device, profile: DeviceProfile
) -> None:
    page = client.get(reverse("lorawan-new")).content.decode()
    assert EUI in page
    answer = client.post(reverse("lorawan-new"), {"label": "70-b3-d5-7e-d0-05-01-01"})
    assert answer.url == reverse("lorawan-kind", args=[heard.pk])  # type: ignore[attr-defined]
    page = client.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert "00 C8 5A" in page
    answer = client.post(answer.url, {"name": "Pond", "profile": profile.pk})  # type: ignore[attr-defined]
    address = answer.url  # type: ignore[attr-defined]
    page = client.get(address).content.decode()
    for text in ("20.2", "air_temperature", "battery", "Alice Thermometer", 'value="Pond"'):
        assert text in page
    assert not Device.objects.enrolled().exists()

    answer = client.post(address, {**typed_fields(), "action": "preview"})
    page = answer.content.decode()
    assert "water_temperature: 20.2 Cel" in page
    assert not Device.objects.enrolled().exists()

    answer = client.post(address, {**typed_fields(), "action": "save"}, follow=True)
    device = Device.objects.enrolled().get()
    assert (device.name, device.profile, device.interval, device.variables) == (
        "Pond", profile, timedelta(minutes=30), {"height_mm": "2250"},
    )  # fmt: skip
    assert device.fields == [
        {"field": "temp", "property": "water_temperature", "unit": "Cel", "name": "Temperature of the pond"}
    ]
    assert "Decode history once more" in answer.content.decode()
    device.refresh_from_db()
    assert device.thing is not None
    assert device.thing.location is not None
    assert device.thing.location.tuple == (14.71, 51.95)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"fields-0-unit": "furlong"}, "not a known unit"),
        ({"fields-0-unit": "V"}, "is measured in"),
        ({"fields-0-property": ""}, "is no name of a property"),
        (
            {"fields-1-is_used": "on", "fields-1-property": "water_temperature", "fields-1-unit": "Cel"},
            "already used for temp",
        ),
        ({"longitude": "200"}, "180"),
        ({"latitude": ""}, "A place needs longitude and latitude"),
        ({"variables_lines": "height"}, "Line 1"),
        ({"patience": "0"}, "1.1"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_errors_stand_at_their_fields_and_nothing_is_stored(
    client: Client, heard: Device, profile: DeviceProfile, more: dict[str, str], text: str
) -> None:
    address = reverse("lorawan-fields", args=[heard.pk]) + f"?profile={profile.pk}"
    answer = client.post(address, {**typed_fields(**more), "action": "save"})
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert "Temperature of the pond" in answer.content.decode()
    assert not Device.objects.enrolled().exists()


@pytest.mark.parametrize("label", ["", "LW:D0:1:2:3", "x" * 700, "70B3D57ED00501"])
def test_a_wrong_label_is_explained(client: Client, label: str) -> None:
    assert client.post(reverse("lorawan-new"), {"label": label}).status_code == 422
    assert not Device.objects.exists()


def test_a_label_of_the_alliance_finds_the_profile(client: Client, profile: DeviceProfile) -> None:
    profile.vendor_number, profile.profile_number = 0x0613, 7
    profile.save()
    label = Label(join_eui="70B3D57ED0000001", dev_eui=EUI, vendor=0x0613, profile=7, serial="A17")
    answer = client.post(reverse("lorawan-new"), {"label": label.text})
    device = Device.objects.get()
    assert answer.url == reverse("lorawan-kind", args=[device.pk]) + f"?profile={profile.pk}"  # type: ignore[attr-defined]
    assert (device.join_eui, device.serial) == ("70B3D57ED0000001", "A17")
    page = client.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert f'<option value="{profile.pk}" selected' in page
    assert "The device was not heard yet" in page


def test_a_profile_whose_codec_is_broken_is_refused_early(
    client: Client, heard: Device, profile: DeviceProfile
) -> None:
    Codec.objects.update(script="function (", digest="1" * 64)
    answer = client.post(reverse("lorawan-kind", args=[heard.pk]), {"name": "x", "profile": profile.pk})
    assert answer.status_code == 422
    assert "SyntaxError" in answer.content.decode()


def test_a_device_that_was_never_heard_can_be_set_up(client: Client, profile: DeviceProfile) -> None:
    client.post(reverse("lorawan-new"), {"label": EUI})
    device = Device.objects.get()
    address = reverse("lorawan-fields", args=[device.pk]) + f"?profile={profile.pk}"
    assert "No uplink could be decoded yet" in client.get(address).content.decode()
    none = {"fields-TOTAL_FORMS": "0", "fields-INITIAL_FORMS": "0"}
    client.post(address, {**typed_fields(), **none, "action": "save"})
    assert Device.objects.enrolled().get().fields == []


def test_the_list_shows_state_search_and_unknown_devices(
    client: Client, source: Source, device: Device
) -> None:
    receive(source, event(), Context(topic=UP, received=NOON))
    receive(source, event(eui="70B3D57ED0059999"), Context(topic=UP, received=NOON))
    page = client.get(reverse("lorawan")).content.decode()
    for text in ("Linde", "Working", "80\u00a0%", "good (-88 dBm)", "Unknown (1)"):
        assert text in page
    assert "70B3D57ED0059999" not in page
    unknown = client.get(reverse("lorawan") + "?show=unknown").content.decode()
    assert "70B3D57ED0059999" in unknown
    assert "Unknown, enrol?" in unknown
    assert "Linde" not in client.get(reverse("lorawan") + "?q=nothing").content.decode()
    assert "Linde" in client.get(reverse("lorawan") + "?q=70-B3-D5-7E-D0-05-01-01").content.decode()
    assert "No device has an alarm" in client.get(reverse("lorawan") + "?show=trouble").content.decode()


@pytest.mark.parametrize(
    "name",
    ["lorawan", "lorawan-profiles", "lorawan-gateways", "lorawan-labels", "lorawan-import", "lorawan-new"],
)
def test_the_number_of_queries_does_not_grow(
    client: Client, source: Source, device: Device, name: str
) -> None:
    receive(source, event(), Context(topic=UP, received=NOON))

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse(name)).status_code == 200
        return len(seen)

    queries()
    before = queries()
    for number in range(60):
        one = enrol(
            Device(eui=f"70B3D57ED006{number:04d}", name=f"d{number}", profile=device.profile, source="lora")
        )
        DeviceProfile.objects.create(key=f"p{number}", vendor="v", name=str(number), codec=one.profile.codec)  # type: ignore[union-attr]
        Gateway.objects.create(gateway_id=f"g{number}")
    assert queries() <= before + 1


def test_the_page_of_a_device_takes_a_constant_number_of_queries(
    client: Client, source: Source, device: Device
) -> None:
    address = reverse("lorawan-device", args=[device.pk])

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page = client.get(address)
        assert page.status_code == 200
        return len(seen)

    receive(source, event(), Context(topic=UP, received=NOON))
    queries()
    before = queries()
    for minute in range(1, 30):
        receive(source, event(minute=minute), Context(topic=UP, received=NOON + timedelta(minutes=30)))
    assert queries() <= before + 1
    page = client.get(address).content.decode()
    for text in ("00 D7 50", "air_temperature: 21.5 Cel", "0016C001F1500001", "Page 1 of 2"):
        assert text in page


def test_a_message_is_sent_from_the_page_of_the_device(client: Client, device: Device) -> None:
    address = reverse("lorawan-downlink", args=[device.pk])
    assert client.post(address, {"content": '{"minutes": 15}', "port": "1"}).status_code == 302
    made = Downlink.objects.get()
    assert (bytes(made.payload), made.port, made.fields) == (b"\x01\x0f", 10, {"minutes": 15})
    assert made.ordered_by is not None
    client.post(address, {"content": "01 0F", "port": "3", "is_confirmed": "on"})
    assert Downlink.objects.filter(port=3, is_confirmed=True).exists()
    for wrong in ("{", "xyz", "0", '{"minutes": "x"}'):
        answer = client.post(address, {"content": wrong, "port": "1"})
        assert answer.status_code == 422
    assert Downlink.objects.count() == 2
    assert (
        "waiting to be handed over"
        in client.get(reverse("lorawan-device", args=[device.pk])).content.decode()
    )


def test_a_codec_is_tried_before_it_is_stored(
    client: Client, source: Source, device: Device, profile: DeviceProfile
) -> None:
    receive(source, event(), Context(topic=UP, received=NOON))
    address = reverse("lorawan-profile", args=[profile.pk])
    typed = {
        "vendor": "Alice",
        "name": "Thermometer",
        "description": "",
        "script": TENTHS.replace("/ 10", "/ 100"),
        "fields_lines": "temp = air_temperature [Cel]",
        "sample": "",
        "port": "1",
    }
    page = client.post(address, {**typed, "action": "test"}).content.decode()
    assert "2.15" in page
    assert "nothing is stored yet" in page
    page = client.post(address, {**typed, "sample": "FF", "action": "test"}).content.decode()
    assert "broken" in page
    assert profile.codec is not None
    profile.codec.refresh_from_db()
    assert "/ 100" not in profile.codec.script

    answer = client.post(address, {**typed, "script": "function decodeUplink(", "action": "save"})
    assert answer.status_code == 422
    assert "SyntaxError" in answer.content.decode()
    answer = client.post(address, {**typed, "fields_lines": "x", "action": "save"})
    assert answer.status_code == 422

    page = client.post(address, {**typed, "action": "save"}, follow=True).content.decode()
    assert "until you decode it once more" in page
    client.post(reverse("lorawan-profile-redecode", args=[profile.pk]))
    work = Redecoding.objects.get()
    assert work.total == 1
    page = client.get(reverse("lorawan-redecoding", args=[work.pk])).content.decode()
    assert "0 of 1 uplinks" in page


def test_a_new_profile_is_written_here(client: Client) -> None:
    typed = {
        "vendor": "Bob",
        "name": "Gate",
        "script": TENTHS,
        "fields_lines": "",
        "action": "save",
        "description": "",
    }
    client.post(reverse("lorawan-profile-new"), typed)
    profile = DeviceProfile.objects.get()
    assert profile.key.startswith("bob/gate-")
    assert profile.codec is not None


def csv(text: str) -> Any:  # noqa: ANN401
    return SimpleUploadedFile("devices.csv", text.encode())


def test_many_devices_come_out_of_a_list(client: Client, profile: DeviceProfile) -> None:
    text = (
        "\ufeffdev_eui;name;profile;longitude;latitude;interval_minutes\r\n"
        "70B3D57ED0050101;Linde;alice/thermometer;14,71;51,95;60\r\n"
        "70-b3-d5-7e-d0-05-01-02;Platane;alice/thermometer;;;\r\n"
    )
    page = client.post(reverse("lorawan-import"), {"file": csv(text), "action": "test"}).content.decode()
    assert "New: 2, changed: 0, as before: 0, wrong: 0" in page
    assert not Device.objects.exists()
    client.post(reverse("lorawan-import"), {"file": csv(text), "action": "save"})
    linde = Device.objects.enrolled().get(eui=EUI)
    assert (linde.name, linde.longitude, linde.interval, linde.profile) == (
        "Linde",
        14.71,
        timedelta(hours=1),
        profile,
    )
    page = client.post(reverse("lorawan-import"), {"file": csv(text), "action": "test"}).content.decode()
    assert "New: 0, changed: 0, as before: 2" in page


def test_a_wrong_row_keeps_all_rows_out_and_is_named(client: Client, profile: DeviceProfile) -> None:
    text = (
        "dev_eui,name,profile,latitude\n"
        "70B3D57ED0050101,a,alice/thermometer,51\n"
        "nonsense,b,,\n"
        "70B3D57ED0050103,c,nobody/nothing,\n"
        "70B3D57ED0050104,d,,991\n"
        "70B3D57ED0050101,e,,\n"
    )
    answer = client.post(reverse("lorawan-import"), {"file": csv(text), "action": "save"})
    page = answer.content.decode()
    assert answer.status_code == 422
    for piece in (
        "<td>3</td><td>dev_eui</td>",
        "<td>4</td><td>profile</td>",
        "<td>5</td><td>latitude</td>",
        "also in row 2",
    ):
        assert piece in page
    assert not Device.objects.exists()


@pytest.mark.parametrize("text", ["", "name\nx\n", "dev_eui\n", "\x00\x01", 'dev_eui\n"' + "x" * 200_000])
def test_what_is_no_list_is_explained(client: Client, text: str) -> None:
    answer = client.post(reverse("lorawan-import"), {"file": csv(text), "action": "save"})
    assert answer.status_code == 422
    assert not Device.objects.exists()


def test_a_heap_of_scanned_labels_is_a_list_too(client: Client) -> None:
    labels = "\n".join(
        Label(join_eui=EUI, dev_eui=f"70B3D57ED005010{n}", vendor=0, profile=0).text for n in range(3)
    )
    client.post(reverse("lorawan-import"), {"labels": labels, "action": "save"})
    assert Device.objects.enrolled().count() == 3
    answer = client.post(reverse("lorawan-import"), {"labels": labels + "\nnonsense", "action": "save"})
    assert "Line 4" in answer.content.decode()


def test_labels_are_printed(client: Client, device: Device) -> None:
    device.join_eui = "70B3D57ED0000001"
    enrol(device)
    page = client.get(reverse("lorawan-labels")).content.decode()
    assert page.count("data:image/svg+xml") == 2
    assert f"/device/{EUI}/" in page
    assert f"LW:D0:70B3D57ED0000001:{EUI}:00000000:C" in page


def test_the_label_leads_to_what_the_device_measures(client: Client, device: Device) -> None:
    address = reverse("lorawan-label-address", args=[EUI.lower()])
    assert client.get(address).url == reverse("lorawan-device", args=[device.pk])  # type: ignore[attr-defined]
    stranger = Client().get(address)
    assert stranger.url.endswith(f"?q={EUI}")  # type: ignore[attr-defined]
    assert Client().get(reverse("lorawan-label-address", args=["0" * 16])).status_code == 404


def test_gateways_get_name_and_place(client: Client, source: Source, device: Device) -> None:
    receive(source, event(), Context(topic=UP, received=NOON))
    gateway = Gateway.objects.get(gateway_id="0016C001F1500002")
    address = reverse("lorawan-gateway", args=[gateway.pk])
    assert "Linde" in client.get(address).content.decode()
    assert client.post(address, {"name": "Water tower", "longitude": "14.7"}).status_code == 422
    client.post(address, {"name": "Water tower", "longitude": "14.7", "latitude": "51.9"})
    gateway.refresh_from_db()
    assert (gateway.name, gateway.is_placed_by_hand, gateway.location and gateway.location.tuple) == (
        "Water tower",
        True,
        (14.7, 51.9),
    )
    page = client.get(reverse("lorawan-coverage")).content.decode()
    assert "Water tower" in page
    features = client.get(reverse("lorawan-coverage-json")).json()["features"]
    assert {one["properties"]["name"] for one in features} == {"Water tower", "0016C001F1500001"}


def test_taking_out_of_service(client: Client, source: Source, device: Device) -> None:
    client.post(reverse("lorawan-action", args=[device.pk, "release"]))
    assert Device.objects.unknown().count() == 1
    device.refresh_from_db()
    assert device.profile is None


NAMES = [
    "lorawan",
    "lorawan-new",
    "lorawan-import",
    "lorawan-profiles",
    "lorawan-gateways",
    "lorawan-labels",
    "lorawan-coverage",
]


@pytest.mark.parametrize("name", NAMES)
def test_strangers_see_nothing(device: Device, name: str) -> None:
    assert Client().get(reverse(name)).status_code in {302, 403}


def test_an_analyst_looks_and_changes_nothing(bob: User, device: Device, profile: DeviceProfile) -> None:
    browser = signed_in(bob)
    page = browser.get(reverse("lorawan-device", args=[device.pk]))
    assert page.status_code == 200
    assert "Take out of service" not in page.content.decode()
    for address in (
        reverse("lorawan-action", args=[device.pk, "release"]),
        reverse("lorawan-downlink", args=[device.pk]),
        reverse("lorawan-profile", args=[profile.pk]),
        reverse("lorawan-profile-redecode", args=[profile.pk]),
        reverse("lorawan-import"),
        reverse("lorawan-new"),
        reverse("lorawan-fields", args=[device.pk]),
    ):
        assert browser.post(address, {}).status_code in {302, 403}
    assert Device.objects.enrolled().count() == 1
    assert not Redecoding.objects.exists()
