"""A counter of batches written, so that live pages can ask cheaply what is new."""

from django.db import connection

from stadtkern.observations.models import Change, LatestObservation

_NEXT = (
    "INSERT INTO observations_change (id, version, numbers) VALUES (1, 1, 0) "
    "ON CONFLICT (id) DO UPDATE SET version = observations_change.version + 1 RETURNING version"
)


def next_version() -> int:
    """Count one more batch; on PostgreSQL this queues up writers until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT)
        return int(cursor.fetchone()[0])


def changed_since(version: int) -> tuple[int, set[str]]:
    """Return the current version and the keys of the datastreams that changed after `version`."""
    current = Change.objects.values_list("version", flat=True).first() or 0
    if current <= version:
        return current, set()
    changed = LatestObservation.objects.filter(version__gt=version, version__lte=current)
    return current, set(changed.values_list("datastream__key", flat=True))
