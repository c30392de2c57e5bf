"""Keeping the rollups right.

Touched buckets are computed anew, so that late and replaced data need no special case.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.services.storage import Bucket, Storage

QUARTER = 15 * 60 * 1_000_000
HOUR = 4 * QUARTER


@lru_cache(maxsize=20_000)
def local_day(hour: int, zone: str) -> tuple[int, int]:
    """Return start and end of the local calendar day that holds the time `hour` (microseconds)."""
    local = instant(hour).astimezone(ZoneInfo(zone))
    start = datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(zone))
    tomorrow = start.date() + timedelta(days=1)
    end = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(zone))
    return micros(start), micros(end)


def roll_up(store: Storage, touched: Iterable[tuple[int, int]]) -> None:
    """Bring the buckets around the touched (datastream, time) up to date."""
    quarters = {(datastream, time - time % QUARTER) for datastream, time in touched}
    hours = {(datastream, start - start % HOUR) for datastream, start in quarters}
    days: set[Bucket] = {
        (datastream, *local_day(start, settings.TIME_ZONE)) for datastream, start in quarters
    }
    store.roll_up(
        sorted((datastream, start, start + QUARTER) for datastream, start in quarters),
        sorted((datastream, start, start + HOUR) for datastream, start in hours),
        sorted(days),
    )
