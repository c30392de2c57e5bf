"""Spans of time to count by, as edges in microseconds since 1970; those of the calendar follow the clock."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from stadtkern.base.odata import values
from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Bucket
from stadtkern.base.times import is_zone
from stadtkern.observations.fields import MICROSECOND, instant, micros

MOST = 20_000
"""Spans of one answer."""
DAY = timedelta(days=1)
MONTHS = {"P1M": 1, "P3M": 3, "P1Y": 12}
WEEKS = frozenset({"P1W", "P7D"})


def zone_of(bucket: Bucket) -> ZoneInfo:
    """Return the time zone of a bucket."""
    if not is_zone(bucket.zone):
        raise QueryError(f'There is no time zone "{bucket.zone[:40]}"; write one such as Europe/Berlin.')
    return ZoneInfo(bucket.zone)


def edges_of(bucket: Bucket, start: int, end: int) -> list[int]:
    """Return the edges of the spans that hold start <= time < end, one more than spans."""
    zone = zone_of(bucket)
    if bucket.width in MONTHS:
        return _months(MONTHS[bucket.width], start, end, zone)
    width = timedelta(days=7) if bucket.width in WEEKS else values.duration(bucket.width)
    if (end - start) // max(width // MICROSECOND, 1) > MOST:
        raise QueryError(f"The answer would have more than {MOST} spans; choose wider ones.")
    if width % DAY:
        return _fixed(width, start, end, zone)
    return _days(width // DAY, start, end, zone, from_monday=bucket.width in WEEKS)


def _local(time: int, zone: ZoneInfo) -> datetime:
    return instant(time).astimezone(zone).replace(tzinfo=None)


def _moment(local: datetime, zone: ZoneInfo) -> int:
    return micros(local.replace(tzinfo=zone))


def _months(months: int, start: int, end: int, zone: ZoneInfo) -> list[int]:
    local = _local(start, zone)
    count = local.year * 12 + (local.month - 1) // months * months
    found: list[int] = []
    while not found or found[-1] < end:
        found.append(_moment(datetime(count // 12, count % 12 + 1, 1), zone))  # noqa: DTZ001  # local time
        count += months
    return found


def _days(days: int, start: int, end: int, zone: ZoneInfo, *, from_monday: bool) -> list[int]:
    """Return local midnights; spans of several days are counted from 1970, weeks from Monday."""
    day = _local(start, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = datetime(1970, 1, 5 if from_monday else 1)  # noqa: DTZ001  # local time; the fifth was a Monday
    day -= timedelta(days=(day - first).days % days)
    found: list[int] = []
    while not found or found[-1] < end:
        found.append(_moment(day, zone))
        day += timedelta(days=days)
    return found


def _fixed(width: timedelta, start: int, end: int, zone: ZoneInfo) -> list[int]:
    """Return spans of hours, minutes or seconds, counted from local midnight of the first day."""
    step = width // MICROSECOND
    midnight = _moment(_local(start, zone).replace(hour=0, minute=0, second=0, microsecond=0), zone)
    first = midnight + (start - midnight) // step * step
    return list(range(first, end + step, step))


def span_of(time: int, edges: Sequence[int]) -> int:
    """Return the number of the span that holds `time`."""
    return bisect_left(edges, time + 1) - 1
