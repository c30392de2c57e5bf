"""What is written in any way is found, best first, page by page."""

import string

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from wagtail.models import Locale, Page, Site

from stadtkern.base.folding import plain_words
from stadtkern.web import search
from stadtkern.web.models import ContentPage
from stadtkern.web.search import Entry, among

ENTRIES = [
    Entry("Wasserstand Neiße", "Guben hydro", 1),
    Entry("Große Mühle", "am Wasser", 2),
    Entry("Chóśebuz", "Cottbus", 3),
    Entry("Żółta Łąka, Gubin", "", 4),
]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("neisse", [1]),
        ("NEISSE wasser", [1]),
        ("wasser", [1, 2]),
        ("muehle", [2]),
        ("Mühle", [2]),
        ("chosebuz", [3]),
        ("cottbus", [3]),
        ("zolta laka", [4]),
        ("Łąka", [4]),
        ("gub", [4, 1]),
        ("neisse gera", []),
        ("%", []),
        ("", []),
    ],
)
def test_any_spelling_finds_and_titles_come_first(text: str, keys: list[int]) -> None:
    assert among(ENTRIES, text, 0, 10) == (len(keys), keys)


def test_pieces_together_are_the_whole() -> None:
    total, every = among(ENTRIES, "gub", 0, 10)
    assert [among(ENTRIES, "gub", first, 1)[1] for first in range(total)] == [[key] for key in every]


@given(st.text(max_size=40))
def test_folding_takes_any_text_and_is_stable(text: str) -> None:
    words = plain_words(text)
    assert plain_words(" ".join(words)) == words
    assert set("".join(words)) <= set(string.ascii_lowercase + string.digits)


def test_two_subjects_do_not_share_a_name() -> None:
    with pytest.raises(ValueError, match="pages"):
        search.register("pages", "x", lambda _text, _first, _most: search.Found(0, []))


@pytest.fixture
def pages(db: None) -> Page:
    """Return a German start page with thirty pages below it."""
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
    return home


def test_pages_are_found_in_title_and_text_but_not_before_they_are_public(
    client: Client, pages: Page
) -> None:
    body = client.get("/de/search/?q=muehle").content.decode()
    assert body.count("<li>\n      <a") == 5
    assert "geheim" not in body
    assert "?q=muehle&amp;in=pages" in body
    page = client.get("/de/search/?q=muehle&in=pages&page=2")
    assert page.context["total"] == 31
    assert page.context["hits"][-1].title == "Bürgerbüro"
    assert page.context["hits"][-1].text == "Wo die Mühle & das Rad stehen."
    assert "Mühle &amp; das Rad" in page.content.decode()
    assert "/de/b/" in page.content.decode()
    assert client.get("/pl/search/?q=muehle").context["total"] == 0


def test_what_is_asked_is_only_shown(client: Client, pages: Page) -> None:
    body = client.get("/en/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in body
    assert "Nothing was found" in body


@pytest.mark.parametrize(
    "query", ["", "?q=", "?q=%00", "?q=%F0%9F%92%A9", "?q=" + "a" * 5000, "?q=a&page=99999999"]
)
def test_odd_questions_get_a_page(client: Client, pages: Page, query: str) -> None:
    assert client.get(f"/en/search/{query}").status_code == 200


def test_unknown_kind_is_told(client: Client, pages: Page) -> None:
    assert client.get("/en/search/?q=a&in=nothing").status_code == 404


def test_queries_do_not_grow_with_what_is_found(
    client: Client, pages: Page, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/de/search/?q=muehle")
    with django_assert_max_num_queries(20):
        client.get("/de/search/?q=m")


def test_every_page_has_the_search_in_its_header(client: Client, pages: Page) -> None:
    for path in ("/de/map/", "/de/m1/", "/de/nothing-here/"):
        assert 'action="/de/search/"' in client.get(path).content.decode(), path


def test_map_begins_with_what_is_nearest(client: Client, pages: Page) -> None:
    assert client.get("/en/map/?near=51.95,14.71").status_code == 200
    for bad in ("x", "51.95", "nan,1", "1,2,3", "91,0", "1e400,0"):
        assert client.get("/en/map/", {"near": bad}).status_code == 422, bad
