"""Batches as multipart/mixed with HTTP requests as parts (OData 4.01 protocol, section 11.7.7)."""

import re
from collections.abc import Iterable, Iterator
from email.message import Message
from http import HTTPStatus
from itertools import groupby, pairwise
from typing import NamedTuple
from uuid import uuid4

from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.standards.sensorthings.batch.parts import METHODS, BadBatch, Done, Part
from stadtkern.standards.sensorthings.write.values import decode

LONGEST_BOUNDARY = 70
MOST_PARTS = 2_000
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,70}")
_BLANK = re.compile(rb"\r?\n\r?\n")
_REQUEST = re.compile(r"([A-Za-z]+) +(\S+)(?: +HTTP/[0-9.]+)?")
END = "\r\n"


class _Piece(NamedTuple):
    """A part of a multipart body: its headers by lower-case names, and what follows."""

    headers: dict[str, str]
    body: bytes


def parse(content_type: str, body: bytes) -> Iterator[Part]:
    """Yield the requests of a batch; those of one change set have one group."""
    for number, piece in enumerate(_pieces(body, _boundary(content_type))):
        told = piece.headers.get("content-type", "")
        if told.lower().startswith("multipart/mixed"):
            inner = _pieces(piece.body, _boundary(told))
            for place, one in enumerate(inner):
                yield _part(one, f"{number + 1}.{place + 1}", f"changeset_{number + 1}")
        else:
            yield _part(piece, str(number + 1), "")


def _boundary(content_type: str) -> str:
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not _BOUNDARY.fullmatch(boundary):
        raise BadBatch("Content-Type: multipart/mixed needs a boundary")
    return boundary


def _pieces(body: bytes, boundary: str) -> list[_Piece]:
    """Return what stands between the boundaries (RFC 2046 section 5.1.1)."""
    mark = re.compile(rb"\r?\n--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    text = b"\n" + body
    marks = []
    for match in mark.finditer(text):
        marks.append(match)
        if match[1] or len(marks) > MOST_PARTS:
            break
    if not marks:
        raise BadBatch("The body does not hold its boundary")
    if not marks[-1][1]:
        raise BadBatch("The body is cut off: the boundary that ends it is missing")
    return [_piece(text[first.end() : last.start()]) for first, last in pairwise(marks)]


def _piece(text: bytes) -> _Piece:
    bare = re.sub(rb"\A\r?\n", b"", text)
    if re.match(rb"\r?\n", bare):
        return _Piece({}, re.sub(rb"\A\r?\n", b"", bare))
    head, *rest = _BLANK.split(bare, maxsplit=1)
    return _Piece(_headers(head), rest[0] if rest else b"")


def _headers(head: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if not colon:
            raise BadBatch(f'"{line[:60]}" is no header')
        found[name.strip().lower()] = value.strip()
    return found


def _part(piece: _Piece, number: str, group: str) -> Part:
    if not piece.headers.get("content-type", "").lower().startswith("application/http"):
        raise BadBatch(f"Part {number} of the batch has to be application/http")
    text = piece.body.lstrip(b"\r\n")
    line, _end, rest = text.partition(b"\n")
    match = _REQUEST.fullmatch(line.decode("utf-8", "replace").strip())
    if match is None or match[1].upper() not in METHODS:
        raise BadBatch(f"Part {number} of the batch has to begin like: POST Things HTTP/1.1")
    if rest.startswith((b"\n", b"\r\n")):
        headers, body = {}, rest.lstrip(b"\r\n")
    else:
        head, *after = _BLANK.split(rest, maxsplit=1)
        headers, body = _headers(head), after[0] if after else b""
    name = piece.headers.get("content-id") or headers.get("content-id") or ""
    try:
        value, problem = decode(body) if body.strip() else None, ""
    except BadEntity as error:
        value, problem = None, str(error)
    return Part(name.strip("<>"), match[1].upper(), match[2], headers, value, group, (), problem)


def render(answers: Iterable[Done]) -> tuple[str, bytes]:
    """Return content type and body of the answer; a change set that failed is answered once."""
    boundary = f"batch_{uuid4().hex}"
    lines: list[bytes] = []
    for group, some in groupby(answers, key=lambda done: done.part.group):
        dones = list(some)
        if not group:
            lines += [_wrapped(boundary, _http(done)) for done in dones]
        elif failed := [done for done in dones if done.answer.status >= HTTPStatus.BAD_REQUEST]:
            first = min(failed, key=lambda done: done.answer.status == HTTPStatus.FAILED_DEPENDENCY)
            lines.append(_wrapped(boundary, _http(first)))
        else:
            inner = f"changeset_{uuid4().hex}"
            body = b"".join(_wrapped(inner, _http(done)) for done in dones) + f"--{inner}--{END}".encode()
            head = f"Content-Type: multipart/mixed; boundary={inner}{END}{END}".encode()
            lines.append(_wrapped(boundary, head + body))
    lines.append(f"--{boundary}--{END}".encode())
    return f"multipart/mixed; boundary={boundary}", b"".join(lines)


def _wrapped(boundary: str, content: bytes) -> bytes:
    return f"--{boundary}{END}".encode() + content + END.encode()


def _http(done: Done) -> bytes:
    """Return an answer as an HTTP message within a part."""
    content = done.answer.content
    head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if done.part.name:
        head.append(f"Content-ID: {done.part.name}")
    status = done.answer.status
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    told = dict(done.answer.headers)
    if content:
        told.setdefault("Content-Type", "application/json; charset=utf-8")
    told["Content-Length"] = str(len(content))
    inner = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in told.items())]
    return (END.join(head) + END + END + END.join(inner) + END + END).encode() + content
