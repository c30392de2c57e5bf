"""The page of the search: the best of each kind, or all of one kind page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from stadtkern.base.errors import NotFound
from stadtkern.web.search import Find, Found, Hit, Kind, kinds

MOST_LETTERS = 100
BEST = 5
PER_PAGE = 20
LAST_PAGE = 250


@dataclass(frozen=True, slots=True)
class Section:
    """The best of one kind, and the way to all of it."""

    kind: Kind
    found: Found
    url: str

    @property
    def has_more(self) -> bool:
        """Whether there is more than stands here."""
        return self.found.total > len(self.found.hits)


class Hits(Sequence[Hit]):
    """Hits as a list that a paginator can cut: asks only for the piece that is shown."""

    def __init__(self, find: Find, text: str) -> None:
        self.find = find
        self.text = text
        self.total: int | None = None

    def __len__(self) -> int:
        """Return how many there are, no more than are paged through."""
        if self.total is None:
            self.total = self.find(self.text, 0, 0).total
        return min(self.total, LAST_PAGE * PER_PAGE)

    @overload
    def __getitem__(self, piece: int) -> Hit: ...
    @overload
    def __getitem__(self, piece: slice) -> list[Hit]: ...
    def __getitem__(self, piece: int | slice) -> Hit | list[Hit]:
        """Return a piece, or one."""
        if isinstance(piece, int):
            return self[piece : piece + 1][0]
        found = self.find(self.text, piece.start, piece.stop - piece.start)
        self.total = found.total
        return list(found.hits)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Find in everything that subjects have registered."""
    text = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:MOST_LETTERS]
    slug = request.GET.get("in", "")
    chosen = next((kind for kind in kinds() if kind.slug == slug), None)
    if slug and chosen is None:
        raise NotFound(f"There is nothing to be found called {slug!r}.")
    facts: dict[str, object] = {"text": text, "kind": chosen}
    if chosen and text:
        page = Paginator(Hits(chosen.find, text), PER_PAGE).get_page(request.GET.get("page"))
        facts |= {"page_obj": page, "hits": list(page.object_list), "total": page.paginator.count}
    elif text:
        sections = [section(kind, text) for kind in kinds()]
        sections = [one for one in sections if one.found.total]
        facts |= {"sections": sections, "total": sum(one.found.total for one in sections)}
    return render(request, "web/search.html", facts)


def section(kind: Kind, text: str) -> Section:
    """Return the best of one kind."""
    return Section(kind, kind.find(text, 0, BEST), f"?{urlencode({'q': text, 'in': kind.slug})}")
