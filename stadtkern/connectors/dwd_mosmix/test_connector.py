"""MOSMIX forecasts keep the units of the file."""

import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stadtkern.base.units import convert
from stadtkern.connectors.dwd_mosmix.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "dwd-mosmix"
SAMPLE = Path(__file__).with_name("sample.kml").read_bytes()


def parse(body: bytes, *stations: str) -> list[Item]:
    """Read a file, all places or the chosen ones."""
    return list(connector.parse(body, Context(options={"stations": list(stations)})))


def zipped(**files: bytes) -> bytes:
    """Return a KMZ."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.km?")), ids=lambda p: p.name)
def test_recorded_file_gives_plausible_forecasts(path: Path) -> None:
    """Nothing is rejected, temperatures are of this world, all is forecast and says when it was made."""
    items = parse(path.read_bytes())
    assert [i for i in items if isinstance(i, Station) and i.latitude is not None]
    assert not [i for i in items if isinstance(i, Rejected)]
    readings = [i for i in items if isinstance(i, Reading)]
    assert len({r.observed_property for r in readings}) >= 11
    assert all(r.is_forecast and r.result_time and r.result_time < r.phenomenon_time for r in readings)
    temperatures = [
        convert(r.result, r.unit, "Cel") for r in readings if r.observed_property == "air_temperature"
    ]
    assert len(temperatures) >= 240
    assert -40 < min(temperatures) < max(temperatures) < 45


def test_recorded_kmz_begins_with_known_values() -> None:
    """Run of 12 April 2023, 9 o'clock; the first hour is 10 o'clock UTC."""
    path = RECORDED / "MOSMIX_L_LATEST.kmz"
    if not path.exists():
        pytest.skip("no recorded answers here")
    first = next(i for i in parse(path.read_bytes()) if isinstance(i, Reading))
    assert (first.observed_property, first.unit) == ("air_temperature", "K")
    assert first.phenomenon_time == datetime(2023, 4, 12, 10, tzinfo=UTC)
    assert first.result_time == datetime(2023, 4, 12, 9, tzinfo=UTC)


def test_values_and_units_of_the_sample() -> None:
    """Kelvin, pascal and kilojoule become what a town reads by their units."""
    items = parse(SAMPLE)
    assert items[0] == Station(thing="X999", name="MUSTERBRÜCK", longitude=14.71, latitude=51.95)
    last = {i.observed_property: i for i in items if isinstance(i, Reading) and i.phenomenon_time.hour == 12}
    shown = {
        "air_temperature": ("Cel", 4.5),
        "air_pressure": ("hPa", 1011.8),
        "wind_speed": ("km/h", 14.76),
        "global_radiation": ("W/m2", 200),
        "sunshine": ("min", 30),
    }
    for kind, (unit, value) in shown.items():
        assert convert(last[kind].result, last[kind].unit, unit) == pytest.approx(value)
    assert (last["weather_code"].result, last["precipitation"].unit) == (2, "mm")
    assert len([i for i in items if isinstance(i, Reading) and i.observed_property == "wind_gust"]) == 2


def test_one_wrong_number_spoils_no_other() -> None:
    """The hour and the element are named."""
    items = parse(SAMPLE.replace(b"277.05", b"warm"))
    (rejected,) = [i for i in items if isinstance(i, Rejected)]
    assert "warm" in rejected.reason
    assert rejected.where == "X999.temperature 2026-11-23T11:00"
    assert (
        len([i for i in items if isinstance(i, Reading)])
        == len([i for i in parse(SAMPLE) if isinstance(i, Reading)]) - 1
    )


def test_chosen_places_only() -> None:
    """A file may have thousands."""
    assert parse(SAMPLE, "10496") == []
    assert parse(zipped(x=SAMPLE), "X999") == parse(SAMPLE)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<html><body>404</body></html>", "HTML where KML"),
        (SAMPLE[:900], "broken or cut off"),
        (SAMPLE.replace(b"<dwd:TimeStep>2026-11-23T12:00:00.000Z</dwd:TimeStep>", b""), "unexpected form"),
        (SAMPLE.replace(b"<kml:kml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><kml:kml"), "entities"),
        (b"<a/>", "unexpected form"),
        (SAMPLE[: SAMPLE.index(b"  <kml:Placemark>")] + b"</kml:Document></kml:kml>", "no forecasts"),
        (zipped(a=SAMPLE, b=SAMPLE), "2 files"),
        (zipped(a=SAMPLE)[:300], "broken or cut off"),
    ],
)
def test_unusable_file_is_one_clear_line(body: bytes, reason: str) -> None:
    """Nothing half is taken."""
    with pytest.raises(SourceError, match=reason):
        parse(body)


def test_address_of_a_place() -> None:
    """Numbers only: nobody gets elsewhere by a setting."""
    assert connector.requests is not None
    (request,) = connector.requests({"stations": ["10496", "../x"]})
    assert request.url.endswith("/10496/kml/MOSMIX_L_LATEST_10496.kmz")


def test_wrong_settings_are_told() -> None:
    """When an editor saves the source."""
    assert connector.check_options is not None
    assert not connector.check_options({"stations": ["10496", "X999"]})
    assert len(connector.check_options({"stations": ["../x"]})) == 1
