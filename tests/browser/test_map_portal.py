"""The tools of the map: layers, what lies at a point, measuring, drawing, the address, paper; by mouse and keys."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from playwright.sync_api import Page, expect

from stadtkern.places.models import Address, Area
from stadtkern.search import changes
from stadtkern.web.town import current_town
from tests.browser.conftest import DESKTOP, PHONE, Open

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def places() -> tuple[float, float]:
    """Return the middle of an area in the middle of the town, with an address."""
    longitude, latitude = current_town().centre
    box = Polygon.from_bbox((longitude - 0.01, latitude - 0.01, longitude + 0.01, latitude + 0.01))
    Area.objects.create(
        slug="alt", kind="quarter", name={"de": "Altstadt"}, geometry=MultiPolygon(box, srid=4326)
    )
    Address(street="Mückenstraße", house_number="3", place="Guben", point=Point(longitude, latitude)).save()
    changes.work()
    return longitude, latitude


def wait_for_map(page: Page) -> None:
    """Wait until the map is drawn and its tools are there."""
    page.locator(".sk-map").scroll_into_view_if_needed()
    expect(page.locator("#sk-portal-tools")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1500)


def test_the_map_with_its_tools(visit: Open, places: tuple[float, float], tmp_path: Path) -> None:
    """One test for all, since starting a map takes a while."""
    longitude, latitude = places
    seen = visit(f"/de/map/?layers=areas&map={latitude},{longitude},15")
    page = seen.page
    wait_for_map(page)
    canvas = page.locator("canvas.maplibregl-canvas")
    canvas.focus()
    page.keyboard.press("Enter")
    found = page.locator("#sk-portal-found")
    expect(found).to_be_visible()
    expect(found).to_contain_text("Altstadt")

    page.locator('[data-tool="distance"]').click()
    canvas.focus()
    page.keyboard.press("Enter")
    for _step in range(3):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(700)
    page.keyboard.press("Enter")
    expect(page.locator("#sk-portal-message")).to_have_text(re.compile(r": \d[\d.,]* k?m$"))
    page.locator('[data-do="done"]').click()

    page.locator('[data-tool="point"]').click()
    canvas.focus()
    page.keyboard.press("Enter")
    page.locator("#sk-portal-drawings input").fill("Treffpunkt <b>")
    page.locator("#sk-portal-drawings input").blur()
    address = unquote(page.url)
    assert "layers=areas" in address
    assert "map=" in address
    assert "Treffpunkt <b>" in address
    with page.expect_download() as download:
        page.locator('[data-do="export"]').click()
    (feature,) = json.loads(Path(download.value.path()).read_text())["features"]
    assert feature["properties"] == {"text": "Treffpunkt <b>"}

    page.locator("#q").fill("mückenstr")
    page.locator("#sk-portal-places button").first.click(timeout=20_000)
    page.wait_for_timeout(2500)
    assert f"map={latitude:.2f}"[:9] in page.url

    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator('[data-do="print"]').click()
    page.wait_for_function("window.printed", timeout=30_000)
    page.emulate_media(media="print")
    expect(page.locator(".sk-sheet__map")).to_be_visible()
    expect(page.locator(".sk-sheet__scale")).to_have_text(re.compile(r"^ \d[\d.,]* k?m$"))
    expect(page.locator(".sk-sheet__layers")).not_to_be_empty()
    page.emulate_media(media="screen")
    seen.check()

    again = visit(page.url.removeprefix(page.url.split("/de/")[0]))
    wait_for_map(again.page)
    expect(again.page.locator("#sk-portal-drawings input")).to_have_value("Treffpunkt <b>")
    expect(again.page.locator('input[value="areas"]')).to_be_checked()


def test_on_a_phone_and_in_the_dark(visit: Open, places: tuple[float, float]) -> None:
    seen = visit("/pl/map/?layers=areas", PHONE)
    wait_for_map(seen.page)
    seen.check()


def test_without_scripts_the_list_is_the_page(visit: Open, places: tuple[float, float]) -> None:
    seen = visit("/de/map/", DESKTOP, java_script_enabled=False)
    page = seen.page
    page.locator(".sk-layers > summary").click()
    page.locator('input[name="layers"][value="areas"]').check()
    page.locator("#sk-portal-form button").click()
    assert "layers=areas" in page.url
    expect(page.locator('input[value="areas"]')).to_be_checked()
    assert page.locator("#sk-portal-tools").is_hidden()
    page.locator(".sk-layers > summary").click()
    page.locator('main a[href*="areas"]').first.click()
    expect(page.locator("main")).to_contain_text("Altstadt")
