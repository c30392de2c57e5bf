"""Pages of datasets in a browser: accessible, narrow enough, by keyboard, with and without scripts."""

from pathlib import Path

import pytest
from pytest_django import Settings

from stadtkern.catalogue.models import Version
from stadtkern.catalogue.views.conftest import agent, closed, dataset, profile, town, trees
from tests.browser.conftest import DESKTOP, MODES, PHONE, Open

__all__ = ["agent", "closed", "dataset", "profile", "town", "trees"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TABLE = "/de/data/trees/tables/register/"
PAGES = [
    "/de/data/",
    "/pl/data/?q=Baum&theme=ENVI",
    "/de/data/trees/",
    "/de/data/trees/versions/1/",
    "/en/data/meters/",
    TABLE,
    f"{TABLE}?_view=chart",
    f"{TABLE}?_view=chart&_chart=scatter&_x=hoehe_m&_y=laengengrad",
    f"{TABLE}?_view=chart&_chart=bar&_x=baumart",
    f"{TABLE}?_view=columns&baumart=Linde",
    f"{TABLE}?_view=use",
    f"{TABLE}embed/?_view=chart",
    "/pl/data/sql/?q=SELECT+*+FROM+%22trees--register%22+LIMIT+3",
    "/dsb/data/interface/",
]


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


def test_every_page_is_accessible_and_narrow_enough(visit: Open, trees: Version, closed: object) -> None:
    for mode in MODES:
        for path in PAGES:
            seen = visit(path, mode)
            seen.check()
            seen.page.context.close()


def test_the_map_shows_what_the_list_says(visit: Open, trees: Version) -> None:
    seen = visit(f"{TABLE}?_view=map", DESKTOP)
    seen.page.wait_for_selector("sk-map[data-state=ready]", timeout=20_000)
    assert seen.page.locator(".sk-place").count() == 25
    seen.check()


def test_a_table_is_sorted_narrowed_and_paged_without_a_new_page(visit: Open, trees: Version) -> None:
    seen = visit(TABLE, DESKTOP)
    page = seen.page
    page.evaluate("window.same = true")
    page.locator("#sort-hoehe_m").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("th[aria-sort=ascending]")
    assert page.evaluate("document.activeElement.id") == "sort-hoehe_m"
    page.locator("#row-q").fill("Linde")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sk-conditions")
    page.locator("#next").click()
    page.wait_for_url("**_page=2**")
    page.go_back()
    page.wait_for_selector("#next")
    assert page.evaluate("window.same") is True
    seen.check()


def test_a_condition_is_added_on_a_phone(visit: Open, trees: Version) -> None:
    seen = visit(TABLE, PHONE)
    page = seen.page
    page.locator(".sk-narrowing summary").click()
    page.locator("#col").select_option("hoehe_m")
    page.locator("#op").select_option("gte")
    page.locator("#val").fill("20,5")
    page.locator(".sk-narrowing details button").click()
    page.wait_for_url("**hoehe_m__gte=20.5**")
    assert page.locator(".sk-conditions li").count() == 1
    seen.check()


def test_a_chart_is_handed_out_as_png(visit: Open, trees: Version, tmp_path: Path) -> None:
    seen = visit(f"{TABLE}?_view=chart&_chart=bar&_x=baumart", DESKTOP, accept_downloads=True)
    with seen.page.expect_download() as waiting:
        seen.page.locator("[data-png]").click()
    file = tmp_path / "chart.png"
    waiting.value.save_as(file)
    assert file.read_bytes().startswith(b"\x89PNG")
    assert seen.problems == []


def test_everything_works_without_scripts(visit: Open, trees: Version) -> None:
    seen = visit(TABLE, DESKTOP, java_script_enabled=False)
    page = seen.page
    page.locator(".sk-narrowing summary").click()
    page.locator("#col").select_option("baumart")
    page.locator("#op").select_option("eq")
    page.locator("#val").fill("Eiche")
    page.locator(".sk-narrowing details button").click()
    assert "baumart=Eiche" in page.url
    page.locator(".sk-pick summary").click()
    page.locator("input[value=nr]").uncheck()
    page.locator(".sk-pick button").click()
    assert page.locator("#sort-nr").count() == 0
    page.locator(".sk-tabs a").nth(1).click()
    assert page.locator(".sk-shares, .sk-chart__svg").count() > 0
