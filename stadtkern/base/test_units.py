"""Units are converted and written as people expect."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.units import UnitError, convert, is_known, symbol


@pytest.mark.parametrize(
    ("value", "old", "new", "expected"),
    [
        (291.15, "K", "Cel", 18.0),
        (18.0, "Cel", "K", 291.15),
        (68.0, "[degF]", "Cel", 20.0),
        (101325, "Pa", "hPa", 1013.25),
        (10, "m/s", "km/h", 36.0),
        (1.23, "m", "cm", 123.0),
        (2.5, "L/m2", "mm", 2.5),
        (0.5, "1", "%", 50.0),
        (400, "ug/m3", "mg/m3", 0.4),
        (31.5, "{ct}/(kW.h)", "{EUR}/(MW.h)", 315.0),
        (7, "{vehicles}", "1", 7.0),
        (1000, "L/s", "m3/s", 1.0),
        (1, "/8", "%", 12.5),
        (3600, "kJ/m2", "W.h/m2", 1000.0),
    ],
)
def test_value_is_the_same_in_another_unit(value: float, old: str, new: str, expected: float) -> None:
    """Rounding noise such as 17.999999999 does not stay."""
    assert convert(value, old, new) == expected


def test_equal_units_never_load_the_library() -> None:
    """The common case costs nothing, whatever the unit."""
    code = (
        "import sys; from stadtkern.base.units import convert, symbol;"
        "assert convert(1.5, 'cm', 'cm') == 1.5; assert convert(0, 'Cel', 'K') == 273.15; symbol('ug/m3');"
        "assert 'pint' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [("cm", "Cel"), ("{EUR}", "{PLN}"), ("{EUR}", "1"), ("quux", "m"), ("", "m"), ("m", "m\n")],
)
def test_impossible_conversion_is_refused(old: str, new: str) -> None:
    """Money of different countries is as different as length and temperature."""
    with pytest.raises(UnitError):
        convert(1, old, new)


def test_scale_of_its_own_is_known() -> None:
    """Acidity is a valid unit that nothing else converts to."""
    assert is_known("[pH]")
    with pytest.raises(UnitError):
        convert(7, "[pH]", "1")


@pytest.mark.parametrize("unit", ["", " ", "°C", "m" * 200, "{", "octa", "m//", "\x00"])
def test_nonsense_is_unknown(unit: str) -> None:
    """What is no UCUM code is not known."""
    assert not is_known(unit)


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(text: str) -> None:
    """Codes come from outside: no text breaks the questions."""
    assert is_known(text) in {True, False}
    assert isinstance(symbol(text), str)


@given(st.floats(-1e6, 1e6))
def test_there_and_back(value: float) -> None:
    """A conversion and its inverse lose nothing visible."""
    assert convert(convert(value, "km/h", "m/s"), "m/s", "km/h") == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("ug/m3", "µg/m³"),
        ("Cel", "°C"),
        ("{EUR}/(MW.h)", "€/MWh"),
        ("m3/s", "m³/s"),
        ("1", ""),
        ("{vehicles}", ""),
        ("%", "%"),
        ("deg", "°"),
        ("W/m2", "W/m²"),
        ("dB[SPL]", "dB"),
        ("kW.h", "kWh"),
        ("[ppm]", "ppm"),
        ("uW/cm2", "µW/cm²"),
        ("m.s-1", "m·s⁻¹"),
        ("/h", "1/h"),
        ("km/h", "km/h"),
        ("{ct}/(kW.h)", "ct/kWh"),
    ],
)
def test_unit_is_written_as_people_do(unit: str, text: str) -> None:
    """Signs and superscripts instead of codes."""
    assert symbol(unit) == text
