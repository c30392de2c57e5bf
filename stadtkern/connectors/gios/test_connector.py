"""The Polish air network: stations, sensors that lead to data, and the index."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stadtkern.connectors.gios.connector import connector
from stadtkern.contracts.connector import Context, Follow, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "gios-poland"
SAMPLE = Path(__file__).with_name("sample.json").read_bytes()
RECEIVED = datetime(2026, 11, 23, 10, tzinfo=UTC)


def parse(body: bytes | object, name: str = "", **options: object) -> list[Item]:
    """Read an answer that came on 23 November 2026."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(connector.parse(raw, Context(name=name, options=options, received=RECEIVED)))


def recorded(name: str) -> bytes:
    """Return a recorded file, or skip."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip("no recorded answers here")
    return path.read_bytes()


def test_recorded_station() -> None:
    """Legnica with its position, which is written as texts."""
    (station,) = parse(recorded("test_sample_station_raw.json"))
    assert isinstance(station, Station)
    assert (station.thing, station.longitude, station.latitude) == ("52", 16.180513, 51.204503)
    assert station.name.startswith("Legnica")
    assert station.properties["region"] == "DOLNOŚLĄSKIE"


def test_recorded_sensor_leads_to_its_data() -> None:
    """Station and pollutant travel in the name of the question."""
    (follow,) = parse(recorded("test_sample_sensor_raw.json"))
    assert isinstance(follow, Follow)
    assert follow.request.url.startswith("https://api.gios.gov.pl/pjp-api/v1/rest/data/getData/291")
    assert follow.request.name == "data:52:NO2"


@pytest.mark.parametrize("wrapped", [True, False])
def test_recorded_index(*, wrapped: bool) -> None:
    """The index of the station and of five pollutants at 20 o'clock summer time."""
    raw = json.loads(recorded("test_sample_aqi_raw.json"))
    readings = [i for i in parse({"AqIndex": raw} if wrapped else raw) if isinstance(i, Reading)]
    assert {r.observed_property for r in readings} == {
        f"air_quality_index{s}"
        for s in ("", "_sulphur_dioxide", "_nitrogen_dioxide", "_pm10", "_pm2_5", "_ozone")
    }
    assert {(r.thing, r.result, r.phenomenon_time) for r in readings} == {
        ("52", 0, datetime(2026, 4, 8, 18, tzinfo=UTC))
    }


def test_doubled_hour_is_resolved_by_the_order() -> None:
    """Newest first: the first 02:00 is winter time, the second summer time."""
    times = [i.phenomenon_time for i in parse(SAMPLE) if isinstance(i, Reading)]
    assert times == [
        datetime(2026, 10, 25, 2, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 0, tzinfo=UTC),
        datetime(2026, 10, 24, 22, tzinfo=UTC),
    ]


def test_name_of_the_question_says_the_station() -> None:
    """Without it the code of the sensor does."""
    assert {i.thing for i in parse(SAMPLE, "data:52:PM10") if isinstance(i, Reading)} == {"52"}
    assert {(i.thing, i.observed_property, i.unit) for i in parse(SAMPLE) if isinstance(i, Reading)} == {
        ("LuPrzyklad", "pm10", "ug/m3")
    }


def test_former_api_is_read_as_well() -> None:
    """Other keys, the same meaning."""
    stations = [
        {
            "id": 52,
            "stationName": "Wzorcowo",
            "gegrLat": "51.2",
            "gegrLon": "16.1",
            "city": {"name": "Wzorcowo"},
        }
    ]
    assert parse(stations) == [
        Station(thing="52", name="Wzorcowo", longitude=16.1, latitude=51.2, properties={"city": "Wzorcowo"})
    ]
    (follow,) = parse([{"id": 7, "stationId": 52, "param": {"paramCode": "PM2.5"}}])
    assert isinstance(follow, Follow)
    assert follow.request.name == "data:52:PM2.5"
    data = {
        "key": "PM2.5",
        "values": [
            {"date": "2026-11-23 10:00:00", "value": 12.5},
            {"date": "2026-11-23 09:00:00", "value": None},
        ],
    }
    (reading,) = parse(data, "data:52:PM2.5")
    assert isinstance(reading, Reading)
    assert (reading.thing, reading.observed_property, reading.result) == ("52", "pm2_5", 12.5)
    index = {
        "id": 52,
        "stSourceDataDate": "2026-11-23 10:00:00",
        "stIndexLevel": {"id": 2},
        "pm10IndexLevel": {"id": 1},
        "pm25IndexLevel": None,
    }
    assert {(i.observed_property, i.result) for i in parse(index) if isinstance(i, Reading)} == {
        ("air_quality_index", 2), ("air_quality_index_pm10", 1)
    }  # fmt: skip


def test_station_without_index_gives_none() -> None:
    """-1 and null mean that nothing was calculated."""
    assert (
        parse(
            {
                "Identyfikator stacji pomiarowej": 52,
                "Wartość indeksu": -1,
                "Wartość indeksu dla wskaźnika O3": None,
            }
        )
        == []
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            {"Kod stanowiska": "LuPrzyklad-PM10-1g", "Data": "2026-10-25 04:00:00", "Wartość": "dużo"},
            "not a number",
        ),
        ({"Kod stanowiska": "LuPrzyklad-PM10-1g", "Data": "25 X", "Wartość": 1}, "not a time"),
        ({"Data": "2026-10-25 04:00:00", "Wartość": 1}, "station or pollutant"),
        (
            {"Kod stanowiska": "LuPrzyklad-XYZ-1g", "Data": "2026-10-25 04:00:00", "Wartość": 1},
            "station or pollutant",
        ),
        (7, "not an object"),
    ],
)
def test_bad_row_is_rejected_and_the_rest_is_kept(row: object, reason: str) -> None:
    """The other hours stay."""
    answer = json.loads(SAMPLE)
    answer["Lista danych pomiarowych"].append(row)
    items = parse(answer)
    (rejected,) = [i for i in items if isinstance(i, Rejected)]
    assert reason in rejected.reason
    assert len([i for i in items if isinstance(i, Reading)]) == 4


def test_other_answer_is_refused() -> None:
    """An error of the service is no data."""
    with pytest.raises(SourceError, match="no stations, sensors, data or index"):
        parse({"error_code": "API-ERR-100003", "error_result": "limit"})


def test_chosen_stations_are_asked_for_sensors_and_index() -> None:
    """Only numbers get into an address."""
    assert connector.requests is not None
    assert [r.name for r in connector.requests({"stations": ["52", "../x"]})] == [
        "stations",
        "sensors:52",
        "index:52",
    ]


def test_wrong_settings_are_told() -> None:
    """When an editor saves the source."""
    assert connector.check_options is not None
    assert not connector.check_options({"stations": ["52"]})
    assert len(connector.check_options({"stations": ["Legnica"]})) == 1
