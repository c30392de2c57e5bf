"""Numbers and times as people read them, in every language."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from stadtkern.web.numbers import ago_text, number_text

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "1.234,5\u00a0m³/s"),
        ("dsb", "1.234,5\u00a0m³/s"),
        ("en", "1,234.5\u00a0m³/s"),
        ("pl", "1\u00a0234,5\u00a0m³/s"),
    ],
)
def test_number_is_written_as_the_language_does(language: str, text: str) -> None:
    with translation.override(language):
        assert number_text(1234.5, "m3/s", 1) == text


def test_minus_is_a_minus_and_zero_has_none() -> None:
    with translation.override("de"):
        assert number_text(-3.4, "Cel", 1) == "\u22123,4\u00a0°C"
        assert number_text(-0.04, "Cel", 1) == "0,0\u00a0°C"


def test_degrees_of_direction_stand_close() -> None:
    with translation.override("de"):
        assert number_text(240, "deg") == "240°"


@pytest.mark.parametrize(
    ("past", "text"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (-timedelta(hours=3), "in 3 hours"),
    ],
)
def test_time_passed_in_words(past: timedelta, text: str) -> None:
    with translation.override("en"):
        assert ago_text(NOW - past, NOW) == text


def test_long_ago_is_a_date() -> None:
    with translation.override("de"):
        assert ago_text(NOW - timedelta(days=60), NOW) == "24. September 2026"
