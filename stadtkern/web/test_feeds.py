"""The feed of newest pages."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from wagtail.models import Locale, Page, Site

from stadtkern.web.models import ContentPage

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def add(parent: Page, slug: str, day: int, *, live: bool = True, title: str = "") -> Page:
    """Add a page that was published on a day of November."""
    page = ContentPage(
        title=title or slug,
        slug=slug,
        live=live,
        introduction=f"About {slug}",
        locale=parent.locale,
        first_published_at=datetime(2026, 11, day, 12, tzinfo=UTC),
        last_published_at=datetime(2026, 11, day, 13, tzinfo=UTC),
    )
    return parent.add_child(instance=page)


@pytest.fixture
def _pages() -> None:
    root = Page.objects.get(depth=1)
    home, other = (
        root.add_child(
            instance=ContentPage(
                title=code, slug=code, locale=Locale.objects.get_or_create(language_code=code)[0]
            )
        )
        for code in ("de", "pl")
    )
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "testserver", "root_page": home}
    )
    add(home, "alt", 2)
    add(home, "neu", 9, title="Rat & <Bürger>")
    add(home, "entwurf", 10, live=False)
    add(other, "nowe", 8)


@pytest.mark.usefixtures("_pages")
def test_feed_has_the_newest_pages_of_its_language(client: Client) -> None:
    answer = client.get("/de/feed/")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)  # noqa: S314  # our own answer
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
    assert titles == ["Rat & <Bürger>", "alt"]
    first = next(feed.iter(f"{ATOM}entry"))
    link = first.find(f"{ATOM}link")
    assert link is not None
    assert link.attrib["href"].startswith("http")
    assert link.attrib["href"].endswith("/neu/")
    assert first.findtext(f"{ATOM}published") == "2026-11-09T12:00:00+00:00"
    assert first.findtext(f"{ATOM}summary") == "About neu"


@pytest.mark.usefixtures("_pages")
def test_pages_point_to_the_feed_of_their_language(client: Client) -> None:
    html = client.get("/pl/map/").content.decode()
    assert 'type="application/atom+xml" href="/pl/feed/"' in html
