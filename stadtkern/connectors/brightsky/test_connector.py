"""Bright Sky tells measured from predicted weather."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stadtkern.base.units import convert
from stadtkern.connectors.brightsky.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "brightsky"
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


def test_recorded_hours_of_october() -> None:
    """50 hours around the end of summer time 2024 at Müdesheim, each at its own time."""
    items = parse(recorded("weatherforecast_brightsky_1.json"))
    station = next(i for i in items if isinstance(i, Station))
    assert (station.thing, station.name, station.latitude) == ("P125", "Arnstein-Müdesheim", 49.9694)
    temperatures = [i for i in items if isinstance(i, Reading) and i.observed_property == "air_temperature"]
    assert (temperatures[0].result, temperatures[0].unit) == (6.2, "Cel")
    assert temperatures[0].phenomenon_time == datetime(2024, 10, 25, 22, tzinfo=UTC)
    assert len({t.phenomenon_time for t in temperatures}) == len(temperatures) == 50
    assert not any(i.is_forecast for i in items if isinstance(i, Reading))
    assert not [i for i in items if isinstance(i, Rejected)]


def test_recorded_other_format_is_refused() -> None:
    """Another program's own file is no answer of Bright Sky."""
    with pytest.raises(SourceError, match="no weather in the answer"):
        parse(recorded("weatherforecast_brightsky_2.json"))


def test_source_of_a_row_says_whether_it_is_forecast() -> None:
    """And the doubled hour of autumn stays two hours."""
    readings = [
        i for i in parse(SAMPLE) if isinstance(i, Reading) and i.observed_property == "air_temperature"
    ]
    assert [(r.result, r.is_forecast, r.phenomenon_time.hour) for r in readings] == [
        (8.1, False, 0),
        (7.9, True, 1),
    ]


def test_energy_of_an_hour_is_mean_power() -> None:
    """0.12 kWh/m² in one hour are 120 W/m²."""
    solar = [i for i in parse(SAMPLE) if isinstance(i, Reading) and i.observed_property == "global_radiation"]
    assert [convert(r.result, r.unit, "W/m2") for r in solar] == [0, 120]


def test_all_rows_under_one_key() -> None:
    """An editor names the place; its position is the asked one."""
    items = parse(SAMPLE, thing="guben", latitude=51.95, longitude=14.71)
    assert [i for i in items if isinstance(i, Station)] == [
        Station(thing="guben", name="guben", longitude=14.71, latitude=51.95)
    ]
    assert {i.thing for i in items if isinstance(i, Reading)} == {"guben"}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("temperature", "warm", "not a number"),
        ("temperature", 10**400, "too large"),
        ("timestamp", "soon", "not a time"),
        ("source_id", 7, "names no source"),
    ],
)
def test_bad_value_is_rejected_and_the_rest_is_kept(path: str, value: object, reason: str) -> None:
    """The other row stays."""
    answer = json.loads(SAMPLE)
    answer["weather"][0][path] = value
    items = parse(json.dumps(answer).encode())
    (rejected,) = [i for i in items if isinstance(i, Rejected)]
    assert reason in rejected.reason
    assert 7.9 in [i.result for i in items if isinstance(i, Reading)]


def test_error_of_the_service_is_told() -> None:
    """Its own words in one line."""
    with pytest.raises(SourceError, match="latitude is missing"):
        parse(b'{"detail": "latitude\\nis missing"}')


def test_address_has_the_place_and_a_span_of_days() -> None:
    """Without a place nothing is asked."""
    assert connector.requests is not None
    (request,) = connector.requests({"latitude": 51.95, "longitude": 14.71, "days": 2})
    assert "lat=51.95&lon=14.71&date=" in request.url
    assert connector.requests({"latitude": "x", "longitude": 14}) == []


def test_wrong_settings_are_told() -> None:
    """When an editor saves the source."""
    assert connector.check_options is not None
    assert not connector.check_options({"latitude": 51.95, "longitude": 14.71, "days": 3})
    assert len(connector.check_options({"latitude": 151.95, "longitude": 14.71, "days": 3})) == 1
