"""The pages of editors: one document for all translations of a page."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, PageViewRestriction, Site, get_page_models
from wagtail.query import PageQuerySet

from stadtkern.search import changes
from stadtkern.search.subjects import Document, Subject


def _public() -> PageQuerySet:
    return Page.objects.live().public().filter(depth__gt=1)


def documents(keys: Collection[str] | None) -> Iterator[Document]:
    """Return public pages, their translations together."""
    pages = _public().select_related("locale").order_by("translation_key", "path")
    if keys is not None:
        pages = pages.filter(translation_key__in=_keys(keys))
    together: dict[UUID, list[Page]] = defaultdict(list)
    for page in pages.specific():
        together[page.translation_key].append(page)
    for key, translations in together.items():
        yield _document(str(key), translations)


def visible(keys: Collection[str]) -> Collection[str]:
    """Return the keys of pages that are public in a language."""
    found = _public().filter(translation_key__in=_keys(keys)).values_list("translation_key", flat=True)
    return {str(key) for key in found}


def _keys(keys: Collection[str]) -> list[UUID]:
    return [UUID(key) for key in keys]


def _document(key: str, pages: Iterable[Page]) -> Document:
    by_language = {page.locale.language_code: page for page in pages}
    dates = [page.last_published_at for page in by_language.values() if page.last_published_at]
    return Document(
        key=key,
        title={language: page.title for language, page in by_language.items()},
        text={language: _text(page) for language, page in by_language.items()},
        urls={language: page.get_url() or "" for language, page in by_language.items()},
        facets={"language": tuple(by_language)},
        changed=max(dates, default=None),
    )


def _text(page: Page) -> str:
    parts = [page.search_description, getattr(page, "introduction", "")]
    if body := getattr(page, "body", None):
        parts += body.stream_block.get_searchable_content(body)
    return " ".join(" ".join(strip_tags(str(part)) for part in parts).split())


def _page_keys(page: Page) -> Iterable[str]:
    """Return the page and those below it, whose addresses and rights follow from it."""
    below = Page.objects.filter(path__startswith=page.path).values_list("translation_key", flat=True)
    return [str(page.translation_key), *map(str, below)]


def _restricted(restriction: PageViewRestriction) -> Iterable[str]:
    return _page_keys(restriction.page)


def _of_site(site: Site) -> Iterable[str]:
    return _page_keys(site.root_page)


SUBJECT = Subject(
    slug="pages",
    title=_("Pages"),
    documents=documents,
    visible=visible,
    watches={
        **dict.fromkeys(get_page_models(), _page_keys),
        PageViewRestriction: _restricted,
        Site: _of_site,
    },
)


def moved(*, instance: Page, **_facts: object) -> None:
    """Note that a page has another address."""
    changes.note(SUBJECT.slug, _page_keys(instance))
