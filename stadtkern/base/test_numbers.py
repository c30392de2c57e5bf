"""Numbers as people in three countries write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.numbers import Mark, NumberFormatError, decimal_mark, measured, parse_decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234\u202f567,25", 1234567.25),
        ("1'234.5", 1234.5),
        ("1\u2019234,5", 1234.5),
        ("1.234.567", 1234567),
        ("1,234,567", 1234567),
        ("12,5", 12.5),
        ("1.234", 1.234),
        ("0,125", 0.125),
        (" 7 ", 7),
        ("\u22123,5", -3.5),
        ("+4", 4),
        (",5", 0.5),
        ("5,", 5),
        ("1,5e3", 1500),
        ("1.5E-3", 0.0015),
    ],
)
def test_number_is_read(text: str, value: float) -> None:
    """Marks and blanks of Germany, Poland, Switzerland and England."""
    assert parse_decimal(text) == value


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1.234", ",", 1234),
        ("1,234", ".", 1234),
        ("1.234", ".", 1.234),
        ("1,234", ",", 1.234),
        ("12", ",", 12),
    ],
)
def test_known_mark_decides(text: str, decimal: Mark, value: float) -> None:
    """What could be both is read by the mark that the editor named."""
    assert parse_decimal(text, decimal) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "n/a",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "0x10",
        "1_000",
        "1.2.3",
        "1,2,3",
        "1.234,5,6",
        "--1",
        "1e999",
        "٣",
        "1 2",
        "12 34",
        "1234 567",
        "1.23,4.5",
        "<b>",
        "9" * 400,
        "1,2345.6",
        "5%",
        ".",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    """Never a guess, never infinity."""
    with pytest.raises(NumberFormatError):
        parse_decimal(text)


@pytest.mark.parametrize(("text", "decimal"), [("12.5", ","), ("12,5", "."), ("1.2345", ",")])
def test_contradicting_mark_is_refused(text: str, decimal: Mark) -> None:
    """A point that cannot be a thousands mark is not dropped silently."""
    with pytest.raises(NumberFormatError, match="decimal mark"):
        parse_decimal(text, decimal)


@given(st.decimals(-(10**9), 10**9, places=3))
def test_every_style_gives_the_same_number(value: object) -> None:
    """English, German and Polish writing of one number agree."""
    english = f"{value:,.3f}"
    german = english.translate(str.maketrans(",.", ".,"))
    polish = english.replace(",", "\u202f").replace(".", ",")
    expected = float(english.replace(",", ""))
    assert parse_decimal(english, ".") == expected
    assert parse_decimal(german, ",") == expected
    assert parse_decimal(polish) == expected


@given(st.text(max_size=80))
def test_any_text_gives_a_finite_number_or_an_error(text: str) -> None:
    """Nothing else than a number or the one error comes out."""
    try:
        value = parse_decimal(text)
    except NumberFormatError:
        return
    assert math.isfinite(value)


@pytest.mark.parametrize(
    ("texts", "decimal", "mixed"),
    [
        (["1,5", "2,25", "1.000"], ",", False),
        (["1.5", "2.25", "7"], ".", False),
        (["1,5", "2,5", "3.5"], ",", True),
        (["1.234", "5.678"], ".", False),
        (["x", ""], ".", False),
    ],
)
def test_mark_of_a_column(texts: list[str], decimal: str, *, mixed: bool) -> None:
    """The majority decides, contradictions are told."""
    marks = decimal_mark(texts)
    assert (marks.decimal, marks.is_mixed) == (decimal, mixed)


def test_number_out_of_json() -> None:
    """Numbers, and texts that are numbers."""
    assert [measured(v) for v in (1, 2.5, "3.5", "-4")] == [1, 2.5, 3.5, -4]


@pytest.mark.parametrize("value", [None, True, [], {}, "", "x", float("nan"), float("inf"), 10**400, "1e400"])
def test_other_values_out_of_json_are_refused(value: object) -> None:
    """A truth value is no measurement."""
    with pytest.raises(NumberFormatError):
        measured(value)
