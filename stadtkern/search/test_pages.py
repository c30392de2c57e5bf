"""The page of the search: pages of editors, odd questions, numbers of queries."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from wagtail.models import Locale, Page, Site

from stadtkern.search import changes, subjects
from stadtkern.web.models import ContentPage


def test_two_subjects_do_not_share_a_name() -> None:
    other = subjects.Subject(slug="pages", title="x", documents=lambda _keys: (), visible=lambda _keys: ())
    with pytest.raises(ValueError, match="pages"):
        subjects.register(other)


@pytest.fixture
def pages(db: None) -> Page:
    """Return a German start page with thirty pages below it."""
    cache.clear()  # Wagtail keeps where sites begin, also those of other tests
    locale = Locale.objects.get_or_create(language_code="de")[0]
    root = Page.get_first_root_node()
    home = root.add_child(instance=ContentPage(title="Start", slug="de", locale=locale))
    Site.objects.update(root_page=home)
    for number in range(30):
        home.add_child(instance=ContentPage(title=f"Mühle {number:02}", slug=f"m{number}", locale=locale))
    home.add_child(
        instance=ContentPage(
            title="Bürgerbüro", slug="b", introduction="Wo die Mühle & das Rad stehen.", locale=locale
        )
    )
    home.add_child(instance=ContentPage(title="Mühle geheim", slug="g", live=False, locale=locale))
    changes.work()
    return home


def test_pages_are_found_in_title_and_text_but_not_before_they_are_public(
    client: Client, pages: Page
) -> None:
    body = client.get("/de/search/?q=muehle").content.decode()
    assert body.count("<li>\n      <a") == 20
    assert "geheim" not in body
    page = client.get("/de/search/?q=muehle&page=2")
    assert page.context["results"].total == 31
    hits = page.context["results"].hits
    assert hits[-1].title == "Bürgerbüro"
    assert hits[-1].snippet == "Wo die <mark>Mühle</mark> &amp; das Rad stehen."
    assert hits[-1].url.endswith("/de/b/")
    assert "Mühle</mark> &amp; das Rad" in page.content.decode()
    polish = client.get("/pl/search/?q=muehle")
    assert 'lang="de"' in polish.content.decode()
    assert polish.context["results"].total == 31


def test_a_page_that_is_taken_back_is_not_found(client: Client, pages: Page) -> None:
    page = ContentPage.objects.get(slug="b")
    Page.objects.filter(pk=page.pk).update(live=False)  # past the models: the index does not know
    found = client.get("/de/search/?q=rad").context["results"]
    assert not found.hits
    page.refresh_from_db()
    page.save()
    changes.process()
    assert client.get("/de/search/?q=rad").context["results"].total == 0


def test_translations_of_a_page_are_one_result(client: Client, pages: Page) -> None:
    locale = Locale.objects.get_or_create(language_code="pl")[0]
    original = ContentPage.objects.get(slug="b")
    home = pages.copy_for_translation(locale)
    home.save_revision().publish()
    copy = original.copy_for_translation(locale)
    copy.title = "Biuro obywatelskie"
    copy.save_revision().publish()
    changes.process()
    (hit,) = client.get("/pl/search/?q=biur").context["results"].hits
    assert (hit.title, hit.language) == ("Biuro obywatelskie", "pl")
    (hit,) = client.get("/de/search/?q=biuro").context["results"].hits
    assert (hit.title, hit.language) == ("Bürgerbüro", "de")


def test_what_is_asked_is_only_shown(client: Client, pages: Page) -> None:
    body = client.get("/en/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in body
    assert "Nothing was found" in body


ODD = [
    "", "?q=", "?q=%00", "?q=%F0%9F%92%A9", "?q=" + "a" * 5000, "?q=a&page=99999999", "?q=%22", "?q=%22%22%22",
    "?q=AND+OR+NOT+NEAR", "?q=*", "?q=title:x", "?q=%27%29%3B--", "?q=%26%7C%21", "?q=m%C3%BChle&page=-1",
    "?q=" + "+".join(f"w{n}" for n in range(50)), "?kind=nothing", "?theme=%00&q=m", "?q=%ED%A0%80", "?q=die+der+das",
    "?q=m%C3%BChle&page=51", "?" + "&".join(f"theme=t{n}" for n in range(200)),
]  # fmt: skip


@pytest.mark.parametrize("query", ODD)
def test_odd_questions_get_a_page(client: Client, pages: Page, query: str) -> None:
    assert client.get(f"/en/search/{query}").status_code == 200
    assert client.get(f"/en/search/suggest.json{query}").status_code == 200
    assert client.get(f"/en/search/feed/{query}").status_code == 200


@pytest.mark.parametrize(
    "query", ["bbox=1", "bbox=1,2,3,x", "bbox=5,5,1,1", "bbox=nan,0,1,1", "sort=odd", "area=no"]
)
def test_what_cannot_be_used_is_told(client: Client, pages: Page, query: str) -> None:
    assert client.get(f"/en/search/?q=m%C3%BChle&{query}").status_code == 422


def test_queries_do_not_grow_with_what_is_found(
    client: Client, pages: Page, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/de/search/?q=muehle")
    with django_assert_max_num_queries(12):
        client.get("/de/search/?q=buergerbuero")
    with django_assert_max_num_queries(12):
        client.get("/de/search/?q=muehle")


def test_feed_and_suggestions(client: Client, pages: Page) -> None:
    ContentPage.objects.get(slug="b").save_revision().publish()
    changes.process()
    feed = client.get("/de/search/feed/?q=rad")
    assert feed["Content-Type"].startswith("application/atom+xml")
    assert "<title>Bürgerbüro</title>" in feed.content.decode()
    text, found = client.get("/de/search/suggest.json?q=buergerb").json()
    assert text == "buergerb"
    assert found[0] == "Bürgerbüro"


def test_every_page_has_the_search_in_its_header(client: Client, pages: Page) -> None:
    for path in ("/de/map/", "/de/m1/", "/de/nothing-here/"):
        assert 'action="/de/search/"' in client.get(path).content.decode(), path
