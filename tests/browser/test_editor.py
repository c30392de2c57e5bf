"""An editor puts a tile on the cockpit in the browser, without a developer."""

import pytest
from playwright.sync_api import expect

from stadtkern.base import clock
from stadtkern.dashboards.fixtures import MakeCockpit, Store, _fresh, make_cockpit, profile, store
from stadtkern.people.roles import create_roles
from stadtkern.people.services import add_person
from tests.browser.conftest import Open
from tests.browser.office import PASSWORD, sign_in

__all__ = ["_fresh", "make_cockpit", "profile", "store"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_editor_adds_a_tile_that_shows_live_data(
    visit: Open, store: Store, make_cockpit: MakeCockpit
) -> None:
    now = clock.now()
    store([41.0], thing="x", name="Elsewhere", end=now)
    store([211.0, 212.0], end=now)
    home = make_cockpit(("text", {"title": "Willkommen"}))
    seen = visit("/de/", expect_error=True)
    page, address = seen.page, seen.page.url.removesuffix("/de/")
    create_roles()
    alice = add_person("alice@example.org", password=PASSWORD, roles=["editor"], language="en")
    sign_in(page, address, alice)

    page.goto(f"{address}/admin/pages/{home.pk}/edit/")
    expect(page.locator("button.c-sf-add-button").last).to_be_visible()
    page.locator("button.c-sf-add-button").last.click()
    page.get_by_role("option", name="Newest value", exact=True).click()
    blocks = page.locator("[data-streamfield-child]")
    expect(blocks).to_have_count(2)
    block = blocks.last
    block.get_by_label("Title").fill("Pegel am Markt")
    block.get_by_role("button", name="Choose a series of measurements").click()
    dialogue = page.locator(".modal-body")
    dialogue.get_by_role("textbox").fill("Guben water")
    expect(dialogue.locator("a[data-chooser-modal-choice]")).to_have_count(1)
    dialogue.locator("a[data-chooser-modal-choice]").click()
    expect(block.locator("[data-chooser-title]")).to_contain_text("Guben 2")
    page.get_by_role("button", name="More actions").last.click()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".messages .success")).to_be_visible()

    page.goto(f"{address}/de/")
    tile = page.locator(".sk-tile--value")
    expect(tile.get_by_role("heading")).to_have_text("Pegel am Markt")
    expect(tile.locator(".sk-tile__number")).to_have_text("212\u00a0cm")
