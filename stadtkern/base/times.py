"""Times as sources write them: local, in several formats, twice in autumn and never in spring."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

Prefer: TypeAlias = Literal["earlier", "later"]

FORMATS = (
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d.%m.%y %H:%M:%S",
    "%d.%m.%y %H:%M",
    "%d.%m.%y",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
)
"""Tried in this order after ISO 8601."""

_DIGITS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
"""Formats without any mark, by their length: `strptime` alone would read ten digits in twelve places."""

_LONGEST = 64
_MIDNIGHT = re.compile(r"(?<=[ T])24(:?00)(:?00)?(?![0-9:])")
_YEARS = range(1700, 2200)


class TimeFormatError(ValueError):
    """A text is no time, or not in the format that was asked for."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A time in UTC, and what had to be assumed to read it."""

    time: datetime
    note: str = ""


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=256)
def is_zone(name: str) -> bool:
    """Return whether there is a time zone of this name; cheap enough to be asked for every message."""
    try:
        return bool(_zone(name).key)
    except (KeyError, OSError, ValueError):
        return False


def read_time(
    text: str,
    zone: str,
    fmt: str | Sequence[str] | None = None,
    *,
    prefer: Prefer = "earlier",
    not_after: datetime | None = None,
) -> Parsed:
    """Return the time that `text` writes, with a note where the clock of `zone` leaves doubt.

    Parameters
    ----------
    text
        ISO 8601, or one of `FORMATS`; hour 24 is the next midnight.
    zone
        IANA name of the zone of times without an offset.
    fmt
        One format of `strptime` or several, if the format is known.
    prefer
        Which one is meant of the two equal hours of the night in which summer time ends.
    not_after
        The later of these two hours is meant unless it lies after this time; stronger than `prefer`.

    Raises
    ------
    TimeFormatError
        If the text is no time.
    """
    moment, extra = _moment(text, fmt)
    if moment.year not in _YEARS:
        raise TimeFormatError(f'time is out of range: "{text[:_LONGEST]}"')
    if moment.tzinfo is not None:
        return Parsed(moment.astimezone(UTC) + extra)
    return to_utc(moment + extra, zone, prefer=prefer, not_after=not_after)


def parse_time(
    text: str,
    zone: str,
    fmt: str | Sequence[str] | None = None,
    *,
    prefer: Prefer = "earlier",
    not_after: datetime | None = None,
) -> datetime:
    """Return the time of `read_time` alone, in UTC."""
    return read_time(text, zone, fmt, prefer=prefer, not_after=not_after).time


def to_utc(
    local: datetime, zone: str, *, prefer: Prefer = "earlier", not_after: datetime | None = None
) -> Parsed:
    """Return the naive time `local` of `zone` in UTC; see `read_time`."""
    early, late = (local.replace(tzinfo=_zone(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    if early == late:
        return Parsed(early)
    if early > late:  # fold 0 uses the offset before the gap: the clock that was not put forward
        return Parsed(
            early, f"{local:%Y-%m-%d %H:%M} does not exist in {zone}; read as a clock not put forward"
        )
    if not_after is not None:
        prefer = "later" if late <= not_after else "earlier"
    return Parsed(
        late if prefer == "later" else early, f"{local:%Y-%m-%d %H:%M} exists twice in {zone}; {prefer} taken"
    )


@dataclass(slots=True)
class LocalTimes:
    """Reads the times of one ordered series, so that the doubled hour of autumn is resolved by the order.

    For the first row `not_after` decides; see `read_time`.
    """

    zone: str
    fmt: str | Sequence[str] | None = None
    descending: bool = False
    not_after: datetime | None = None
    _last: datetime | None = field(default=None, init=False)

    def parse(self, text: str) -> datetime:
        """Return the time of the next row, in UTC."""
        early = parse_time(text, self.zone, self.fmt, prefer="earlier")
        late = parse_time(text, self.zone, self.fmt, prefer="later")
        first, second = (late, early) if self.descending else (early, late)
        if self._last is None and self.not_after is not None:
            first = late if late <= self.not_after else early
        elif not self._follows(first):
            first = second
        self._last = first
        return first

    def _follows(self, time: datetime) -> bool:
        if self._last is None:
            return True
        return time < self._last if self.descending else time > self._last


def from_epoch(number: float) -> datetime:
    """Return the time of a Unix time stamp in seconds, milliseconds or microseconds, told apart by size."""
    for unit in (1, 1_000, 1_000_000):
        if abs(number) < 1e11 * unit:
            break
    try:
        time = datetime.fromtimestamp(number / unit, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise TimeFormatError(f'time is out of range: "{number}"') from error
    if time.year not in _YEARS:
        raise TimeFormatError(f'time is out of range: "{number}"')
    return time


def _moment(text: str, fmt: str | Sequence[str] | None) -> tuple[datetime, timedelta]:
    """Return the time as written, and what is to be added for hour 24."""
    bare = text.strip()
    shown = bare[:_LONGEST]
    if len(bare) > _LONGEST or not bare.isascii():
        raise TimeFormatError(f'not a time: "{shown}"')
    midnight, changed = _MIDNIGHT.subn(r"00\1\2", bare)
    extra = timedelta(days=1) if changed else timedelta()
    if fmt is None:
        try:
            return _iso(midnight), extra
        except ValueError:
            pass
    formats = _default_formats(midnight) if fmt is None else (fmt,) if isinstance(fmt, str) else fmt
    for one in formats:
        try:
            return datetime.strptime(midnight, one), extra  # noqa: DTZ007  (the zone is applied by the caller)
        except ValueError:
            continue
    raise TimeFormatError(f'not a time: "{shown}"')


def _default_formats(text: str) -> Sequence[str]:
    if not text.isdigit():
        return FORMATS
    return (_DIGITS[len(text)],) if len(text) in _DIGITS else ()


def _iso(text: str) -> datetime:
    """Return a time in ISO 8601; digits alone are left to the formats, which know hours without minutes."""
    if text.isdigit():
        raise ValueError(text)
    return datetime.fromisoformat(text)
