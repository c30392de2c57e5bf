"""`Idempotency-Key`: a request that is sent again is not done again, but gets its first answer."""

import hashlib
import json
from collections.abc import Callable

from django.db import IntegrityError, transaction

from stadtkern.base import clock
from stadtkern.observations.granted import Access
from stadtkern.observations.models import IdempotencyKey
from stadtkern.observations.services.durable import durable
from stadtkern.standards.sensorthings.write.answers import Answer, failure
from stadtkern.standards.sensorthings.write.handler import Ask

LONGEST = 200
FAILED = 400
_RUNNING = 0


def once(key: str | None, ask: Ask, body: bytes, access: Access, do: Callable[[], Answer]) -> Answer:
    """Return the answer of `do`, or the kept answer if the same was asked under the same key before.

    Key and work are one transaction: either both are on disk or none. An answer that is an error is not kept.
    Two equal requests at the same time wait for each other.
    """
    if not key or ask.method not in {"POST", "PATCH"}:
        return do()
    if len(key) > LONGEST or not key.isprintable():
        return failure(400, f"Idempotency-Key is longer than {LONGEST} characters or not printable")
    digest = hashlib.blake2b(f"{ask.method} {ask.path}\n".encode() + body, digest_size=32).hexdigest()
    with durable():
        row = _take(key, access.principal, digest)
        if row.status != _RUNNING:
            return _kept(row, digest)
        answer = do()
        if answer.status >= FAILED:
            transaction.set_rollback(True)  # the key, too
            return answer
        row.status, row.headers = answer.status, dict(answer.headers)
        row.body = answer.content
        row.save(update_fields=["status", "headers", "body"])
    return answer


def _take(key: str, principal: str, digest: str) -> IdempotencyKey:
    """Return the row of a key: new, or the one that is there, after the request that holds it has ended."""
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                key=key, principal=principal[:200], fingerprint=digest, status=_RUNNING, created=clock.now()
            )
    except IntegrityError:
        return IdempotencyKey.objects.select_for_update().get(key=key, principal=principal[:200])


def _kept(row: IdempotencyKey, digest: str) -> Answer:
    if row.fingerprint != digest:
        return failure(422, "This Idempotency-Key was used for another request already")
    body = bytes(row.body)
    return Answer(
        row.status, json.loads(body) if body else None, row.headers | {"Idempotent-Replayed": "true"}
    )
