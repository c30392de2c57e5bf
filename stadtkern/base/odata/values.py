"""Times, durations and numbers as a query writes them."""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Clock, Day, Duration, Geometry, Instant, Number, Period, Value

_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,6})?)S)?)?"
)
_LARGEST_DIGITS = 400
_LARGEST_WHOLE = 2**63


def number(text: str) -> Number:
    """Return the number that `text` writes; what has no exact place among 64-bit integers becomes a float."""
    if len(text) <= _LARGEST_DIGITS:
        if text.isdecimal() and int(text) < _LARGEST_WHOLE:
            return Number(int(text))
        if math.isfinite(value := float(text)):
            return Number(value)
    raise QueryError(f'"{text[:40]}" is too large a number.')


def moment(text: str) -> datetime:
    """Return the time that ISO 8601 `text` writes, in UTC; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(text.upper())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise QueryError(f'"{text}" is no time of the calendar.') from error


def time_value(text: str) -> Instant | Day:
    """Return a date or a point in time."""
    if "T" in text.upper():
        return Instant(moment(text))
    return Day(_date(text))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise QueryError(f'"{text}" is no date of the calendar.') from error


def clock(text: str) -> Clock:
    """Return a time of day."""
    try:
        return Clock(time.fromisoformat(text))
    except ValueError as error:
        raise QueryError(f'"{text}" is no time of day.') from error


def duration(text: str) -> timedelta:
    """Return the length of time that ISO 8601 `text` writes: days, hours, minutes and seconds."""
    match = _DURATION.fullmatch(text.strip().upper())
    parts = match.groupdict() if match else {}
    sign = -1 if parts.pop("sign", "") == "-" else 1
    numbers = {name: float(value) for name, value in parts.items() if value is not None}
    if not numbers:
        raise QueryError(f'"{text[:40]}" is no duration such as P1D, PT15M or P1DT12H.')
    try:
        return sign * timedelta(**numbers)
    except OverflowError as error:
        raise QueryError(f'"{text[:40]}" is too long a duration.') from error


def period(start: datetime, end: datetime) -> Period:
    """Return the span from `start` to `end`."""
    if end < start:
        raise QueryError("A period ends before it begins.")
    return Period(start, end)


def later(start: datetime, length: timedelta) -> datetime:
    """Return the time that lies `length` after `start`."""
    try:
        return start + length
    except OverflowError as error:
        raise QueryError("A time lies outside of the calendar.") from error


def typed(text: str) -> Value:
    """Return the value of a prefix and a quoted text, such as `duration'PT1H'`."""
    prefix, _quote, rest = text.partition("'")
    inner = rest[:-1].replace("''", "'")
    readers: dict[str, Callable[[], Value]] = {
        "duration": lambda: Duration(duration(inner)),
        "geography": lambda: Geometry(inner),
        "geometry": lambda: Geometry(inner),
        "datetime": lambda: Instant(moment(inner)),
        "datetimeoffset": lambda: Instant(moment(inner)),
        "date": lambda: Day(_date(inner)),
        "time": lambda: clock(inner),
    }
    reader = readers.get(prefix.lower())
    if reader is None:
        raise QueryError(f"""There are no values {prefix}'...'; known are {", ".join(readers)}.""")
    return reader()
