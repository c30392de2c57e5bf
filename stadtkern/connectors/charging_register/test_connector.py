"""Charging register: preamble, decimal commas, old and new columns, devices listed twice."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from stadtkern.connectors.charging_register.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "bnetza-ladesaeulen"
SAMPLE = (Path(__file__).parent / "sample.csv").read_bytes()
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="recorded registers are not here")
HEADER = (
    "Betreiber;Adresse;Postleitzahl Ort;Längengrad [DG];Breitengrad [DG];"
    "Anschlussleistung [kW];Anzahl Ladepunkte"
)


def read(body: bytes, **options: Any) -> list[Item]:  # noqa: ANN401
    return list(connector.parse(body, Context(options=options, received=NOON)))


def values(items: list[Item], thing: str) -> dict[str, float]:
    return {i.observed_property: i.result for i in items if isinstance(i, Reading) and i.thing == thing}


def stations(items: list[Item]) -> dict[str, Station]:
    return {item.thing: item for item in items if isinstance(item, Station)}


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Rejected)]


def test_the_sample_gives_devices_of_the_town_and_sums_of_those_in_operation() -> None:
    items = read(SAMPLE, postcodes=["03172"])
    assert values(items, "900001") == {"charging_points": 2.0, "charging_power": 44.5}
    assert values(items, "total") == {"charging_points": 6.0, "charging_power": 344.5}
    assert set(stations(items)) == {"900001", "900002", "900003", "total"}
    first = stations(items)["900001"]
    assert (first.name, first.longitude, first.latitude) == ("Am Bahnhof 1", 14.7077, 51.9565)
    assert first.properties["address"] == "Am Bahnhof 1, 03172 Guben"
    assert reasons(items) == []
    assert {i.phenomenon_time for i in items if isinstance(i, Reading)} == {
        datetime(2026, 11, 19, 23, tzinfo=UTC)
    }


def test_a_device_listed_twice_or_without_place_is_told() -> None:
    lines = SAMPLE.decode("cp1252").splitlines()
    text = "\n".join([*lines, lines[4], lines[5].replace("900002", "900009").replace("51,944000", "")])
    items = read(text.encode(), postcodes=["03172"])
    assert reasons(items) == ["the id is listed twice; the first row counts", "no usable coordinates"]
    assert values(items, "900009")["charging_points"] == 4.0


def test_a_box_chooses_by_place() -> None:
    assert set(stations(read(SAMPLE, box="12,50,13,51"))) == {"900004", "total"}


def test_old_columns_tell_equal_devices_apart() -> None:
    row = "Stadtwerke;Markt 1;03172 Guben;14,7;51,9;22;2"
    items = read(f"{HEADER}\n{row}\n{row}\n".encode())
    first, second, _total = stations(items)
    assert second == f"{first}-2"
    assert values(items, "total")["charging_points"] == 4.0
    assert next(i for i in items if isinstance(i, Reading)).phenomenon_time == datetime(
        2026, 11, 23, tzinfo=UTC
    )
    assert read(f"{HEADER}\n{row}\n{row}\n".encode()) == items


def test_a_workbook_may_have_lost_the_leading_zero_of_the_postcode() -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet(index=0)
    sheet.append(["Stand: 01.07.2026"])
    sheet.append(HEADER.replace("Postleitzahl Ort", "Postleitzahl").split(";"))
    sheet.append(["Stadtwerke", "Markt 1", 3172, 14.7, 51.9, 22, 2])
    buffer = io.BytesIO()
    book.save(buffer)
    items = read(buffer.getvalue(), postcodes=["03172"])
    assert values(items, "total") == {"charging_points": 2.0, "charging_power": 22.0}
    assert next(i for i in items if isinstance(i, Reading)).phenomenon_time == datetime(
        2026, 6, 30, 22, tzinfo=UTC
    )


def test_bad_numbers_are_rejected_with_their_row() -> None:
    items = read(f"{HEADER}\nStadtwerke;Markt 1;03172 Guben;x;inf;nan;zwei\n".encode())
    rejected = [item for item in items if isinstance(item, Rejected)]
    assert [r.where for r in rejected] == ["row 2", "row 2, points", "row 2, power"]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body>404</body></html>", b"{}", b"a;b;c\n1;2;3\n", b"PK\x03\x04 cut off", SAMPLE[:80]],
)
def test_an_unusable_file_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "postcodes"),
        ({"postcodes": ["Guben"]}, "postcodes, line 1"),
        ({"box": "14,6;51,9"}, "box"),
        ({"box": "15,51,14,52"}, "box"),
    ],
)
def test_wrong_settings_are_named(options: dict[str, Any], message: str) -> None:
    assert connector.check_options is not None
    assert connector.check_options(options)[0].startswith(message)
    if options:
        with pytest.raises(SourceError, match="settings"):
            read(SAMPLE, **options)


def test_settings_and_address_in_order() -> None:
    assert connector.check_options is not None
    assert connector.requests is not None
    assert connector.check_options({"postcodes": ["0317"], "box": "14.6,51.9,14.8,52.0"}) == []
    assert connector.requests({"url": "https://example.org/l.csv"})[0].url == "https://example.org/l.csv"
    assert not connector.requests({})


@needs_recorded
def test_the_recorded_extract_of_three_towns() -> None:
    items = read((RECORDED / "guben_cottbus_gera_2019.csv").read_bytes(), postcodes=["03172"])
    places = stations(items)
    guben = next(s for s in places.values() if s.properties.get("address") == "Bahnhofsberg, 03172 Guben")
    assert (guben.longitude, guben.latitude) == (14.70768, 51.95651)
    assert guben.properties["plugs"] == ["AC Steckdose Typ 2", "AC Steckdose Typ 2"]
    assert values(items, guben.thing) == {"charging_points": 2.0, "charging_power": 44.0}
    assert reasons(items) == []
    everything = read((RECORDED / "guben_cottbus_gera_2019.csv").read_bytes())
    assert len(stations(everything)) == 20  # 19 rows and the sums


@needs_recorded
def test_the_recorded_columns_of_2026() -> None:
    items = read((RECORDED / "register_header_and_2_rows.csv").read_bytes())
    assert values(items, "1010338") == {"charging_points": 2.0, "charging_power": 22.0}
    assert values(items, "1025458") == {"charging_points": 2.0, "charging_power": 93.0}
    place = stations(items)["1010338"]
    assert (place.name, place.longitude, place.latitude) == ("Albwerk", 9.659075, 48.442398)
    assert (place.properties["since"], place.properties["address"]) == (
        "11.01.2020",
        "Am Berg 1, 72535 Heroldstatt",
    )


@needs_recorded
def test_the_recorded_workbook_of_2019() -> None:
    body = (RECORDED / "Ladesaeulenkarte_Datenbankauszug_25__2019-07-19.xlsx").read_bytes()
    items = read(body, postcodes=["03172"])
    extract = read((RECORDED / "guben_cottbus_gera_2019.csv").read_bytes(), postcodes=["03172"])
    assert set(stations(items)) == set(stations(extract))
    assert values(items, "total") == values(extract, "total")
    assert next(i for i in items if isinstance(i, Reading)).phenomenon_time == datetime(
        2019, 7, 18, 22, tzinfo=UTC
    )
