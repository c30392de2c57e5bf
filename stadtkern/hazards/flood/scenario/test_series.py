"""Series and curves out of CSV files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.series import read_curve, read_series


def write(tmp_path: Path, text: str) -> Path:
    """Write a table."""
    path = tmp_path / "q.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_series_is_linear_between_its_rows(tmp_path: Path) -> None:
    series = read_series(write(tmp_path, "\ufefftime,value\n0,10\n\n100,20\n"), "key", end=100)
    assert series.at(50) == 15


def test_a_series_of_steps_holds_the_earlier_value(tmp_path: Path) -> None:
    series = read_series(write(tmp_path, "time,value\n0,10\n100,20\n"), "key", end=100, step=True)
    assert series.at(99) == 10


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    series = read_series(write(tmp_path, "note,Value,Time\na,5,0\nb,7,10\n"), "key", end=10)
    assert series.values.tolist() == [5, 7]


def test_one_row_is_a_constant(tmp_path: Path) -> None:
    assert read_series(write(tmp_path, "time,value\n0,10\n"), "key", end=1e6).at(5e5) == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,value\n0,1\n10,2\n10,3\n", "row 4: time 10 is not greater than 10"),
        ("time,value\n0,1\n20,2\n10,3\n", "row 4: time 10 is not greater than 20"),
        ("time,value\n0,1\n10,\n20,3\n", "row 3: '10,' has a gap"),
        ("time,value\n0,1\n10,nan\n20,3\n", "row 3: '10,nan' has a gap"),
        (
            "time,value\n0,1\n10,1,5\n",
            "has a gap: its rows reach from 0 s to 10 s, the simulation from 0 s to 20 s",
        ),
        ("time,value\n5,1\n20,1\n", "has a gap: its rows reach from 5 s"),
        ("time;value\n0;1\n", "column time is missing"),
        ("time,value\n", "has no rows"),
        ("", "column time is missing"),
        ("time,value\n0,-1\n20,1\n", "row 2: -1 is not allowed; allowed: values >= 0"),
    ],
)
def test_a_bad_series_is_refused_with_file_key_and_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadScenario) as error:
        read_series(write(tmp_path, text), "scenario.toml: [[rain]] 1 series", end=20, least=0)
    assert message in str(error.value)
    assert "[[rain]] 1 series" in str(error.value)
    assert "q.csv" in str(error.value)


def test_a_curve_must_not_fall(tmp_path: Path) -> None:
    levels, discharges = read_curve(write(tmp_path, "level,discharge\n1,0\n2,5\n3,5\n"), "key")
    assert np.interp(1.5, levels, discharges) == 2.5
    with pytest.raises(BadScenario, match="discharge decreases"):
        read_curve(write(tmp_path, "level,discharge\n1,5\n2,4\n"), "key")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_any_bytes_are_a_series_or_are_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes(b"time,value\n" + body)
    try:
        series = read_series(path, "key", end=10)
    except BadScenario as error:
        assert "q.csv" in str(error)  # noqa: PT017  # either way is right
    else:
        assert np.isfinite(series.values).all()
