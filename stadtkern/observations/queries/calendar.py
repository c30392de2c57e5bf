"""Calendar hours, days and months of a zone as edges in microseconds since 1970."""

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from stadtkern.observations.fields import instant, micros

By = Literal["hour", "day", "month"]
_HOUR = 3_600_000_000
_QUARTER = _HOUR // 4


def edges(start: datetime, end: datetime, by: By, zone: ZoneInfo) -> list[int]:
    """Return the edges of the calendar units that hold start <= time < end; whole units at both ends."""
    found = [_floor(micros(start), by, zone)]
    last = micros(end)
    while found[-1] < last:
        found.append(_next(found[-1], by, zone))
    return found


def _midnight(year: int, month: int, day: int, zone: ZoneInfo) -> int:
    return micros(datetime(year, month, day, tzinfo=zone))


def _floor(time: int, by: By, zone: ZoneInfo) -> int:
    local = instant(time).astimezone(zone)
    if by == "hour":
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return time - into // timedelta(microseconds=1)
    return _midnight(local.year, local.month, local.day if by == "day" else 1, zone)


def _next(edge: int, by: By, zone: ZoneInfo) -> int:
    if by == "hour":
        # A zone that shifts by half an hour has one short hour.
        following = _floor(edge + _HOUR, by, zone)
        return following if following > edge else edge + _HOUR
    local = instant(edge).astimezone(zone)
    if by == "day":
        tomorrow = local.date() + timedelta(days=1)
        return _midnight(tomorrow.year, tomorrow.month, tomorrow.day, zone)
    years, month = divmod(local.month, 12)
    return _midnight(local.year + years, month + 1, 1, zone)


def fits_quarters(found: list[int]) -> bool:
    """Return whether every edge lies on a quarter of an hour of UTC."""
    return all(edge % _QUARTER == 0 for edge in found)
