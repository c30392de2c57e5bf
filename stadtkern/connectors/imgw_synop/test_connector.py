"""Polish weather reports and the forecast of a place."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stadtkern.connectors.imgw_synop.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "imgw-pib"
SAMPLE = Path(__file__).with_name("sample.json").read_bytes()


def parse(body: bytes, **options: object) -> list[Item]:
    """Read an answer."""
    return list(connector.parse(body, Context(options=options)))


def recorded(name: str) -> bytes:
    """Return a recorded file, or skip."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip("no recorded answers here")
    return path.read_bytes()


@pytest.mark.parametrize("name", ["weather_station.json", "weather_stations.json"])
def test_recorded_report_of_bielsko(name: str) -> None:
    """One station or all of them: the same values, hours in UTC, wind in m/s."""
    station, *readings = parse(recorded(name), stations=["12600"])
    assert isinstance(station, Station)
    assert station.name == "Bielsko Biała"
    assert {r.observed_property: (r.result, r.unit) for r in readings if isinstance(r, Reading)} == {
        "air_temperature": (0.8, "Cel"),
        "wind_speed": (1, "m/s"),
        "wind_direction": (310, "deg"),
        "relative_humidity": (93, "%"),
        "precipitation_sum": (18.1, "mm"),
        "air_pressure": (1022.1, "hPa"),
    }
    assert {r.phenomenon_time for r in readings if isinstance(r, Reading)} == {
        datetime(2024, 4, 22, 7, tzinfo=UTC)
    }


def test_recorded_list_is_read_whole() -> None:
    """Every station gives readings, nothing is rejected."""
    items = parse(recorded("weather_stations.json"))
    things = {i.thing for i in items if isinstance(i, Station)}
    assert len(things) > 50
    assert {i.thing for i in items if isinstance(i, Reading)} == things
    assert not [i for i in items if isinstance(i, Rejected)]


def test_recorded_forecast_of_a_place() -> None:
    """The present is no forecast, the hours are."""
    items = parse(recorded("weather_station_proxy.json"))
    (station,) = [i for i in items if isinstance(i, Station)]
    assert (station.thing, station.longitude, station.latitude) == ("49.82,19.05", 19.047007, 49.821877)
    now = {i.observed_property: i.result for i in items if isinstance(i, Reading) and not i.is_forecast}
    assert (now["air_temperature"], now["apparent_temperature"], now["wind_speed"]) == (7.8, 4.6, 5.2)
    hours = [
        i
        for i in items
        if isinstance(i, Reading) and i.is_forecast and i.observed_property == "air_temperature"
    ]
    assert (hours[0].phenomenon_time, hours[0].result) == (datetime(2026, 5, 13, 8, tzinfo=UTC), 15.9)
    assert len(hours) > 20
    assert parse(recorded("weather_station_proxy.json"), thing="bielsko")[0] == Station(
        thing="bielsko", name="bielsko", longitude=19.047007, latitude=49.821877
    )


def test_recorded_warnings_are_refused() -> None:
    """Warnings are no reports."""
    with pytest.raises(SourceError, match="no weather reports"):
        parse(recorded("weather_alerts.json"))


def test_missing_values_are_left_out() -> None:
    """What is null is no measurement and no error."""
    items = parse(SAMPLE, stations=["99400"])
    assert {i.observed_property for i in items if isinstance(i, Reading)} == {
        "air_temperature", "relative_humidity", "precipitation_sum"
    }  # fmt: skip
    assert not [i for i in items if isinstance(i, Rejected)]


@pytest.mark.parametrize(
    ("name", "value", "reason", "left"),
    [
        ("temperatura", "zimno", "not a number", 8),
        ("godzina_pomiaru", "25", "not a time", 3),
        ("data_pomiaru", None, "not a time", 3),
    ],
)
def test_bad_value_is_rejected_and_the_rest_is_kept(name: str, value: object, reason: str, left: int) -> None:
    """A wrong number costs one reading, a wrong time one report."""
    rows = json.loads(SAMPLE)
    rows[0][name] = value
    items = parse(json.dumps(rows).encode())
    (rejected,) = [i for i in items if isinstance(i, Rejected)]
    assert reason in rejected.reason
    assert len([i for i in items if isinstance(i, Reading)]) == left


def test_chosen_stations_are_asked_one_by_one() -> None:
    """Small answers instead of the whole of Poland."""
    assert connector.requests is not None
    assert [r.url[-9:] for r in connector.requests({"stations": ["12310", "12400"]})] == [
        "/id/12310",
        "/id/12400",
    ]
    assert len(connector.requests({})) == 1


def test_wrong_settings_are_told() -> None:
    """When an editor saves the source."""
    assert connector.check_options is not None
    assert not connector.check_options({"stations": ["12310"]})
    assert len(connector.check_options({"stations": ["Słubice"]})) == 1
