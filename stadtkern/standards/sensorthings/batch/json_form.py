"""Batches as JSON (OData 4.01 JSON format, section 19)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stadtkern.contracts.answers import kind
from stadtkern.standards.sensorthings.batch.parts import METHODS, BadBatch, Done, Part

LONGEST_NAME = 100


def parse(body: object) -> Iterator[Part]:
    """Yield the requests of a batch."""
    requests = body.get("requests") if isinstance(body, Mapping) else None
    if not isinstance(requests, list):
        raise BadBatch('A batch has to be an object with an array "requests"')
    for place, one in enumerate(requests):
        if not isinstance(one, Mapping):
            raise BadBatch(f"requests[{place}] has to be an object, not {kind(one)}")
        yield _part(one, f"requests[{place}]")


def _part(one: Mapping[str, Any], where: str) -> Part:
    method = _text(one, "method", where).upper()
    if method not in METHODS:
        raise BadBatch(f"{where}.method is none of {', '.join(sorted(METHODS))}")
    headers = one.get("headers") or {}
    if not isinstance(headers, Mapping) or not all(isinstance(value, str) for value in headers.values()):
        raise BadBatch(f"{where}.headers has to be an object of texts")
    needs = one.get("dependsOn") or []
    if not isinstance(needs, list) or not all(isinstance(name, str) for name in needs):
        raise BadBatch(f"{where}.dependsOn has to be an array of ids")
    return Part(
        name=_text(one, "id", where),
        method=method,
        url=_text(one, "url", where),
        headers={str(name).lower(): value for name, value in headers.items()},
        body=one.get("body"),
        group=_text(one, "atomicityGroup", where) if one.get("atomicityGroup") is not None else "",
        needs=tuple(needs),
    )


def _text(one: Mapping[str, Any], name: str, where: str) -> str:
    value = one.get(name)
    if not isinstance(value, str) or not value:
        raise BadBatch(f"{where}.{name} has to be a text, not {kind(value)}")
    if name != "url" and len(value) > LONGEST_NAME:
        raise BadBatch(f"{where}.{name} is longer than {LONGEST_NAME} characters")
    return value


def render(answers: Iterable[Done]) -> dict[str, Any]:
    """Return the answers as JSON."""
    return {"responses": [_answer(done) for done in answers]}


def _answer(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = {"id": done.part.name, "status": done.answer.status}
    if done.part.group:
        found["atomicityGroup"] = done.part.group
    headers = {name.lower(): value for name, value in done.answer.headers.items()}
    if done.answer.body is not None:
        headers.setdefault("content-type", "application/json")
    if headers:
        found["headers"] = headers
    if done.answer.body is not None:
        found["body"] = done.answer.body
    return found
