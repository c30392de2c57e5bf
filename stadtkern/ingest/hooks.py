"""Messages that senders bring by POST: who may, how much, and how we answer."""

import math
from dataclasses import dataclass

from django.http import HttpRequest, JsonResponse
from django.http.request import RawPostDataException

from stadtkern.base.clock import now
from stadtkern.base.errors import StadtkernError
from stadtkern.contracts.connector import Context
from stadtkern.ingest import services
from stadtkern.ingest.accounts import derive_key, is_key, is_signature
from stadtkern.ingest.limits import RateLimit
from stadtkern.ingest.models import Source
from stadtkern.ingest.registry import connectors, filled

LARGEST_BODY = 5_000_000
CALLS = RateLimit(per_minute=600, burst=200)
GUESSES = RateLimit(per_minute=30, burst=30)
SIGNATURES = ("X-Stadtkern-Signature", "X-Hub-Signature-256")


class RefusedError(StadtkernError):
    """A message is not taken; the sender gets a problem document (RFC 9457)."""

    def __init__(self, text: str, *, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that may come in."""

    source: Source
    body: bytes
    context: Context


def accept(request: HttpRequest, slug: str) -> Delivery:
    """Return the message of a sender who showed the right key.

    Raises
    ------
    RefusedError
        if the key is wrong, the message too large, or there are too many.
    """
    body = read_body(request)
    source = Source.objects.select_related("profile").filter(slug=slug).first()
    if source is None or not has_key(request, source, body):
        if wait := GUESSES.wait(request.META.get("REMOTE_ADDR", "")):
            raise too_many(wait)
        raise RefusedError("wrong key", status=401, headers={"WWW-Authenticate": "Bearer"})
    if wait := CALLS.wait(slug):
        raise too_many(wait)
    connector = connectors().get(source.connector)
    if connector is None or not (connector.webhook or connector.transport == "webhook"):
        raise RefusedError("this source takes no messages by POST", status=404)
    if source.is_paused:
        raise RefusedError("this source is paused", status=503, headers={"Retry-After": "300"})
    context = Context(
        options=filled(connector, source.options), url=request.get_full_path(), name="webhook", received=now()
    )
    return Delivery(source, body, context)


def read_body(request: HttpRequest) -> bytes:
    """Return the body, never more of it than the limit."""
    declared = request.headers.get("Content-Length", "")
    if not declared.isdecimal() or int(declared) > LARGEST_BODY:
        status = 413 if declared.isdecimal() else 411
        raise RefusedError(f"the length must be given and at most {LARGEST_BODY} bytes", status=status)
    try:
        body = request.read(LARGEST_BODY + 1)
    except (OSError, RawPostDataException) as error:
        raise RefusedError("the message is cut off", status=400) from error
    if len(body) > LARGEST_BODY:
        raise RefusedError(f"more than {LARGEST_BODY} bytes", status=413)
    return body


def has_key(request: HttpRequest, source: Source, body: bytes) -> bool:
    """Return whether the sender knows the key: as a header, a bearer token, or by signing the body."""
    given = request.headers.get("X-Stadtkern-Key", "")
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if not given and scheme.lower() == "bearer":
        given = token.strip()
    if given:
        return is_key(given, source.key_hash)
    signature = next((request.headers[name] for name in SIGNATURES if name in request.headers), "")
    if not signature or not source.key_hash:
        return False
    return is_signature(signature, body, key=derive_key(source.slug, source.key_salt))


def too_many(wait: float) -> RefusedError:
    """Return the answer to a sender who comes too often."""
    return RefusedError("too many messages", status=429, headers={"Retry-After": str(math.ceil(wait))})


def store(delivery: Delivery) -> JsonResponse:
    """Store a message and say what became of it."""
    tally = services.receive(delivery.source, delivery.body, delivery.context)
    return JsonResponse({"stored": tally.stored, "repeated": tally.repeated, "rejected": tally.rejected})


def problem(text: str, *, status: int, headers: dict[str, str] | None = None) -> JsonResponse:
    """Return a problem document."""
    document = {"type": "about:blank", "title": text, "status": status}
    return JsonResponse(document, status=status, content_type="application/problem+json", headers=headers)
