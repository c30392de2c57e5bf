"""Cockpit, kiosk and embed in a real browser: accessible, alive, usable by touch and keyboard."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from stadtkern.base import clock
from stadtkern.dashboards.fixtures import MakeCockpit, Store, _fresh, make_cockpit, profile, store
from stadtkern.dashboards.models import CockpitPage
from tests.browser.conftest import DESKTOP, MODES, PHONE, Mode, Open

__all__ = ["_fresh", "make_cockpit", "profile", "store"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LEVELS = {"A1": (300.0, 1), "A3": (440.0, 3)}


@pytest.fixture
def cockpit(store: Store, make_cockpit: MakeCockpit) -> CockpitPage:
    """Return a cockpit with tiles that are calm, alarmed, old and empty."""
    now = clock.now()
    river = store([210, 211, 212, 212], levels=LEVELS, end=now)
    alarm = store([430, 440, 450], thing="b", name="Gubin", levels=LEVELS, end=now)
    old = store([4.0, 4.5], thing="w", prop="air_temperature", unit="Cel", end=now - timedelta(days=2))
    air = store([12.0], thing="a", name="Cottbus", prop="pm10", unit="ug/m3", end=now)
    return make_cockpit(
        ("river_level", {"gauge": river, "others": [alarm], "river": "Die Neiße", "span": "2"}),
        ("river_level", {"gauge": alarm, "title": "Hochwasserrückhaltebeckenverordnung"}),
        ("section", {"heading": "Wetter und Luft"}),
        ("weather", {"station": old, "explanation": "Gemessen in zwei Metern Höhe."}),
        ("air_quality", {"station": air}),
        ("value", {"datastream": "nobody:knows:this"}),
        ("time_series", {"datastreams": [river, alarm], "span": "2"}),
        ("live_map", {"span": "3"}),
        ("links", {"links": [{"text": "Notruf", "address": "tel:112"}]}),
        ("register_count", {}),
    )


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_cockpit_is_accessible(visit: Open, cockpit: CockpitPage, mode: Mode) -> None:
    visit("/de/", mode).check()


@pytest.mark.parametrize("mode", [DESKTOP, PHONE], ids=str)
def test_kiosk_is_accessible(visit: Open, cockpit: CockpitPage, mode: Mode) -> None:
    visit("/de/kiosk/", mode).check()


def test_embed_is_accessible(visit: Open, cockpit: CockpitPage) -> None:
    block = cockpit.tiles.raw_data[0]["id"]
    visit(f"/de/embed/{cockpit.pk}/{block}/", PHONE).check()


def test_new_reading_appears_without_reload(visit: Open, cockpit: CockpitPage, store: Store) -> None:
    """The server of this test speaks WSGI, so the page falls back to asking every 30 seconds."""
    seen = visit("/de/", expect_error=True, wait="commit")
    page = seen.page
    page.clock.install()
    page.reload(wait_until="networkidle")
    number = page.locator(".sk-tile__number").first
    expect(number).to_have_text("212\u00a0cm")
    store([299], end=clock.now() + timedelta(seconds=1))
    page.clock.run_for(31_000)
    page.wait_for_timeout(200)
    page.clock.run_for(1_000)
    expect(number).to_have_text("299\u00a0cm")


def test_live_update_can_be_paused_and_stays_so(visit: Open, cockpit: CockpitPage) -> None:
    page = visit("/de/", expect_error=True).page
    button = page.locator(".sk-live button")
    first = button.inner_text()
    button.click()
    assert button.inner_text() != first
    page.reload()
    assert page.locator(".sk-live button").inner_text() != first


def test_live_update_rests_for_people_who_want_less_motion(visit: Open, cockpit: CockpitPage) -> None:
    calm = (
        visit("/de/", expect_error=True, reduced_motion="reduce").page.locator(".sk-live button").inner_text()
    )
    lively = visit("/de/", expect_error=True).page.locator(".sk-live button").inner_text()
    assert calm != lively


def test_kiosk_turns_by_keyboard_and_touch_and_returns(visit: Open, cockpit: CockpitPage) -> None:
    seen = visit("/de/kiosk/", expect_error=True, wait="commit")
    page = seen.page
    page.clock.install()
    page.reload(wait_until="networkidle")
    count = page.locator(".sk-kiosk__count")
    expect(count).to_have_text("1 / 9")
    page.clock.run_for(12_500)
    expect(count).to_have_text("2 / 9")
    page.keyboard.press("ArrowLeft")
    expect(count).to_have_text("1 / 9")
    page.locator('[data-do="toggle"]').click()
    page.locator('[data-do="next"]').click()
    page.clock.run_for(30_000)
    expect(count).to_have_text("2 / 9")
    page.clock.run_for(31_000)
    expect(count).to_have_text("1 / 9")
    for button in page.locator(".sk-kiosk__controls button").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 64


def test_kiosk_stands_still_for_people_who_want_less_motion(visit: Open, cockpit: CockpitPage) -> None:
    page = visit("/de/kiosk/", expect_error=True, wait="commit", reduced_motion="reduce").page
    page.clock.install()
    page.reload(wait_until="networkidle")
    page.clock.run_for(40_000)
    expect(page.locator(".sk-kiosk__count")).to_have_text("1 / 9")


def test_kiosk_fits_a_4k_table(visit: Open, cockpit: CockpitPage) -> None:
    seen = visit("/de/kiosk/", Mode(3840, is_dark=False))
    size = seen.page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('.sk-tile__number')).fontSize)"
    )
    assert size >= 64
    assert seen.sideways() == 0


def test_kiosk_is_a_plain_page_without_scripts(visit: Open, cockpit: CockpitPage) -> None:
    page = visit("/de/kiosk/", java_script_enabled=False).page
    assert page.locator(".sk-kiosk__slide:visible").count() == 9
    assert page.locator(".sk-kiosk__controls:visible").count() == 0
