"""Units by UCUM code: known or not, conversion, and how people write them.

pint and the UCUM grammar are loaded at the first question that needs them; equal units never do.
"""

import math
import re
from functools import lru_cache
from typing import Any

MONEY = {"ct": ("EUR", 0.01), "gr": ("PLN", 0.01)}
"""Parts of a currency: the currency they belong to and their worth in it."""

SCALES = frozenset({"[pH]"})
"""Valid codes that stand for a scale of their own, which pint does not have."""

_KELVIN = 273.15
_ANNOTATION = re.compile(r"\{([^{}]*)\}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LONGEST_CODE = 80
_DIGITS = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_SIGNS = {
    "1": "",
    "%": "%",
    "Cel": "°C",
    "[degF]": "°F",
    "deg": "°",
    "'": "\N{PRIME}",
    "''": "\N{DOUBLE PRIME}",
    "Ohm": "Ω",
    "Ang": "Å",
    "[ppm]": "ppm",
    "[ppb]": "ppb",
    "[ppth]": "‰",
    "[pH]": "pH",
    "[kn_i]": "kn",
    "[ft_i]": "ft",
    "[in_i]": "in",
    "[mi_i]": "mi",
    "dB[SPL]": "dB",
    "{EUR}": "€",
    "{PLN}": "zł",
    "{CZK}": "Kč",
    "{USD}": "$",
    "{GBP}": "£",
    "{CHF}": "CHF",
    "{ct}": "ct",
    "{gr}": "gr",
    "wk": "wk",
    "mo": "mo",
    "a": "a",
}
_PART = re.compile(r"(\{[^{}]*\}|\[[^\]]*\]|[A-Za-z%'*]+(?:\[[^\]]*\])?|1(?![0-9]))([+-]?[0-9]+)?|([./()])")


class UnitError(ValueError):
    """A unit is unknown, or a value cannot be expressed in another unit."""


@lru_cache(maxsize=1)
def _registry() -> Any:  # noqa: ANN401  (ucumvert is untyped)
    from ucumvert import PintUcumRegistry  # noqa: PLC0415  (takes most of a second)

    return PintUcumRegistry()


@lru_cache(maxsize=2048)
def _quantity(unit: str) -> Any:  # noqa: ANN401  (as above)
    """Return the pint quantity of one `unit`."""
    if not unit or len(unit) > _LONGEST_CODE or not unit.isascii() or any(c.isspace() for c in unit):
        raise UnitError(f'unknown unit "{unit[:_LONGEST_CODE]}"')
    bare = _ANNOTATION.sub("", unit) if not unit.startswith("{") else unit
    if _ANNOTATION.fullmatch(unit) or bare == "1":
        return _registry().Quantity(1, "dimensionless")
    try:
        return _registry().from_ucum(unit)
    except Exception as error:
        raise UnitError(f'unknown unit "{unit}"') from error


def is_known(unit: str) -> bool:
    """Return whether `unit` is a valid UCUM code."""
    if unit in SCALES:
        return True
    try:
        _quantity(unit)
    except UnitError:
        return False
    return True


def _money(unit: str) -> tuple[str, float]:
    """Return the currency named in the annotations of `unit`, and the worth of one of its coins in it."""
    for name in _ANNOTATION.findall(unit):
        if name in MONEY:
            return MONEY[name]
        if _CURRENCY.fullmatch(name):
            return name, 1.0
    return "", 1.0


@lru_cache(maxsize=2048)
def _factor(from_unit: str, to_unit: str) -> float | None:
    """Return the factor between two units; None if they are not proportional."""
    currency, worth = _money(from_unit)
    target, target_worth = _money(to_unit)
    if currency != target:
        raise UnitError(f'"{from_unit}" cannot be converted to "{to_unit}": different currencies')
    source, wanted = _quantity(from_unit), _quantity(to_unit)
    if source.dimensionality != wanted.dimensionality:
        raise UnitError(f'"{from_unit}" cannot be converted to "{to_unit}": they measure different things')
    zero, one, two = (_by_pint(n, from_unit, to_unit) for n in (0.0, 1.0, 2.0))
    if zero == 0 and math.isclose(two, 2 * one, rel_tol=1e-12):
        return one * worth / target_worth
    return None


def _by_pint(value: float, from_unit: str, to_unit: str) -> float:
    source, wanted = _quantity(from_unit), _quantity(to_unit)
    try:
        amount = _registry().Quantity(value * source.magnitude, source.units)
        return float(amount.to(wanted.units).magnitude / wanted.magnitude)
    except Exception as error:
        raise UnitError(f'"{from_unit}" cannot be converted to "{to_unit}"') from error


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """Return `value` of `from_unit` in `to_unit`, free of rounding noise.

    Raises
    ------
    UnitError
        If a unit is unknown or the two measure different things.
    """
    if from_unit == to_unit:
        return value
    if (from_unit, to_unit) == ("K", "Cel"):
        result = value - _KELVIN
    elif (from_unit, to_unit) == ("Cel", "K"):
        result = value + _KELVIN
    elif (factor := _factor(from_unit, to_unit)) is not None:
        result = value * factor
    else:
        result = _by_pint(value, from_unit, to_unit)
    return float(f"{result:.12g}")


@lru_cache(maxsize=2048)
def symbol(unit: str) -> str:
    """Return how people write `unit`: `ug/m3` as `µg/m³`, `{EUR}/(MW.h)` as `€/MWh`, a count without sign."""
    if unit in _SIGNS:
        return _SIGNS[unit]
    if _ANNOTATION.fullmatch(unit):
        return ""
    text = ""
    end = 0
    for match in _PART.finditer(unit):
        if match.start() != end:
            return unit
        end = match.end()
        name, power, mark = match.groups()
        text += mark or _sign(name) + (power or "").translate(_DIGITS)
    if end != len(unit):
        return unit
    return _tidy(text)


def _sign(name: str) -> str:
    if name in _SIGNS:
        return _SIGNS[name]
    if name.startswith("{"):
        return ""
    if name.startswith("u") and len(name) > 1:
        return "µ" + name[1:]
    return name.strip("[]").split("_")[0] if name.startswith("[") else name


def _tidy(text: str) -> str:
    text = re.sub(r"(?<=[kMGT]W)\.h|(?<=\bW)\.h", "h", text)
    text = re.sub(r"\(([^()./]*)\)", r"\1", text)
    text = text.replace(".", "·").removesuffix("·")
    return "1" + text if text.startswith("/") else text


@lru_cache(maxsize=2048)
def base_form(unit: str) -> tuple[float, float, tuple[tuple[str, float], ...]]:
    """Return how `unit` relates to the base units: factor, offset, and exponents of the dimensions.

    value in base units = value * factor + offset; the offset is 0 except for scales of temperature. Scales
    that are not linear (dB, pH) are a dimension of their own.

    Raises
    ------
    UnitError
        If the unit is unknown.
    """
    if unit in SCALES:
        return 1.0, 0.0, ((unit, 1.0),)
    quantity = _quantity(unit)
    currency, worth = _money(unit)
    money = ((currency, 1.0),) if currency else ()
    try:
        zero, one, two = (
            float(_registry().Quantity(number * quantity.magnitude, quantity.units).to_base_units().magnitude)
            for number in (0.0, 1.0, 2.0)
        )
        is_linear = math.isclose(two - one, one - zero, rel_tol=1e-9) and math.isfinite(zero)
    except Exception as error:  # noqa: BLE001  # pint has many ways to say no
        del error
        is_linear = False
    if not is_linear:
        return 1.0, 0.0, ((unit, 1.0),)
    dimensions = tuple(sorted((str(name), float(power)) for name, power in quantity.dimensionality.items()))
    return (one - zero) * worth, zero, (*dimensions, *money)
