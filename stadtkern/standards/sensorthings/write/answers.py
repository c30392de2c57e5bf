"""What a request that writes is answered with."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError

from stadtkern.base.errors import StadtkernError
from stadtkern.base.outages import is_full
from stadtkern.observations.granted import Access
from stadtkern.standards.sensorthings.entities import EntityType
from stadtkern.standards.sensorthings.read.documents import entity_documents

logger = logging.getLogger(__name__)
JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body."""

    status: int
    body: Any = None
    """JSON value; None: no body."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """Return the body as bytes."""
        return b"" if self.body is None else msgspec.json.encode(self.body)


def failure(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an error as clients of the standard know it."""
    return Answer(status, {"code": status, "type": "error", "message": message}, headers or {})


def failed(error: Exception, access: Access | None) -> Answer:
    """Return the answer to an error; what is no fault of the client is logged."""
    if isinstance(error, StadtkernError):
        return _told(error, access)
    if isinstance(error, DataError):
        logger.warning("a value does not fit: %s", error)
        return failure(400, "A value is outside of what can be stored")
    if isinstance(error, IntegrityError):
        logger.warning("contradicts what is stored: %s", error)
        return failure(409, "This contradicts something that was stored at the same time; send it again")
    if isinstance(error, OperationalError | InterfaceError):
        return _out_of_order(error)
    if isinstance(error, DatabaseError):
        logger.error("the database refuses: %s", error)
        return failure(503, "The database cannot store this now", {"Retry-After": "10"})
    raise error


def _told(error: StadtkernError, access: Access | None) -> Answer:
    status = error.status
    if status == HTTPStatus.FORBIDDEN and (access is None or access.principal == "anonymous"):
        status = HTTPStatus.UNAUTHORIZED
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        status = HTTPStatus.BAD_REQUEST
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if (wait := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(wait)
    return failure(int(status), str(error), headers)


def _out_of_order(error: OperationalError | InterfaceError) -> Answer:
    logger.error("the database does not store: %s", error)
    if is_full(error):
        return failure(507, "The disk of the server is full; nothing of this was stored")
    return failure(503, "The database does not answer now", {"Retry-After": "10"})


def tag(document: Mapping[str, Any]) -> str:
    """Return the ETag of an entity: it changes with every property and every link of its own."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'


def linked(entity: EntityType, pk: int, document: Mapping[str, Any], base: str) -> dict[str, Any]:
    """Return a document with its identifier and its links; `base` is the root with a slash at its end."""
    link = f"{base}{entity.plural}({pk})"
    ways = {f"{one.name}@iot.navigationLink": f"{link}/{one.name}" for one in entity.links}
    own = {name: value for name, value in document.items() if name not in entity.link_of}
    return {"@iot.id": pk, "@iot.selfLink": link, **own, **ways}


def shown(
    entity: EntityType, pk: int, snapshot: Mapping[str, Any], access: Access, base: str
) -> dict[str, Any]:
    """Return the document of an entity as reading gives it.

    Who may write but not read gets what was stored, with the links.
    """
    found = entity_documents(entity, [pk], access, base.rstrip("/")).get(pk)
    if found is None:
        return linked(entity, pk, snapshot, base)
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return document
