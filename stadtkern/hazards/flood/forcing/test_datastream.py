"""The forecast of a gauge upstream as inflow: out of the CSV that `stadtkern export observations` writes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.forcing.datastream import read_datastream

START = datetime(2010, 9, 30, 0, 0, tzinfo=UTC)


def export(
    path: Path, values: list[float], *, key: str = "bademeusel", hours: float = 1.0, first: float = -1.0
) -> Path:
    """Write observations as the export writes them."""
    rows = [
        f"{key},{(START + timedelta(hours=first + i * hours)).isoformat().replace('+00:00', 'Z')},{v},cm,"
        for i, v in enumerate(values)
    ]
    path.write_text("datastream,phenomenon_time,result,unit,quality\n" + "\n".join(rows) + "\n")
    return path


def test_levels_of_a_gauge_become_discharge(tmp_path: Path) -> None:
    """Centimetres at the gauge become metres, and through its rating curve cubic metres per second."""
    path = export(tmp_path / "forecast.csv", [300, 400, 469, 457, 420])
    (tmp_path / "rating.csv").write_text("level,discharge\n1,10\n3,100\n5,400\n")
    series = read_datastream(
        path, "key", key=None, start=START, end=7200.0, factor=0.01, rating=tmp_path / "rating.csv"
    )
    assert series.times.tolist() == [0.0, 3600.0, 7200.0]
    assert series.values.tolist() == pytest.approx([250.0, 353.5, 335.5])


def test_times_with_any_offset_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        "datastream,phenomenon_time,result\na,2010-09-30T02:00:00+02:00,1\na,2010-09-30T01:00:00Z,3\n"
    )
    series = read_datastream(path, "key", key="a", start=START, end=3600.0)
    assert series.at(1800.0) == 2.0


def test_a_summer_time_change_is_no_gap(tmp_path: Path) -> None:
    """Times carry their offset, so the hour that is there twice keeps its order."""
    start = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    path = tmp_path / "f.csv"
    path.write_text(
        "datastream,phenomenon_time,result\na,2026-10-25T02:00:00+02:00,1\na,2026-10-25T02:00:00+01:00,2\n"
        "a,2026-10-25T03:00:00+01:00,3\n"
    )
    assert read_datastream(path, "key", key="a", start=start, end=7200.0).values.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a,2010-09-30T00:00:00Z,1\nb,2010-09-30T02:00:00Z,1\n",
            "datastream not named in datastream_key; allowed: a, b",
        ),
        ("a,2010-09-30T00:00:00,1\n", "has no offset"),
        ("a,yesterday,1\n", "'yesterday' is no time"),
        ("a,2010-09-30T00:00:00Z,\n", "row 2: '' has a gap"),
        ("a,2010-09-30T00:00:00Z,1\na,2010-09-30T00:30:00Z,1\n", "has a gap: its values reach from"),
        ("a,2010-09-29T23:00:00Z,1\na,2010-09-30T12:00:00Z,1\n", "has a gap of 13.0 h"),
        ("", "allowed: none there"),
    ],
)
def test_a_bad_export_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "f.csv"
    path.write_text("datastream,phenomenon_time,result\n" + text)
    with pytest.raises(BadScenario) as error:
        read_datastream(path, "s.toml: [[inflow]] 1 datastream", key=None, start=START, end=3600.0)
    assert message in str(error.value)
    assert str(error.value).startswith("s.toml: [[inflow]] 1 datastream: ")


def test_the_start_of_the_scenario_must_be_known(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match=r"allowed: start in \[about\]"):
        read_datastream(export(tmp_path / "f.csv", [1, 2]), "key", key=None, start=None, end=10.0)


def test_levels_beyond_the_rating_curve_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rating.csv").write_text("level,discharge\n1,10\n3,100\n")
    with pytest.raises(BadScenario, match="leave the rating curve"):
        read_datastream(
            export(tmp_path / "f.csv", [2, 4, 4]),
            "key",
            key=None,
            start=START,
            end=10.0,
            rating=tmp_path / "rating.csv",
        )
