"""The end of sensor data: what is older than its data profile allows is really deleted, bit by bit."""

from datetime import datetime, timedelta

from django.db import transaction

from stadtkern.observations.fields import micros
from stadtkern.observations.models import (
    Datastream,
    IdempotencyKey,
    LatestObservation,
    Observation,
    QuarantinedReading,
    Rollup,
)
from stadtkern.observations.services.rollups import roll_up
from stadtkern.observations.services.storage import storage

CHUNK = 20_000
"""Rows deleted in one transaction, so that writers need not wait."""
QUARANTINE_KEPT = timedelta(days=90)
IDEMPOTENCY_KEPT = timedelta(hours=24)
"""How long a request sent again gets the answer of the first time."""


def delete_observations(now: datetime) -> int:
    """Delete the observations, rollups and latest values older than the retention of their data profile."""
    kept = Datastream.objects.filter(profile__retention__isnull=False).order_by("pk")
    return sum(
        _delete_before(datastream, now - retention)
        for datastream, retention in kept.values_list("pk", "profile__retention")
        if retention is not None
    )


def _delete_before(datastream: int, limit: datetime) -> int:
    deleted = 0
    old = Observation.objects.filter(datastream=datastream, phenomenon_time__lt=limit).order_by(
        "phenomenon_time"
    )
    while True:
        times = list(old.values_list("phenomenon_time", flat=True)[CHUNK - 1 : CHUNK])
        some = old.filter(phenomenon_time__lte=times[0]) if times else old
        deleted += some.order_by().delete()[0]
        if not times:
            break
    if deleted:
        _forget_before(datastream, limit)
    return deleted


def _forget_before(datastream: int, limit: datetime) -> None:
    """Take the deleted observations out of rollups and latest values."""
    with transaction.atomic():
        Rollup.objects.filter(datastream=datastream, start__lt=limit).delete()
        roll_up(storage(), [(datastream, micros(limit))])
        latest = LatestObservation.objects.filter(datastream=datastream)
        latest.filter(phenomenon_time__lt=limit).delete()
        latest.filter(previous_time__lt=limit).update(previous_time=None, previous_result=None)


def delete_quarantine(now: datetime) -> int:
    """Delete quarantined readings that did not come again for 90 days."""
    old = QuarantinedReading.objects.filter(last_seen__lt=now - QUARANTINE_KEPT)
    return old.delete()[0]


def delete_idempotency_keys(now: datetime) -> int:
    """Delete the answers that nobody will ask for again."""
    return IdempotencyKey.objects.filter(created__lt=now - IDEMPOTENCY_KEPT).delete()[0]
