"""The history of entities: each change closes one version and opens the next.

Entities that connectors made have no version until they change for the first time here; then what they were
is kept as valid since `EVER`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from stadtkern.observations.fields import EPOCH
from stadtkern.observations.models import Datastream, EntityVersion, HistoricalLocation, Thing
from stadtkern.observations.services.entities.shapes import MODELS, components, document
from stadtkern.observations.services.storage import chunks

if TYPE_CHECKING:
    from stadtkern.observations.services.entities.work import Touched

EVER = EPOCH
"""Begin of versions whose real begin is not known."""
_LINKED = ("thing", "sensor", "observed_property")


def _reference(pk: int | None) -> dict[str, int] | None:
    return None if pk is None else {"@iot.id": pk}


def _many(rows: "models.Manager[Any]") -> list[dict[str, int]]:
    return [{"@iot.id": pk} for pk in rows.order_by("pk").values_list("pk", flat=True)]


def links(kind: str, row: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the links that belong to an entity itself, as references."""
    if isinstance(row, Thing):
        return {"Locations": _many(row.locations)}
    if isinstance(row, HistoricalLocation):
        return {"Thing": _reference(row.thing_id), "Locations": _many(row.locations)}
    if isinstance(row, Datastream):
        found: dict[str, Any] = {"Thing": _reference(row.thing_id), "Sensor": _reference(row.sensor_id)}
        if kind == "MultiDatastream":
            observed = [_reference(one.observed_property_id) for one in components(row)]
            return found | {"ObservedProperties": observed}
        return found | {"ObservedProperty": _reference(row.observed_property_id)}
    return {}


def snapshot(kind: str, row: models.Model) -> dict[str, Any]:
    """Return an entity as its history keeps it: properties and own links."""
    return document(kind, row) | links(kind, row)


def write(touched: Iterable["Touched"], *, at: datetime, by: str) -> None:
    """Write what became of the touched entities at one moment."""
    for one in touched:
        versions = EntityVersion.objects.filter(entity=one.kind, entity_id=one.pk, valid_to=None)
        last = None if one.how == "created" else versions.first()
        if last is None and one.how != "created":
            last = EntityVersion(entity=one.kind, entity_id=one.pk, valid_from=EVER, document=one.before)
        # who waited for another change took the time before it
        since = at if last is None else max(at, last.valid_from)
        if last is not None:
            last.valid_to = since
            last.save()
        after = None if one.how == "deleted" else _now(one.kind, one.pk)
        EntityVersion.objects.create(
            entity=one.kind, entity_id=one.pk, valid_from=since, document=after, changed_by=by[:200]
        )


def _now(kind: str, pk: int) -> dict[str, Any]:
    return snapshot(kind, MODELS[kind]._default_manager.get(pk=pk))  # noqa: SLF001  # Django's name for it


def delete_versions(now: datetime) -> int:
    """Delete versions that ended longer ago than the history is kept, also the marks of what was deleted."""
    limit = now - timedelta(days=settings.HISTORY_DAYS)
    ended = EntityVersion.objects.filter(valid_to__lt=limit)
    gone = EntityVersion.objects.filter(valid_to=None, document__isnull=True, valid_from__lt=limit)
    deleted = 0
    for rows in (ended, gone):
        for part in chunks(rows.order_by("pk").values_list("pk", flat=True).iterator()):
            deleted += EntityVersion.objects.filter(pk__in=part).delete()[0]
    return deleted
