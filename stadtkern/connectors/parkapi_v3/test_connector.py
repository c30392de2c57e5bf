"""ParkAPI v3 and the lists of single towns: counts, foreign coordinates, nonsense of counters."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.connectors.parkapi_v3.connector import connector
from stadtkern.contracts.connector import Context, Follow, Item, Reading, Rejected, SourceError, Station

SHARED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads"
SAMPLE = (Path(__file__).parent / "sample.json").read_bytes()
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RECORDED = [
    p
    for folder in ("parkapi-v3", "parkapi")
    for p in sorted((SHARED / folder).glob("*"))
    if p.name != "SOURCE.txt"
]
UNREADABLE = {
    "bielefeld.csv": "a table",
    "reutlingen.csv": "a table",
    "hamburg.xml": "XML",
    "city_schema.json": "JSON schema",
    "meta_schema.json": "JSON schema",
}
ONLY_PLACES = {"jena.geojson", "park_raum_check_kehl.geojson", "Dresden.geojson"}
needs_recorded = pytest.mark.skipif(not RECORDED, reason="recorded lists are not here")


def read(document: object, url: str = "", **options: Any) -> list[Item]:  # noqa: ANN401
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(connector.parse(body, Context(options=options, url=url, received=NOON)))


def recorded(name: str, folder: str = "parkapi-v3") -> list[Item]:
    return read((SHARED / folder / name).read_bytes())


def values(items: list[Item], thing: str) -> dict[str, float]:
    return {i.observed_property: i.result for i in items if isinstance(i, Reading) and i.thing == thing}


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Rejected)]


def station(items: list[Item], thing: str) -> Station:
    return next(item for item in items if isinstance(item, Station) and item.thing == thing)


def test_the_sample_gives_counts_places_and_the_next_page() -> None:
    items = read(SAMPLE, url="https://api.example.org/park-api/api/public/v3/parking-sites?limit=2")
    assert values(items, "guben-1") == {"parking_free": 31.0, "parking_capacity": 78.0, "parking_open": 1.0}
    assert values(items, "guben-2") == {}
    assert station(items, "guben-1").longitude == 14.7163
    assert next(i for i in items if isinstance(i, Reading)).phenomenon_time == datetime(
        2026, 11, 23, 12, 58, tzinfo=UTC
    )
    follow = items[-1]
    assert isinstance(follow, Follow)
    assert follow.request.url == "https://api.example.org/api/public/v3/parking-sites?start=102"


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "https://evil.example/x", "/\\evil.example", 7, "file:///etc"]
)
def test_the_next_page_is_on_the_same_service(path: object) -> None:
    items = read({"items": [], "next_path": path}, url="https://api.example.org/v3")
    assert not [item for item in items if isinstance(item, Follow)]


def test_lots_of_the_first_version() -> None:
    lots = [
        {
            "id": "l1",
            "name": "Markt",
            "free": 3,
            "total": 10,
            "state": "closed",
            "coords": {"lat": 51.9, "lng": 14.7},
        }
    ]
    items = read({"last_updated": "2026-11-23T11:00:00", "lots": lots}, timezone="UTC")
    assert values(items, "l1") == {"parking_free": 3.0, "parking_capacity": 10.0, "parking_open": 0.0}
    assert (station(items, "l1").longitude, station(items, "l1").latitude) == (14.7, 51.9)
    assert next(i for i in items if isinstance(i, Reading)).phenomenon_time.hour == 11


def test_odd_entries_are_rejected_one_by_one() -> None:
    rows = [
        7,
        {"free": 1},
        {"id": "a", "free": "many", "total": 9},
        {"id": "b", "free": 1, "timestamp": "now"},
        {"id": "c", "free": 12, "total": 10},
    ]
    items = read(rows)
    assert len(reasons(items)) == 4
    assert [i.quality for i in items if isinstance(i, Reading) and i.thing == "c"] == ["questionable", ""]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>503</body></html>",
        SAMPLE[:200],
        b"{}",
        b'{"items": 5}',
        b'{"result": {}}',
        b"a;b\n1;2\n",
        b'{"crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::999999"}}, "features": []}',
        b"[" * 200_000,
        b'{"crs": {"properties": {"name": "local"}}, "features": []}',
    ],
)
def test_an_unusable_answer_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


def test_address() -> None:
    assert connector.requests is not None
    assert connector.requests({})[0].url.endswith("/v3/parking-sites")
    assert connector.requests({"url": "https://example.org/p.json"})[0].url == "https://example.org/p.json"


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "name",
                    "free",
                    "total",
                    "occupied",
                    "timestamp",
                    "geometry",
                    "properties",
                    "lat",
                    "lon",
                ]
            ),
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False)
            | st.text(max_size=5)
            | st.just([1, [2]])
            | st.just({"coordinates": [14.7, 51.9]}),
        ),
        max_size=4,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_list_gives_items_or_one_clear_line(rows: list[dict[str, Any]]) -> None:
    with suppress(SourceError):
        read(json.dumps(rows).replace("Infinity", "1e999").encode())


@needs_recorded
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_recorded_list_gives_items_or_a_reason(path: Path) -> None:
    if path.name in UNREADABLE:
        with pytest.raises(SourceError, match=UNREADABLE[path.name]):
            read(path.read_bytes())
        return
    items = read(path.read_bytes())
    assert any(isinstance(item, Station) for item in items)
    assert any(isinstance(item, Reading) for item in items) == (path.name not in ONLY_PLACES)
    empty_entries = ["the car park has no key"] if path.name == "basel.json" else []
    assert reasons(items) == empty_entries


@needs_recorded
@pytest.mark.parametrize(
    ("name", "folder", "thing", "found"),
    [
        (
            "realtime-parking-sites.json",
            "parkapi-v3",
            "6c5a1b0b-d83c-4c25-a4af-4db29d7280a8",
            {"parking_occupied": 420.0, "parking_capacity": 549.0, "parking_free": 129.0},
        ),
        (
            "realtime-parking-spots.json",
            "parkapi-v3",
            "pbg-b-familie-w-2-004",
            {"parking_occupied": 1.0, "parking_free": 0.0},
        ),
        ("basel.json", "parkapi-v3", "badbahnhof", {"parking_free": 286.0, "parking_capacity": 750.0}),
        ("ellwangen_sensit.json", "parkapi-v3", "1", {"parking_free": 2.0, "parking_capacity": 45.0}),
        ("freiburg.json", "parkapi-v3", "13", {"parking_free": 56.0, "parking_capacity": 105.0}),
        (
            "kienzler.json",
            "parkapi-v3",
            "unit1676",
            {"parking_free": 10.0, "parking_occupied": 1.0, "parking_capacity": 11.0},
        ),
        (
            "vrn_p_r.json",
            "parkapi-v3",
            "2-2-2-1222006",
            {"parking_free": 234.0, "parking_occupied": 30.0, "parking_capacity": 263.0},
        ),
        ("freiburg.json", "parkapi", "1", {"parking_free": 7.0, "parking_capacity": 312.0}),
        (
            "aarhus.json",
            "parkapi",
            "NORREPORT",
            {"parking_occupied": 56.0, "parking_capacity": 65.0, "parking_free": 9.0},
        ),
    ],
)
def test_recorded_counts(name: str, folder: str, thing: str, found: dict[str, float]) -> None:
    assert values(recorded(name, folder), thing) == found


@needs_recorded
def test_recorded_places_and_times() -> None:
    freiburg = recorded("freiburg.json")
    place = station(freiburg, "13")  # EPSG:25832 in the file
    assert place.longitude == pytest.approx(7.8406, abs=0.01)
    assert place.latitude == pytest.approx(48.0, abs=0.02)
    reading = next(i for i in freiburg if isinstance(i, Reading))
    assert reading.phenomenon_time == datetime(
        2024, 6, 10, 8, 20, tzinfo=UTC
    )  # local time without zone in the file
    assert station(recorded("jena.geojson"), "185").longitude == 11.585954366
    assert len([i for i in recorded("jena.geojson") if isinstance(i, Station)]) == 103
    assert station(recorded("park_raum_check_kehl.geojson"), "1").properties["capacity"] == 13
    vrn = next(i for i in recorded("vrn_p_r.json") if isinstance(i, Reading))
    assert vrn.phenomenon_time == datetime(2026, 7, 6, 17, 6, 28, 985000, tzinfo=UTC)
    full = [
        i for i in recorded("aarhus.json", "parkapi") if isinstance(i, Reading) and i.thing == "BUSGADEHUSET"
    ]
    assert [(i.result, i.quality) for i in full if i.observed_property == "parking_occupied"] == [
        (6187.0, "questionable")
    ]
