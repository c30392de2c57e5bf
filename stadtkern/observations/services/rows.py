"""What travels between the parts of the write path."""

from dataclasses import dataclass
from typing import NamedTuple

from stadtkern.observations.models import Datastream, QuarantinedReading

Duplicates = Datastream.Duplicates
Reason = QuarantinedReading.Reason


@dataclass(frozen=True, slots=True)
class Stream:
    """What the write path needs to know of a datastream; times in microseconds."""

    id: int
    key: str
    unit: str
    duplicates: str
    is_forecast: bool
    property: str
    minimum: float | None
    maximum: float | None
    physical_minimum: float | None
    physical_maximum: float | None
    checked_until: int | None
    retention: int | None


class Row(NamedTuple):
    """One observation as it is stored; times in microseconds since 1970."""

    datastream: int
    time: int
    result: float
    quality: int
    checks: int
    result_time: int | None


class Reject(NamedTuple):
    """Something that goes into quarantine."""

    reason: str
    detail: str
    where: str
    raw: str
