"""A connector can neither hang nor flood us."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stadtkern.contracts.connector import Connector, Context, Item, Reading, SourceError
from stadtkern.ingest.reading import TooSlowError, bounded, read

READING = Reading(
    thing="1", observed_property="count", phenomenon_time=datetime(2026, 1, 1, tzinfo=UTC), result=1, unit="1"
)


def endless(_body: bytes, _context: Context) -> Iterator[Item]:
    """Yield readings for ever."""
    while True:
        yield READING


def asleep(_body: bytes, _context: Context) -> Iterator[Item]:
    """Give nothing and do not end."""
    time.sleep(3)
    yield READING


CONNECTOR = Connector(
    title="", description="", publisher="", homepage="", licence="", attribution="", parse=endless
)


def test_number_of_readings_is_limited() -> None:
    """An endless answer ends."""
    with pytest.raises(SourceError, match="more than 1000 readings"):
        read(CONNECTOR, b"", Context(), most=1000)


def test_time_is_limited_between_readings() -> None:
    """A connector that goes on for too long is stopped."""
    with pytest.raises(TooSlowError):
        read(CONNECTOR, b"", Context(), seconds=0.05, most=10**9)


def test_connector_that_hangs_is_left_behind() -> None:
    """The caller goes on after the time."""
    begin = time.monotonic()
    with pytest.raises(TooSlowError, match="longer than"):
        read(replace(CONNECTOR, parse=asleep), b"", Context(), seconds=0.1)
    assert time.monotonic() - begin < 1


def test_what_a_function_raises_comes_through() -> None:
    """Only the thread is another one."""
    with pytest.raises(KeyError):
        bounded(lambda: dict[str, int]()["x"], seconds=1)
