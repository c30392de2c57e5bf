"""The audit trail: who changed which public object, when, and what it said before.

IP addresses are never stored (`AUDITLOG_DISABLE_REMOTE_ADDR`). The trail itself ends after
`STADTKERN_AUDIT_DAYS` (five years unless set).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from auditlog.context import auditlog_value, set_extra_data
from auditlog.middleware import AuditlogMiddleware
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse

from stadtkern.people.models import ApiKey, Membership, Organisation, User


def audited(model: type[models.Model], **options: Any) -> type[models.Model]:  # noqa: ANN401
    """Keep a trail of all changes to `model`; usable as a decorator, harmless when repeated.

    `options` are those of `auditlog.register`: `exclude_fields`, `mask_fields`, `m2m_fields` ...
    """
    if not auditlog.contains(model):
        auditlog.register(model, **options)
    return model


def register_own_models() -> None:
    """Watch organisations, places in them, who was given which role, and keys."""
    audited(Organisation)
    audited(Membership)
    audited(ApiKey, exclude_fields=["digest", "last_used"])
    audited(User, include_fields=["is_active", "is_superuser"], m2m_fields={"groups"})


def delete_old_entries(now: datetime) -> int:
    """Delete what is older than the trail may be; return how many entries."""
    limit = now - timedelta(days=settings.AUDIT_DAYS)
    return int(LogEntry.objects.filter(timestamp__lt=limit).delete()[0])


@contextmanager
def forgotten_after() -> Iterator[None]:
    """Put back who acted before; `auditlog` leaves the last actor behind, and threads serve many requests."""
    token = auditlog_value.set(auditlog_value.get({"signal_duid": None}))
    try:
        yield
    finally:
        auditlog_value.reset(token)


class AuditMiddleware(AuditlogMiddleware):
    """Tell the trail who acts in a request, and forget it with the answer."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the answer."""
        with forgotten_after():
            response: HttpResponse = super().__call__(request)
            return response


@contextmanager
def acting_as(principal: str) -> Iterator[None]:
    """Let entries of the trail say who acted where that may be a key or a token rather than an account."""
    actor = auditlog_value.get({}).get("actor")
    with (
        forgotten_after(),
        set_extra_data({"actor": actor, "additional_data": {"principal": principal}}),
    ):
        yield
