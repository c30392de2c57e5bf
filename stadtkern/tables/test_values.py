"""Values in bulk and one by one are the same; whatever stands in a cell, reading goes on."""

import math
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.tables import ColumnPlan
from stadtkern.tables.convert import convert
from stadtkern.tables.names import NAME, slug, unique_names
from stadtkern.tables.values import Misfit, boolean, clock, day, integer, moment, number

ZONE = "Europe/Berlin"
FORMATS = ("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d-%m-%Y", "%Y/%m/%d")


def plan(**what: object) -> ColumnPlan:
    """Return the plan of a column."""
    return ColumnPlan(0, "a", "A", **what)  # type: ignore[arg-type]


def values(texts: list[str], **what: object) -> list[object]:
    """Return what is read in bulk."""
    found: list[object] = convert(pa.array(texts, pa.string()), plan(**what), zone=ZONE).values.to_pylist()
    return found


def german(value: float, digits: int) -> str:
    """Return a number as Germans write it."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20), st.integers(0, 6))
def test_german_numbers_are_read_as_they_were_written(numbers: list[float], digits: int) -> None:
    texts = [german(one, digits) for one in numbers]
    assert values(texts, kind="number", decimal=",") == [float(f"{one:.{digits}f}") for one in numbers]


@given(
    st.lists(st.integers(-(2**53), 2**53), min_size=1, max_size=20),
    st.sampled_from(["", ".", " ", "'", "\u00a0", "\u202f"]),
)
def test_whole_numbers_are_read_with_any_thousands_mark(numbers: list[int], mark: str) -> None:
    texts = [f"{one:,}".replace(",", mark) for one in numbers]
    assert values(texts, kind="integer", decimal=",") == numbers


@given(
    st.lists(st.dates(date(1000, 1, 1), date(9999, 12, 31)), min_size=1, max_size=20),
    st.sampled_from(FORMATS),
)
def test_days_are_read_in_every_format(days: list[date], fmt: str) -> None:
    assert values([one.strftime(fmt) for one in days], kind="date", format=fmt) == days


@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)), min_size=1, max_size=20))  # noqa: DTZ001
def test_moments_are_read_as_the_clock_showed_them(moments: list[datetime]) -> None:
    texts = [one.strftime("%d.%m.%Y %H:%M:%S") for one in moments]
    found = convert(pa.array(texts), plan(kind="datetime", format="%d.%m.%Y %H:%M:%S"), zone=ZONE)
    doubtful = {place for places in found.notes.values() for place in places}
    for place, (one, read) in enumerate(zip(moments, found.values.to_pylist(), strict=True)):
        local = one.replace(microsecond=0, tzinfo=ZoneInfo(ZONE))
        assert place in doubtful or read == local
        assert abs(read - local.astimezone(UTC)) <= timedelta(hours=1)


@given(
    st.lists(st.text(max_size=30), max_size=30),
    st.sampled_from(["integer", "number", "boolean", "date", "datetime", "clock", "json"]),
    st.sampled_from([",", "."]),
    st.sampled_from(["", "%d.%m.%Y", "%d.%m.%Y %H:%M", "iso"]),
)
def test_no_text_stops_the_rest(texts: list[str], kind: str, decimal: str, fmt: str) -> None:
    found = convert(
        pa.array([*texts, "1"], pa.string()),
        plan(kind=kind, decimal=decimal, format=fmt, unit="EUR"),
        zone=ZONE,
    )
    assert len(found.values) == len(texts) + 1
    for place in found.misfits:
        assert found.values[place].as_py() is None


@given(
    st.lists(st.from_regex(r"\A[+-]?[0-9]{1,4}([.,'][0-9]{1,4}){0,3}\Z"), max_size=30),
    st.sampled_from([",", "."]),
)
def test_bulk_agrees_with_one_by_one_on_numbers(texts: list[str], decimal: str) -> None:
    for text, found in zip(texts, values(texts, kind="number", decimal=decimal), strict=True):
        try:
            assert found == number(text, decimal)
        except Misfit:
            assert found is None


@given(st.lists(st.from_regex(r"\A[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2,4}\Z"), max_size=30))
def test_bulk_agrees_with_one_by_one_on_days(texts: list[str]) -> None:
    for text, found in zip(texts, values(texts, kind="date", format="%d.%m.%Y"), strict=True):
        try:
            assert found == day(text, "%d.%m.%Y")
        except Misfit:
            assert found is None


@pytest.mark.parametrize("text", ["", "-", "k. A.", "b.d.", "n/a", "#NV", "NULL", " – ", "."])
@pytest.mark.parametrize("kind", ["integer", "number", "date", "boolean", "datetime"])
def test_what_stands_for_nothing_is_nothing(text: str, kind: str) -> None:
    found = convert(pa.array([text]), plan(kind=kind, format="%d.%m.%Y"), zone=ZONE)
    assert (found.values.to_pylist(), found.misfits) == ([None], {})


def test_more_signs_for_nothing_can_be_given() -> None:
    found = convert(pa.array(["-999", "1"]), plan(kind="integer"), zone=ZONE, nulls=("-999",))
    assert found.values.to_pylist() == [None, 1]


@pytest.mark.parametrize(("text", "expected"), [
    ("1.234,50 €", 1234.5), ("€ 7", 7.0), ("7 EUR", 7.0), ("-3,5€", -3.5), ("\u22123,5", -3.5), ("1e3", 1000.0),
])  # fmt: skip
def test_units_beside_numbers_are_left_out(text: str, expected: float) -> None:
    assert values([text], kind="number", unit="EUR") == [expected]


@pytest.mark.parametrize(("kind", "text", "code"), [
    ("integer", "12,5", "not_a_whole_number"), ("integer", "9" * 30, "too_large"), ("number", "1.2.3", "not_a_number"),
    ("number", "#WERT!", "excel_error"), ("date", "31.02.2024", "no_such_date"), ("date", "gestern", "not_a_date"),
    ("boolean", "vielleicht", "not_yes_or_no"), ("clock", "25:00", "no_such_time"), ("clock", "früh", "not_a_time_of_day"),
    ("datetime", "32.01.2024 10:00", "not_a_time"), ("json", "{", "not_json"), ("number", "1e999", "not_a_number"),
])  # fmt: skip
def test_misfits_have_codes(kind: str, text: str, code: str) -> None:
    found = convert(pa.array([text]), plan(kind=kind, format="%d.%m.%Y"), zone=ZONE)
    assert list(found.misfits.values()) == [code]


def test_single_values_are_read_as_people_write_them() -> None:
    assert day("3. Januar 2024", "%d.%m.%Y") == date(2024, 1, 3)
    assert day("15 października 2023 r.", "") == date(2023, 10, 15)
    assert clock("7.30 Uhr") == time(7, 30)
    assert (boolean("Tak"), boolean("NEIN"), boolean("fałsz")) == (True, False, False)
    assert integer("12,0", ",") == 12
    assert math.isclose(number("12,5 %", ",", "%"), 12.5)
    assert moment("27.10.2024 02:30", "%d.%m.%Y %H:%M", ZONE) == (
        datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
        "ambiguous",
    )
    assert moment("31.03.2024 02:30", "%d.%m.%Y %H:%M", ZONE)[1] == "nonexistent"


@given(st.lists(st.text(max_size=40), max_size=30))
def test_names_are_different_and_fit_for_addresses(titles: list[str]) -> None:
    names = unique_names(titles)
    assert len(set(names)) == len(titles)
    assert all(NAME.fullmatch(one) for one in names)


@pytest.mark.parametrize(("title", "name"), [
    ("Größe (m²)", "groesse_m2"), ("Łąka / ścieżka", "laka_sciezka"), ("2024", "c_2024"), ("Preis €", "preis_eur"),
    ("", ""), ("__", ""), ("Anteil %", "anteil_prozent"), ("Chóśebuz", "chosebuz"),
])  # fmt: skip
def test_names_are_readable(title: str, name: str) -> None:
    assert slug(title) == name
