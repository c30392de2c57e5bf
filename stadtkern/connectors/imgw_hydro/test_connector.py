"""The gauges of Poland are read with their local times and alarm levels."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stadtkern.connectors.imgw_hydro.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station, Threshold

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "imgw-pib"
SAMPLE = Path(__file__).with_name("sample.json").read_bytes()
RECEIVED = datetime(2026, 11, 23, 10, tzinfo=UTC)


def parse(body: bytes, **options: object) -> list[Item]:
    """Read an answer that came on 23 November 2026."""
    return list(connector.parse(body, Context(received=RECEIVED, options=options)))


def recorded(name: str) -> bytes:
    """Return a recorded file, or skip."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip("no recorded answers here")
    return path.read_bytes()


def test_recorded_list_has_all_gauges() -> None:
    """609 stations; what is not measured is left out, nothing is rejected."""
    items = parse(recorded("hydrological_stations.json"))
    assert len({i.thing for i in items if isinstance(i, Station)}) == 609
    assert not [i for i in items if isinstance(i, Rejected)]
    assert len([i for i in items if isinstance(i, Reading) and i.observed_property == "water_level"]) > 500


def test_recorded_gubin() -> None:
    """27 cm and 7.08 m³/s on 1 July 2025 at 20:00 Polish summer time."""
    station, *others = parse(recorded("hydrological_stations.json"), stations=["151140010"])
    assert isinstance(station, Station)
    assert (station.name, station.properties) == ("Gubin", {"river": "Nysa Łużycka", "region": "lubuskie"})
    assert (station.longitude, station.latitude) == (14.7069, 51.9719)
    found = {
        r.observed_property: (r.result, r.unit, r.phenomenon_time) for r in others if isinstance(r, Reading)
    }
    assert found["water_level"] == (27, "cm", datetime(2025, 7, 1, 18, tzinfo=UTC))
    assert found["discharge"] == (7.08, "m3/s", datetime(2025, 7, 1, 17, 50, tzinfo=UTC))
    assert "water_temperature" not in found


def test_recorded_details_have_warning_and_alarm_level() -> None:
    """Nowakowo: two levels in UTC, warning at 590 cm, alarm at 630 cm."""
    items = parse(recorded("hydrological_details.json"))
    assert [(r.result, r.phenomenon_time) for r in items if isinstance(r, Reading)] == [
        (539, datetime(2024, 4, 23, 12, 30, tzinfo=UTC)),
        (539, datetime(2024, 4, 23, 12, 40, tzinfo=UTC)),
    ]
    assert [(t.name, t.value, t.severity) for t in items if isinstance(t, Threshold)] == [
        ("stan ostrzegawczy", 590, 1),
        ("stan alarmowy", 630, 3),
    ]
    (station,) = [i for i in items if isinstance(i, Station)]
    assert station.properties["river"] == "Zalew Wiślany"
    assert station.latitude == pytest.approx(54.2305565)


@pytest.mark.parametrize("name", ["hydrological_alerts.json", "weather_stations.json", "rivers.json"])
def test_recorded_other_answers_are_refused(name: str) -> None:
    """Warnings, weather reports and tables of names are no gauges."""
    with pytest.raises(SourceError, match="no gauges"):
        parse(recorded(name))


def test_warning_and_alarm_level_of_the_list() -> None:
    """The list may have them as well, as texts."""
    levels = [(t.name, t.value, t.unit, t.severity) for t in parse(SAMPLE) if isinstance(t, Threshold)]
    assert levels == [("stan ostrzegawczy", 350, "cm", 1), ("stan alarmowy", 400, "cm", 3)]


@pytest.mark.parametrize(("received", "hour"), [("2026-10-25T00:40+00:00", 0), ("2026-10-25T01:40+00:00", 1)])
def test_doubled_hour_is_resolved_by_the_time_of_receipt(received: str, hour: int) -> None:
    """02:30 is the later one unless that lies in the future."""
    context = Context(received=datetime.fromisoformat(received))
    reading = next(i for i in connector.parse(SAMPLE, context) if isinstance(i, Reading))
    assert reading.phenomenon_time == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_hour_that_does_not_exist_is_kept() -> None:
    """A clock that was not put forward is read as such; the value is not lost."""
    times = [i.phenomenon_time for i in parse(SAMPLE, stations="999190040") if isinstance(i, Reading)]
    assert times == [datetime(2026, 3, 29, 1, 10, tzinfo=UTC)]


def test_gauges_of_a_voivodeship() -> None:
    """Small and large letters do not matter, a dash is no river."""
    stations = [i for i in parse(SAMPLE, regions=["ŚLĄSKIE"]) if isinstance(i, Station)]
    assert [(s.thing, dict(s.properties), s.longitude) for s in stations] == [
        ("999190040", {"region": "śląskie"}, None)
    ]


def test_time_zone_may_be_set() -> None:
    """If the service changes to UTC, an editor can follow."""
    reading = next(i for i in parse(SAMPLE, timezone="UTC") if isinstance(i, Reading))
    assert reading.phenomenon_time == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("stan_wody", "n/a", 'value is not a number: "n/a"'),
        ("stan_wody", "1e999", "too large"),
        ("stan_wody", True, "not a number"),
        ("stan_wody_data_pomiaru", "wczoraj", "not a time"),
        ("stan_wody_data_pomiaru", None, "not a time"),
        ("stan_alarmowy", {}, "not a number"),
    ],
)
def test_bad_value_is_rejected_and_the_rest_is_kept(name: str, value: object, reason: str) -> None:
    """Discharge and temperature of the same gauge stay."""
    rows = json.loads(SAMPLE)
    rows[0][name] = value
    items = parse(json.dumps(rows).encode())
    (rejected,) = [i for i in items if isinstance(i, Rejected)]
    assert reason in rejected.reason
    assert {"discharge", "water_temperature"} <= {
        i.observed_property for i in items if isinstance(i, Reading)
    }


def test_details_are_asked_for_chosen_gauges() -> None:
    """Only if an editor wants them."""
    assert connector.requests is not None
    assert len(connector.requests({"stations": ["151140010"]})) == 1
    assert [r.url for r in connector.requests({"stations": ["151140010"], "details": True})][1:] == [
        "https://hydro-back.imgw.pl/station/hydro/status?id=151140010"
    ]


def test_wrong_settings_are_told() -> None:
    """When an editor saves the source."""
    assert connector.check_options is not None
    assert not connector.check_options({"stations": ["151140010"]})
    assert len(connector.check_options({"stations": ["Gubin"]})) == 1
