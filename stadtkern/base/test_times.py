"""Local times become UTC, also in the two nights of the year in which the clock is changed."""

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.times import LocalTimes, TimeFormatError, from_epoch, parse_time, read_time

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T10:15:00+01:00", "2026-11-23T09:15"),
        ("2026-11-23T10:15:00Z", "2026-11-23T10:15"),
        ("2026-11-23 10:15", "2026-11-23T09:15"),
        ("2026-07-01 10:15:30", "2026-07-01T08:15:30"),
        ("23.11.2026 10:15", "2026-11-23T09:15"),
        ("23.11.26 10:15", "2026-11-23T09:15"),
        ("23.11.2026", "2026-11-22T23:00"),
        ("23-11-2026 10:15:00", "2026-11-23T09:15"),
        ("202611231015", "2026-11-23T09:15"),
        ("2026112310", "2026-11-23T09:00"),
        ("2026-11-23 24:00:00", "2026-11-23T23:00"),
        ("31.12.2026 24:00", "2026-12-31T23:00"),
    ],
)
def test_time_is_read_in_the_zone(text: str, expected: str) -> None:
    """ISO and the German and Polish ways; hour 24 is the next midnight."""
    assert parse_time(text, BERLIN) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_known_format_is_the_only_one() -> None:
    """An American date is read if the editor says so, and not otherwise."""
    assert parse_time("11/23/2026 10:15", BERLIN, "%m/%d/%Y %H:%M").hour == 9
    assert parse_time("11/23/2026", BERLIN, ["%d.%m.%Y", "%m/%d/%Y"]).day == 22
    with pytest.raises(TimeFormatError):
        parse_time("2026-11-23 10:15", BERLIN, "%d.%m.%Y")


@pytest.mark.parametrize("zone", [BERLIN, "Europe/Warsaw"])
def test_doubled_hour_of_autumn(zone: str) -> None:
    """02:30 exists twice on 25 October 2026; the caller chooses, and the note tells it."""
    text = "2026-10-25 02:30"
    assert parse_time(text, zone).hour == 0
    assert parse_time(text, zone, prefer="later").hour == 1
    assert "twice" in read_time(text, zone).note
    received = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)
    assert parse_time(text, zone, not_after=received).hour == 0
    assert parse_time(text, zone, not_after=received + timedelta(hours=1)).hour == 1


@pytest.mark.parametrize("descending", [False, True])
def test_order_resolves_the_doubled_hour(*, descending: bool) -> None:
    """A series of quarter hours through the night gives equal steps."""
    begin = datetime(2026, 10, 24, 22, tzinfo=UTC)
    times = [begin + timedelta(minutes=15 * n) for n in range(24)]
    if descending:
        times.reverse()
    written = [t.astimezone(ZoneInfo(BERLIN)).strftime("%d.%m.%Y %H:%M") for t in times]
    series = LocalTimes(BERLIN, descending=descending)
    assert [series.parse(text) for text in written] == times


def test_hour_that_does_not_exist_is_shifted_with_a_reason() -> None:
    """02:30 on 29 March 2026 is what a clock shows that was not put forward: 03:30 summer time."""
    parsed = read_time("2026-03-29 02:30", BERLIN)
    assert parsed.time == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert "does not exist" in parsed.note


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13-01",
        "2026-02-30 10:00",
        "0001-01-01",
        "9999-12-31 24:00",
        "x" * 500,
        "12",
        "٢٠٢٦-01-01",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """One error with the offending text."""
    with pytest.raises(TimeFormatError):
        parse_time(text, BERLIN)


@given(st.text(max_size=40))
def test_any_text_gives_a_time_or_the_error(text: str) -> None:
    """Nothing else comes out."""
    with contextlib.suppress(TimeFormatError):
        assert parse_time(text, BERLIN).tzinfo is UTC


@given(st.integers(0, 4_000_000_000))
def test_writing_and_reading_local_time(seconds: int) -> None:
    """With the right choice for the doubled hour every time comes back."""
    time = datetime.fromtimestamp(seconds, UTC)
    local = time.astimezone(ZoneInfo(BERLIN))
    text = local.strftime("%Y-%m-%d %H:%M:%S")
    assert parse_time(text, BERLIN, prefer="later" if local.fold else "earlier") == time


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000])
def test_time_stamp_of_any_scale(scale: int) -> None:
    """Seconds, milliseconds and microseconds are told apart."""
    assert from_epoch(1790000000 * scale) == datetime.fromtimestamp(1790000000, UTC)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e30, -1e30])
def test_impossible_time_stamp(number: float) -> None:
    """No overflow comes out."""
    with pytest.raises(TimeFormatError):
        from_epoch(number)
