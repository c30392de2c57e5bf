"""How answers are sent: as JSON or page, with the headers every one of them carries."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from stadtkern.base.errors import StadtkernError
from stadtkern.standards.ogc.asking import HTML, PROBLEM, Ask

logger = logging.getLogger(__name__)
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Crs, ETag, Link, OGC-NumberMatched, OGC-NumberReturned",
}
METHODS = "GET, HEAD, OPTIONS"
PREFLIGHT = {
    "Allow": METHODS,
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, If-None-Match, X-API-Key",
    "Access-Control-Max-Age": "86400",
}
VARY = "Accept, Accept-Language, Authorization, Cookie, X-API-Key"
View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: a document, or bytes that are ready."""

    document: Any
    template: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What only the page needs."""
    headers: Mapping[str, str] = field(default_factory=dict)
    tag: bytes | None = None
    """What makes the answer another one; None: its bytes."""
    is_public: bool = True


def link(href: str, rel: str, media: str, title: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """Return a link object (17-069r4 section 7.5.2)."""
    found: dict[str, Any] = {"href": href, "rel": rel, "type": media}
    return found | ({"title": title} if title else {}) | more


def own_links(ask: Ask, forms: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the links of an answer to itself and to its other forms, with all parameters kept."""
    found = []
    for form, media in forms.items():
        query = urlencode({**ask.parameters, "f": form})
        rel = "self" if form == ask.form else "alternate"
        found.append(link(f"{ask.url}?{query}", rel, media, FORM_TITLES.get(form, form)))
    return sorted(found, key=lambda one: one["rel"] != "self")


FORM_TITLES = {"json": "JSON", "html": "HTML", "geojson": "GeoJSON"}


def resource(view: Callable[..., tuple[Ask, Reply]]) -> View:
    """Make a Django view of a function that understands a request and answers it."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401  # of the address
        response = _answered(view, request, *args, **kwargs)
        for name, value in CORS.items():
            response.headers.setdefault(name, value)
        return response

    return answered


def _answered(
    view: Callable[..., tuple[Ask, Reply]],
    request: HttpRequest,
    *args: Any,  # noqa: ANN401  # of the address
    **kwargs: Any,  # noqa: ANN401  # of the address
) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=PREFLIGHT)
    if request.method not in {"GET", "HEAD"}:
        response = problem(405, f"{request.method} is not possible here.", request)
        response.headers["Allow"] = METHODS
        return response
    try:
        ask, reply = view(request, *args, **kwargs)
        return sent(ask, reply)
    except StadtkernError as error:
        return problem(error.status, str(error), request)
    except OperationalError as error:
        if "interrupted" not in str(error) and "cancel" not in str(error):
            raise
        logger.warning("stopped after too long: %s", request.get_full_path()[:500])
        return problem(
            503, "This question takes too long; ask for a smaller box or a simpler filter.", request
        )


def problem(status: int, detail: str, request: HttpRequest) -> HttpResponse:
    """Return a problem document (RFC 9457)."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    response = HttpResponse(msgspec.json.encode(body), status=status, content_type=PROBLEM)
    response.headers["Cache-Control"] = "no-store"
    return response


def sent(ask: Ask, reply: Reply) -> HttpResponse:
    """Return the answer in the form that was asked for."""
    headers = {
        **reply.headers,
        "Vary": VARY,
        "Cache-Control": "no-cache" if reply.is_public else "private, no-cache",
        "Content-Language": get_language() or "de",
    }
    if ask.media_type == HTML:
        facts = {"doc": reply.document, "ask": ask, **reply.facts}
        page = render(ask.request, reply.template, facts)
        for name, value in headers.items():
            page.headers[name] = value
        return page
    raw = isinstance(reply.document, bytes)
    body = reply.document if raw else msgspec.json.encode(reply.document)
    tag = f'"{hashlib.blake2b(reply.tag or body, digest_size=12).hexdigest()}"'
    headers["ETag"] = tag
    given = ask.request.headers.get("If-None-Match", "")
    if tag in {one.strip().removeprefix("W/") for one in given.split(",")}:
        headers.pop("Content-Language")
        return HttpResponse(status=304, headers=headers)
    if raw and not body:
        return HttpResponse(status=204, headers=headers)
    return HttpResponse(body, content_type=ask.media_type, headers=headers)


def header_links(links: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the links that clients read from the header (RFC 8288)."""
    shown = (one for one in links if one["rel"] in {"self", "alternate", "next"})
    return {"Link": ", ".join(f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in shown)}
