"""The page of the search, its suggestions and its feed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from stadtkern.search import areas
from stadtkern.search.queries import FACETS, SORTS, Hit, Results, SearchQuery
from stadtkern.search.services import search, suggest
from stadtkern.search.subjects import subjects

MOST_LETTERS = 100
MOST_PLACES = 10
WITH_PLACE = ("areas", "addresses", "streams", "datasets")


class OnePage(Sequence[Hit]):
    """The hits of one page standing for all: what a paginator of Django needs."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def __len__(self) -> int:
        """Return how many hits can be paged through."""
        return min(self.results.total, self.results.pages * self.results.query.size)

    @overload
    def __getitem__(self, piece: int) -> Hit: ...
    @overload
    def __getitem__(self, piece: slice) -> Sequence[Hit]: ...
    def __getitem__(self, piece: int | slice) -> Hit | Sequence[Hit]:
        """Return the hits of the page, whichever piece is asked for."""
        return self.results.hits if isinstance(piece, slice) else self.results.hits[piece]


def page_of(results: Results) -> Page[Hit]:
    """Return the page of hits for the tag `pagination`."""
    return Paginator(OnePage(results), results.query.size).get_page(results.query.page)


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that is made, and the address without it."""

    facet: str
    title: str
    query: str


def chosen(results: Results) -> list[Choice]:
    """Return the choices that narrow the results."""
    return [
        Choice(facet.title, value.title, value.query)
        for facet in results.facets
        for value in facet.values
        if value.is_chosen
    ]


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Find in everything that subjects have registered."""
    query = SearchQuery.from_params(request.GET)
    is_asked = bool(query.text or query.facets or query.bbox or query.area)
    facts: dict[str, object] = {
        "query": query,
        "text": query.text,
        "areas": areas.all_areas(),
        "sorts": SORTS,
    }
    if is_asked:
        results = search(query)
        facts |= {
            "results": results,
            "page_obj": page_of(results),
            "choices": chosen(results),
            "kinds": {subject.slug: subject.title for subject in subjects()},
            "feed": f"{reverse('search-feed')}?{query.urlencode()}",
            "hidden": [(name, value) for name, value in query.params() if name in FACETS or name == "bbox"],
            "literal": replace(query, text=f'"{query.text}"').urlencode(),
            "better": replace(query, text=results.suggestion, page=1).urlencode(),
        }
    return render(request, "search/search.html", facts)


@require_safe
def suggestions(request: HttpRequest) -> JsonResponse:
    """Answer with what the text may become, as the OpenSearch suggestions format has it: `[text, [...]]`."""
    text = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:MOST_LETTERS]
    headers = {"Cache-Control": "public, max-age=60"}
    return JsonResponse([text, list(suggest(text))], safe=False, headers=headers)


@require_safe
def places(request: HttpRequest) -> JsonResponse:
    """Answer with what lies somewhere and fits the text: title, what it is, its box; for the map."""
    query = SearchQuery.from_params(request.GET, kinds=WITH_PLACE, size=MOST_PLACES)
    found = search(query).hits if query.text else []
    titles = {subject.slug: str(subject.title) for subject in subjects()}
    hits = [
        {"title": hit.title, "kind": titles[hit.kind], "bbox": hit.bbox, "url": hit.url}
        for hit in found
        if hit.bbox
    ]
    return JsonResponse({"places": hits}, headers={"Cache-Control": "public, max-age=60"})
