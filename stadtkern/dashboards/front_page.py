"""The cockpit for those who only read: one drawing serves everybody for some seconds.

The outermost middleware keeps the finished answers of `/<language>/` (headers and compression included) in
the memory of the process. It never keeps an answer that sets a cookie, and never serves one to somebody who
is signed in. When an answer grows old, one reader redraws it and the others get the old one meanwhile.
Publishing a page forgets all.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

Key = tuple[str, str, bool]
Answer = Callable[[HttpRequest], HttpResponseBase]
AsyncAnswer = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
MOST = 64
REDRAW = 5.0
"""Seconds that one reader has to redraw before another one tries."""


@dataclass(slots=True)
class Kept:
    """A finished answer."""

    content: bytes
    headers: dict[str, str]
    until: float


_kept: dict[Key, Kept] = {}


def forget(**_facts: object) -> None:
    """Forget all answers; also a signal handler."""
    _kept.clear()


def key_of(request: HttpRequest) -> Key | None:
    """Return under which name the answer is kept; None if it has to be made for this person."""
    path = request.path_info
    is_front = path.count("/") == 2 and path.strip("/") in dict(settings.LANGUAGES)  # noqa: PLR2004  # "/de/"
    if not is_front or request.method != "GET" or request.META.get("QUERY_STRING"):
        return None
    if request.COOKIES or not settings.FRONT_PAGE_SECONDS:
        return None
    return request.META.get("HTTP_HOST", ""), path, "gzip" in request.headers.get("Accept-Encoding", "")


def find(key: Key | None, now: float) -> HttpResponse | None:
    """Return the kept answer, or None if this reader has to have it drawn."""
    kept = _kept.get(key) if key else None
    if kept is None:
        return None
    if kept.until < now:
        kept.until = now + REDRAW
        return None
    return HttpResponse(kept.content, headers=kept.headers)


def keep(key: Key | None, response: HttpResponseBase, now: float) -> None:
    """Keep an answer that is the same for everybody."""
    if key is None or not isinstance(response, HttpResponse):
        return
    if response.status_code != 200 or response.cookies:  # noqa: PLR2004
        return
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[key] = Kept(response.content, dict(response.items()), now + settings.FRONT_PAGE_SECONDS)


@sync_and_async_middleware
def front_page(get_response: Answer | AsyncAnswer) -> Answer | AsyncAnswer:
    """Answer for the cockpit out of memory where that is the same for everybody."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            key, now = key_of(request), time.monotonic()
            if found := find(key, now):
                return found
            response: HttpResponseBase = await get_response(request)
            keep(key, response, now)
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        key, now = key_of(request), time.monotonic()
        if found := find(key, now):
            return found
        response = cast("HttpResponseBase", get_response(request))
        keep(key, response, now)
        return response

    return answer
