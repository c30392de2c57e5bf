"""Which results a datastream takes (OGC 18-088 table 12 and section 9.2.3)."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from stadtkern.contracts.answers import kind
from stadtkern.observations.models import OM_MEASUREMENT
from stadtkern.observations.services.entities.errors import BadEntity

LARGEST_NUMBER = 1e100
"""Sums and squares of larger numbers leave what a database can hold."""
SHOWN = 80
_BASE = OM_MEASUREMENT.removesuffix("Measurement")

Check: TypeAlias = Callable[[Any, str], None]
"""Refuses a result that the datastream does not take; gets the result and its path for the message."""


def shown(value: object) -> str:
    """Return a short form of a value for messages."""
    text = value if isinstance(value, str) else repr(value)
    return f'"{text[:SHOWN]}"' + (" ..." if len(text) > SHOWN else "")


def checker(observation_type: str, components: Sequence[str] | None = None) -> Check:
    """Return the check for results of a Datastream, or of a MultiDatastream with these `components`.

    A stream of measurements takes numbers, one of counts whole numbers, one of truths booleans; all others
    take any JSON value. A MultiDatastream takes arrays with one element for each of its properties, null
    where there is no value.
    """
    if components is not None:
        checks = [_CHECKS.get(one, _any) for one in components]
        return lambda value, where: _array(value, where, checks)
    return _CHECKS.get(observation_type, _any)


def split(result: Any, where: str) -> tuple[float | None, Any]:  # noqa: ANN401
    """Return a result as number (else None) and as other JSON value (else None)."""
    if isinstance(result, bool) or not isinstance(result, int | float):
        return None, result
    try:
        number = float(result)
    except OverflowError:
        number = math.inf
    if not abs(number) <= LARGEST_NUMBER:
        raise BadEntity(f"{where} is not a number that can be stored: {shown(result)}")
    return number, None


def _any(value: Any, where: str) -> None:  # noqa: ANN401  # one of the checks
    pass


def _number(value: Any, where: str) -> None:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadEntity(f"{where} has to be a number as the stream is of measurements, not {_told(value)}")


def _count(value: Any, where: str) -> None:  # noqa: ANN401
    if isinstance(value, bool) or not (
        isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    ):
        raise BadEntity(f"{where} has to be a whole number as the stream is of counts, not {_told(value)}")


def _truth(value: Any, where: str) -> None:  # noqa: ANN401
    if not isinstance(value, bool):
        raise BadEntity(f"{where} has to be true or false as the stream is of truths, not {_told(value)}")


def _told(value: object) -> str:
    return shown(value) if isinstance(value, str | int | float) else kind(value)


def _array(value: Any, where: str, checks: Sequence[Check]) -> None:  # noqa: ANN401
    if not isinstance(value, list) or len(value) != len(checks):
        found = f"an array of {len(value)}" if isinstance(value, list) else kind(value)
        raise BadEntity(f"{where} has to be an array of {len(checks)} values, not {found}")
    for place, (one, check) in enumerate(zip(value, checks, strict=True)):
        if one is not None:
            check(one, f"{where}[{place}]")


_CHECKS: dict[str, Check] = {
    OM_MEASUREMENT: _number,
    _BASE + "CountObservation": _count,
    _BASE + "TruthObservation": _truth,
}
