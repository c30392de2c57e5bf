"""Keeping the rollups right.

New rows are added to the buckets they fall into, however late they are. Buckets of replaced, deleted and
newly judged rows are computed anew from what is stored.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.quality import USELESS
from stadtkern.observations.services.columns import Floats, Ints
from stadtkern.observations.services.storage import Bucket, Storage, Writing
from stadtkern.observations.services.storage.base import DAY, Increments
from stadtkern.observations.services.storage.base import HOUR as HOUR_WIDTH
from stadtkern.observations.services.storage.base import QUARTER as QUARTER_WIDTH

QUARTER = 15 * 60 * 1_000_000
HOUR = 4 * QUARTER
_TINY = 1e-100
"""PostgreSQL takes the square of smaller numbers for an error."""


@lru_cache(maxsize=20_000)
def local_day(hour: int, zone: str) -> tuple[int, int]:
    """Return start and end of the local calendar day that holds the time `hour` (microseconds)."""
    local = instant(hour).astimezone(ZoneInfo(zone))
    start = datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(zone))
    tomorrow = start.date() + timedelta(days=1)
    end = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(zone))
    return micros(start), micros(end)


def roll_up(store: Storage, touched: Iterable[tuple[int, int]]) -> None:
    """Compute the buckets around the touched (datastream, time) anew."""
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


def merge_again(store: Storage, datastream: int, time: int) -> None:
    """Compute the hour and the day that hold `time` anew from quarters of an hour, without the rows."""
    hour = time - time % HOUR
    store.roll_up([], [(datastream, hour, hour + HOUR)], [(datastream, *local_day(hour, settings.TIME_ZONE))])


def add_rows(store: Storage, rows: Writing) -> None:
    """Add new rows to the rollups; those that count for nothing and those without a number are left out."""
    usable = ~np.isin(rows.quality, USELESS) & np.isfinite(rows.columns.result)
    if not usable.any():
        return
    datastreams, times = rows.columns.datastream[usable], rows.columns.time[usable]
    quarters = _grouped(datastreams, times - times % QUARTER, rows.columns.result[usable])
    hours = _merged(quarters, quarters.start - quarters.start % HOUR, HOUR_WIDTH)
    days = _merged(quarters, _days(quarters.start), DAY)
    store.add_rollups(_together(quarters, hours, days))


def _days(starts: Ints) -> Ints:
    """Return the start of the local day of each of `starts`."""
    different, places = np.unique(starts, return_inverse=True)
    days = [local_day(start, settings.TIME_ZONE)[0] for start in different.tolist()]
    return np.array(days, dtype=np.int64)[places]


def _heads(datastreams: Ints, starts: Ints) -> tuple[Ints, Ints]:
    """Return the order that brings equal buckets together, and where each bucket begins in it."""
    order = np.lexsort((starts, datastreams))
    changes = (np.diff(datastreams[order]) != 0) | (np.diff(starts[order]) != 0)
    return order, np.concatenate(([0], np.flatnonzero(changes) + 1))


def _grouped(datastreams: Ints, starts: Ints, values: Floats) -> Increments:
    order, heads = _heads(datastreams, starts)
    sorted_values = values[order]
    squares = np.where(np.abs(sorted_values) < _TINY, 0.0, sorted_values) ** 2
    return Increments(
        datastreams[order][heads],
        np.full(len(heads), QUARTER_WIDTH, dtype=np.int64),
        starts[order][heads],
        np.diff(np.append(heads, len(order))),
        np.add.reduceat(sorted_values, heads),
        np.add.reduceat(squares, heads),
        np.minimum.reduceat(sorted_values, heads),
        np.maximum.reduceat(sorted_values, heads),
    )


def _merged(quarters: Increments, starts: Ints, width: int) -> Increments:
    order, heads = _heads(quarters.datastream, starts)
    return Increments(
        quarters.datastream[order][heads],
        np.full(len(heads), width, dtype=np.int64),
        starts[order][heads],
        np.add.reduceat(quarters.count[order], heads),
        np.add.reduceat(quarters.total[order], heads),
        np.add.reduceat(quarters.squares[order], heads),
        np.minimum.reduceat(quarters.minimum[order], heads),
        np.maximum.reduceat(quarters.maximum[order], heads),
    )


def _together(*parts: Increments) -> Increments:
    names = Increments.__slots__
    return Increments(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
