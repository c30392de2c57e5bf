"""GBFS 2 and 3: discovery, stations, counts; no tracks of single vehicles."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stadtkern.connectors.gbfs.connector import connector
from stadtkern.contracts.connector import Context, Follow, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "gbfs"
SAMPLE = (Path(__file__).parent / "sample.json").read_bytes()
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WITHOUT_COUNTS = {"geofencing_zones.json", "vehicle_types.json"}
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="recorded feeds are not here")


def read(document: object, name: str = "") -> list[Item]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(connector.parse(body, Context(name=name, received=NOON)))


def values(items: list[Item]) -> list[tuple[str, str, float]]:
    return [(i.thing, i.observed_property, i.result) for i in items if isinstance(i, Reading)]


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Rejected)]


def test_the_sample_gives_counts_at_local_times() -> None:
    items = read(SAMPLE)
    assert values(items) == [
        ("bahnhof", "vehicles_available", 4.0),
        ("bahnhof", "docks_available", 6.0),
        ("rathaus", "vehicles_available", 0.0),
    ]
    first = items[0]
    assert isinstance(first, Reading)
    assert first.phenomenon_time == datetime(2026, 11, 23, 12, 0, 2, tzinfo=UTC)


def test_discovery_of_version_2_prefers_german_and_leads_to_the_feeds() -> None:
    def feeds(language: str) -> dict[str, Any]:
        names = ("system_information", "station_status", "free_bike_status", "geofencing_zones")
        return {
            "feeds": [{"name": name, "url": f"https://example.org/{language}/{name}.json"} for name in names]
        }

    items = read({"version": "2.3", "data": {"en": feeds("en"), "de": feeds("de")}})
    assert [(i.request.name, i.request.url) for i in items if isinstance(i, Follow)] == [
        ("system_information", "https://example.org/de/system_information.json"),
        ("station_status", "https://example.org/de/station_status.json"),
        ("free_bike_status", "https://example.org/de/free_bike_status.json"),
    ]


def test_a_feed_at_no_web_address_is_not_followed() -> None:
    items = read({"data": {"feeds": [{"name": "station_status", "url": "file:///etc/passwd"}]}})
    assert not [item for item in items if isinstance(item, Follow)]
    assert "no web address" in reasons(items)[0]


def test_only_vehicles_that_can_be_rented_count() -> None:
    bikes = [{"bike_id": "1"}, {"bike_id": "2", "is_disabled": 1}, {"bike_id": "3", "is_reserved": True}, 7]
    items = read({"data": {"bikes": bikes}})
    assert values(items) == [("system", "vehicles_available", 1.0)]
    assert reasons(items) == ["a vehicle is no object"]


def test_odd_stations_are_rejected_one_by_one() -> None:
    stations = [
        7,
        {"station_id": None},
        {"station_id": "a", "last_reported": None, "num_bikes_available": 1},
        {"station_id": "b", "last_reported": 1764000000, "num_bikes_available": "many"},
        {"station_id": "c", "last_reported": 1764000000, "num_bikes_available": 2},
    ]
    items = read({"data": {"stations": stations}}, name="station_status")
    assert values(items) == [("c", "vehicles_available", 2.0)]
    assert len(reasons(items)) == 4


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>404</body></html>",
        SAMPLE[:200],
        b"[]",
        b"{}",
        b'{"data": []}',
        b'{"data": {"x": 1}}',
        b'{"data": {"stations": 5}}',
        b'{"data": {"bikes": 5}}',
        b'{"last_updated": "x", "data": {"bikes": []}}',
        b"[" * 200_000,
    ],
)
def test_an_unusable_feed_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


def test_address() -> None:
    assert connector.requests is not None
    assert [r.url for r in connector.requests({"url": "https://example.org/gbfs.json"})] == [
        "https://example.org/gbfs.json"
    ]


@needs_recorded
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.json")), ids=lambda path: path.name)
def test_every_recorded_feed_gives_items_or_a_reason(path: Path) -> None:
    if path.name in WITHOUT_COUNTS:
        with pytest.raises(SourceError, match="holds no counts"):
            read(path.read_bytes())
    else:
        items = read(path.read_bytes())
        assert items
        assert reasons(items) == []


@needs_recorded
def test_recorded_feeds_give_their_values() -> None:
    def recorded(name: str) -> list[Item]:
        return read((RECORDED / f"{name}.json").read_bytes())

    assert values(recorded("station_status")) == [
        ("station1", "vehicles_available", 1.0),
        ("station1", "docks_available", 3.0),
        ("station2", "vehicles_available", 6.0),
        ("station2", "docks_available", 8.0),
    ]
    assert values(recorded("test_sample_station_status")) == [
        ("station-1", "vehicles_available", 5.0),
        ("station-1", "docks_available", 15.0),
    ]
    assert values(recorded("vehicle_status")) == [("system", "vehicles_available", 4.0)]
    assert values(recorded("test_sample_free_bikes")) == [("system", "vehicles_available", 1.0)]
    stations = recorded("station_information")
    assert isinstance(stations[1], Station)
    assert (stations[1].name, stations[1].longitude) == ("SE Belmont & SE 10th", -122.655775)
    assert stations[1].properties["capacity"] == 16
    (system,) = recorded("system_information")
    assert isinstance(system, Station)
    assert (system.thing, system.name) == ("system", "Example Bike Rental")
    assert len([item for item in recorded("gbfs") if isinstance(item, Follow)]) == 2
