"""What happens around every request: errors become answers, headers, compression, counting."""

import logging
import time
from collections.abc import Callable
from functools import cache

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.urls import LocalePrefixPattern, URLPattern, URLResolver, get_resolver
from prometheus_client import Counter, Histogram

from stadtkern.base.errors import NotAuthenticated, StadtkernError, TooMany
from stadtkern.web.errors import answer

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponseBase]
PERMISSIONS = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(self), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)
COMPRESSED = (
    "text/html",
    "text/css",
    "text/csv",
    "text/plain",
    "text/turtle",
    "text/javascript",
    "image/svg+xml",
    "application/json",
    "application/geo+json",
    "application/ld+json",
    "application/problem+json",
    "application/rdf+xml",
    "application/atom+xml",
    "application/rss+xml",
    "application/xml",
)
REQUESTS = Counter("stadtkern_requests", "Answered requests.", ["method", "status"])
SECONDS = Histogram("stadtkern_request_seconds", "Time until the answer began, in seconds.")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ErrorMiddleware:
    """Turns our errors, and a database out of reach, into a page or a problem document."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer an error that a person can understand; others go on to `handler500`."""
        if isinstance(exception, StadtkernError):
            response = answer(request, exception.status, str(exception))
            if isinstance(exception, TooMany):
                response.headers["Retry-After"] = str(exception.retry_after)
            if isinstance(exception, NotAuthenticated):
                response.headers["WWW-Authenticate"] = 'Bearer realm="stadtkern"'
            return response
        if isinstance(exception, OperationalError | InterfaceError):
            logger.error("the database does not answer: %s", exception)  # a traceback says no more
            return answer(request, 503)
        return None


class HeadersMiddleware:
    """Adds what keeps browsers from offering more than the pages need, and counts."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on and finish the answer."""
        began = time.perf_counter()
        response = self.get_response(request)
        SECONDS.observe(time.perf_counter() - began)
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, str(response.status_code)).inc()
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses text, but never a stream of events, which must not wait in a buffer.

    Django pads the answer with random bytes, so that its length gives away no secret (BREACH), and masks the
    CSRF token anew in every answer.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress the answer if it is text."""
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind not in COMPRESSED:
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed


@cache
def machine_words() -> frozenset[str]:
    """Return the first words of all addresses that have no language."""
    found: set[str] = {"static"}

    def walk(patterns: list[URLPattern | URLResolver]) -> None:
        for one in patterns:
            if isinstance(one.pattern, LocalePrefixPattern):
                continue
            word = str(one.pattern).lstrip("^").partition("/")[0]
            if word and not word.startswith("<"):
                found.add(word)
            elif isinstance(one, URLResolver):
                walk(one.url_patterns)

    walk(get_resolver().url_patterns)
    return frozenset(found)


class LanguageMiddleware(LocaleMiddleware):
    """Leads an address without a language to the one of the visitor, except addresses for programs."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Redirect `/map/` to `/de/map/`; leave `/api/...` alone."""
        if response.status_code == 404 and request.path.split("/")[1] in machine_words():  # noqa: PLR2004  # HTTP
            return response
        localised: HttpResponseBase = super().process_response(request, response)
        return localised
