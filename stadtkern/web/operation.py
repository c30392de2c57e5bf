"""Addresses for whoever runs the town: is it alive, is it ready, how is it doing."""

import hmac
import ipaddress
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from stadtkern.base import clock
from stadtkern.base.errors import NotPermitted, Unavailable
from stadtkern.web import metrics as metrics_of_apps
from stadtkern.web.town import current_town

PLAIN = "text/plain; charset=utf-8"
NO_STORE = {"Cache-Control": "no-store"}
VALID_FOR = timedelta(days=180)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive; asks nothing else."""
    return HttpResponse("ok\n", content_type=PLAIN, headers=NO_STORE)


def missing_migrations() -> int:
    """Return how many migrations are still to be applied."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer whether pages can be served: the database answers and has all its tables."""
    try:
        missing = missing_migrations()
    except DatabaseError as error:
        raise Unavailable("the database does not answer") from error
    if missing:
        raise Unavailable(f"{missing} migrations are to be applied: run `stadtkern migrate`")
    return HttpResponse("ready\n", content_type=PLAIN, headers=NO_STORE)


def may_read_metrics(request: HttpRequest) -> bool:
    """Return whether the asker has the token, or sits on this machine with no proxy in between."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token:
        return hmac.compare_digest(given.encode(), token.encode())
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures of this process and of all apps in the format of Prometheus."""
    if not may_read_metrics(request):
        raise NotPermitted("metrics are for this machine, or for who sends STADTKERN_METRICS_TOKEN")
    figures = generate_latest()
    with suppress(DatabaseError):  # the figures of this process are wanted most when the database is away
        figures += metrics_of_apps.render()
    return HttpResponse(figures, content_type=CONTENT_TYPE_LATEST, headers=NO_STORE)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Tell finders of weaknesses whom to write to (RFC 9116)."""
    contact = current_town().contact
    lines = [
        f"Contact: mailto:{contact.email}" if contact.email else f"Contact: {settings.PUBLIC_URL}/",
        f"Expires: {(clock.now() + VALID_FOR).strftime('%Y-%m-%dT00:00:00Z')}",
        f"Preferred-Languages: {', '.join(current_town().languages)}",
        f"Canonical: {settings.PUBLIC_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type=PLAIN)


@require_safe
def robots_txt(request: HttpRequest) -> HttpResponse:
    """Tell search engines what is not for them."""
    languages = current_town().languages
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /tiles/",
        *(f"Disallow: /{code}/account/" for code in languages),
        f"Sitemap: {settings.PUBLIC_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type=PLAIN)
