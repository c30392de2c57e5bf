"""Pages of sensors, of personal data and of keys: accessible, quiet, narrow enough, and by keyboard."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from stadtkern.base import clock
from stadtkern.contracts.connector import Reading
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream, Thing
from stadtkern.observations.services import record
from stadtkern.observations.services.archive.moving import archive_month, due_months
from stadtkern.people.keys import create_key
from stadtkern.people.models import Organisation, User
from stadtkern.people.services import add_person
from tests.browser.conftest import DESKTOP, MODES, Mode, Open
from tests.browser.guben import guben, site
from tests.browser.office import PASSWORD, sign_in

__all__ = ["guben", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rooms(guben: Path) -> None:
    """Add six rooms whose presence concerns people."""
    profile = DataProfile.objects.create(
        slug="rooms",
        title={"de": "Belegung der Räume im Rathaus", "pl": "Obłożenie sal w ratuszu"},
        purpose={"de": "Damit leere Räume nicht geheizt werden", "pl": "Aby nie ogrzewać pustych sal"},
        legal_basis={"de": "Dienstvereinbarung 3/2026", "pl": "Porozumienie 3/2026"},
        has_personal_data=True,
        owner=Organisation.objects.order_by("pk")[0],
        licence="dl-de/by-2-0",
        is_published=True,
    )
    readings = [
        Reading(
            thing=f"room {room}",
            observed_property="count",
            unit="1",
            phenomenon_time=clock.now() - timedelta(hours=hour),
            result=(room + hour) % 5,
        )
        for room in range(6)
        for hour in range(1, 48)
    ]
    record(readings, source="rooms", profile=profile)


@pytest.fixture
def alice(guben: Path) -> User:
    """Return somebody with two keys."""
    user = add_person("alice@guben.example", password=PASSWORD, roles=["editor"])
    create_key("Zähler an der Brücke", person=user, scopes=["sta:read", "sta:write"], by=None)
    create_key("Notebook", person=user, scopes=["sta:read"], profiles=["pegel"], by=None)
    return user


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_pages_of_sensors_hold_in_both_languages(
    visit: Open, live_server: LiveServer, rooms: None, alice: User, mode: Mode
) -> None:
    thing = Thing.objects.get(key="6602800").pk
    for language in ("de", "pl"):
        for path in (
            "sensors/things/",
            f"sensors/things/{thing}/",
            f"sensors/things/{thing}/label/",
            "sensors/groups/rooms/count/",
            "sensors/profile/rooms/",
        ):
            seen = visit(f"/{language}/{path}", mode)
            seen.check()
            seen.page.context.close()
    seen = visit("/de/account/login/", mode)
    sign_in(seen.page, live_server.url, alice)
    seen.page.goto(f"{live_server.url}/de/account/keys/")
    seen.check()
    seen.page.goto(f"{live_server.url}/de/account/keys/new/")
    seen.page.fill("#id_password", PASSWORD)
    seen.page.click("main button[type=submit]")
    seen.page.wait_for_selector("#id_scopes_0")
    seen.check()
    seen.page.fill("#id_name", "Test")
    seen.page.click("main button[type=submit]")
    seen.page.wait_for_selector(".sk-secret")
    seen.check()


def test_the_archive_of_a_series_holds_in_both_languages(
    visit: Open,
    guben: Path,
    settings: Any,  # noqa: ANN401  # of pytest-django
    tmp_path: Path,
) -> None:
    settings.DATA_DIR = tmp_path
    now = clock.now()
    stream = Datastream.objects.select_related("profile").get(key="brandenburg-flood:6602800:water_level")
    readings = [
        Reading(
            thing="6602800",
            observed_property="water_level",
            unit="cm",
            phenomenon_time=now - timedelta(days=70, hours=hour),
            result=200 + hour % 9,
        )
        for hour in range(24 * 40)
    ]
    path = f"sensors/streams/{stream.pk}/archive/"
    visit(f"/de/{path}").check()
    record(readings, source="brandenburg-flood", profile=stream.profile)
    assert [month for month in due_months(stream.pk, now) if archive_month(month) is not None]
    for language, mode in zip(("de", "pl", "pl", "de"), MODES, strict=True):
        seen = visit(f"/{language}/{path}", mode)
        assert seen.page.locator("a[download]").count() >= 1
        seen.check()
    with seen.page.expect_download() as download:
        seen.page.locator("a[download]").first.click()
    assert download.value.suggested_filename.endswith(".parquet")


def test_a_sensor_is_found_and_read_by_keyboard(visit: Open, guben: Path) -> None:
    seen = visit("/de/sensors/things/", DESKTOP)
    page = seen.page
    page.focus("#q")
    page.keyboard.type("Bademeusel")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=Bademeusel**")
    assert page.locator(".sk-place").count() == 1
    page.focus(".sk-place__name")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Klein Bademeusel')")
    assert page.locator(".sk-code").count() >= 3
    page.focus(".sk-code >> nth=0")
    assert page.evaluate("document.activeElement.tagName") == "PRE"


def test_the_list_works_without_scripts(visit: Open, guben: Path) -> None:
    seen = visit("/de/sensors/things/?q=Guben", DESKTOP, java_script_enabled=False)
    assert seen.page.locator(".sk-place__name").count() >= 1
    seen.page.click(".sk-place__name >> nth=0")
    assert "CSV" in seen.page.inner_text("main")
