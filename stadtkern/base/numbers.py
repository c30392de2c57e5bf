"""Numbers as people write them: German, Polish and English decimals and thousands marks."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Mark: TypeAlias = Literal[",", "."]

_LONGEST = 64
_SPACES = " \u00a0\u202f\u2009\u2007"
_GROUP = f"[{_SPACES}'\u2019\u02bc]"
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
_NUMBER = re.compile(r"([+-]?)([0-9.,]*[0-9][0-9.,]*)([eE][+-]?[0-9]{1,3})?")
_GROUPS = re.compile(rf"(?<![0-9.,])[0-9]{{1,3}}(?:{_GROUP}[0-9]{{3}})+(?![0-9])")


class NumberFormatError(ValueError):
    """A text is not a number, or its decimal mark contradicts what was said about it."""


def parse_decimal(text: str, decimal: Mark | None = None) -> float:
    """Return the number that `text` writes.

    Parameters
    ----------
    text
        For example `1.234,5`, `1 234,5` (any kind of blank), `1'234.5` or `1,234.5`.
    decimal
        The decimal mark, where it is known. Otherwise the last of two different marks is the decimal mark, a
        mark that is repeated separates thousands, and a mark that stands alone is a decimal mark.

    Raises
    ------
    NumberFormatError
        If `text` is no finite number, or its marks stand in impossible places.
    """
    shown = text.strip()[:_LONGEST]
    bare = text.strip().translate(_MINUS)
    if len(bare) > _LONGEST:
        raise NumberFormatError(f'value is not a number: "{shown}..."')
    bare = _GROUPS.sub(lambda m: re.sub(_GROUP, "", m.group()), bare)
    match = _NUMBER.fullmatch(bare)
    if not match:
        raise NumberFormatError(f'value is not a number: "{shown}"')
    sign, digits, exponent = match.groups()
    value = float(sign + _with_point(digits, decimal or _guess(digits), shown) + (exponent or ""))
    if not math.isfinite(value):
        raise NumberFormatError(f'value is too large: "{shown}"')
    return value


def _guess(digits: str) -> Mark:
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        return "," if comma > point else "."
    if digits.count(",") > 1:
        return "."
    if digits.count(".") > 1:
        return ","
    return "," if comma >= 0 else "."


def _with_point(digits: str, decimal: Mark, shown: str) -> str:
    """Return `digits` without thousands marks and with a point as the decimal mark."""
    whole, _, fraction = digits.partition(decimal)
    thousands = "." if decimal == "," else ","
    if decimal in fraction or thousands in fraction:
        raise NumberFormatError(f'value is not a number: "{shown}"')
    if thousands in whole and not re.fullmatch(rf"[0-9]{{1,3}}(?:\{thousands}[0-9]{{3}})+", whole):
        raise NumberFormatError(f'"{thousands}" is not the decimal mark here: "{shown}"')
    return f"{whole.replace(thousands, '') or '0'}.{fraction or '0'}"


def measured(value: object) -> float:
    """Return a number out of JSON, which may be written as a text with a decimal point.

    Raises
    ------
    NumberFormatError
        If `value` is no finite number; truth values are none.
    """
    if isinstance(value, str):
        return parse_decimal(value, ".")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NumberFormatError(f"value is not a number: {str(value)[:_LONGEST]}")
    try:
        number = float(value)
    except OverflowError as error:
        raise NumberFormatError("value is too large") from error
    if not math.isfinite(number):
        raise NumberFormatError(f"value is not finite: {number}")
    return number


@dataclass(frozen=True, slots=True)
class Marks:
    """Which decimal mark a column of numbers uses, and whether single numbers contradict it."""

    decimal: Mark
    is_mixed: bool


def decimal_mark(texts: Iterable[str]) -> Marks:
    """Return the decimal mark that most of `texts` use; numbers that fit both readings do not count."""
    votes = {",": 0, ".": 0}
    for text in texts:
        fits = [mark for mark in (",", ".") if _fits(text, mark)]
        if len(fits) == 1 and ("," in text or "." in text):
            votes[fits[0]] += 1
    decimal: Mark = "," if votes[","] > votes["."] else "."
    return Marks(decimal, is_mixed=min(votes.values()) > 0)


def _fits(text: str, mark: Mark) -> bool:
    try:
        parse_decimal(text, mark)
    except NumberFormatError:
        return False
    return True
