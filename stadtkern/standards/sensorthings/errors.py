"""Errors of the interface, and how they look (18-088 section 9.3.1)."""

from http import HTTPStatus

import msgspec

from stadtkern.base.errors import NotFound, StadtkernError

__all__ = ["Missing", "NotAllowed", "error_body", "error_headers"]


class Missing(NotFound):
    """There is nothing at this address, or the reader may not know of it."""


class NotAllowed(StadtkernError):
    """The method is not possible at this address."""

    status = 405


def error_headers(error: StadtkernError) -> dict[str, str]:
    """Return the headers that go with an error: how to show who one is, when to come again."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else {}
    if (wait := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(wait)
    return headers


def error_body(status: int, message: str) -> bytes:
    """Return the body of an error."""
    return msgspec.json.encode({"code": status, "type": "error", "message": message})
