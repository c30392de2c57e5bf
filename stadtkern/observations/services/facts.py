"""What the write path needs to know of datastreams, read under their locks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from stadtkern.observations.services.storage import Storage


class Newest(NamedTuple):
    """The newest observation of a datastream, the one before, and what there is in all; microseconds."""

    time: int
    copy: int
    number: int
    result: float | None
    value: Any
    quality: int
    checks: int
    previous_time: int | None
    previous_result: float | None
    count: int  # type: ignore[assignment]  # nobody counts in this tuple
    first_time: int | None
    last_time: int | None
    first_result_time: int | None
    last_result_time: int | None


@dataclass(frozen=True, slots=True)
class Stream:
    """A datastream; times in microseconds, limits in its unit."""

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
    observation_type: str
    is_multi: bool
    lacks_feature: bool
    """Whether it has no feature of interest yet although its thing has a place."""
    newest: Newest | None
    """None: it has no observations."""


_FIRST_OF_NEWEST = 15


def hold(store: Storage, datastreams: Iterable[int]) -> dict[int, Stream]:
    """Return what is known of the datastreams; other writers wait until the transaction ends.

    Those that do not exist are missing in the answer.
    """
    found = {}
    for row in store.hold(sorted(set(datastreams))):
        found[row[0]] = _stream(row)
    return found


def _stream(row: tuple[Any, ...]) -> Stream:
    facts, newest = row[:_FIRST_OF_NEWEST], row[_FIRST_OF_NEWEST:]
    known = None if newest[0] is None else Newest._make(newest)
    return Stream(*[*facts, known])
