"""Lines by which an editor says what a column or field means: `Wasserstand = water_level [cm]`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stadtkern.base.fields import slug, ucum_code
from stadtkern.contracts.properties import OBSERVED_PROPERTIES

_LINE = re.compile(r"(?P<field>.+)=\s*(?P<property>[^=\[\]]+?)\s*(?:\[(?P<unit>.+)\])?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FieldMeaning:
    """What a column, field or expression holds: observed property and unit (UCUM)."""

    field: str
    observed_property: str
    unit: str


def as_lines(value: object) -> list[str]:
    """Return the filled lines of an option of kind `list`, also when it came as one text."""
    if isinstance(value, str):
        value = value.splitlines()
    if not isinstance(value, Sequence):
        return []
    return [line for line in (str(item).strip() for item in value) if line]


def read_meaning(line: str) -> FieldMeaning:
    """Read one line `field = property [unit]`; `ValueError` says what is wrong.

    The unit may be left out for the properties of `contracts.properties`; it may be a UCUM code or a usual
    spelling such as `°C`.
    """
    match = _LINE.fullmatch(line.strip())
    if not match or not match["field"].strip():
        raise ValueError(f'write it as "column = property [unit]", not "{line.strip()[:60]}"')
    observed_property = slug(match["property"])
    if not observed_property:
        raise ValueError(f'"{match["property"]}" is no name of a property')
    known = OBSERVED_PROPERTIES.get(observed_property)
    unit = ucum_code(match["unit"]) if match["unit"] else (known.unit if known else "")
    if not unit:
        raise ValueError(
            f'give the unit of "{observed_property}" in square brackets, such as [cm], or [1] for a count'
        )
    _check_unit(observed_property, unit)
    return FieldMeaning(match["field"].strip(), observed_property, unit)


def _check_unit(observed_property: str, unit: str) -> None:
    from stadtkern.base.units import UnitError, convert, is_known  # noqa: PLC0415  (keeps plugin discovery quick)

    known = OBSERVED_PROPERTIES.get(observed_property)
    if known and known.unit == unit:
        return
    if not is_known(unit):
        raise ValueError(
            f'"{unit}" is not a known unit; use a UCUM code such as cm, Cel, m3/s, ug/m3, kW.h or 1'
        )
    if known:
        try:
            convert(1.0, unit, known.unit)
        except UnitError:
            raise ValueError(f'"{observed_property}" is measured in {known.unit}, not in {unit}') from None


def read_meanings(value: object) -> list[FieldMeaning]:
    """Read all lines of a mapping option; the first wrong line raises `ValueError` with its number."""
    meanings = []
    for number, line in enumerate(as_lines(value), start=1):
        try:
            meanings.append(read_meaning(line))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return meanings


def check_meanings(options: Mapping[str, Any], name: str, *, required: bool = True) -> list[str]:
    """Return what is wrong with the mapping option `name`, one message for each line."""
    lines = as_lines(options.get(name))
    if not lines:
        return [f"{name}: write at least one line"] if required else []
    problems: list[str] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        try:
            meaning = read_meaning(line)
        except ValueError as error:
            problems.append(f"{name}, line {number}: {error}")
            continue
        if meaning.observed_property in seen:
            problems.append(
                f'{name}, line {number}: "{meaning.observed_property}" is already used in a line above'
            )
        seen.add(meaning.observed_property)
    return problems
