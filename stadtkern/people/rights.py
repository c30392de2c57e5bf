"""Notice that rights have changed, for all processes that keep them in memory.

Each change adds one row with a random number; their count and sum are the version. Adding a row needs no lock
that two writers could hold against each other, takes effect with the change itself, and goes with it when the
transaction is rolled back.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db.models import Count, Model, Sum
from django.db.models.signals import m2m_changed, post_delete, post_save

from stadtkern.base.clock import now
from stadtkern.people.models import RightsChange

Version: TypeAlias = tuple[int, int]
KEPT = timedelta(hours=1)
HARMLESS = frozenset({"last_login", "last_used"})
"""Fields that give no right."""


def changed() -> None:
    """Tell all processes that streams, profiles, keys, roles or memberships are not what they were."""
    RightsChange.objects.create(token=secrets.randbits(40), at=now())


def version() -> Version:
    """Return what is equal as long as no right has changed; one small query."""
    found = RightsChange.objects.aggregate(count=Count("pk"), total=Sum("token"))
    return found["count"], int(found["total"] or 0)


def delete_old_changes(at: datetime) -> int:
    """Delete what every process has seen; return how many rows."""
    return int(RightsChange.objects.filter(at__lt=at - KEPT).delete()[0])


def watch(*models: type[Model]) -> None:
    """Take each change of a row of `models` as a change of rights, also of many-to-many tables."""
    for model in models:
        name = f"rights-{model._meta.label}"  # noqa: SLF001  # Django has no public name for it
        post_save.connect(_saved, sender=model, dispatch_uid=name)
        post_delete.connect(_deleted, sender=model, dispatch_uid=name)
        m2m_changed.connect(_linked, sender=model, dispatch_uid=name)


def _saved(*, update_fields: Collection[str] | None, **_facts: Any) -> None:  # noqa: ANN401
    if update_fields is None or not set(update_fields) <= HARMLESS:
        changed()


def _deleted(**_facts: Any) -> None:  # noqa: ANN401
    changed()


def _linked(*, action: str, **_facts: Any) -> None:  # noqa: ANN401
    if action.startswith("post_"):
        changed()
