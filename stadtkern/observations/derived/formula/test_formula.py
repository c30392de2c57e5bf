"""Formulas: what they may say, what they come to, and in which unit."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.observations.derived.formula import Columns, Curve, FormulaError, Table, compile_formula, parse
from stadtkern.observations.derived.formula.parser import LONGEST

UNITS = {
    "a": "cm",
    "b": "m",
    "t": "Cel",
    "u": "Cel",
    "k": "K",
    "rh": "%",
    "q": "m3/s",
    "p": "hPa",
    "v": "m/s",
}
UNITS |= {
    "price": "{EUR}/(MW.h)",
    "zloty": "{PLN}/(MW.h)",
    "e": "kW.h",
    "n": "1",
    "d": "dB[SPL]",
    "x": "[ppm]",
}
VALUES = {"a": 200.0, "b": 3.0, "t": 20.0, "u": 15.0, "k": 300.0, "rh": 50.0, "q": 8.0, "p": 1000.0, "v": 5.0}
VALUES |= {"price": 80.0, "zloty": 300.0, "e": 500.0, "n": 4.0, "d": 60.0, "x": 400.0}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def value(text: str, result: str = "1", **tables: Table) -> float:
    """Return what a formula comes to for VALUES."""
    program = compile_formula(text, UNITS, result=result, tables=tables)
    return float(program(Columns(np.array([0]), {name: np.array([one]) for name, one in VALUES.items()}))[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("2 ^ 3 ^ 2", 512), ("-2 ^ 2", -4), ("2 ^ -1", 0.5), ("--3", 3),
        ("7 - 2 - 1", 4), ("8 / 4 / 2", 1), ("1.5e3", 1500), (".5", 0.5), ("1 / 0", math.nan),
        ("if(1 < 2, 10, 20)", 10), ("if(not 1 < 2, 10, 20)", 20), ("if(1 < 2 and 2 < 1 or 3 == 3, 1, 0)", 1),
        ("if(1 != 1, 1, 0)", 0), ("min(3, 1, 2)", 1), ("max(3, 1, 2)", 3), ("mean(3, 1, 2)", 2), ("sum(3, 1, 2)", 6),
        ("abs(-3)", 3), ("sqrt(16)", 4), ("exp(0)", 1), ("ln(exp(2))", 2), ("log10(1000)", 3), ("8 ^ (1 / 3)", 2),
        ("sqrt(-1)", math.nan), ("n * n", 16), ("n ^ n", 256),
    ],
)  # fmt: skip
def test_arithmetic(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "result", "expected"),
    [
        ("a + b", "cm", 500), ("a + b", "m", 5), ("b - a", "cm", 100), ("a * b", "m2", 6), ("b / a", "1", 1.5),
        ("a ^ 2", "m2", 4), ("sqrt(a * a)", "m", 2), ("a + 50", "cm", 250), ('a + 1 "m"', "cm", 300),
        ("rh", "1", 0.5), ("exp(rh)", "1", math.exp(0.5)), ('number(rh, "%") / 100', "1", 0.5),
        ('q * 3600 "s"', "m3", 28800), ("price * e", "{EUR}", 40), ("v", "km/h", 18), ("x", "%", 0.04),
        ("if(a > b, a, b)", "cm", 300), ("max(a, b)", "m", 3), ("min(a, 5)", "cm", 5), ("d - 3", "dB[SPL]", 57),
    ],
)  # fmt: skip
def test_units_follow(text: str, result: str, expected: float) -> None:
    assert value(text, result) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "result", "expected"),
    [
        ("t + 5", "Cel", 25), ("t - u", "K", 5), ("t - u", "Cel", 5), ("(t + u) / 2", "Cel", 17.5),
        ("mean(t, u)", "[degF]", 63.5), ("k", "Cel", 26.85), ("t", "K", 293.15), ("u + (t - u)", "Cel", 20),
        ("(t - u) + u", "K", 293.15), ('to(t, "K") * n', "K", 1172.6), ("(t - u) * 2", "K", 10), ("k - t", "K", 6.85),
        ('if(t > 290 "K", 1, 0)', "1", 1), ('t - 2 "K"', "Cel", 18), ('t + 2 "K"', "K", 295.15),
    ],
)  # fmt: skip
def test_temperatures_are_points_and_differences(text: str, result: str, expected: float) -> None:
    assert value(text, result) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "result", "words"),
    [
        ("a + t", "cm", ("“Cel”", "“cm”", "different things")), ("t - a", "Cel", ("“cm”", "“Cel”")),
        ("a > t", "1", ("“cm”", "“Cel”", "compared")), ("a", "Cel", ("“cm”", "“Cel”", "result")),
        ("t * b", "m", ("“Cel”", "to(")), ("price + zloty", "{EUR}/(MW.h)", ("{EUR}", "{PLN}")),
        ("exp(a)", "1", ("“cm”", "exp")), ("heat_index(a, rh)", "Cel", ("“cm”", "“Cel”", "heat_index")),
        ("max(a, t)", "cm", ("“Cel”", "“cm”")), ("a ^ n", "cm", ("plain number",)), ("d + a", "cm", ("“cm”",)),
        ('a + 1 "parsec"', "cm", ("parsec",)), ("zzz", "1", ("“zzz”", "there are")), ("foo(a)", "1", ("“foo”", "sqrt")),
        ("(a > b) + 1", "1", ("comparison",)), ("if(a, 1, 2)", "1", ("comparison",)), ("sqrt(a, b)", "1", ("1 arguments, not 2",)),
        ("to(a)", "m", ("2 arguments",)), ("to(a, b)", "m", ("a unit",)), ("lookup(a, b)", "m", ("table",)),
        ("min()", "1", ("argument",)),
    ],
)  # fmt: skip
def test_errors_name_what_is_wrong(text: str, result: str, words: tuple[str, ...]) -> None:
    with pytest.raises(FormulaError) as caught:
        value(text, result)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1 +", 4),
        ("1 + * 2", 5),
        ("(1", 3),
        ("a b", 3),
        ("1 $ 2", 3),
        ("", 1),
        ("max(1,", 7),
        ("a and", 6),
        ("2 ^", 4),
        ("1e999", 1),
    ],
)
def test_unreadable_formulas_say_where(text: str, at: int) -> None:
    with pytest.raises(FormulaError, match=f"Character {at}:"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "-" * 1999 + "1",
        "^".join(["2"] * 900),
        "+".join(["1"] * 900),
        "1" * (LONGEST + 1),
        "not " * 400 + "1 < 2",
        "f(" * 900,
    ],
)
def test_bombs_are_refused_or_harmless(text: str) -> None:
    try:
        parse(text)
    except FormulaError:
        return
    assert value(text) in {1.0, -1.0}


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value(text)
    except FormulaError:
        pass


TREES = st.recursive(
    st.one_of(st.integers(0, 9).map(str), st.just("n")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda one: f"abs(-{one})"),
        st.tuples(inner, inner).map(lambda two: f"max({two[0]}, {two[1]})"),
    ),
    max_leaves=25,
)


@given(TREES)
def test_arithmetic_agrees_with_python(text: str) -> None:
    expected = float(eval(text, {"n": 4.0, "abs": abs, "max": max}))  # noqa: S307  # made of digits and signs only
    assert value(text) == pytest.approx(expected)


@given(
    st.lists(
        st.sampled_from(
            ["1", "n", "a", "t", "+", "-", "*", "/", "^", "(", ")", ",", "<", "and", "if", "max", '"m"']
        ),
        max_size=25,
    )
)
def test_any_tokens_are_read_or_refused(tokens: list[str]) -> None:
    try:
        value(" ".join(tokens))
    except FormulaError:
        pass


def test_missing_values_stay_missing_except_where_others_stand_in() -> None:
    columns = Columns(np.array([0, 1]), {"a": np.array([1.0, np.nan]), "b": np.array([np.nan, np.nan])})
    units = {"a": "cm", "b": "cm"}
    for text, expected in (
        ("a + b", [np.nan, np.nan]),
        ("max(a, b)", [1, np.nan]),
        ("mean(a, b)", [1, np.nan]),
        ("sum(a, b)", [np.nan] * 2),
        ("if(a > 0, 1, 2)", [1, np.nan]),
    ):
        result = "1" if "if" in text else "cm"
        np.testing.assert_equal(
            compile_formula(text, units, result=result)(columns), np.array(expected, dtype=float)
        )


def test_rating_curve_is_straight_on_logarithmic_paper_and_marks_what_lies_beyond() -> None:
    # Q = 2 (h / 100 cm)^1.5 at three levels; on the curve between and beyond them
    levels = np.array([100.0, 200.0, 400.0])
    rating = Table("cm", "m3/s", [Curve(levels, 2 * (levels / 100) ** 1.5, "log")])
    program = compile_formula("lookup(rating, a)", {"a": "m"}, result="m3/s", tables={"rating": rating})
    columns = Columns(np.arange(5), {"a": np.array([1.0, 1.5, 3.0, 5.0, np.nan])})
    expected = 2 * np.array([1.0, 1.5, 3.0, 5.0, np.nan]) ** 1.5
    np.testing.assert_allclose(program(columns), expected)
    assert columns.doubtful.tolist() == [False, False, False, True, False]


def test_curves_change_with_their_validity() -> None:
    old = Curve(np.array([0.0, 100.0]), np.array([0.0, 10.0]), valid_to=50)
    new = Curve(np.array([0.0, 100.0]), np.array([0.0, 20.0]), "step", valid_from=50, valid_to=90)
    table = Table("cm", "m3/s", [old, new])
    program = compile_formula("lookup(r, a)", {"a": "cm"}, result="m3/s", tables={"r": table})
    found = program(Columns(np.array([0, 49, 50, 80, 95]), {"a": np.array([50.0, 100.0, 100.0, 50.0, 50.0])}))
    np.testing.assert_equal(found, np.array([5.0, 10.0, 20.0, 0.0, np.nan]))


@pytest.mark.parametrize(
    ("fahrenheit", "humidity", "expected"),
    # table of the NWS, https://www.weather.gov/safety/heat-index
    [(80, 40, 80), (90, 60, 100), (100, 50, 118), (86, 90, 105), (92, 45, 96), (104, 40, 119), (70, 50, 69)],
)
def test_heat_index_agrees_with_the_published_table(
    fahrenheit: float, humidity: float, expected: float
) -> None:
    program = compile_formula("heat_index(t, h)", {"t": "[degF]", "h": "%"}, result="[degF]")
    found = program(Columns(np.array([0]), {"t": np.array([fahrenheit]), "h": np.array([humidity])}))
    assert found[0] == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize(
    ("celsius", "wind", "expected"),
    # table of Environment Canada: -10 at 20 km/h is -18, 0 at 40 is -7, -20 at 60 is -36, 5 at 10 is 3
    [(-10, 20, -18), (0, 40, -7), (-20, 60, -36), (5, 10, 3), (15, 50, 15), (-5, 2, -5)],
)
def test_wind_chill_agrees_with_the_published_table(celsius: float, wind: float, expected: float) -> None:
    program = compile_formula("wind_chill(t, v)", {"t": "Cel", "v": "km/h"}, result="Cel")
    found = program(Columns(np.array([0]), {"t": np.array([celsius]), "v": np.array([wind])}))
    assert found[0] == pytest.approx(expected, abs=0.5)


def test_moist_air() -> None:
    # saturated air at 20 Cel holds 17.3 g/m3; at 50 % the dew point is 9.3 Cel
    columns = Columns(np.array([0, 1]), {"t": np.array([20.0, 20.0]), "h": np.array([100.0, 50.0])})
    units = {"t": "Cel", "h": "%"}
    water = compile_formula("absolute_humidity(t, h)", units, result="g/m3")(columns)
    dew = compile_formula("dew_point(t, h)", units, result="Cel")(columns)
    assert water == pytest.approx([17.3, 8.65], abs=0.1)
    assert dew == pytest.approx([20.0, 9.3], abs=0.05)


@pytest.mark.parametrize(
    ("pm10", "no2", "expected"),
    [(9, 10, 1), (10, 10, 2), (27, 31, 3), (9.4, 0, 1), (9.5, 0, 2), (91, 0, 5), (54, 101, 5)],
)
def test_air_quality_index_by_the_classes_of_uba(pm10: float, no2: float, expected: int) -> None:
    text = "max(lqi_pm10(p), lqi_nitrogen_dioxide(n))"
    program = compile_formula(text, {"p": "ug/m3", "n": "ug/m3"}, result="1")
    assert program(Columns(np.array([0]), {"p": np.array([pm10]), "n": np.array([no2])}))[0] == expected
