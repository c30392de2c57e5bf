"""Header, footer, languages and colours of every page."""

import pytest
from django.test import Client

from stadtkern.web.town import current_town
from stadtkern.web.town_css import town_css

pytestmark = pytest.mark.django_db


def test_page_names_the_town_and_its_language(client: Client) -> None:
    page = client.get("/pl/account/login/").content.decode()
    assert '<html lang="pl" dir="ltr">' in page
    assert "Guben · Gubin" in page


def test_language_switch_keeps_page_and_query(client: Client) -> None:
    page = client.get("/de/account/login/?next=/x").content.decode()
    assert 'href="/dsb/account/login/?next=/x" lang="dsb" hreflang="dsb"' in page


def test_town_colours_last_for_good_under_their_own_name(client: Client) -> None:
    digest = town_css(current_town().look).digest
    right, stale = client.get(f"/town.{digest}.css"), client.get("/town.old.css")
    assert "immutable" in right["Cache-Control"]
    assert stale["Cache-Control"] == "no-cache"
    assert right.content == stale.content
    assert current_town().look.accent_light in right.content.decode()


def test_page_without_cookie_asks_for_none(client: Client) -> None:
    page = client.get("/de/nirgends/")
    assert not page.cookies
