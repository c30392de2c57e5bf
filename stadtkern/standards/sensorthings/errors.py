"""Errors of the interface, and how they look (18-088 section 9.3.1)."""

import msgspec

from stadtkern.base.errors import NotFound, StadtkernError

__all__ = ["Missing", "NotAllowed", "error_body"]


class Missing(NotFound):
    """There is nothing at this address, or the reader may not know of it."""


class NotAllowed(StadtkernError):
    """The method is not possible at this address."""

    status = 405


def error_body(status: int, message: str) -> bytes:
    """Return the body of an error."""
    return msgspec.json.encode({"code": status, "type": "error", "message": message})
