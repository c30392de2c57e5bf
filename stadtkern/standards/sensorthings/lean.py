"""The short way for observations: no middlewares between the socket and the bulk path.

It takes `POST` of single Observations and of data arrays by senders with a key or token. Whatever is not
plain (other headers, other properties, errors) is handed to Django, which does it or says what is wrong.
"""

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection
from django.http.request import validate_host

from stadtkern.base import clock
from stadtkern.base.errors import StadtkernError
from stadtkern.observations.access import Access, access_for, remembered
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.services.bulk import UNKNOWN
from stadtkern.observations.services.columns import Stored
from stadtkern.observations.services.entities.drafts import Result
from stadtkern.observations.services.group import Done, GroupWriter, Held, Single
from stadtkern.observations.services.rows import Reason
from stadtkern.standards.sensorthings import arrays
from stadtkern.standards.sensorthings.arrays import Read, Unusual
from stadtkern.standards.sensorthings.write.answers import JSON_TYPE, Answer, failed, failure, tag
from stadtkern.standards.sensorthings.write.observations import PARTS, observation
from stadtkern.standards.sensorthings.write.values import decode
from stadtkern.web.limits import Application, Message, Receive, Scope, Send, declared_length

ROOT = "/sta/v1.1/"
RIGHTS_AGE = 1.0
"""Seconds for which rights may be out of date."""
LARGEST_SINGLE = 1_000_000
_ADDRESS = re.compile(
    re.escape(ROOT)
    + r"(?:(?P<array>CreateObservations)|(?:Datastreams\((?P<stream>[0-9]{1,18})\)/)?Observations)/?"
)
_PLAIN_HEADERS = frozenset({b"", b"application/json"})


@dataclass(frozen=True, slots=True)
class Request:
    """What the short way has to know of a request."""

    stream: int | None
    is_array: bool
    base: str
    authorization: str | None
    key: str | None


class Lean:
    """An ASGI application before Django's."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.writer = GroupWriter()
        self.reader = ThreadPoolExecutor(1, thread_name_prefix="sensorthings")

    def close(self) -> None:
        """End the threads and their connections."""
        self.writer.close()
        self.reader.submit(lambda: connection.close()).result()  # noqa: PLW0108  # that of the thread
        self.reader.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Store the observations of a request, or hand it on."""
        request = asked(scope)
        if request is None:
            await self.application(scope, receive, send)
            return
        try:
            access = await self._rights(request)
            with self.writer.held(declared_length(scope)) as held:
                body, is_complete = await whole(receive, held)
                try:
                    answer = await self._answer(request, access, body)
                except Unusual:
                    await self.application(scope, again(body, is_complete, receive), send)
                    return
        except Unusual:
            await self.application(scope, receive, send)
            return
        except (StadtkernError, DatabaseFault) as error:
            answer = failed(error, None)
        await respond(send, answer)

    async def _rights(self, request: Request) -> Access:
        """Return what the sender may do; strangers fill no memory with their bodies."""
        access = remembered(authorization=request.authorization, key=request.key, max_age=RIGHTS_AGE)
        if access is None:
            access = await self._aside(_access, request)
        if not (access.writes_all or access.writable):
            raise Unusual
        return access

    async def _answer(self, request: Request, access: Access, body: bytes) -> Answer:
        if request.is_array:
            return await self._array(request, access, body)
        return await self._single(request, access, body)

    async def _single(self, request: Request, access: Access, body: bytes) -> Answer:
        now = micros(clock.now())
        single = single_of(request, access, body, now)
        done = await self.writer.single(single)
        return answer_to(single, done, request.base)

    async def _array(self, request: Request, access: Access, body: bytes) -> Answer:
        found = await self._aside(arrays.read, body, access, micros(clock.now()))
        if not found.pieces:
            return Answer(201, [found.errors[row] for row in range(found.rows)])
        stored = await self.writer.many(arrays.together(found.pieces))
        return Answer(201, links(found, stored, request.base))

    async def _aside(self, do: Any, *words: Any) -> Any:  # noqa: ANN401  # as the function says
        """Run what reads the database or takes long without stopping other requests."""
        return await asyncio.get_running_loop().run_in_executor(self.reader, _with_connection, do, words)


def _with_connection(do: Any, words: tuple[Any, ...]) -> Any:  # noqa: ANN401  # as the function says
    try:
        return do(*words)
    except DatabaseFault:
        # the next question makes a new connection
        connection.close()
        raise


def _access(request: Request) -> Access:
    try:
        return access_for(authorization=request.authorization, key=request.key, max_age=RIGHTS_AGE)
    except StadtkernError as error:
        raise Unusual from error


def asked(scope: Scope) -> Request | None:
    """Return what is asked if the short way may try it."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope["query_string"]:
        return None
    match = _ADDRESS.fullmatch(scope["path"])
    if match is None:
        return None
    headers = dict(scope["headers"])
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind not in _PLAIN_HEADERS or b"idempotency-key" in headers or b"content-encoding" in headers:
        return None
    authorization, key = headers.get(b"authorization"), headers.get(b"x-api-key")
    if not (authorization or key or settings.STA_ANONYMOUS_WRITE):
        return None
    host = headers.get(b"host", b"").decode("latin-1")
    if not validate_host(host.rpartition(":")[0] if _has_port(host) else host, settings.ALLOWED_HOSTS):
        return None
    stream = match["stream"]
    return Request(
        None if stream is None else int(stream),
        match["array"] is not None,
        f"{_scheme(scope, headers)}://{host}{ROOT}",
        None if authorization is None else authorization.decode("latin-1"),
        None if key is None else key.decode("latin-1"),
    )


def _has_port(host: str) -> bool:
    return ":" in host and not host.endswith("]")


def _scheme(scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    """Return the scheme as Django sees it."""
    told = settings.SECURE_PROXY_SSL_HEADER
    if told is not None and headers.get(b"x-forwarded-proto", b"").decode("latin-1") == told[1]:
        return "https"
    return str(scope.get("scheme", "http"))


async def whole(receive: Receive, held: Held) -> tuple[bytes, bool]:
    """Return the body, and whether it came to its end."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(pieces), False
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        held.grow(size)
        if not message.get("more_body"):
            return b"".join(pieces), True


def again(body: bytes, is_complete: bool, receive: Receive) -> Receive:  # noqa: FBT001  # made by `whole`
    """Return what gives the body once more."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    if not is_complete:
        messages = [{"type": "http.disconnect"}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


def single_of(request: Request, access: Access, body: bytes, now: int) -> Single:
    """Return the one Observation of a body; `Unusual` if it is not plain or not allowed."""
    if len(body) > LARGEST_SINGLE:
        raise Unusual
    try:
        told = decode(body)
        if not isinstance(told, dict):
            raise Unusual
        stream = request.stream if request.stream is not None else _stream_in(told.pop("Datastream", None))
        if not PARTS.issuperset(told) or not access.may_write(stream):
            raise Unusual
        return Single(stream, observation(told, now=now, check=_later))
    except StadtkernError as error:
        raise Unusual from error


def _later(value: Any, where: str) -> None:  # noqa: ANN401  # a check of results
    """Leave the check of a result to the writer, who knows the datastream."""


def _stream_in(link: object) -> int:
    pk = link.get("@iot.id") if isinstance(link, dict) and len(link) == 1 else None
    if not isinstance(pk, int) or isinstance(pk, bool) or not 0 < pk < 2**63:
        raise Unusual
    return pk


def answer_to(single: Single, done: Done, base: str) -> Answer:
    """Return the answer to one Observation."""
    if done.reason == Reason.DUPLICATE:
        return failure(409, done.detail)
    if done.reason:
        return failure(404 if done.reason == UNKNOWN else 400, done.detail)
    document = document_of(single.result)
    link = f"{base}Observations({done.number})"
    ways = {f"{name}@iot.navigationLink": f"{link}/{name}" for name in ("Datastream", "FeatureOfInterest")}
    body = {"@iot.id": done.number, "@iot.selfLink": link, **document, **ways}
    return Answer(201, body, {"Location": link, "ETag": tag(document)})


def document_of(result: Result) -> dict[str, Any]:
    """Return the properties of a new Observation as the standard names them."""
    begin = _text(result.time)
    document = {
        "phenomenonTime": begin if result.end is None else f"{begin}/{_text(result.end)}",
        "result": result.value if result.number is None else result.number,
        "resultTime": None if result.result_time is None else _text(result.result_time),
        "resultQuality": result.result_quality,
        "parameters": result.parameters,
    }
    if result.valid_from is not None and result.valid_to is not None:
        document["validTime"] = f"{_text(result.valid_from)}/{_text(result.valid_to)}"
    return {name: value for name, value in document.items() if value is not None or name == "resultTime"}


def _text(time: int) -> str:
    return instant(time).isoformat().replace("+00:00", "Z")


def links(found: Read, stored: Stored, base: str) -> list[str]:
    """Return the address of each row's Observation, or what is wrong with the row."""
    answers = [""] * found.rows
    for row, text in found.errors.items():
        answers[row] = text
    places = [place for piece in found.places for place in piece.tolist()]
    start = f"{base}Observations("
    for place, number in zip(places, stored.number.tolist(), strict=True):
        answers[place] = f"{start}{number})"
    for row, (_reason, detail) in stored.reasons.items():
        answers[places[row]] = f"error: {detail}"
    return answers


async def respond(send: Send, answer: Answer) -> None:
    """Send an answer."""
    content = answer.content
    headers = [
        (b"content-type", JSON_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"access-control-allow-origin", b"*"),
        (b"x-content-type-options", b"nosniff"),
        *((name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
