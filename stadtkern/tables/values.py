"""One value as people write it: what is missing, number, truth, date, moment, time of day.

These are exact and slow; `convert` takes what is plain in bulk and asks here for the rest.
"""

import re
from datetime import date, datetime, time
from functools import lru_cache

from stadtkern.base.numbers import NumberFormatError, parse_decimal
from stadtkern.base.times import TimeFormatError, read_time
from stadtkern.tables.names import CURRENCIES

NULLS = (
    "", "-", "--", "---", "–", "—", "k. A.", "k.A.", "k. a.", "k.a.", "K.A.", "K. A.", "kA", "keine Angabe",
    "keine Angaben", "b.d.", "b. d.", "b.d", "brak danych", "brak", "n/a", "N/A", "n.a.", "N.A.", "n. a.", "#N/A",  # noqa: E501
    "#NV", "#N/D", "#NV!", "NULL", "null", "<NA>", "(null)",
)  # fmt: skip
"""What stands for "not known" in every column."""

MORE_NULLS = (".", "..", "...", "…", "·", "/", "x", "X", "NaN", "nan", "NA", "None", "none", "?", "n.b.", "n. b.", "k.W.", "?", "nd", "-.-", "-,-")  # fmt: skip  # noqa: E501
"""What stands for "not known" where values are no text: the signs of statistical offices among them."""

EXCEL_ERRORS = frozenset(["#DIV/0!", "#REF!", "#BEZUG!", "#WERT!", "#VALUE!", "#NAME?", "#ZAHL!", "#NUM!", "#NULL!", "#ARG!", "#LICZBA!", "#ADR!", "#NAZWA?"])  # fmt: skip  # noqa: E501
TRUE = ("ja", "j", "wahr", "true", "t", "yes", "y", "tak", "prawda")
FALSE = ("nein", "falsch", "false", "f", "no", "n", "nie", "fałsz", "falsz")
YEARS = range(1, 10_000)
LARGEST = 2**63 - 1
_EXACT = 2**53
_MONTHS = {
    "januar": 1, "jan": 1, "februar": 2, "feb": 2, "märz": 3, "mrz": 3, "mär": 3, "april": 4, "apr": 4, "mai": 5,  # noqa: E501
    "juni": 6, "jun": 6, "juli": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sep": 9, "sept": 9,
    "oktober": 10, "okt": 10, "november": 11, "nov": 11, "dezember": 12, "dez": 12, "stycznia": 1, "lutego": 2,  # noqa: E501
    "marca": 3, "kwietnia": 4, "maja": 5, "czerwca": 6, "lipca": 7, "sierpnia": 8, "września": 9,
    "października": 10, "listopada": 11, "grudnia": 12,
}  # fmt: skip
_IN_WORDS = re.compile(r"(\d{1,2})\.?\s+([^\W\d_]+)\.?\s+(\d{4})(?:\s*r\.)?")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?:\s*Uhr)?", re.IGNORECASE)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
FORMAT = re.compile(r"(?=.*%[Yy])(?:%[dmYyHMS]|[ T./:-]){2,20}")
"""Formats of days and moments that are understood; others crash Arrow."""

_WHOLE = re.compile(r"[+-]?\d{1,19}")


class Misfit(ValueError):
    """A value is not of the kind its column has; the text is the reason code."""


def number(text: str, decimal: str, unit: str = "") -> float:
    """Return a number, with or without its unit behind or before it.

    Raises
    ------
    Misfit
        `not_a_number`, `excel_error`.
    """
    if text in EXCEL_ERRORS:
        raise Misfit("excel_error")
    bare = without_unit(text, unit) if unit else text
    try:
        return parse_decimal(bare, "," if decimal == "," else ".")
    except NumberFormatError as error:
        raise Misfit("not_a_number") from error


def integer(text: str, decimal: str, unit: str = "") -> int:
    """Return a whole number; `12,0` is one as well."""
    if _WHOLE.fullmatch(text):
        value = int(text)
        if abs(value) > LARGEST:
            raise Misfit("too_large")
        return value
    exact = number(text, decimal, unit)
    if not exact.is_integer():
        raise Misfit("not_a_whole_number")
    if abs(exact) > _EXACT:
        raise Misfit("too_large")
    return int(exact)


@lru_cache(maxsize=256)
def unit_signs(unit: str) -> tuple[str, ...]:
    """Return the ways in which a unit stands beside a number."""
    signs = {unit, *(sign for sign, code in CURRENCIES.items() if code == unit)}
    return tuple(sorted((sign for sign in signs if sign), key=len, reverse=True))


def without_unit(text: str, unit: str) -> str:
    """Return the text without the unit at its end or beginning.

    >>> without_unit("1.234,50 €", "EUR"), without_unit("EUR 7", "EUR")
    ('1.234,50', '7')
    """
    low = text.casefold()
    for sign in unit_signs(unit):
        small = sign.casefold()
        if low.endswith(small):
            return text[: len(text) - len(sign)].rstrip()
        if low.startswith(small):
            return text[len(sign) :].lstrip()
    return text


def boolean(text: str) -> bool:
    """Return whether a word says yes or no in German, Polish or English."""
    low = text.casefold()
    if low in TRUE or low == "1":
        return True
    if low in FALSE or low == "0":
        return False
    raise Misfit("not_yes_or_no")


def day(text: str, fmt: str) -> date:
    """Return a date in the column's format, in ISO 8601, or with the month as a German or Polish word."""
    if fmt:
        try:
            return _within(datetime.strptime(text, fmt).date())  # noqa: DTZ007  (a date has no zone)
        except ValueError:
            pass
    match = _ISO_DATE.fullmatch(text)
    try:
        if match:
            return date(*map(int, match.groups()))
        match = _IN_WORDS.fullmatch(text)
        if match and match[2].casefold() in _MONTHS:
            return date(int(match[3]), _MONTHS[match[2].casefold()], int(match[1]))
    except ValueError as error:
        raise Misfit("no_such_date") from error
    raise Misfit(_why_no_date(text))


def _within(value: date) -> date:
    if value.year < 100:  # noqa: PLR2004  (the year 24 is not meant where four digits are expected)
        raise Misfit("year_of_two_digits")
    return value


def _why_no_date(text: str) -> str:
    if text in EXCEL_ERRORS:
        return "excel_error"
    return "no_such_date" if re.fullmatch(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", text) else "not_a_date"


def moment(text: str, fmt: str, zone: str) -> tuple[datetime, str]:
    """Return a moment in UTC and a note where the clock of `zone` leaves doubt.

    `ambiguous`, `nonexistent` or none.
    """
    try:
        parsed = _read(text, zone, fmt)
    except TimeFormatError as error:
        code = _why_no_date(text)
        raise Misfit("not_a_time" if code == "not_a_date" else code) from error
    note = "ambiguous" if "twice" in parsed[1] else "nonexistent" if parsed[1] else ""
    return parsed[0], note


def _read(text: str, zone: str, fmt: str) -> tuple[datetime, str]:
    formats = [one for one in (fmt, _only_day(fmt)) if one and one != "iso"]
    for one in formats:
        try:
            parsed = read_time(text, zone, one)
        except TimeFormatError:
            continue
        return parsed.time, parsed.note
    if re.match(r"\d{4}-\d{2}-\d{2}", text):
        parsed = read_time(text, zone)
        return parsed.time, parsed.note
    raise TimeFormatError(text[:80])


def _only_day(fmt: str) -> str:
    """Return the format without the time of day: midnight is often left out."""
    return re.split(r"[ T]%H", fmt)[0] if "%H" in fmt else ""


def clock(text: str) -> time:
    """Return a time of day: `7:30`, `07.30 Uhr`, `07:30:15`."""
    match = _CLOCK.fullmatch(text)
    try:
        if match:
            return time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError as error:
        raise Misfit("no_such_time") from error
    raise Misfit("excel_error" if text in EXCEL_ERRORS else "not_a_time_of_day")
