"""Three kinds of files of the DWD give readings with their units and UTC times."""

import bz2
import io
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stadtkern.base.units import convert
from stadtkern.connectors.dwd_observations.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "dwd-observations"
SAMPLE = Path(__file__).with_name("sample.csv").read_bytes()
TEN_MINUTES = b"""STATIONS_ID;MESS_DATUM;  QN;PP_10;TT_10;RF_10;GS_10;eor
        164;202610250050;    3; 1008.1;   7.9;  88.0;  12.0;eor
        164;202610250100;    3;   -999;   7.8;-999.0;   0.0;eor
"""


def parse(body: bytes, url: str = "") -> list[Item]:
    """Read a file."""
    return list(connector.parse(body, Context(url=url)))


def recorded(name: str) -> bytes:
    """Return a recorded file, or skip."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip("no recorded answers here")
    return path.read_bytes()


def readings(items: list[Item], kind: str) -> list[Reading]:
    """Return the readings of one observed property."""
    return [i for i in items if isinstance(i, Reading) and i.observed_property == kind]


def test_recorded_report_of_muenster() -> None:
    """12 April 2023 at 11 o'clock UTC: 9.2 degrees, rain, wind from the south."""
    items = parse(recorded("10315-BEOB.csv"), "10315-BEOB.csv")
    first = {
        i.observed_property: (i.result, i.unit)
        for i in reversed(items)
        if isinstance(i, Reading) and i.phenomenon_time == datetime(2023, 4, 12, 11, tzinfo=UTC)
    }
    assert first["air_temperature"] == (9.2, "Cel")
    assert first["dew_point"] == (8.3, "Cel")
    assert first["wind_direction"] == (180, "deg")
    assert first["wind_speed"] == (8, "km/h")
    assert first["wind_gust"] == (17, "km/h")
    assert first["precipitation"] == (2.1, "mm")
    assert first["air_pressure"] == (997.8, "hPa")
    assert first["visibility"] == (7.9, "km")
    assert first["global_radiation"] == (81, "W/m2")
    assert {i.thing for i in items if isinstance(i, Reading)} == {"10315"}
    assert not [i for i in items if isinstance(i, Rejected)]


def test_recorded_report_with_missing_values() -> None:
    """Three dashes are no measurement; the number of the station keeps its zero."""
    items = parse(recorded("observations_current.csv"))
    assert {i.thing for i in items if isinstance(i, Reading)} == {"01049"}
    assert readings(items, "air_temperature")[0].result == -3.1
    assert not readings(items, "cloud_cover")
    assert not [i for i in items if isinstance(i, Rejected)]


def test_recorded_ten_minutes_of_sunshine_and_radiation() -> None:
    """Long-wave radiation is missing (-999) and not there."""
    items = parse(recorded("10minutenwerte_SOLAR_01766_akt.zip"))
    radiation = readings(items, "global_radiation")
    assert radiation[0].phenomenon_time == datetime(2023, 6, 9, tzinfo=UTC)
    assert {r.thing for r in radiation} == {"dwd-01766"}
    assert 0 == radiation[0].result < max(convert(r.result, r.unit, "W/m2") for r in radiation) < 1400
    assert all(r.result != -999 for r in items if isinstance(r, Reading))
    assert not [i for i in items if isinstance(i, Rejected)]


def test_recorded_hourly_wind_of_straubing() -> None:
    """The present place is the last one of the list."""
    items = parse(recorded("observations_recent_FF_akt.zip"))
    (station,) = [i for i in items if isinstance(i, Station)]
    assert station.name == "Straubing"
    speeds = readings(items, "wind_speed")
    assert (speeds[0].result, speeds[0].unit) == (1.6, "m/s")
    assert speeds[0].phenomenon_time == datetime(2018, 9, 15, tzinfo=UTC)
    assert readings(items, "wind_direction")[0].result == 80
    assert station.thing == speeds[0].thing


def test_recorded_table_of_ten_minutes() -> None:
    """-999 of the pressure is left out."""
    items = parse(recorded("test_sample_csv_air_temp.txt"))
    assert [r.result for r in readings(items, "station_pressure")] == [1013.2]
    assert [r.result for r in readings(items, "air_temperature")] == [1.8, 2.1, 2.5]


def test_recorded_synop_messages() -> None:
    """Kelvin and pascal stay with their units."""
    items = parse(recorded("synop.json.bz2"), "https://opendata.dwd.de/x/synop.json.bz2")
    station = next(i for i in items if isinstance(i, Station))
    assert (station.thing, station.name, station.latitude) == ("10315", "Muenster/Osnabrueck", 52.1344)
    temperature = readings(items, "air_temperature")[0]
    assert (temperature.result, temperature.unit) == (294.05, "K")
    assert temperature.phenomenon_time == datetime(2020, 6, 17, 9, tzinfo=UTC)
    assert readings(items, "air_pressure")[0].result == 101290


def test_times_are_utc_also_in_october() -> None:
    """No hour is doubled."""
    hours = [r.phenomenon_time for r in readings(parse(SAMPLE), "air_temperature")]
    assert hours == [datetime(2026, 10, 25, h, tzinfo=UTC) for h in (2, 1, 0)]


def test_energy_of_ten_minutes_is_mean_power() -> None:
    """12 J/cm² in ten minutes are 200 W/m²; missing values in both ways of writing are left out."""
    items = parse(TEN_MINUTES)
    assert [convert(r.result, r.unit, "W/m2") for r in readings(items, "global_radiation")] == [200, 0]
    assert len(readings(items, "station_pressure")) == len(readings(items, "relative_humidity")) == 1


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b";8,1;", b";warm;", 'value is not a number: "warm"'),
        (b";8,1;", b";8.1;", "decimal mark"),
        (b"25.10.26;02:00", b"31.02.26;02:00", "not a time"),
        (b";Grad C;Grad C;", b";Grad C;Grad R;", 'unknown unit "Grad R"'),
    ],
)
def test_bad_value_is_rejected_and_the_rest_is_kept(old: bytes, new: bytes, reason: str) -> None:
    """The other hours and columns stay."""
    assert old in SAMPLE
    items = parse(SAMPLE.replace(old, new))
    (rejected,) = [i for i in items if isinstance(i, Rejected)]
    assert reason in rejected.reason
    assert len(readings(items, "wind_speed")) >= 2


def test_row_cut_off_is_rejected() -> None:
    """The rows before it stay."""
    items = parse(TEN_MINUTES[:-20])
    assert [i.reason for i in items if isinstance(i, Rejected)] == [
        "the row is cut off or has no station number"
    ]
    assert len(readings(items, "air_temperature")) == 1


def test_synop_message_without_station_is_rejected() -> None:
    """The message is named, nothing crashes."""
    body = bz2.compress(
        json.dumps({"messages": [[{}, [[{"key": "year", "value": 2026}], 7]], None]}).encode()
    )
    items = parse(body)
    assert items
    assert all(isinstance(i, Rejected) for i in items)


def other_zip() -> bytes:
    """Return an archive of something else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("readme.txt"), b"hello")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<html><h1>Not Found</h1>", "HTML"),
        (other_zip(), "neither a report"),
        (other_zip()[:40], "broken or cut off"),
        (SAMPLE[:100], "cut off"),
        (b"STATIONS_ID;MESS_DATUM;XX;eor\n", "no known column"),
        (b'{"a": 1}', "no SYNOP messages"),
    ],
)
def test_unusable_file_is_one_clear_line(body: bytes, reason: str) -> None:
    """An editor sees what came instead."""
    with pytest.raises(SourceError, match=reason):
        parse(body)


def test_addresses_of_reports_and_files() -> None:
    """Short numbers are filled up; nobody gets elsewhere by a setting."""
    assert connector.requests is not None
    urls = [r.url for r in connector.requests({
        "stations": ["10496", "../x"],
        "files": ["10_minutes/wind/now/10minutenwerte_wind_00880_now.zip", "../../secret.zip", "https://x/y.zip"],
    })]  # fmt: skip
    assert [u.rpartition("/")[2] for u in urls] == ["10496-BEOB.csv", "10minutenwerte_wind_00880_now.zip"]


def test_wrong_settings_are_told() -> None:
    """When an editor saves the source."""
    assert connector.check_options is not None
    assert not connector.check_options({"stations": ["10496"]})
    assert len(connector.check_options({"files": ["../../secret.zip"]})) == 1
