"""Requests that write, as HTTP brings them."""

import re
from http import HTTPStatus

from django.conf import settings
from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse

from stadtkern.base.errors import StadtkernError
from stadtkern.observations.access import access_for_request
from stadtkern.observations.granted import Access
from stadtkern.people.refusals import note_refusal
from stadtkern.standards.sensorthings.entities import BY_SET
from stadtkern.standards.sensorthings.standard import standard
from stadtkern.standards.sensorthings.write.answers import JSON_TYPE, Answer, failed
from stadtkern.standards.sensorthings.write.handler import CREATE_OBSERVATIONS, Ask, handle
from stadtkern.standards.sensorthings.write.once import once
from stadtkern.standards.sensorthings.write.values import decode

LARGEST = 16 * 1024 * 1024
"""Bytes of a body; `CreateObservations` and `$batch` take as much as the server does (`MOST_BYTES`)."""

REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
WORD = re.compile(r"[A-Za-z]{1,40}")
KNOWN = {*BY_SET, CREATE_OBSERVATIONS}


class TooLarge(StadtkernError):
    """The body is larger than one request may be."""

    status = 413


def write(request: HttpRequest, path: str) -> HttpResponse:
    """Answer POST, PUT, PATCH and DELETE of an address; `path` is percent-encoded as it came."""
    access: Access | None = None
    try:
        access = access_for_request(request)
        body = body_of(request, settings.MOST_BYTES if path.strip("/") == CREATE_OBSERVATIONS else LARGEST)
        ask, found = ask_of(request, path, body), access
        answer = once(ask.headers.get("idempotency-key"), ask, body, access, lambda: handle(ask, found))
    except (StadtkernError, DatabaseFault) as error:
        return response(failed(error, access))
    if answer.status in REFUSED:
        note_refusal(access.principal, door="http", reason=f"{request.method} {_entity_in(path)}")
    return response(answer)


def _entity_in(path: str) -> str:
    """Return what an address is about, without numbers: they would make a line each."""
    words = WORD.findall(path)
    known = [word for word in words if word in KNOWN]
    return known[-1] if known else "something else"


def body_of(request: HttpRequest, most: int) -> bytes:
    """Return the body; read as a stream, as Django keeps `request.body` smaller than data arrays are.

    Raises
    ------
    TooLarge
        If it has more than `most` bytes.
    """
    body = request.read(most + 1)
    if len(body) > most:
        raise TooLarge(f"The body is larger than {most} bytes")
    return body


def ask_of(request: HttpRequest, path: str, body: bytes) -> Ask:
    """Return a request of Django as the handler takes it."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = {name: value for name, value in request.GET.items() if isinstance(value, str)}
    value = decode(body) if body.strip() else None
    return Ask(str(request.method), path, value, root(request), headers, query)


def root(request: HttpRequest) -> str:
    """Return the address of the root of the interface as the client knows it."""
    return request.build_absolute_uri(f"/{standard.prefix}")


def response(answer: Answer) -> HttpResponse:
    """Return an answer as Django sends it."""
    made = HttpResponse(answer.content, status=answer.status, headers=dict(answer.headers))
    if answer.body is None:
        del made.headers["Content-Type"]
    else:
        made.headers["Content-Type"] = JSON_TYPE
    made.headers["Cache-Control"] = "no-store"
    return made
