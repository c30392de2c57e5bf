"""Mapping lines: what editors write, and what they are told."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.contracts.mapping import FieldMeaning, check_meanings, read_meaning, read_meanings


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("Pegel = water_level [cm]", FieldMeaning("Pegel", "water_level", "cm")),
        ("Pegel [m] = water_level [m]", FieldMeaning("Pegel [m]", "water_level", "m")),
        ("Temp. = air_temperature", FieldMeaning("Temp.", "air_temperature", "Cel")),
        ("T=air_temperature [°C]", FieldMeaning("T", "air_temperature", "Cel")),
        (
            "list[?id == 'a'].v | [0] = visitors [1]",
            FieldMeaning("list[?id == 'a'].v | [0]", "visitors", "1"),
        ),
        ("co2 = carbon_dioxide [[ppm]]", FieldMeaning("co2", "carbon_dioxide", "[ppm]")),
        ("Preis = electricity_price [€/MWh]", FieldMeaning("Preis", "electricity_price", "{EUR}/(MW.h)")),
    ],
)
def test_lines_are_read(line: str, meaning: FieldMeaning) -> None:
    assert read_meaning(line) == meaning


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Pegel", "column = property"),
        ("= water_level", "column = property"),
        ("Besucher = visitors", "square brackets"),
        ("Pegel = water_level [kg]", "measured in cm"),
        ("Pegel = water_level [furlongx]", "not a known unit"),
        ("x = !!! [1]", "no name"),
    ],
)
def test_a_wrong_line_is_explained(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_meaning(line)


def test_messages_name_option_and_line() -> None:
    problems = check_meanings({"columns": ["a = water_level", "b", "c = water_level"]}, "columns")
    assert [p.split(":")[0] for p in problems] == ["columns, line 2", "columns, line 3"]
    assert check_meanings({}, "columns") == ["columns: write at least one line"]
    with pytest.raises(ValueError, match="line 2"):
        read_meanings("a = water_level\nb")


@given(st.text(max_size=80))
def test_any_line_is_read_or_explained(line: str) -> None:
    with suppress(ValueError):
        meaning = read_meaning(line)
        assert meaning.field
        assert meaning.unit
