"""`$batch` as HTTP brings it."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase

from stadtkern.base.errors import StadtkernError
from stadtkern.observations.access import access_for_request
from stadtkern.observations.granted import Access
from stadtkern.standards.sensorthings.batch import json_form, multipart
from stadtkern.standards.sensorthings.batch.parts import BadBatch, Part, check
from stadtkern.standards.sensorthings.batch.run import run
from stadtkern.standards.sensorthings.standard import standard
from stadtkern.standards.sensorthings.write.answers import Answer, failed, failure
from stadtkern.standards.sensorthings.write.handler import Ask, WrongMethod, WrongType, handle
from stadtkern.standards.sensorthings.write.once import once
from stadtkern.standards.sensorthings.write.values import decode
from stadtkern.standards.sensorthings.write.views import body_of, response, root

LARGEST_READ = 8 * 1024 * 1024
"""Bytes of all answers to GET within a batch."""
Read = Callable[[HttpRequest, str], HttpResponseBase]
"""The view that answers GET of a path."""


def batch(request: HttpRequest, read: Read) -> HttpResponse:
    """Answer a batch; `read` is the view for the GET requests in it."""
    access: Access | None = None
    try:
        access = access_for_request(request)
        if request.method != "POST":
            raise WrongMethod("$batch takes POST alone")
        return _answered(request, access, read)
    except (StadtkernError, DatabaseFault) as error:
        return response(failed(error, access))


@dataclass(slots=True)
class _Outer:
    """The request around the others."""

    request: HttpRequest
    access: Access
    base: str
    read: Read
    left: int = field(default_factory=lambda: LARGEST_READ)
    """Bytes that answers to GET may still have."""


def _answered(request: HttpRequest, access: Access, read: Read) -> HttpResponse:
    told = request.headers.get("Content-Type", "")
    form = told.partition(";")[0].strip().lower()
    body = body_of(request, settings.MOST_BYTES)
    outer = _Outer(request, access, root(request), read)
    go_on = "continue-on-error=false" not in request.headers.get("Prefer", "").replace(" ", "").lower()

    def do(part: Part) -> Answer:
        return _do(outer, part)

    if form == "application/json":
        parts = check(json_form.parse(decode(body)))
        return response(Answer(200, json_form.render(run(parts, do, access, go_on=go_on))))
    if form == "multipart/mixed":
        parts = check(multipart.parse(told, body))
        content_type, content = multipart.render(run(parts, do, access, go_on=go_on))
        return HttpResponse(content, content_type=content_type, headers={"Cache-Control": "no-store"})
    raise WrongType("$batch takes application/json or multipart/mixed")


def _do(outer: _Outer, part: Part) -> Answer:
    try:
        path, query = _local(part.url, outer.base)
    except BadBatch as error:
        return failed(error, outer.access)
    if path.strip("/").lower() in {"$batch", "%24batch"}:
        return failure(400, "A batch cannot hold another batch")
    if part.method == "GET":
        return _get(outer, path, query, part)
    ask = Ask(part.method, path, part.body, outer.base, part.headers, dict(parse_qsl(query)))
    body = json.dumps(part.body, sort_keys=True).encode()
    key = part.headers.get("idempotency-key")
    try:
        return once(key, ask, body, outer.access, lambda: handle(ask, outer.access))
    except DatabaseFault as error:
        return failed(error, outer.access)


def _local(url: str, base: str) -> tuple[str, str]:
    """Return path and query of an address, relative to the root of the interface.

    Clients write `Things`, `/v1.1/Things`, `/sta/v1.1/Things` or the whole address.
    """
    try:
        parts, own = urlsplit(url), urlsplit(base)
    except ValueError as error:
        raise BadBatch(f"This is no address: {url[:80]}") from error
    if parts.netloc and parts.netloc != own.netloc:
        raise BadBatch(f"This address is not of this interface: {url[:80]}")
    path = parts.path
    for root_path in (own.path, "/v1.1/"):
        if path.startswith(root_path):
            return path.removeprefix(root_path), parts.query
    return path.lstrip("/"), parts.query


class _Inner(HttpRequest):
    """A GET request within a batch: who asks is known from the request around it."""

    def __init__(self, outer: HttpRequest, path: str, query: str, part: Part) -> None:
        super().__init__()
        self.method = "GET"
        self.outer = outer
        self.path = self.path_info = f"/{standard.prefix}{path}"
        kept = {name: value for name, value in outer.META.items() if name not in _NOT_INHERITED}
        told = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in part.headers.items()}
        told = {name: value for name, value in told.items() if name not in _NOT_TOLD}
        self.META = kept | told | {"REQUEST_METHOD": "GET", "PATH_INFO": self.path, "QUERY_STRING": query}
        self.GET = QueryDict(query)
        self.user: Any = getattr(outer, "user", None)

    def _get_scheme(self) -> str:
        return str(self.outer.scheme)


_NOT_INHERITED = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_IF_NONE_MATCH", "HTTP_ACCEPT_ENCODING"})
_NOT_TOLD = frozenset(
    {"HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_HOST", "HTTP_COOKIE", "HTTP_CONTENT_LENGTH"}
)


def _get(outer: _Outer, path: str, query: str, part: Part) -> Answer:
    """Answer a GET as the view for it does."""
    within = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with within:
            return _read(outer, outer.read(_Inner(outer.request, path, query, part), unquote(path)))
    except (StadtkernError, DatabaseFault) as error:
        return failed(error, outer.access)


def _read(outer: _Outer, answer: HttpResponseBase) -> Answer:
    content = b""
    pieces = answer if isinstance(answer, StreamingHttpResponse) else [answer.content]  # type: ignore[attr-defined]
    for piece in pieces:
        content += piece
        if len(content) > outer.left:
            answer.close()
            return failure(
                413, f"The answers of this batch are larger than {LARGEST_READ} bytes; ask for this alone"
            )
    outer.left -= len(content)
    headers = {name: value for name, value in answer.headers.items() if name in {"ETag", "Content-Type"}}
    if not content:
        return Answer(answer.status_code, None, headers)
    try:
        return Answer(answer.status_code, json.loads(content), headers)
    except ValueError:
        return Answer(answer.status_code, content.decode("utf-8", "replace"), headers)
