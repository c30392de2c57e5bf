"""The air data of Germany come as arrays and in winter time."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stadtkern.connectors.uba_air.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "uba-airdata"
SAMPLE = Path(__file__).with_name("sample.json").read_bytes()
COLUMNS = ["date end", "airquality index", "data incomplete", ["component id"]]
INDEX = {
    "indices": {"data": {"station id": {"date start": COLUMNS}}},
    "data": {"901": {"2026-11-23 09:00:00": ["2026-11-23 10:00:00", 1, 0, [5, 24, 1, "0.25"]]}},
}


def parse(body: bytes, **options: object) -> list[Item]:
    """Read an answer."""
    return list(connector.parse(body, Context(options=options)))


def recorded(name: str) -> bytes:
    """Return a recorded file, or skip."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip("no recorded answers here")
    return path.read_bytes()


def test_recorded_measures() -> None:
    """Nitrogen dioxide of two stations; the end of the hour in winter time, though April has summer time."""
    readings = [i for i in parse(recorded("test_measures_payload.json")) if isinstance(i, Reading)]
    assert {(r.thing, r.observed_property, r.result, r.unit) for r in readings} == {
        ("21", "nitrogen_dioxide", 4, "ug/m3"),
        ("3", "nitrogen_dioxide", 99, "ug/m3"),
    }
    assert {r.phenomenon_time for r in readings} == {datetime(2026, 4, 7, 12, tzinfo=UTC)}


def test_recorded_stations() -> None:
    """Positions are written as texts."""
    stations = {i.thing: i for i in parse(recorded("test_stations_payload.json")) if isinstance(i, Station)}
    assert (stations["21"].name, stations["21"].longitude, stations["21"].latitude) == (
        "Berlin Wedding",
        13.3495,
        52.5491,
    )
    assert stations["3"].properties["station_code"] == "DEBB003"


@pytest.mark.parametrize("name", ["test_components_payload.json", "schema_examples.json"])
def test_recorded_tables_are_refused(name: str) -> None:
    """Names of pollutants and examples of a description are no measures."""
    with pytest.raises(SourceError, match="neither stations nor measures"):
        parse(recorded(name))


def test_hours_of_the_night_in_which_summer_time_ends() -> None:
    """The source has no summer time, so no hour is doubled; hour 24 is midnight."""
    times = [i.phenomenon_time for i in parse(SAMPLE, stations=["901"]) if isinstance(i, Reading)]
    assert times == [datetime(2026, 10, 25, hour, tzinfo=UTC) for hour in (1, 2, 23)]


def test_daily_mean_is_another_property() -> None:
    """The limit for a day must not be compared with an hour."""
    (reading,) = [i for i in parse(SAMPLE, stations=["902"]) if isinstance(i, Reading)]
    assert (reading.observed_property, reading.result) == ("pm10_daily_mean", 31.5)


def test_air_quality_index() -> None:
    """0 is very good, 4 very bad."""
    (reading,) = parse(json.dumps(INDEX).encode())
    assert isinstance(reading, Reading)
    assert (reading.observed_property, reading.result, reading.unit) == ("air_quality_index", 1, "1")
    assert reading.phenomenon_time == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_columns_in_another_order_are_found_by_name() -> None:
    """`indices` counts, not the place."""
    answer = json.loads(SAMPLE)
    answer["indices"]["data"]["station id"]["date start"] = ["value", "date end", "component id", "scope id"]
    answer["data"] = {"901": {"2026-10-25 01:00:00": [14, "2026-10-25 02:00:00", 3, 2]}}
    (reading,) = parse(json.dumps(answer).encode())
    assert isinstance(reading, Reading)
    assert (reading.observed_property, reading.result) == ("ozone", 14)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([5, 2, "much", "2026-10-25 02:00:00", "0"], "not a number"),
        ([77, 2, 5, "2026-10-25 02:00:00", "0"], 'unknown component "77"'),
        ([5, 2, 5, "later", "0"], "not a time"),
        ([5, 2, 5], "not a time"),
        ({"value": 5}, "not a list"),
    ],
)
def test_bad_row_is_rejected_and_the_rest_is_kept(row: object, reason: str) -> None:
    """The other hours stay."""
    answer = json.loads(SAMPLE)
    answer["data"]["901"]["2026-10-25 01:00:00"] = row
    items = parse(json.dumps(answer).encode())
    (rejected,) = [i for i in items if isinstance(i, Rejected)]
    assert reason in rejected.reason
    assert len([i for i in items if isinstance(i, Reading)]) == 3


def test_addresses_for_each_station_and_pollutant() -> None:
    """Stations first, so that names and places are there."""
    assert connector.requests is not None
    asked = connector.requests({"stations": ["64"], "components": ["1", "5"], "index": True})
    assert [r.name for r in asked] == ["stations", "measures", "measures", "airquality"]
    assert "station=64&component=5&scope=2" in asked[2].url


def test_wrong_settings_are_told() -> None:
    """When an editor saves the source."""
    assert connector.check_options is not None
    assert not connector.check_options({"stations": ["64"], "components": ["5"]})
    assert len(connector.check_options({"stations": ["64"], "components": ["77"]})) == 1
