"""An editor brings a table of the town onto the cockpit, in two languages, with nothing but a browser."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect
from wagtail.models import Page

from stadtkern.base import clock
from stadtkern.governance.models import DataProfile
from stadtkern.ingest import services
from stadtkern.ingest.conftest import Server, server
from stadtkern.ingest.models import Source
from stadtkern.observations.models import Datastream
from stadtkern.people.services import add_person
from tests.browser.conftest import Open
from tests.browser.guben import guben, site

__all__ = ["guben", "server", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KEY = "badesee:Deulowitzer See:water_temperature"
MAIL, PASSWORD = "alice@example.org", "Neisse-stands-at-212"
SETTINGS = {
    "slug": "badesee",
    "title_de": "Messboje am Deulowitzer See",
    "title_pl": "Boja na jeziorze",
    "option_columns": "Temperatur = water_temperature [Cel]",
    "option_time": "Datum + Uhrzeit",
    "option_thing": "Deulowitzer See",
}


def row(value: str, age: timedelta) -> str:
    """Return a line of the table in local time."""
    moment = (clock.now() - age).astimezone(ZoneInfo("Europe/Berlin"))
    return f"{moment:%d.%m.%Y;%H:%M};{value}"


def serve(server: Server, *rows: str) -> str:
    """Serve a table as a control system in Germany writes it; return its address."""
    lines = ["Datum;Uhrzeit;Temperatur", *rows]
    return server.gives("\r\n".join(lines).encode("cp1252"), path="/boje.csv", Content_Type="text/csv")


def sign_in(page: Tab) -> None:
    """Sign in; the page that asks for it is where one comes back to."""
    page.locator("[name=login]").fill(MAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(re.compile(r"/admin/$"))


def add_source(page: Tab, address: str, profile: str) -> None:
    """Choose the connector for tables, try the settings, choose what the data may be used for, save."""
    page.get_by_role("button", name="Messdaten").click()
    page.get_by_role("link", name="Datenquellen").click()
    page.locator("a[href$='/sources/new/']").first.click()
    page.locator("a[href$='/new/table_file/']").click()
    for name, value in {**SETTINGS, "option_url": address}.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("button[value=test]").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("7,5 °C")
    expect(preview.locator("tbody tr")).to_have_count(2)
    assert not Source.objects.filter(slug="badesee").exists()
    page.locator("[name=profile]").select_option(label=profile)
    page.locator("button[value=save]").click()
    expect(page.locator("main h1, main h2").first).to_contain_text("Messboje")


def add_tile(page: Tab, url: str) -> None:
    """Put the newest value of the table at the end of the cockpit and publish it."""
    page.goto(url)
    blocks = page.locator("[data-streamfield-child]")
    expect(blocks.first).to_be_visible()
    count = blocks.count()
    page.locator("button.c-sf-add-button").last.click()
    page.get_by_role("option", name="Neuester Wert", exact=True).click()
    expect(blocks).not_to_have_count(count)
    block = blocks.last
    block.locator("[name$=title]").fill("Badesee")
    block.locator("[data-chooser-action-choose]").first.click()
    dialogue = page.locator(".modal-body")
    dialogue.get_by_role("textbox").fill("deulowitzer")
    expect(dialogue.locator("a[data-chooser-modal-choice]")).to_have_count(1)
    dialogue.locator("a[data-chooser-modal-choice]").click()
    expect(block.locator("[data-chooser-title]")).to_contain_text("Deulowitzer See")
    page.locator("footer [data-w-dropdown-target=toggle]").last.click()
    page.locator("button[name=action-publish]").click()
    expect(page.locator(".messages .success")).to_be_visible()


def translate(page: Tab, url: str, words: str) -> None:
    """Carry the new tile over to the Polish cockpit, translate its title and publish that."""
    page.goto(url)
    page.locator("header [data-w-dropdown-target=toggle]").first.click()
    page.locator("a[href*='localize/update']").first.click()
    polish = page.locator("main li").filter(has_text="Polski").locator("a").get_attribute("href")
    page.locator("main form [type=submit]").first.click()
    expect(page.locator(".messages .success")).to_be_visible()
    page.goto(f"{url.partition('/admin/')[0]}{polish}")
    segment = page.locator("li.incomplete").filter(has=page.get_by_text("Badesee", exact=True))
    segment.get_by_role("button", name="Übersetzen").click()
    segment.locator("textarea").fill(words)
    segment.get_by_role("button", name="Speichern").click()
    expect(page.get_by_text(words)).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Veröffentlichen in Polski").click()


def poll() -> None:
    """Ask the source through the network, as the process `ingest` does: beside Playwright's event loop."""

    def ask() -> str:
        try:
            return services.poll(Source.objects.get(slug="badesee")).trouble
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() == ""


@pytest.fixture
def _patient(settings: Any) -> None:  # noqa: ANN401
    """Save a draft only when asked: the database of a test lives in memory, where nobody waits for a lock."""
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0


@pytest.mark.usefixtures("_patient")
@pytest.mark.filterwarnings("ignore:The input passed in on this line looks more like a URL")
def test_editor_adds_a_table_a_tile_and_a_translation(visit: Open, guben: Path, server: Server) -> None:
    add_person(MAIL, password=PASSWORD, roles=["editor"])
    profile = DataProfile.objects.get(slug="stadtsensoren")
    old = row("7,5", timedelta(minutes=30))
    address = serve(server, old)
    page = visit("/admin/").page
    expect(page).to_have_url(re.compile(r"/de/account/login/\?next=/admin/"))
    sign_in(page)
    add_source(page, address, str(profile))
    poll()
    assert Datastream.objects.public().filter(key=KEY).exists()

    cockpit = Page.objects.get(depth=2, locale__language_code="de")
    root = page.url.partition("/admin/")[0]
    edit = f"{root}/admin/pages/{cockpit.pk}/edit/"
    add_tile(page, edit)

    public = visit("/de/", expect_error=True, wait="commit").page
    public.clock.install()
    public.reload(wait_until="networkidle")
    tile = public.locator(f"[data-streams='{KEY}']")
    expect(tile.locator(".sk-tile__title")).to_have_text("Badesee")
    expect(tile.locator(".sk-tile__number")).to_have_text("7,5\u00a0°C")
    expect(tile.locator("footer")).to_contain_text(f"Quelle: {profile.attribution}")

    serve(server, old, row("8,4", timedelta(minutes=5)))
    poll()
    public.clock.run_for(31_000)
    public.wait_for_timeout(500)
    public.clock.run_for(1_000)
    expect(tile.locator(".sk-tile__number")).to_have_text("8,4\u00a0°C")

    translate(page, edit, "Jezioro kąpielowe")
    polish = visit("/pl/", expect_error=True).page
    tile = polish.locator(f"[data-streams='{KEY}']")
    expect(tile.locator(".sk-tile__title")).to_have_text("Jezioro kąpielowe")
    expect(tile.locator(".sk-tile__number")).to_have_text("8,4\u00a0°C")
    expect(tile.locator("footer")).to_contain_text("Źródło:")
