"""Where the marks of the axes stand: round numbers, and local hours, days and months."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

TickKind = Literal["hour", "day", "month", "year"]
MOST_TICKS = 7
HOURS = (1, 2, 3, 6, 12)
DAYS = (1, 2, 7, 14)
MONTHS = (1, 2, 3, 6)


def value_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return round numbers from at or below `low` to at or above `high`, about `count` steps apart.

    >>> value_ticks(198, 214)
    [195.0, 200.0, 205.0, 210.0, 215.0]
    """
    if low == high:
        low, high = low - 1, high + 1
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    return [round(n * step, digits) for n in range(first, last + 1)]


def _hours(start: datetime, end: datetime, step: int) -> Iterator[datetime]:
    zone = start.tzinfo
    moment = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while moment <= end:
        local = moment.astimezone(zone)
        if local.hour % step == 0 and local.minute == 0 and moment >= start:
            yield local
        moment += timedelta(hours=1)


def _days(start: datetime, end: datetime, step: int) -> Iterator[datetime]:
    day = start.date()
    while True:
        moment = datetime(day.year, day.month, day.day, tzinfo=start.tzinfo)
        if moment > end:
            return
        if moment >= start and (day.weekday() == 0 if step == 7 else day.toordinal() % step == 0):  # noqa: PLR2004  # weeks begin on Monday
            yield moment
        day += timedelta(days=1)


def _months(start: datetime, end: datetime, step: int) -> Iterator[datetime]:
    number = start.year * 12 + start.month - 1
    while True:
        moment = datetime(number // 12, number % 12 + 1, 1, tzinfo=start.tzinfo)
        if moment > end:
            return
        if moment >= start and number % step == 0:
            yield moment
        number += 1


def time_ticks(
    start: datetime, end: datetime, zone: ZoneInfo, most: int = MOST_TICKS
) -> tuple[TickKind, list[datetime]]:
    """Return what the marks count, and at most `most` local times between `start` and `end`."""
    start, end = start.astimezone(zone), end.astimezone(zone)
    hours = (end - start).total_seconds() / 3600
    for step in HOURS:
        if hours / step <= most - 1:
            return "hour", list(_hours(start, end, step))
    for step in DAYS:
        if hours / 24 / step <= most - 1:
            return "day", list(_days(start, end, step))
    for step in MONTHS:
        if hours / 24 / 30.44 / step <= most - 1:
            return "month", list(_months(start, end, step))
    years = math.ceil(hours / 24 / 365.25 / (most - 1))
    return "year", list(_months(start, end, 12 * years))
