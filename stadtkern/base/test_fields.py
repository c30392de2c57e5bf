"""Fields of devices: numbers, names, units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.fields import finite, flatten, known_field, slug, ucum_code


@pytest.mark.parametrize(
    ("value", "number"), [("12.5", 12.5), (3, 3.0), (True, 1.0), (" 7 ", 7.0), ("-0.1", -0.1)]
)
def test_plain_numbers_are_read(value: object, number: float) -> None:
    assert finite(value) == number


@pytest.mark.parametrize(
    "value", ["nan", "inf", "1_000", "1,5", "", None, [], {}, float("nan"), 10**400, "9" * 60]
)
def test_everything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a number"):
        finite(value)


@given(st.text(max_size=300))
def test_slugs_are_stable_under_repetition(name: str) -> None:
    assert slug(slug(name)) == slug(name)
    assert len(slug(name)) <= 80


def test_nested_objects_become_dotted_names_and_lists_are_left_out() -> None:
    fields = {"gps": {"lat": 1, "deep": {"x": True}}, "raw": [1, 2]}
    assert list(flatten(fields)) == [("gps.lat", 1), ("gps.deep.x", True)]


def test_a_channel_number_keeps_the_field_apart() -> None:
    assert known_field("temperature") == ("air_temperature", "Cel")
    assert known_field("temperature_41") == ("temperature_41", "Cel")
    assert known_field("BatV") == ("battery_voltage", "V")
    assert known_field("gps_34.latitude") == ("gps_34.latitude", "deg")
    assert known_field("motor") is None


@pytest.mark.parametrize(("text", "code"), [("°C", "Cel"), ("µg/m³", "ug/m3"), ("Lux", "lx"), ("cm", "cm")])
def test_units_as_people_write_them(text: str, code: str) -> None:
    assert ucum_code(text) == code
