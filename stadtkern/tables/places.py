"""Coordinates as people write them: decimal degrees, degrees with minutes and seconds, two in one cell."""

import re
from collections.abc import Callable

_ANGLE = re.compile(
    r"(?P<before>[NSEWO]?)\s*(?P<sign>[+-]?)(?P<deg>\d{1,3}(?:[.,]\d+)?)\s*[°º˚]\s*"
    r"(?:(?P<min>\d{1,2}(?:[.,]\d+)?)\s*['′’´`]\s*)?"  # noqa: RUF001
    r"(?:(?P<sec>\d{1,2}(?:[.,]\d+)?)\s*(?:[\"″”“]|''|′′)\s*)?"  # noqa: RUF001
    r"(?P<after>N|S|E|O|W|n\.\s?Br\.?|ö\.\s?L\.?|s\.\s?Br\.?|w\.\s?L\.?|Nord|Süd|Ost|West|szer\. ?geogr\. ?N?|dł\. ?geogr\. ?E?)?",  # noqa: E501
    re.IGNORECASE,
)
_SPACED = re.compile(r"(?P<before>[NSEWO]?)\s*(?P<deg>\d{1,3})[\s:](?P<min>\d{1,2})[\s:](?P<sec>\d{1,2}(?:[.,]\d+)?)\s*(?P<after>[NSEWO]?)", re.IGNORECASE)  # fmt: skip  # noqa: E501
_DECIMAL = re.compile(r"[NSEWO]?\s*[+-]?\d{1,9}(?:[.,]\d+)?\s*°?\s*[NSEWO]?", re.IGNORECASE)
_SEPARATORS = (
    r"\s*;\s*",
    r"\s*\|\s*",
    r"(?<=[NSEWOnseow])[\s,/]+(?=[\dNSEWO])",
    r"\s*,\s+",
    r"\s*/\s*",
    r"\s+",
    r"\s*,\s*",
)
_LATITUDE, _LONGITUDE = "NS", "EOW"
_MOST_MINUTES = 60
_LONGEST = 120
LAT, LON = "latitude", "longitude"


class NoPlace(ValueError):
    """A text is no coordinate."""


def parse_angle(text: str) -> tuple[float, str]:
    r"""Return degrees, and which axis the text says they are on (`latitude`, `longitude` or nothing).

    >>> parse_angle("51° 57' 12\\" N")
    (51.95333333333333, 'latitude')
    >>> parse_angle("14,7183")
    (14.7183, '')
    """
    bare = text.strip()
    if len(bare) > _LONGEST:
        raise NoPlace(bare[:_LONGEST])
    match = _ANGLE.fullmatch(bare) or _SPACED.fullmatch(bare)
    if match:
        return _degrees(match.groupdict())
    if not _DECIMAL.fullmatch(bare):
        raise NoPlace(bare)
    letters = re.sub(r"[^A-Za-z]", "", bare).upper()
    number = float(re.sub(r"[^\d.,+-]", "", bare).replace(",", "."))
    return (-number if letters[:1] in {"S", "W"} else number), _axis(letters)


def _degrees(parts: dict[str, str | None]) -> tuple[float, str]:
    degrees, minutes, seconds = (
        float((parts.get(name) or "0").replace(",", ".")) for name in ("deg", "min", "sec")
    )
    if minutes >= _MOST_MINUTES or seconds >= _MOST_MINUTES:
        raise NoPlace("minutes and seconds end at 60")
    letter = (parts.get("before") or parts.get("after") or "").upper()
    letter = {"Ö": "E", "D": "E"}.get(letter[:1], letter[:1]) if not letter.startswith("SZER") else "N"
    value = degrees + minutes / 60 + seconds / 3600
    is_negative = parts.get("sign") == "-" or letter in {"S", "W"}
    return (-value if is_negative else value), _axis(letter)


def _axis(letters: str) -> str:
    if letters[:1] and letters[0] in _LATITUDE:
        return LAT
    return LON if letters[:1] and letters[0] in _LONGITUDE else ""


def parse_pair(text: str) -> tuple[float, float]:
    """Return the two numbers of one cell in their order; longitude first where letters say which is which.

    >>> parse_pair("51,95 14,71"), parse_pair("51.95, 14.71"), parse_pair("51°30'N 14°45'E")
    ((51.95, 14.71), (51.95, 14.71), (14.75, 51.5))
    """
    bare = text.strip().strip("()[]").strip()
    if len(bare) > _LONGEST:
        raise NoPlace(bare[:_LONGEST])
    for separator in _SEPARATORS:
        parts = re.split(separator, bare)
        if len(parts) != 2:  # noqa: PLR2004  (a pair)
            continue
        try:
            (first, axis), (second, other) = parse_angle(parts[0]), parse_angle(parts[1])
        except NoPlace:
            continue
        return (second, first) if axis == LAT and other == LON else (first, second)
    raise NoPlace(bare)


def _can(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except NoPlace:
        return False
    return True


def is_pair(text: str) -> bool:
    """Return whether a text is two coordinates."""
    return any(letter.isdigit() for letter in text) and _can(parse_pair, text)


def is_angle(text: str) -> bool:
    """Return whether a text is degrees with a sign, minutes or a letter: more than a number."""
    return ("°" in text or "º" in text or bool(_SPACED.fullmatch(text.strip()))) and _can(parse_angle, text)
