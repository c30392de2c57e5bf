"""The catalogue and its datasets in the form that was asked for."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date, quote_etag
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_safe

from stadtkern.base.errors import Gone, NotFound
from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.rdf import catalogue as catalogues
from stadtkern.catalogue.rdf import names
from stadtkern.catalogue.rdf.catalogue import FORMS, Form, Page
from stadtkern.catalogue.rdf.queries import described

HTML = "text/html"
ENDINGS = {
    HTML: "html",
    "text/turtle": "ttl",
    "application/x-turtle": "ttl",
    "text/n3": "ttl",
    "application/rdf+xml": "rdf",
    "application/xml": "rdf",
    "text/xml": "rdf",
    "application/ld+json": "jsonld",
    "application/json": "jsonld",
}
"""What can be asked for by the header Accept, and the ending it leads to; the first is the default."""
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Last-Modified, Link"}


def ending(request: HttpRequest, *, otherwise: str) -> str:
    """Return the ending of the form that a reader likes best."""
    wanted = request.get_preferred_type(list(ENDINGS))
    if "Accept" not in request.headers or request.headers["Accept"].strip() == "*/*" or wanted is None:
        return otherwise
    return ENDINGS[wanted]


@require_safe
def catalogue(request: HttpRequest) -> HttpResponseBase:
    """Lead people to the page, and answer programs with the form they read."""
    wanted = ending(request, otherwise="ttl")
    if wanted == "html":
        return _see_other(f"/{names.language()}/data/")
    return _vary(_catalogue(request, wanted))


@require_safe
def document(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Answer with a page of the catalogue, or with `?full=1` with all of it."""
    return _catalogue(request, ending)


def _catalogue(request: HttpRequest, ending: str) -> HttpResponseBase:
    form = FORMS[ending]
    address = f"{names.base()}{reverse('catalog-document', args=[ending])}"
    if request.GET.get("full", "") not in {"", "0", "false"}:
        return _streamed(request, form, catalogues.whole(), address)
    given = request.GET.get("page", "1")
    shown = catalogues.page(int(given)) if given.isascii() and given.isdigit() and len(given) < 9 else None  # noqa: PLR2004
    if shown is None:
        raise NotFound(f"There is no page {given[:20]!r} of the catalogue.")
    body = "".join(catalogues.write(form, shown, address)).encode()
    response = _answer(request, form, body, catalogues.newest_change(shown.keys))
    response.headers["Link"] = ", ".join(_links(shown, address))
    return response


def _links(shown: Page, address: str) -> Iterator[str]:
    """Return the ways to other pages and to the whole (RFC 8288)."""
    yield f'<{address}?full=1>; rel="collection"'
    if shown.number < shown.pages:
        yield f'<{address}?page={shown.number + 1}>; rel="next"'
    if shown.number > 1:
        yield f'<{address}?page={shown.number - 1}>; rel="prev"'


def _streamed(request: HttpRequest, form: Form, shown: Page, address: str) -> HttpResponseBase:
    pieces = (piece.encode() for piece in _gathered(catalogues.write(form, shown, address)))
    body = _threaded(pieces) if isinstance(request, ASGIRequest) else pieces
    changed = catalogues.newest_change(shown.keys) if shown.total <= catalogues.PAGE else None
    headers = {**CORS, **({"Last-Modified": http_date(changed.timestamp())} if changed else {})}
    return StreamingHttpResponse(body, content_type=f"{form.MEDIA_TYPE}; charset=utf-8", headers=headers)


def _gathered(pieces: Iterable[str], least: int = 65_536) -> Iterator[str]:
    """Yield larger pieces: each goes through the server one by one."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= least:
            yield "".join(waiting)
            waiting, size = [], 0
    yield "".join(waiting)


async def _threaded(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces without stopping the other requests while one is made."""
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece


@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Lead from the lasting name of a dataset to its page or its description."""
    wanted = ending(request, otherwise="html")
    if wanted == "html":
        _known(slug)
        return _see_other(f"/{names.language()}/data/{slug}/")
    return _vary(dataset_document(request, slug, wanted))


@require_safe
def page(request: HttpRequest, rest: str) -> HttpResponseBase:
    """Lead from an address without a language to the page in the language of the visitor."""
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    response = HttpResponseRedirect(f"/{get_language_from_request(request)}/data/{rest}{query}")
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


@require_safe
def dataset_document(request: HttpRequest, slug: str, ending: str) -> HttpResponseBase:
    """Answer with the description of one dataset."""
    _known(slug)
    found = get_object_or_404(described(Dataset.objects.public()), slug=slug)
    body = catalogues.write_one(FORMS[ending], found).encode()
    response = _answer(request, FORMS[ending], body, found.changed_at)
    response.headers["Link"] = f'<{names.page(found)}>; rel="alternate"; type="text/html"'
    return response


def _known(slug: str) -> None:
    """Say whether a dataset was withdrawn or never was."""
    found = (
        Dataset.objects.filter(slug=slug).values_list("live", "withdrawn_at", "profile__is_published").first()
    )
    if found is None:
        raise Http404
    is_live, withdrawn, is_published = found
    if withdrawn is not None and is_published:
        raise Gone("This dataset was withdrawn; its page says why.")
    if not is_live or not is_published:
        raise Http404


def _answer(request: HttpRequest, form: Form, body: bytes, changed: datetime | None) -> HttpResponse:
    """Return the document, or that it is still the same.

    Only the body itself tells whether it changed: publishers, licences and tables change it too.
    """
    tag = quote_etag(hashlib.blake2b(body, digest_size=12).hexdigest())
    response = HttpResponse(
        body, content_type=f"{form.MEDIA_TYPE}; charset=utf-8", headers={**CORS, "ETag": tag}
    )
    if changed is not None:
        response.headers["Last-Modified"] = http_date(changed.timestamp())
    found = get_conditional_response(request, etag=tag, response=response)
    return found if isinstance(found, HttpResponse) else response


def _see_other(address: str) -> HttpResponseBase:
    return _vary(HttpResponse(status=303, headers={**CORS, "Location": address}))


def _vary(response: HttpResponseBase) -> HttpResponseBase:
    """Tell caches that the answer depends on what was asked for."""
    patch_vary_headers(response, ["Accept"])
    return response
