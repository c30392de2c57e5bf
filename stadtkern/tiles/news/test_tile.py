"""The newest pages."""

from wagtail.models import Page

from stadtkern.dashboards.fixtures import MakeCockpit, Show
from stadtkern.tiles.news.tile import newest_pages


def test_newest_page_comes_first_and_drafts_never(make_cockpit: MakeCockpit, show: Show) -> None:
    home = make_cockpit()
    for number in range(4):
        page = Page(title=f"Meldung {number}", slug=f"m{number}", locale=home.locale)
        home.add_child(instance=page)
        page.save_revision().publish()
    home.add_child(instance=Page(title="Entwurf", slug="entwurf", live=False, locale=home.locale))
    shown = show("news", count=3, language="de")
    assert shown.index("Meldung 3") < shown.index("Meldung 2") < shown.index("Meldung 1")
    assert "Meldung 0" not in shown
    assert "Entwurf" not in shown


def test_cockpit_itself_is_no_news(make_cockpit: MakeCockpit) -> None:
    make_cockpit()
    assert newest_pages(5) == []


def test_without_news_it_says_so(show: Show) -> None:
    assert "There is no news yet." in show("news")
