"""The flood portal of Brandenburg is read out of its page."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stadtkern.connectors.brandenburg_flood.connector import connector, unescaped
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station, Threshold

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "lhp"
SAMPLE = Path(__file__).with_name("sample.php").read_bytes()
RECEIVED = datetime(2026, 11, 23, 10, tzinfo=UTC)


def parse(body: bytes, **context: object) -> list[Item]:
    """Read an answer that came on 23 November 2026."""
    return list(connector.parse(body, Context(**{"received": RECEIVED} | context)))  # type: ignore[arg-type]  # settings


def recorded(name: str) -> bytes:
    """Return a recorded file, or skip."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip("no recorded answers here")
    return path.read_bytes()


def test_recorded_page_gives_guben() -> None:
    """Guben 2 with level, discharge with decimal comma, alarm class, river and position."""
    station, *readings = parse(recorded("bb_start_php_SYNTHETIC.html"))
    assert isinstance(station, Station)
    assert (station.thing, station.name, station.properties) == (
        "6602800",
        "Guben 2",
        {"river": "Lausitzer Neiße"},
    )
    assert station.longitude == pytest.approx(14.70, abs=0.02)
    assert station.latitude == pytest.approx(51.95, abs=0.02)
    assert {r.observed_property: (r.result, r.unit) for r in readings if isinstance(r, Reading)} == {
        "water_level": (152, "cm"),
        "discharge": (14.2, "m3/s"),
        "flood_alarm_class": (0, "1"),
    }
    assert {r.phenomenon_time for r in readings if isinstance(r, Reading)} == {
        datetime(2026, 10, 1, 10, tzinfo=UTC)
    }


def test_recorded_list_gives_the_stations_of_guben() -> None:
    """Guben 2 and Gubin are known by the numbers that Brandenburg uses."""
    stations = {s.thing: s for s in parse(recorded("pegel_list.json")) if isinstance(s, Station)}
    assert stations["6602800"].name == "Guben 2"
    assert "Gubin" in stations["151140010"].name
    assert "6602200" in stations
    assert len(stations) > 1000


def test_recorded_examples_of_the_joint_portal() -> None:
    """A gauge of Hesse with "today, 11:30" and positions of others."""
    items = parse(recorded("schema_examples.json"))
    (reading,) = [i for i in items if isinstance(i, Reading)]
    assert (reading.thing, reading.result, reading.unit) == ("24820206", 12, "cm")
    assert reading.phenomenon_time == datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert {s.thing for s in items if isinstance(s, Station)} >= {"CH_2155", "SH_114289", "HE_41700105"}


def test_alarm_levels_are_thresholds() -> None:
    """Four levels with rising severity."""
    levels = [t for t in parse(SAMPLE) if isinstance(t, Threshold)]
    assert [(t.name, t.value, t.unit, t.severity) for t in levels] == [
        ("A1", 300, "cm", 1), ("A2", 350, "cm", 2), ("A3", 400, "cm", 3), ("A4", 450, "cm", 4)
    ]  # fmt: skip


def test_alarm_class_counts_only_where_there_are_levels() -> None:
    """The page writes a class for every gauge, but it means something for few."""
    classes = [
        r.thing
        for r in parse(SAMPLE)
        if isinstance(r, Reading) and r.observed_property == "flood_alarm_class"
    ]
    assert classes == ["9990001"]


def test_names_are_readable() -> None:
    """Latin-9 bytes, JavaScript escapes and HTML entities."""
    assert [s.name for s in parse(SAMPLE) if isinstance(s, Station)] == [
        "Musterhausen Brücke",
        "Böhmhof, Wehr 'oben'",
    ]
    assert unescaped(r"Nei\u00dfe \x41 \'a\' &auml; \\") == "Neiße A 'a' ä \\"
    assert unescaped(r"\ud83c") == "\ufffd"


@pytest.mark.parametrize(("received", "hour"), [("2026-10-25T00:40+00:00", 0), ("2026-10-25T01:40+00:00", 1)])
def test_doubled_hour_is_resolved_by_the_time_of_receipt(received: str, hour: int) -> None:
    """02:30 in the night in which summer time ends cannot lie in the future."""
    reading = next(
        i for i in parse(SAMPLE, received=datetime.fromisoformat(received)) if isinstance(i, Reading)
    )
    assert reading.phenomenon_time == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_chosen_gauges_only() -> None:
    """An editor lists what the town wants."""
    assert {i.thing for i in parse(SAMPLE, options={"stations": ["9990002"]}) if isinstance(i, Station)} == {
        "9990002"
    }


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"wert: '312'", b"wert: 'Eis'", 'value is not a number: "Eis"'),
        (b"wert: '312'", b"wert: '3,1,2'", "value is not a number"),
        (b"wert: '312'", b"wert: '12.5'", "decimal mark"),
        (b"'25.10.2026'", b"'31.02.2026'", "not a time"),
        (b"pkz: '9990001'", b"pkz: ''", "no number"),
        (b"alarm1: '300'", b"alarm1: 'x'", "not a number"),
    ],
)
def test_bad_value_is_rejected_and_the_rest_is_kept(old: bytes, new: bytes, reason: str) -> None:
    """The other gauge is read as always."""
    assert old in SAMPLE
    items = parse(SAMPLE.replace(old, new))
    (rejected,) = [i for i in items if isinstance(i, Rejected)]
    assert reason in rejected.reason
    assert [i.result for i in items if isinstance(i, Reading) and i.thing == "9990002"] == [-7]


def test_page_cut_off_in_the_middle_of_a_gauge() -> None:
    """The first gauge is kept, the second is told."""
    items = parse(SAMPLE[: SAMPLE.index(b"pkz: '9990002'") + 5])
    assert [i.reason for i in items if isinstance(i, Rejected)] == ["the gauge is cut off"]
    assert {i.thing for i in items if isinstance(i, Reading)} == {"9990001"}


@pytest.mark.parametrize("body", [b"<html><h1>Wartung</h1></html>", b"", b'{"ID": ["HE"]}'])
def test_page_without_gauges_is_told(body: bytes) -> None:
    """Maintenance, nothing, or another answer of the joint portal."""
    with pytest.raises(SourceError, match="no gauges"):
        parse(body)


def test_wrong_settings_are_told() -> None:
    """When an editor saves the source."""
    assert connector.check_options is not None
    assert not connector.check_options({"stations": ["6602800"]})
    assert len(connector.check_options({"stations": ["Guben 2"]})) == 1
