"""The pages of editors in the search."""

from collections.abc import Iterator

from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import get_language
from wagtail.models import Page

from stadtkern.web.search import Entry, Found, Hit, among

MOST_PAGES = 1000
LETTERS = 160


def find_pages(text: str, first: int, most: int) -> Found:
    """Find in titles and texts of the public pages of the active language."""
    language = (get_language() or "").partition("-")[0]
    pages = Page.objects.live().public().filter(depth__gt=1, locale__language_code=language)
    found = {page.pk: page for page in pages.order_by("path")[:MOST_PAGES].specific()}
    total, keys = among(_entries(found), text, first, most)
    shown = (found[key] for key in keys if isinstance(key, int))
    return Found(total, [Hit(page.title, page.get_url() or "", _lead(page)) for page in shown])


def _entries(pages: dict[int, Page]) -> Iterator[Entry]:
    for key, page in pages.items():
        parts = [page.search_description, getattr(page, "introduction", "")]
        if body := getattr(page, "body", None):
            parts += body.stream_block.get_searchable_content(body)
        yield Entry(page.title, " ".join(strip_tags(str(part)) for part in parts), key)


def _lead(page: Page) -> str:
    lead = page.search_description or getattr(page, "introduction", "")
    return Truncator(" ".join(strip_tags(lead).split())).chars(LETTERS)
