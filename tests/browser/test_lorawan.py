"""An editor sets a LoRaWAN device up: with the keyboard alone, and without scripts."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from stadtkern.base import clock
from stadtkern.contracts.connector import Context
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import receive
from stadtkern.lorawan.folders import OWN
from stadtkern.lorawan.models import Device, DeviceProfile
from stadtkern.lorawan.services.profiles import import_folder
from tests.browser.conftest import PHONE, Mode, Open
from tests.browser.test_editor import sign_in
from tests.lorawan.conftest import EUI, NOON, event

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WATER = bytes((2, 181, 7, 48, 0, 84))
# the frame around our pages is Wagtail's own
OF_WAGTAIL = "landmark-unique"


@pytest.fixture
def heard(transactional_db: None) -> Device:
    """Return a device that was heard; our profiles are there."""
    import_folder(Path(OWN), origin="stadtkern")
    source = Source.objects.create(slug="lora", connector="chirpstack_v4", title={"en": "LoRa"})
    minutes = round((clock.now() - NOON) / timedelta(minutes=1)) - 5
    for number in range(3):
        body = event(WATER, minute=minutes + number, fCnt=number)
        receive(source, body, Context(topic="application/town/device/x/event/up", received=clock.now()))
    return Device.objects.get()


def press_until(page: Page, label: str, most: int = 80) -> None:
    """Press Tab until the element with a name has the focus."""
    for _number in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(() => { const e = document.activeElement; const l = e.labels && e.labels[0];"
            " return (e.ariaLabel || (l ? l.innerText : '') || e.innerText || '').trim() })()"
        )
        if found.startswith(label):
            return
    raise AssertionError(f"the keyboard does not reach {label!r}")


def test_the_wizard_works_with_the_keyboard_alone(visit: Open, heard: Device) -> None:
    seen = visit("/de/", expect_error=True)
    page, address = seen.page, seen.page.url.removesuffix("/de/")
    sign_in(page, address)
    page.goto(f"{address}/admin/lorawan/new/")
    press_until(page, "Label or device EUI")
    page.keyboard.type(EUI)
    page.keyboard.press("Enter")
    page.wait_for_url("**/kind/")
    press_until(page, "Name")
    page.keyboard.press("Control+a")
    page.keyboard.type("Egelneiße")
    press_until(page, "Device profile")
    page.keyboard.type("Stadtkern Water")
    press_until(page, "Next step")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fields/**")
    expect(page.get_by_text("distance: 1840.0 mm").first).to_be_visible()
    press_until(page, "Constants of this device")
    page.keyboard.type("height_mm = 2250")
    press_until(page, "Preview")
    page.keyboard.press("Enter")
    expect(page.get_by_text("water_level: 41.0 cm").first).to_be_visible()
    expect(page.get_by_label("Store water_level")).to_be_checked()
    press_until(page, "Store distance")
    page.keyboard.press("Space")
    press_until(page, "Set up")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/lorawan/{heard.pk}/")
    heard.refresh_from_db()
    assert heard.enrolled is not None
    assert heard.name == "Egelneiße"
    assert {entry["property"] for entry in heard.fields} == {
        "water_level",
        "water_temperature",
        "battery_voltage",
    }


def test_the_wizard_works_without_scripts(chromium: Browser, live_server: LiveServer, heard: Device) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/admin/lorawan/{heard.pk}/kind/")
    profile = DeviceProfile.objects.get(key="stadtkern/water-level")
    page.get_by_label("Name").fill("Steg")
    page.get_by_label("Device profile").select_option(str(profile.pk))
    page.get_by_role("button", name="Next step").click()
    page.get_by_label("Unit of distance").fill("furlong")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("not a known unit")).to_be_visible()
    page.get_by_label("Unit of distance").fill("mm")
    page.get_by_role("button", name="Set up").click()
    page.wait_for_url(f"**/lorawan/{heard.pk}/")
    assert Device.objects.enrolled().get().name == "Steg"
    context.close()


@pytest.mark.parametrize("mode", [Mode(1280, is_dark=False), PHONE], ids=str)
def test_the_pages_are_sound(visit: Open, heard: Device, mode: Mode) -> None:
    seen = visit("/de/", mode, expect_error=True)
    page, address = seen.page, seen.page.url.removesuffix("/de/")
    sign_in(page, address)
    profile = DeviceProfile.objects.get(key="stadtkern/water-level")
    places = [
        "admin/lorawan/",
        "admin/lorawan/?show=unknown",
        "admin/lorawan/new/",
        f"admin/lorawan/{heard.pk}/",
        f"admin/lorawan/{heard.pk}/kind/",
        f"admin/lorawan/{heard.pk}/fields/?profile={profile.pk}",
        "admin/lorawan/import/",
        "admin/lorawan/profiles/",
        f"admin/lorawan/profiles/{profile.pk}/",
        "admin/lorawan/gateways/",
        "en/sensors/coverage/",
    ]
    for place in places:
        page.goto(f"{address}/{place}")
        found = [line for line in seen.axe() if OF_WAGTAIL not in line]
        assert found == [], place
        assert seen.sideways() == 0, place
