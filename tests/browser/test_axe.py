"""Every kind of page of the demo town: accessible, quiet, narrow enough, in its own language."""

from pathlib import Path

import pytest
from wagtail.models import Page

from stadtkern.observations.models import Datastream, Thing
from tests.browser.conftest import DESKTOP, MODES, PHONE, Mode, Open, Visit
from tests.browser.guben import guben, site

__all__ = ["guben", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LANGUAGES = ["de", "pl", "en", "dsb"]
STREAM = "brandenburg-flood:6602800:water_level"
IN_ALL = ("sensors/things/", "sensors/interface/", "warnings/")
OPPOSITE = (DESKTOP, PHONE)
# pages that look alike in all languages are seen in the town's first one
SAME = [
    "sensors/streams/",
    "sensors/profile/pegel/",
    "accessibility/",
    "accessibility/report/",
    "accessibility/reported/",
    "easy/",
    "imprint/",
    "privacy/",
    "kiosk/",
    "account/login/",
    "account/signup/",
    "account/password/reset/",
    "search/",
    "search/?q=neisse",
    "search/?q=nothing+of+that+kind",
]


def faults(seen: Visit, path: str, mode: Mode) -> list[str]:
    """Return what is wrong with an open page, then close it."""
    page = seen.page
    found = [*seen.problems, *seen.axe()]
    if wide := seen.sideways():
        found.append(f"{wide} px too wide")
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} first headings")
    if (language := page.evaluate("document.documentElement.lang")) != path.split("/")[1]:
        found.append(f"says it is {language!r}")
    page.context.close()
    return [f"{path} {mode}: {one}" for one in found]


def turn(paths: list[str], mode: Mode) -> list[str]:
    """Return the paths that are seen in a mode: each in two of four.

    These two differ in width and in colours.
    """
    return [path for number, path in enumerate(paths) if (number % 2 == 0) == (mode in OPPOSITE)]


def test_every_page_in_every_language_and_mode(visit: Open, guben: Path) -> None:
    """One test for all, since the town is built anew for each."""
    cockpit = Page.objects.get(depth=2, locale__language_code="de").specific
    stream = Datastream.objects.get(key=STREAM).pk
    thing = Thing.objects.get(key="6602800").pk
    differing = ("", "map/", "sensors/", f"sensors/streams/{stream}/", *IN_ALL, f"sensors/things/{thing}/")
    embeds = [f"/de/embed/{cockpit.pk}/{tile['id']}/" for tile in cockpit.tiles.raw_data]
    german = [f"/de/{page}" for page in differing]
    others = [f"/{language}/{page}" for language in LANGUAGES[1:] for page in differing]
    others += [f"/de/{page}" for page in SAME]
    found: list[str] = []
    for mode in MODES:
        for path in [*german, *turn(others, mode), *turn(embeds, mode)]:
            found += faults(visit(path, mode), path, mode)
        for path in ("/de/nowhere/", "/de/sensors/streams/999999/"):
            found += faults(visit(path, mode, expect_error=True), path, mode)
        seen = visit("/de/accessibility/report/", mode, expect_error=True)
        seen.page.locator("#id_email").fill("alice@")
        seen.page.locator("main button[type=submit]").click()
        seen.page.wait_for_selector("#errors")
        found += faults(seen, "/de/accessibility/report/ with errors", mode)
        seen = visit("/de/", mode)
        seen.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found += faults(seen, "/de/ unfolded", mode)
    assert found == []
