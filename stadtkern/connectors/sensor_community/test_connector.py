"""sensor.community: values as texts, blurred places, saturated sensors, boxes that send themselves."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stadtkern.connectors.sensor_community.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "sensor-community"
SAMPLE = (Path(__file__).parent / "sample.json").read_bytes()
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="recorded answers are not here")


def read(document: object, **options: Any) -> list[Item]:  # noqa: ANN401
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(connector.parse(body, Context(options=options, received=NOON)))


def readings(items: list[Item]) -> list[Reading]:
    return [item for item in items if isinstance(item, Reading)]


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Rejected)]


def record(value: object, value_type: object = "P1", **more: object) -> list[dict[str, object]]:
    values = [{"value": value, "value_type": value_type}]
    return [{"timestamp": "2026-11-23 12:00:00", "sensor": {"id": 5}, "sensordatavalues": values, **more}]


def test_the_sample_gives_numbers_units_and_blurred_places() -> None:
    items = read(SAMPLE)
    station = items[0]
    assert isinstance(station, Station)
    assert (station.thing, station.longitude, station.latitude) == ("81001", 14.716, 51.952)
    assert station.properties["is_place_exact"] is False
    found = [(r.thing, r.observed_property, r.result, r.unit, r.quality) for r in readings(items)]
    assert found == [
        ("81001", "pm10", 14.2, "ug/m3", ""),
        ("81001", "pm2_5", 6.35, "ug/m3", ""),
        ("81002", "air_temperature", 4.1, "Cel", ""),
        ("81002", "relative_humidity", 99.9, "%", "questionable"),
    ]
    assert readings(items)[0].phenomenon_time == datetime(2026, 11, 23, 12, 58, 4, tzinfo=UTC)
    assert readings(items)[0].sensor == "Nova Fitness SDS011"


def test_indoor_sensors_come_in_on_wish() -> None:
    assert [r.result for r in readings(read(SAMPLE, with_indoor=True)) if r.thing == "81003"] == [21.5]


def test_a_saturated_sensor_is_marked_as_bad() -> None:
    assert readings(read(record("1999.90")))[0].quality == "bad"


@pytest.mark.parametrize("value", ["nan", "", None, [], "12,5", "inf"])
def test_a_value_that_is_no_number_is_rejected(value: object) -> None:
    assert "not a number" in reasons(read(record(value)))[0]


def test_odd_records_are_rejected_one_by_one() -> None:
    good = record("1")[0]
    items = read(
        [7, {}, {"sensor": {"id": ""}}, {**good, "timestamp": None}, {**good, "sensordatavalues": 3}, good]
    )
    assert len(reasons(items)) == 5
    assert len(readings(items)) == 1
    assert reasons(read(record("1", "radon"))) == ['unknown quantity "radon"']
    assert reasons(read(record("1", None))) == ["value without value_type"]


def test_a_box_may_send_itself() -> None:
    values = [
        {"value_type": "SDS_P1", "value": "5.38"},
        {"value_type": "BME280_pressure", "value": "99631.5"},
        {"value_type": "samples", "value": "316274"},
        {"value_type": "signal", "value": "-59 dBm"},
    ]
    items = read({"esp8266id": "4711", "software_version": "NRZ", "sensordatavalues": values})
    found = [(r.thing, r.observed_property, r.result, r.unit, r.phenomenon_time) for r in readings(items)]
    assert found == [("4711", "pm10", 5.38, "ug/m3", NOON), ("4711", "station_pressure", 99631.5, "Pa", NOON)]
    assert reasons(items) == []
    with pytest.raises(SourceError, match="sends no id"):
        read({"sensordatavalues": values})
    assert readings(read({"sensordatavalues": values}, box="Schule"))[0].thing == "Schule"


@pytest.mark.parametrize("body", [b"", b"<html><body>429</body></html>", SAMPLE[:300], b"{}", b"[" * 200_000])
def test_an_unusable_answer_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


def test_addresses_and_settings() -> None:
    assert connector.requests is not None
    assert connector.check_options is not None
    options = {"sensors": ["81001"], "latitude": 51.95, "longitude": 14.72, "radius": 10}
    assert [request.url for request in connector.requests(options)] == [
        "https://data.sensor.community/airrohr/v1/sensor/81001/",
        "https://data.sensor.community/airrohr/v1/filter/area=51.95,14.72,10",
    ]
    assert connector.check_options(options) == []
    assert connector.check_options({"sensors": ["81001", "x"]}) == [
        "sensors, line 2: the id of a sensor is a number"
    ]
    assert connector.check_options({**options, "radius": 1000})[0].startswith("area")
    assert connector.check_options({**options, "radius": "far"})[0].startswith("area")


@needs_recorded
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.json")), ids=lambda path: path.name)
def test_every_recorded_answer_gives_items_or_a_reason(path: Path) -> None:
    items = read(path.read_bytes())
    assert items
    assert all(reasons(items))


@needs_recorded
def test_recorded_answers_give_their_values() -> None:
    found = readings(read((RECORDED / "upstream.json").read_bytes()))
    assert [(r.thing, r.observed_property, r.result) for r in found[:4]] == [
        ("2129", "pm10", 19.13),
        ("2129", "pm2_5", 16.23),
        ("2130", "relative_humidity", 76.7),
        ("2130", "air_temperature", 18.8),
    ]
    assert found[0].phenomenon_time == datetime(2019, 4, 25, 1, 51, 12, tzinfo=UTC)
    sofia = read((RECORDED / "test_payload.json").read_bytes())
    assert [r.result for r in readings(sofia)] == [5.0, 3.33]
    bare = reasons(read((RECORDED / "test_values.json").read_bytes()))
    assert len(bare) == 11
    assert set(bare) == {'no record of a sensor: "sensor" is missing'}
