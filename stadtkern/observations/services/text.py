"""Texts of sources made fit for both databases."""

import math
from collections.abc import Mapping
from datetime import date


def clean(text: str, most: int | None = None) -> str:
    """Return at most `most` characters, without NUL and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:most]


def clean_json(value: object) -> object:  # noqa: PLR0911  # one for each kind of JSON value
    """Return `value` as JSON can hold it: texts clean, times as text, numbers that are none as null."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean_json(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(str(value))
