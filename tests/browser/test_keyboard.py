"""The demo town without a mouse."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stadtkern.web.models import BarrierReport
from tests.browser.conftest import Open
from tests.browser.guben import guben, site

__all__ = ["guben", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
MOST_STOPS = 150
STOP = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const look = getComputedStyle(one), box = one.getBoundingClientRect();
  const outline = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2;
  const name = one.getAttribute('aria-label') || one.innerText || one.value || one.title || one.id;
  return {
    text: `${one.tagName} ${(name || '').trim()}`.slice(0, 60),
    marked: outline || look.boxShadow !== 'none',
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""


def walk(page: Page) -> list[dict[str, object]]:
    """Press Tab through the whole page and return where the focus stood."""
    stops: list[dict[str, object]] = []
    for _press in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return stops
        for _look in range(20):  # a map draws only when it comes into sight
            if stop["marked"] and stop["seen"]:
                break
            page.wait_for_timeout(250)
            stop = page.evaluate(STOP) or stop
        stops.append(stop)
    raise AssertionError(f"the focus never leaves the page: {stops[-5:]}")


def every_stop_of_the_cockpit_can_be_seen(visit: Open) -> None:
    stops = walk(visit("/de/").page)
    assert stops[0]["text"] == "A Zum Inhalt"
    assert [stop for stop in stops if not (stop["marked"] and stop["seen"])] == []
    assert len(stops) > 30


def language_is_switched_by_enter(visit: Open) -> None:
    page = visit("/de/sensors/").page
    for _press in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hreflang") == "pl":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/pl/sensors/")
    assert page.evaluate("document.documentElement.lang") == "pl"


def list_drives_the_map(visit: Open) -> None:
    page = visit("/de/map/").page
    page.locator("sk-map").scroll_into_view_if_needed()
    page.wait_for_selector("sk-map[data-state=ready]", timeout=60_000)
    button = page.locator(".sk-place__show").first
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".sk-place.is-chosen")).to_have_count(1)


def test_barrier_is_reported_after_a_mistake(visit: Open, site: None) -> None:
    page = visit("/de/accessibility/report/", expect_error=True).page
    page.locator("#id_description").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("charlie@example")
    page.keyboard.press("Enter")
    page.wait_for_selector("#errors")
    page.locator("#errors a").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_description"
    page.keyboard.type("Die Karte liest mein Vorleseprogramm nicht vor.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#id_email")).to_have_value("charlie@example")
    page.keyboard.press("End")
    page.keyboard.type(".org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/de/accessibility/reported/**")
    assert BarrierReport.objects.get().email == "charlie@example.org"


def appearance_is_chosen_by_arrow_keys(visit: Open) -> None:
    page = visit("/de/").page
    page.locator("#sk-theme").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("html")).to_have_attribute("data-kern-theme", "dark")
    page.reload()
    expect(page.locator("#sk-theme")).to_have_value("dark")


def test_town_without_a_mouse(visit: Open, guben: Path) -> None:
    """One test for all, since the town is built anew for each."""
    every_stop_of_the_cockpit_can_be_seen(visit)
    language_is_switched_by_enter(visit)
    list_drives_the_map(visit)
    appearance_is_chosen_by_arrow_keys(visit)
