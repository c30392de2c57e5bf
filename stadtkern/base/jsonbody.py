"""JSON from outside: strict, with a clear word about what came instead."""

import json
from typing import Any

from stadtkern.base.errors import SourceError

_SHOWN = 80
_TEXT_START = 1_000


def looks_like_html(body: bytes) -> bool:
    """Return whether `body` begins like a web page."""
    start = body[:_TEXT_START].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in start


def load(body: bytes, expected: type | tuple[type, ...] = (dict, list)) -> Any:  # noqa: ANN401
    """Return the JSON value in `body`.

    Raises
    ------
    SourceError
        If it is empty, a web page, cut off, no JSON, or not of the `expected` type.

    Notes
    -----
    `NaN` and `Infinity`, which are no JSON but are written all the same, become texts of that name: the one
    row is turned away as no number, and the others are kept.
    """
    if not body.strip():
        raise SourceError("the answer is empty where JSON is expected")
    if looks_like_html(body):
        raise SourceError("answers HTML where JSON is expected")
    try:
        value = json.loads(body.removeprefix(b"\xef\xbb\xbf"), parse_constant=str)
    except json.JSONDecodeError as error:
        end = "cut off or not JSON" if error.pos >= len(error.doc.rstrip()) - 1 else "not JSON"
        raise SourceError(
            f"the answer is {end}: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error
    except UnicodeDecodeError as error:
        raise SourceError("the answer is not JSON: it is not written in UTF-8") from error
    except RecursionError as error:
        raise SourceError("the JSON is nested too deep") from error
    except ValueError as error:
        raise SourceError(f"the answer is not JSON: {str(error)[:_SHOWN]}") from error
    if not isinstance(value, expected):
        raise SourceError(f"the JSON has an unexpected form: {type(value).__name__} at the top")
    return value
