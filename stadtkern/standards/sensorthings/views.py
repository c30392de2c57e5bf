"""HTTP: reading, and what every answer carries. Writing is in `write`."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from stadtkern.base.errors import StadtkernError
from stadtkern.observations.access import access_for_request
from stadtkern.standards.sensorthings import openapi
from stadtkern.standards.sensorthings.batch.views import batch
from stadtkern.standards.sensorthings.errors import NotAllowed, error_body, error_headers
from stadtkern.standards.sensorthings.history import asks_for_history, history
from stadtkern.standards.sensorthings.read.answer import JSON, Answer, Ask, answer, encode
from stadtkern.standards.sensorthings.standard import standard
from stadtkern.standards.sensorthings.write.views import write

READING = frozenset({"GET", "HEAD"})
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BATCH = "$batch"
METHODS = "GET, HEAD, OPTIONS, POST, PATCH, PUT, DELETE"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Location, Retry-After, Content-Disposition",
}
PREFLIGHT = {
    "Allow": METHODS,
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-API-Key, Accept, Prefer"
    ),
    "Access-Control-Max-Age": "86400",
}


@csrf_exempt
def resource(request: HttpRequest, path: str = "") -> HttpResponseBase:
    """Answer a request to any address of the interface."""
    try:
        response = _respond(request, path)
    except StadtkernError as error:
        body, headers = error_body(error.status, str(error)), error_headers(error)
        response = HttpResponse(body, content_type=JSON, status=error.status, headers=headers)
    for name, value in CORS.items():
        response.headers.setdefault(name, value)
    return response


def _respond(request: HttpRequest, path: str) -> HttpResponseBase:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=PREFLIGHT)
    if request.method in READING:
        return _read(request, path)
    if path.strip("/") == BATCH:
        return batch(request, _read)
    if request.method in WRITING:
        return write(request, encoded(path))
    raise NotAllowed(f"{request.method} is not possible here.")


def encoded(path: str) -> str:
    """Return a path as it came, with percent signs: Django has resolved them."""
    return quote(path, safe="/()',:;=@$!*~._-")


def root_of(request: HttpRequest) -> str:
    """Return the address of the service as the client sees it, without a slash at its end."""
    return request.build_absolute_uri(f"/{standard.prefix}").rstrip("/")


def _read(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer GET, also one within a batch."""
    if path == openapi.PATH:
        described = encode(openapi.description(root_of(request)))
        return _response(request, Answer(described, openapi.MEDIA_TYPE))
    if asks_for_history(request, path):
        return history(request, encoded(path))
    query = request.META.get("QUERY_STRING", "")
    ask = Ask(encoded(path), query, access_for_request(request), root_of(request))
    return _response(request, answer(ask))


def _response(request: HttpRequest, found: Answer) -> HttpResponseBase:
    if found.pieces is not None:
        streamed = _first(found.pieces)
        pieces = _threaded(streamed) if isinstance(request, ASGIRequest) else streamed
        return StreamingHttpResponse(pieces, content_type=found.content_type, headers=found.headers)
    if found.content_type == JSON and request.path.strip("/") == standard.prefix.strip("/"):
        found.headers["Link"] = (
            f'<{root_of(request)}/{openapi.PATH}>; rel="service-desc"'  # RFC 8631 section 4.2
        )
    tag = f'"{hashlib.blake2b(found.body, digest_size=12).hexdigest()}"'
    headers = {**found.headers, "ETag": tag, "Vary": "Authorization, X-API-Key, Cookie"}
    if tag in {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(found.body, content_type=found.content_type, status=found.status, headers=headers)


def _first(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Return the same pieces, of which the first is ready: what is wrong with the query is known by then."""
    first = next(pieces, b"")

    def again() -> Iterator[bytes]:
        yield first
        yield from pieces

    return again()


async def _threaded(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces without stopping the other requests while one is read."""
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
