"""The end of sensor data: what is older than its data profile allows is really deleted, bit by bit."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import (
    Datastream,
    IdempotencyKey,
    LatestObservation,
    Observation,
    QuarantinedReading,
    Rollup,
)
from stadtkern.observations.services import rollups
from stadtkern.observations.services.archive import ending
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.facts import hold
from stadtkern.observations.services.storage import Storage, storage

CHUNK = 20_000
"""Rows deleted in one transaction, so that writers need not wait."""
QUARANTINE_KEPT = timedelta(days=90)
IDEMPOTENCY_KEPT = timedelta(hours=24)
"""How long a request sent again gets the answer of the first time."""


def delete_observations(now: datetime) -> int:
    """Delete the observations, rollups and latest values older than the retention of their data profile."""
    kept = Datastream.objects.filter(profile__retention__isnull=False).order_by("pk")
    return sum(
        _delete_before(datastream, micros(now - retention))
        for datastream, retention in kept.values_list("pk", "profile__retention")
        if retention is not None
    )


def _delete_before(datastream: int, limit: int) -> int:
    """Delete what is older than the quarter of an hour that holds `limit`, and count what is left."""
    limit -= limit % rollups.QUARTER
    store = storage()
    deleted = 0
    old = Observation.objects.filter(datastream=datastream, phenomenon_time__lt=instant(limit)).order_by(
        "phenomenon_time"
    )
    is_more = True
    while is_more:
        with durable():
            hold(store, [datastream])
            times = list(old.values_list("phenomenon_time", flat=True)[CHUNK - 1 : CHUNK])
            some = old.filter(phenomenon_time__lte=times[0]) if times else old
            gone = some.order_by().delete()[0]
            is_more = bool(times)
            if not is_more:
                gone += ending.delete_before(datastream, limit)
            LatestObservation.objects.filter(datastream=datastream).update(count=F("count") - gone)
            deleted += gone
            if deleted and not is_more:
                _forget_before(store, datastream, limit)
    return deleted


def _forget_before(store: Storage, datastream: int, limit: int) -> None:
    """Take the deleted observations out of rollups and latest values."""
    Rollup.objects.filter(datastream=datastream, start__lt=instant(limit)).delete()
    rollups.merge_again(store, datastream, limit)
    latest = LatestObservation.objects.filter(datastream=datastream)
    latest.filter(phenomenon_time__lt=instant(limit)).delete()
    latest.filter(previous_time__lt=instant(limit)).update(previous_time=None, previous_result=None)
    rows = Observation.objects.filter(datastream=datastream).order_by("phenomenon_time")
    _count, archived = ending.statistics(datastream)
    first = [rows.values_list("phenomenon_time", flat=True).first(), archived[0]]
    # results become known about in the order of their times; the oldest ones tell without reading all
    known = [*rows.values_list("result_time", flat=True)[:CHUNK], archived[2]]
    latest.update(first_time=_least(first), first_result_time=_least(known))


def _least(times: Sequence[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def delete_quarantine(now: datetime) -> int:
    """Delete quarantined readings that did not come again for 90 days."""
    old = QuarantinedReading.objects.filter(last_seen__lt=now - QUARANTINE_KEPT)
    return old.delete()[0]


def delete_idempotency_keys(now: datetime) -> int:
    """Delete the answers that nobody will ask for again."""
    return IdempotencyKey.objects.filter(created__lt=now - IDEMPOTENCY_KEPT).delete()[0]
