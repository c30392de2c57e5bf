"""An editor sets a LoRaWAN device up: with the keyboard alone, and without scripts."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from stadtkern.lorawan.models import Device, DeviceProfile
from stadtkern.people.models import User
from stadtkern.people.roles import create_roles
from stadtkern.people.services import add_person
from tests.browser.conftest import Open
from tests.browser.office import PASSWORD, hear, press_until, sign_in
from tests.lorawan.conftest import EUI

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def heard(transactional_db: None) -> Device:
    """Return a device that was heard; our profiles are there."""
    return hear(EUI)


@pytest.fixture
def alice(transactional_db: None) -> User:
    """Return an editor."""
    create_roles()
    return add_person("alice@guben.example", password=PASSWORD, roles=["editor"], language="en")


def test_the_wizard_works_with_the_keyboard_alone(visit: Open, heard: Device, alice: User) -> None:
    seen = visit("/de/", expect_error=True)
    page, address = seen.page, seen.page.url.removesuffix("/de/")
    sign_in(page, address, alice)
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


def test_the_wizard_works_without_scripts(
    chromium: Browser, live_server: LiveServer, heard: Device, alice: User
) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, live_server.url, alice)
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
