"""Navigation, breadcrumb, languages, transferred bytes."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client, RequestFactory
from django.utils import translation

from stadtkern.web.languages import in_other_language, language_links
from stadtkern.web.navigation import MAIN, MOST, Entry, links, main_links

FIRST_VISIT = 400_000


def test_only_pages_that_exist_are_in_the_navigation() -> None:
    with translation.override("de"):
        found = links([Entry("Map", "map"), Entry("Nothing", "no-such-page")], "/de/map/")
    assert [(link.title, link.url, link.is_current) for link in found] == [("Map", "/de/map/", True)]


def test_start_page_is_current_only_on_itself() -> None:
    with translation.override("de"):
        current = {
            path: [link.url for link in main_links(path) if link.is_current]
            for path in ("/de/", "/de/map/x/")
        }
    assert current == {"/de/": ["/de/"], "/de/map/x/": ["/de/map/"]}


def test_navigation_has_six_entries_at_most() -> None:
    assert len(MAIN) <= MOST == 6


def test_error_page_offers_the_start_page_of_each_language() -> None:
    request = RequestFactory().get("/de/nowhere/")
    with translation.override("de"):
        found = language_links(request, is_error=True)
    assert [link.url for link in found] == ["/de/", "/pl/", "/en/", "/dsb/"]
    assert [link.is_current for link in found] == [True, False, False, False]


def test_address_without_a_name_changes_its_language_too() -> None:
    assert in_other_language("/de/no/such/page/?q=1", "pl") == "/pl/no/such/page/?q=1"
    assert in_other_language("/de/map/?q=1", "dsb") == "/dsb/map/?q=1"


@pytest.mark.django_db
def test_breadcrumb_begins_at_the_start_page(client: Client) -> None:
    page = client.get("/pl/map/").content.decode()
    trail = page[page.index('class="sk-breadcrumb"') :]
    assert trail.index('href="/pl/"') < trail.index('aria-current="page"')


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["de", "pl", "dsb"])
def test_first_visit_stays_within_its_weight(client: Client, language: str) -> None:
    """Count the page, its style sheets, scripts and all fonts it might ask for, compressed."""
    page = client.get(f"/{language}/account/login/").content
    found = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', page.decode())
    names = {re.sub(r"\.[0-9a-f]{12}\.", ".", name) for name in found}
    assert "web/stadtkern.css" in names
    names |= {"web/js/theme.js", "web/js/menu.js"}
    files = [Path(str(finders.find(name))) for name in names]
    weight = len(gzip.compress(page)) + sum(len(gzip.compress(path.read_bytes())) for path in files)
    fonts = Path(str(finders.find("web/stadtkern.css"))).parent.glob("vendor/fira-sans-*/*.woff2")
    weight += sum(path.stat().st_size for path in fonts)
    assert weight <= FIRST_VISIT


def test_our_style_sheet_stays_small() -> None:
    assert Path(str(finders.find("web/stadtkern.css"))).stat().st_size < 40_000


def test_our_scripts_stay_short() -> None:
    folder = Path(str(finders.find("web/js/page.js"))).parent
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in folder.glob("*.js")}
    assert {name: length for name, length in lengths.items() if length >= 150} == {}
