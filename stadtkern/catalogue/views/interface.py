"""What every answer of the interface for programs has: CORS, an ETag, problem documents."""

import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from stadtkern.base.errors import Gone, NotAuthenticated, NotFound, StadtkernError, TooMany
from stadtkern.catalogue.refusals import words
from stadtkern.catalogue.views.datasets import Withdrawn
from stadtkern.tables import TableError
from stadtkern.web.errors import problem

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
JSON = "application/json"
VARY = "Accept, Authorization, X-API-Key, Cookie"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After, Content-Disposition",
}


def interface(*methods: str) -> Callable[[View[P]], View[P]]:
    """Make a view one of the interface: any page of the web may ask it, errors are problem documents."""
    allowed = (*methods, *(("HEAD",) if "GET" in methods else ()), "OPTIONS")

    def decorate(view: View[P]) -> View[P]:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            response = _answer(view, request, allowed, *args, **kwargs)
            for name, value in CORS.items():
                response.headers.setdefault(name, value)
            return response

        return answered  # type: ignore[return-value]  # csrf_exempt and wraps hide that it is a view

    return decorate


def _answer(
    view: View[P], request: HttpRequest, allowed: tuple[str, ...], *args: P.args, **kwargs: P.kwargs
) -> HttpResponseBase:
    if request.method == "OPTIONS":
        headers = {
            "Allow": ", ".join(allowed),
            "Access-Control-Allow-Methods": ", ".join(allowed),
            "Access-Control-Allow-Headers": "Authorization, Content-Type, X-API-Key, Accept, If-None-Match",
            "Access-Control-Max-Age": "86400",
        }
        return HttpResponse(status=204, headers=headers)
    if request.method not in allowed:
        return _problem(
            request,
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"Use {', '.join(allowed)}.",
            {"Allow": ", ".join(allowed)},
        )
    try:
        return view(request, *args, **kwargs)
    except StadtkernError as error:
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
        if isinstance(error, NotAuthenticated):
            headers["WWW-Authenticate"] = 'Bearer realm="stadtkern"'
        text = words(error) if isinstance(error, TableError) else str(error)
        return _problem(request, error.status, text, headers)
    except Withdrawn as gone:
        reason = gone.dataset.withdrawn_reason or {}
        text = next((one for one in reason.values() if one), "This dataset was taken back.")
        return _problem(request, Gone.status, text, {})
    except Http404:
        return _problem(request, NotFound.status, "There is no such thing here.", {})


def _problem(request: HttpRequest, status: int, text: str, headers: dict[str, str]) -> HttpResponse:
    response = problem(status, text, request)
    response.headers["Cache-Control"] = "no-store"
    for name, value in headers.items():
        response.headers[name] = value
    return response


def tag_of(request: HttpRequest, *facts: object) -> str:
    """Return the ETag of an answer, known before it is made: of what it depends on."""
    parts = [request.get_full_path(), request.headers.get("Accept", ""), *facts]
    text = "\n".join(str(one) for one in parts)
    return f'"{hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()}"'


def is_known(request: HttpRequest, tag: str) -> bool:
    """Return whether whoever asks has the answer already."""
    given = request.headers.get("If-None-Match", "")
    return tag in {one.strip().removeprefix("W/") for one in given.split(",")}


def unchanged(tag: str) -> HttpResponse:
    """Answer 304."""
    return HttpResponse(status=304, headers={"ETag": tag, "Vary": VARY})


def json_answer(body: object, *, tag: str = "", is_open: bool = False, status: int = 200) -> HttpResponse:
    """Return a JSON document; what is open to everybody may be kept by caches for a minute."""
    text = json.dumps(body, ensure_ascii=False, default=plain)
    response = HttpResponse(text, content_type=JSON, status=status)
    response.headers["Vary"] = VARY
    response.headers["Cache-Control"] = "public, max-age=60" if is_open else "private, no-cache"
    if tag:
        response.headers["ETag"] = tag
    return response


def plain(value: object) -> object:
    """Return a value that JSON does not know as one it does."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
