"""Who may send us a large file: asked before a byte of it is read."""

from http.cookies import CookieError, SimpleCookie
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections

from stadtkern.people.models import User

ROOM_FOR_FIELDS = 1_000_000
"""Bytes of a request around the file."""
PREFIX = "/admin/open-data/"


async def may_upload(scope: dict[str, Any]) -> bool:
    """Return whether a request comes from somebody who may make datasets and goes to their pages."""
    if scope.get("method") != "POST" or not str(scope.get("path", "")).startswith(PREFIX):
        return False
    headers = dict(scope.get("headers", ()))
    try:
        cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return False
    found = cookies.get(settings.SESSION_COOKIE_NAME)
    return found is not None and await sync_to_async(_is_editor)(found.value)


def _is_editor(key: str) -> bool:
    close_old_connections()
    try:
        user = User.objects.filter(pk=SessionStore(key).get(SESSION_KEY) or 0, is_active=True).first()
        return user is not None and user.has_perm("catalogue.add_dataset")
    finally:
        close_old_connections()
