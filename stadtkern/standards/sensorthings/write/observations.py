"""Checking Observations: the one set of rules for HTTP, the lean path, data arrays, `$batch` and MQTT."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stadtkern.contracts.answers import kind
from stadtkern.observations.services.entities.drafts import Result
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.standards.sensorthings.entities import OBSERVATION_TYPE
from stadtkern.standards.sensorthings.write import values

LARGEST_NUMBER = 1e100
"""Sums and squares of larger numbers leave what a database can hold."""
_COUNT = OBSERVATION_TYPE + "OM_CountObservation"
_MEASUREMENT = OBSERVATION_TYPE + "OM_Measurement"
_TRUTH = OBSERVATION_TYPE + "OM_TruthObservation"
PARTS = frozenset(
    {
        "phenomenonTime",
        "result",
        "resultTime",
        "resultQuality",
        "validTime",
        "parameters",
    }
)


def observation(
    body: Mapping[str, Any], *, now: int, result: Callable[[Any, str], Any], where: str = ""
) -> Result:
    """Return the checked parts of an Observation (OGC 18-088 section 8.2.7).

    Parameters
    ----------
    body
        the JSON object; links in it are not looked at.
    now
        phenomenonTime of an Observation without one, in microseconds.
    result
        checks the result; see `checker`.
    where
        path of the Observation within what was sent, ending with a dot unless empty.

    Raises
    ------
    BadEntity
        Names the property that is wrong.
    """
    if body.get("result") is None:
        raise BadEntity(f"{where}result is missing")
    begin, end = now, None
    if (told := body.get("phenomenonTime")) is not None:
        begin, end = values.time(told, f"{where}phenomenonTime")
    valid_from, valid_to = None, None
    if (valid := body.get("validTime")) is not None:
        valid_from, valid_to = values.period(valid, f"{where}validTime")
    known = body.get("resultTime")
    number, value = split(result(body["result"], f"{where}result"), f"{where}result")
    parameters, quality = body.get("parameters"), body.get("resultQuality")
    return Result(
        begin,
        end,
        number,
        value,
        None if known is None else values.instant(known, f"{where}resultTime"),
        valid_from,
        valid_to,
        None if parameters is None else values.json_object(parameters, f"{where}parameters"),
        None if quality is None else values.free(quality, f"{where}resultQuality"),
    )


def split(result: Any, where: str) -> tuple[float | None, Any]:  # noqa: ANN401
    """Return a result as number (else None) and as other JSON value (else None)."""
    if isinstance(result, bool) or not isinstance(result, int | float):
        return None, values.free(result, where)
    try:
        number = float(result)
    except OverflowError:
        number = math.inf
    if not abs(number) <= LARGEST_NUMBER:
        raise BadEntity(f"{where} is not a number that can be stored: {values.shown(result)}")
    return number, None


def checker(observation_type: str, components: Sequence[str] | None = None) -> Callable[[Any, str], Any]:
    """Return the check for results of a Datastream, or of a MultiDatastream with these `components`.

    A stream of measurements takes numbers, one of counts whole numbers, one of truths booleans; all others
    take any JSON value (OGC 18-088 table 12). A MultiDatastream takes arrays with one element for each of
    its properties, null where there is no value (section 9.2.3).
    """
    if components is not None:
        checks = [_CHECKS.get(one, _any) for one in components]
        return lambda value, where: _array(value, where, checks)
    return _CHECKS.get(observation_type, _any)


def _any(value: Any, where: str) -> Any:  # noqa: ANN401, ARG001  # one of the checks
    return value


def _number(value: Any, where: str) -> Any:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadEntity(f"{where} has to be a number as the stream is of measurements, not {_told(value)}")
    return value


def _count(value: Any, where: str) -> Any:  # noqa: ANN401
    if isinstance(value, bool) or not (
        isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    ):
        raise BadEntity(f"{where} has to be a whole number as the stream is of counts, not {_told(value)}")
    return value


def _truth(value: Any, where: str) -> Any:  # noqa: ANN401
    if not isinstance(value, bool):
        raise BadEntity(f"{where} has to be true or false as the stream is of truths, not {_told(value)}")
    return value


def _told(value: object) -> str:
    return values.shown(value) if isinstance(value, str | int | float) else kind(value)


def _array(value: Any, where: str, checks: Sequence[Callable[[Any, str], Any]]) -> list[Any]:  # noqa: ANN401
    if not isinstance(value, list) or len(value) != len(checks):
        found = f"an array of {len(value)}" if isinstance(value, list) else kind(value)
        raise BadEntity(f"{where} has to be an array of {len(checks)} values, not {found}")
    for place, (one, check) in enumerate(zip(value, checks, strict=True)):
        if one is not None:
            check(one, f"{where}[{place}]")
    return value


_CHECKS: dict[str, Callable[[Any, str], Any]] = {_MEASUREMENT: _number, _COUNT: _count, _TRUTH: _truth}
