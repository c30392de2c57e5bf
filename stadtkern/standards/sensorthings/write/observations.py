"""Checking Observations: the one set of rules for HTTP, the lean path, data arrays, `$batch` and MQTT."""

from collections.abc import Mapping
from typing import Any

from stadtkern.observations.services.entities.drafts import Result
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.results import Check, checker, split
from stadtkern.standards.sensorthings.write import values

__all__ = ["PARTS", "checker", "observation", "result"]
PARTS = frozenset({"phenomenonTime", "result", "resultTime", "resultQuality", "validTime", "parameters"})
"""Properties of an Observation that clients may set."""


def observation(body: Mapping[str, Any], *, now: int, check: Check, where: str = "") -> Result:
    """Return the checked parts of an Observation (OGC 18-088 section 8.2.7).

    Parameters
    ----------
    body
        the JSON object; links in it are not looked at.
    now
        phenomenonTime of an Observation without one, in microseconds.
    check
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
    number, value = result(body["result"], f"{where}result")
    check(body["result"], f"{where}result")
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


def result(value: Any, where: str) -> tuple[float | None, Any]:  # noqa: ANN401
    """Return a result as number (else None) and as other JSON value (else None), neither too large."""
    number, other = split(value, where)
    return number, None if other is None else values.free(other, where)
