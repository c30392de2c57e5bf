"""What parsers of answers share: clear errors, short excerpts, checked coordinates."""

import re
from collections.abc import Mapping
from typing import Any

from stadtkern.base.fields import finite
from stadtkern.contracts.connector import Rejected
from stadtkern.contracts.mapping import as_lines

EXCERPT = 200


def kind(value: object) -> str:
    """Return what a JSON value is, for messages: `a list`, `an object`, `a number`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)


def reject(reason: object, where: str = "", raw: object = "") -> Rejected:
    """Return a rejected piece with a short excerpt."""
    shown = raw if isinstance(raw, str) else repr(raw)
    return Rejected(reason=str(reason)[:EXCERPT], where=where[:EXCERPT], raw=shown[:EXCERPT])


def position(longitude: object, latitude: object) -> tuple[float | None, float | None]:
    """Return longitude and latitude in degrees; twice None unless both are plausible."""
    try:
        east, north = finite(longitude), finite(latitude)
    except ValueError:
        return None, None
    if not (-180 <= east <= 180 and -90 <= north <= 90) or (east == 0 and north == 0):  # noqa: PLR2004
        return None, None
    return east, north


def part(value: object, name: str) -> Mapping[str, Any]:
    """Return the object in the field `name` of `value`, an empty one if there is none."""
    inner = value.get(name) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def chosen(options: Mapping[str, Any], name: str = "stations") -> list[str]:
    """Return the keys that an editor lists in the setting `name`, by lines or commas; none means all."""
    return [
        key for line in as_lines(options.get(name)) for key in (k.strip() for k in line.split(",")) if key
    ]


def unusable(options: Mapping[str, Any], name: str, pattern: str, meaning: str) -> list[str]:
    """Return one line for each key in the setting `name` that is not like `pattern` (for `check_options`)."""
    return [
        f'{name}: "{key[:60]}" is not {meaning}'
        for key in chosen(options, name)
        if not re.fullmatch(pattern, key, re.ASCII)
    ]
