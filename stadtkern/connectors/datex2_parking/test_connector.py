"""DATEX II car parks: two dialects, tables and statuses, and XML that attacks."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stadtkern.connectors.datex2_parking.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "datex2-parking"
SAMPLE = (Path(__file__).parent / "sample.xml").read_bytes()
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="recorded publications are not here")

REFERENCE = '<parkingFacilityReference id="1"/>'
TIME = "<parkingFacilityStatusTime>2026-01-01T00:00:00Z</parkingFacilityStatusTime>"
BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><d>&c;</d>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>"""


def read(body: bytes, **options: Any) -> list[Item]:  # noqa: ANN401
    return list(connector.parse(body, Context(options=options)))


def recorded(name: str) -> list[Item]:
    return read((RECORDED / name).read_bytes())


def values(items: list[Item], thing: str) -> dict[str, float]:
    return {i.observed_property: i.result for i in items if isinstance(i, Reading) and i.thing == thing}


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Rejected)]


def facility(inner: str) -> bytes:
    return f"<m><x><parkingFacilityStatus>{inner}</parkingFacilityStatus></x></m>".encode()


def test_the_sample_gives_counts_of_the_whole_car_park() -> None:
    items = read(SAMPLE)
    assert values(items, "PH1") == {
        "parking_free": 45.0,
        "parking_occupied": 75.0,
        "parking_capacity": 120.0,
        "parking_open": 1.0,
    }
    first = items[0]
    assert isinstance(first, Reading)
    assert (first.phenomenon_time, first.unit) == (datetime(2026, 11, 23, 12, tzinfo=UTC), "1")


def test_only_the_wanted_car_parks() -> None:
    assert read(SAMPLE, car_parks=["PH2"]) == []
    assert len(read(SAMPLE, car_parks=["PH1", "PH2"])) == 4


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ("<a/>", "names no car park"),
        ('<parkingFacilityReference id="1"/>', "not a time"),
        (
            '<parkingFacilityReference id="1"/><parkingFacilityStatusTime>soon</parkingFacilityStatusTime>',
            "not a time",
        ),
        (
            REFERENCE + TIME,
            "no number of spaces",
        ),
        (
            REFERENCE + TIME + "<totalNumberOfVacantParkingSpaces>NaN</totalNumberOfVacantParkingSpaces>",
            "not a number",
        ),
    ],
)
def test_odd_statuses_are_rejected(inner: str, reason: str) -> None:
    assert reason in reasons(read(facility(inner)))[0]


def test_a_count_below_zero_or_above_the_capacity_is_questionable() -> None:
    count = "<totalNumberOfVacantParkingSpaces>-3</totalNumberOfVacantParkingSpaces>"
    (reading,) = read(facility(REFERENCE + TIME + count))
    assert isinstance(reading, Reading)
    assert (reading.result, reading.quality) == (-3.0, "questionable")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>403</body></html>", "HTML"),
        (b'{"a": 1}', "broken"),
        (SAMPLE[:900], "cut off"),
        (BOMB, "refused"),
        (EXTERNAL, "refused"),
        (b"<rss><channel/></rss>", "no DATEX II"),
        (b"<a>" * 50_000, "cut off"),
        (b'<?xml version="1.0" encoding="no-such-code"?><a/>', "broken"),
    ],
)
def test_an_unusable_answer_is_explained(body: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(body)


def test_addresses() -> None:
    assert connector.requests is not None
    options = {"url": "https://example.org/r.xml", "static_url": "https://example.org/s.xml"}
    assert [(r.name, r.url) for r in connector.requests(options)] == [
        ("static", "https://example.org/s.xml"),
        ("realtime", "https://example.org/r.xml"),
    ]


@needs_recorded
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.xml")), ids=lambda path: path.name)
def test_every_recorded_publication_gives_car_parks_or_counts(path: Path) -> None:
    items = read(path.read_bytes())
    expected = Reading if "realtime" in path.name else Station
    assert any(isinstance(item, expected) for item in items)
    assert set(reasons(items)) <= {"the status tells no number of spaces"}


@needs_recorded
def test_recorded_counts_in_both_dialects() -> None:
    aachen = recorded("aachen-realtime.xml")
    assert values(aachen, "P1") == {
        "parking_free": 412.0,
        "parking_occupied": 148.0,
        "parking_capacity": 560.0,
        "parking_open": 1.0,
    }
    first = next(item for item in aachen if isinstance(item, Reading))
    assert first.phenomenon_time == datetime(2025, 2, 7, 19, 5, 34, 176000, tzinfo=UTC)
    stuttgart = recorded("stuttgart-realtime.xml")
    assert values(stuttgart, "12717289") == {
        "parking_free": 245.0,
        "parking_occupied": 319.0,
        "parking_open": 1.0,
    }
    assert values(stuttgart, "12717253")["parking_open"] == 0.0
    assert len({item.thing for item in stuttgart if isinstance(item, Reading)}) == 40
    assert reasons(stuttgart) == ["the status tells no number of spaces"] * 9
    assert values(recorded("friedrichshafen-sensors-realtime.xml"), "PH19")["parking_free"] == 0.0


@needs_recorded
def test_recorded_tables_name_the_same_car_parks_as_the_statuses() -> None:
    for town in ("aachen", "stuttgart", "vrs_bondorf"):
        places = {item.thing for item in recorded(f"{town}-static.xml") if isinstance(item, Station)}
        counted = {item.thing for item in recorded(f"{town}-realtime.xml") if isinstance(item, Reading)}
        assert places & counted, town
    eurogress = recorded("aachen-static.xml")[0]
    assert isinstance(eurogress, Station)
    assert (eurogress.name, eurogress.longitude, eurogress.properties["capacity"]) == (
        "P01-Eurogress",
        6.0927987,
        560,
    )
    bondorf = recorded("vrs_bondorf-static.xml")[0]
    assert isinstance(bondorf, Station)
    assert (bondorf.thing, bondorf.name) == ("1035", "P+R Bondorf")
    assert values(recorded("vrs_bondorf-realtime.xml"), "1035")["parking_free"] == 215.0
