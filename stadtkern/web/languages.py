"""The same page in the other languages."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language

from stadtkern.web.town import current_town


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A language by its own name, and the page in it."""

    code: str
    name: str
    url: str
    is_current: bool
    is_same_page: bool = True
    """False: the page does not exist in that language; the link leads to its start page."""


def page_addresses(page: Any, request: HttpRequest) -> dict[str, str]:  # noqa: ANN401  # any Wagtail page
    """Return where a Wagtail page stands in each language."""
    translations = page.get_translations(inclusive=True).filter(live=True).select_related("locale")
    return {p.locale.language_code: url for p in translations if (url := p.get_url(request))}


def in_other_language(path: str, code: str) -> str:
    """Return the same address in another language; words in it are translated, else only its first part."""
    translated = translate_url(path, code)
    first, _slash, rest = path.removeprefix("/").partition("/")
    if translated == path and first in dict(settings.LANGUAGES):
        return f"/{code}/{rest}"
    if translated == path and first:  # pages of interfaces stand at one address in all languages
        return with_language(path, code)
    return translated


def with_language(path: str, code: str) -> str:
    """Return an address without a language in its path with the parameter `lang`."""
    base, _mark, query = path.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "lang"]
    return f"{base}?{urlencode([*kept, ('lang', code)])}"


def language_links(request: HttpRequest, page: Any = None, *, is_error: bool = False) -> list[LanguageLink]:  # noqa: ANN401
    """Return the languages of the town with the current page in each."""
    names = dict(settings.LANGUAGES)
    active = get_language()
    own = page_addresses(page, request) if hasattr(page, "get_translations") else None
    found = []
    for code in current_town().languages:
        same = code in own if own is not None else not is_error
        url = own.get(code) if own is not None else in_other_language(request.get_full_path(), code)
        found.append(
            LanguageLink(code, names[code], url if same and url else f"/{code}/", code == active, same)
        )
    return found
