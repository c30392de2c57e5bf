"""What travels between the parts of the write path, row by row."""

from typing import NamedTuple

from stadtkern.observations.models import Datastream, QuarantinedReading

Duplicates = Datastream.Duplicates
Reason = QuarantinedReading.Reason


class Row(NamedTuple):
    """One observation as quality control sees it; time in microseconds since 1970."""

    datastream: int
    time: int
    copy: int
    result: float
    quality: int
    checks: int


class Known(NamedTuple):
    """An observation that is stored already, with all that tells it from another; times in microseconds."""

    datastream: int
    time: int
    copy: int
    number: int
    result: float | None
    quality: int
    checks: int
    value: object
    phenomenon_end: int | None
    result_time: int | None
    valid_from: int | None
    valid_to: int | None
    parameters: object
    result_quality: object
    feature: int | None


class Reject(NamedTuple):
    """Something that goes into quarantine."""

    reason: str
    detail: str
    where: str
    raw: str
