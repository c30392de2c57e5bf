"""Do data really end: what `stadtkern check` says about retention."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Warning, register  # noqa: A004  # Django's name
from django.db import DatabaseError

from stadtkern.base.clock import now
from stadtkern.governance.models import RetentionRun

LATEST = timedelta(days=3)


def check_retention(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Look when the retention job ran and whether it failed; only when the database may be asked."""
    if not databases:
        return []
    hint = "Is the worker running? stadtkern retention does it now."
    try:
        recent = RetentionRun.objects.filter(started_at__gt=now() - LATEST)
        failed = sorted(set(recent.exclude(error="").values_list("name", flat=True)))
        if not recent.exists():
            return [Warning("Old data were not deleted for three days.", hint=hint, id="governance.W001")]
    except DatabaseError as error:
        return [
            Warning(f"The record cannot be read: {error}", hint="stadtkern migrate", id="governance.W003")
        ]
    if not failed:
        return []
    said = f"These retention rules failed: {', '.join(failed)}."
    return [Warning(said, hint="stadtkern retention shows why.", id="governance.W002")]


def register_checks() -> None:
    """Make Django run our check."""
    register(check_retention, "stadtkern", deploy=True)
