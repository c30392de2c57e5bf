"""PEGELONLINE gives levels, other series, characteristic values and stations."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stadtkern.connectors.pegelonline.connector import connector
from stadtkern.contracts.connector import Context, Reading, Rejected, SourceError, Station, Threshold

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "pegelonline"
SAMPLE = Path(__file__).with_name("sample.json").read_bytes()


def answers() -> dict[str, object]:
    """Return the recorded answers by address."""
    path = RECORDED / "responses_by_url.json"
    return json.loads(path.read_bytes()) if path.exists() else {}


@pytest.mark.parametrize("address", answers())
def test_recorded_answer_gives_stations_or_a_reason(address: str) -> None:
    """Lists, single stations, errors and nothing at all."""
    answer = answers()[address]
    body = json.dumps(answer).encode()
    if answer is None or (isinstance(answer, dict) and "status" in answer):
        with pytest.raises(SourceError, match=r"station not found|unexpected form"):
            list(connector.parse(body, Context()))
        return
    stations = [item for item in connector.parse(body, Context()) if isinstance(item, Station)]
    assert len(stations) == (len(answer) if isinstance(answer, list) else 1)


def test_recorded_station_gives_all_its_series() -> None:
    """Würzburg in July 2023: level, temperatures, velocity, oxygen, acidity, discharge."""
    found = [a for u, a in answers().items() if "915d76e1" in u]
    if not found:
        pytest.skip("no recorded answers here")
    items = list(connector.parse(json.dumps(found[0]).encode(), Context()))
    values = {i.observed_property: (i.result, i.unit) for i in items if isinstance(i, Reading)}
    assert values == {
        "water_level": (159, "cm"),
        "air_temperature": (21.2, "Cel"),
        "water_temperature": (22.1, "Cel"),
        "flow_velocity": (0.58, "m/s"),
        "dissolved_oxygen": (8.4, "mg/L"),
        "ph": (8.1, "[pH]"),
        "discharge": (102, "m3/s"),
    }
    level = next(i for i in items if isinstance(i, Reading))
    assert level.thing == "24300600"
    assert level.phenomenon_time == datetime(2023, 7, 26, 17, 15, tzinfo=UTC)
    station = next(i for i in items if isinstance(i, Station))
    assert (station.name, station.properties["river"]) == ("WÜRZBURG", "MAIN")
    assert station.properties["gauge_zero"] == 164.511
    assert station.latitude == pytest.approx(49.796, abs=0.001)


@pytest.mark.parametrize("path", sorted(RECORDED.glob("test_mock*.json")), ids=lambda p: p.name)
def test_shortened_answers_are_rejected_with_a_reason(path: Path) -> None:
    """Times such as "t1" are no times; the stations are kept."""
    items = list(connector.parse(path.read_bytes(), Context()))
    assert [i for i in items if isinstance(i, Station)]
    assert all("not a time" in i.reason for i in items if isinstance(i, Rejected))
    assert [i for i in items if isinstance(i, Rejected)]


def test_list_of_all_recorded_addresses_is_no_station() -> None:
    """The file as a whole is refused with one line."""
    path = RECORDED / "responses_by_url.json"
    body = path.read_bytes() if path.exists() else b'{"stations.json": []}'
    with pytest.raises(SourceError, match="no stations in the answer"):
        list(connector.parse(body, Context()))


def test_characteristic_values_are_thresholds_with_validity() -> None:
    """High-water mark I is a warning, the mean high water a statistic."""
    found = {i.name: i for i in connector.parse(SAMPLE, Context()) if isinstance(i, Threshold)}
    assert (found["MHW"].value, found["MHW"].unit, found["MHW"].severity) == (512, "cm", 0)
    assert found["M_I"].severity == 1
    assert found["M_I"].valid_from == datetime(2010, 12, 31, 23, tzinfo=UTC)
    assert found["M_I"].valid_to == datetime(2029, 12, 31, 23, tzinfo=UTC)
    assert found["MHW"].valid_to is None


def test_offset_in_the_doubled_hour_is_kept() -> None:
    """The source writes the offset, so nothing is doubtful."""
    level = next(i for i in connector.parse(SAMPLE, Context()) if isinstance(i, Reading))
    assert level.phenomenon_time == datetime(2026, 10, 25, 1, 15, tzinfo=UTC)


def test_history_of_one_series_is_read() -> None:
    """The address says which station and which series."""
    url = (
        "https://www.pegelonline.wsv.de/webservices/rest-api/v2/stations/999001/W/measurements.json?start=P1D"
    )
    body = b'[{"timestamp": "2026-11-23T10:00:00+01:00", "value": 230.0}, {"timestamp": "x", "value": 1}, 7]'
    reading, *others = connector.parse(body, Context(url=url))
    assert isinstance(reading, Reading)
    assert (reading.thing, reading.observed_property, reading.result, reading.unit) == (
        "999001",
        "water_level",
        230,
        "cm",
    )
    assert [type(o) for o in others] == [Rejected, Rejected]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("m+NN", ("water_level_above_sea", "m")), ("m", ("water_level", "m")), ("", ("water_level", "cm"))],
)
def test_changed_unit_is_not_taken_for_centimetres(unit: str, expected: tuple[str, str]) -> None:
    """A height above sea level is another property than a level above the zero point."""
    station = json.loads(SAMPLE)
    station[0]["timeseries"][0]["unit"] = unit
    reading = next(
        i for i in connector.parse(json.dumps(station).encode(), Context()) if isinstance(i, Reading)
    )
    assert (reading.observed_property, reading.unit) == expected


def test_unknown_unit_is_rejected_and_the_rest_is_kept() -> None:
    """One strange series does not spoil the others."""
    station = json.loads(SAMPLE)
    station[0]["timeseries"][0]["unit"] = "Faden"
    items = list(connector.parse(json.dumps(station).encode(), Context()))
    assert [i.reason for i in items if isinstance(i, Rejected)] == ['unknown unit "Faden"']
    assert len([i for i in items if isinstance(i, Reading)]) == 2


def test_stations_and_rivers_are_asked_for() -> None:
    """The settings of an editor are in the address."""
    assert connector.requests is not None
    (request,) = connector.requests({"stations": ["501060", "DRESDEN"], "waters": "ELBE\nODER"})
    assert "ids=501060%2CDRESDEN" in request.url
    assert "waters=ELBE%2CODER" in request.url
