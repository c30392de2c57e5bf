"""openSenseMap: free titles and units, several sensors of one kind, boxes on the move."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.connectors.opensensemap.connector import connector, meaning
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "opensensemap"
SAMPLE = (Path(__file__).parent / "sample.json").read_bytes()
BOX = "65aa00000000000000000001"
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="recorded answers are not here")


def read(document: object, **options: Any) -> list[Item]:  # noqa: ANN401
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(connector.parse(body, Context(options=options)))


def readings(items: list[Item]) -> list[Reading]:
    return [item for item in items if isinstance(item, Reading)]


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Rejected)]


def test_the_sample_gives_properties_units_and_keeps_two_thermometers_apart() -> None:
    items = read(SAMPLE)
    assert isinstance(items[0], Station)
    assert (items[0].name, items[0].longitude, items[0].latitude) == ("Europaschule Dach", 14.7104, 51.9511)
    assert [(r.observed_property, r.result, r.unit) for r in readings(items)] == [
        ("air_temperature", 4.62, "Cel"),
        ("air_temperature_bmp280", 5.1, "Cel"),
        ("relative_humidity", 88.1, "%"),
        ("illuminance", 5120.0, "lx"),
        ("uv_intensity", 11.2, "uW/cm2"),
    ]
    assert readings(items)[0].phenomenon_time == datetime(2026, 11, 23, 12, 59, 30, 120000, tzinfo=UTC)
    assert reasons(items) == []
    assert reasons(read(SAMPLE.replace(b"11.2", b"n/a"))) == ['not a number: "n/a"']


@pytest.mark.parametrize(
    ("title", "unit", "found"),
    [
        ("PM2.5", "µg/m³", ("pm2_5", "ug/m3")),
        ("PM10", "μg/m³", ("pm10", "ug/m3")),
        ("Luftdruck", "Pa", ("station_pressure", "Pa")),
        ("Temperature", "°F", ("air_temperature", "[degF]")),
        ("Lautstärke", "dB(A)", ("noise", "dB[SPL]")),
        ("Temperatur", "V", ("temperatur", "V")),
        ("Bodenfeuchte", "%", ("soil_moisture", "%")),
        ("CO2", "ppm", ("carbon_dioxide", "[ppm]")),
        ("Fahrräder", "", ("fahrraeder", "1")),
    ],
)
def test_titles_and_units_in_two_languages(title: str, unit: str, found: tuple[str, str]) -> None:
    assert meaning(title, unit) == found


@pytest.mark.parametrize(("title", "unit"), [("Temperatur", "Grad Wärme"), ("", "%"), ("🌡", "°C")])
def test_an_unknown_unit_or_title_is_refused(title: str, unit: str) -> None:
    with pytest.raises(ValueError, match=r"unit|title"):
        meaning(title, unit)


def test_the_way_of_a_person_is_not_stored() -> None:
    items = read([{"_id": BOX, "exposure": "mobile", "sensors": []}])
    assert len(items) == 1
    assert "mobile" in reasons(items)[0]
    assert read([{"_id": BOX, "exposure": "indoor", "sensors": []}]) == []
    assert read([{"_id": BOX, "exposure": "indoor", "sensors": []}], with_indoor=True)


def test_odd_boxes_are_rejected_one_by_one() -> None:
    last = {"value": "1", "createdAt": "gestern"}
    sensors = [
        7,
        {"title": "x", "lastMeasurement": "5e6073fe"},
        {"title": "Regen", "unit": "mm", "lastMeasurement": last},
    ]
    items = read(
        [7, {"name": "x"}, {"_id": ""}, {"_id": BOX, "sensors": None}, {"_id": BOX, "sensors": sensors}]
    )
    assert len(reasons(items)) == 7
    assert not readings(items)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html></html>", SAMPLE[:300], b'{"code":"NotFound","message":"Box not found"}', b"[" * 200_000],
)
def test_an_unusable_answer_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


def test_addresses_and_settings() -> None:
    assert connector.requests is not None
    assert connector.check_options is not None
    options = {"boxes": [BOX], "latitude": 51.95, "longitude": 14.72, "radius": 7.5}
    assert [request.url for request in connector.requests(options)] == [
        f"https://api.opensensemap.org/boxes/{BOX}",
        "https://api.opensensemap.org/boxes?near=14.72,51.95&maxDistance=7500&full=true",
    ]
    assert connector.check_options(options) == []
    assert connector.check_options({"boxes": ["../x"]})[0].startswith("boxes, line 1")
    assert connector.check_options({**options, "latitude": 99})[0].startswith("area")


@given(st.text(max_size=40), st.text(max_size=20))
@settings(max_examples=100, deadline=None)
def test_any_title_is_understood_or_refused(title: str, unit: str) -> None:
    with suppress(ValueError):
        assert all(meaning(title, unit))


@needs_recorded
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.json")), ids=lambda path: path.name)
def test_every_recorded_file_gives_items_or_a_reason(path: Path) -> None:
    if path.name == "boxes_sample.json":
        assert readings(read(path.read_bytes()))
    else:
        with pytest.raises(SourceError, match=r"no sensor box|sensor\.community"):
            read(path.read_bytes())


@needs_recorded
def test_a_recorded_box_gives_its_values() -> None:
    found = {r.observed_property: r for r in readings(read((RECORDED / "boxes_sample.json").read_bytes()))}
    assert {name: (r.result, r.unit) for name, r in found.items()} == {
        "pm10": (3.3, "ug/m3"),
        "pm2_5": (0.9, "ug/m3"),
        "air_temperature": (6.58, "Cel"),
        "relative_humidity": (53.76, "%"),
        "station_pressure": (96937.66, "Pa"),
    }
    assert found["pm10"].phenomenon_time == datetime(2020, 10, 17, 10, 49, 51, 627000, tzinfo=UTC)
