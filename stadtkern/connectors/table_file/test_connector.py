"""Tables as editors have them: German decimals and dates, the doubled hour of autumn, single mistakes."""

import io
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.connectors.table_file.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

SHARED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads"
OPTIONS: Mapping[str, Any] = {"columns": ["Wert = water_level [cm]"], "time": "Zeit", "thing": "Pegel"}


def read(text: str | bytes, **options: Any) -> list[Item]:  # noqa: ANN401
    body = text.encode() if isinstance(text, str) else text
    return list(connector.parse(body, Context(options={**OPTIONS, **options})))


def values(items: list[Item]) -> list[float]:
    return [item.result for item in items if isinstance(item, Reading)]


def rejected(items: list[Item]) -> list[Rejected]:
    return [item for item in items if isinstance(item, Rejected)]


def test_the_sample_gives_values_units_places_and_the_doubled_hour_in_order() -> None:
    body = (Path(__file__).parent / "sample.csv").read_bytes()
    items = list(connector.parse(body, Context(options=connector.sample_options)))
    levels = [i for i in items if isinstance(i, Reading) and i.observed_property == "water_level"]
    assert [(r.result, r.unit) for r in levels] == [
        (1.24, "m"),
        (1.25, "m"),
        (1.26, "m"),
        (1.27, "m"),
        (1.28, "m"),
    ]
    assert [r.phenomenon_time.strftime("%H:%M") for r in levels] == [
        "21:45",
        "00:15",
        "00:45",
        "01:15",
        "02:00",
    ]
    places = [i for i in items if isinstance(i, Station)]
    assert [(p.name, p.longitude) for p in places] == [("Steg am Mühlgraben", 14.7201), ("Freibad", 14.7099)]
    assert [r.result for r in items if isinstance(r, Reading) and r.thing == "Freibad"] == [24.0, 1204.0]
    broken = list(
        connector.parse(body.replace(b"1,28;11,0", b"1,28;fehlt"), Context(options=connector.sample_options))
    )
    assert [(r.where, r.reason) for r in rejected(broken)] == [
        ("row 8, column Temp.", 'value is not a number: "fehlt"')
    ]


def test_mixed_decimal_marks_are_rejected_with_their_row_and_the_others_kept() -> None:
    items = read(
        "Zeit;Wert\n1.2.2026 10:00;12,5\n1.2.2026 11:00;12,7\n1.2.2026 12:00;12.9\n1.2.2026 13:00;1.234\n"
    )
    assert values(items) == [12.5, 12.7]
    assert [r.where for r in rejected(items)] == ["row 4, column Wert", "row 5, column Wert"]
    assert all("mixed" in r.reason for r in rejected(items))


def test_a_number_with_two_meanings_is_not_guessed() -> None:
    text = "Zeit;Wert\n01.02.2026 10:00;1.234\n"
    assert "decimal mark is not clear" in rejected(read(text))[0].reason
    assert values(read(text, decimal=",")) == [1234.0]
    assert values(read(text, decimal=".")) == [1.234]


def test_as_many_points_as_commas_settle_nothing() -> None:
    items = read("Zeit;Wert\n01.02.2026 10:00;12,5\n01.02.2026 11:00;12.5\n01.02.2026 12:00;7\n")
    assert values(items) == [7.0]
    assert len(rejected(items)) == 2


def test_times_in_two_forms_are_read_in_one_file() -> None:
    items = read("Zeit;Wert\n01.07.2026 12:00;1\n2026-07-01 13:00;2\n01.07.2026 14:00:30;3\n")
    times = [i.phenomenon_time.strftime("%H:%M:%S") for i in items if isinstance(i, Reading)]
    assert times == ["10:00:00", "11:00:00", "12:00:30"]


def test_newest_row_first_resolves_the_doubled_hour_as_well() -> None:
    items = read(
        "Zeit;Wert\n25.10.2026 03:00;4\n25.10.2026 02:30;3\n25.10.2026 02:30;2\n25.10.2026 01:30;1\n"
    )
    times = [i.phenomenon_time.strftime("%H:%M") for i in items if isinstance(i, Reading)]
    assert times == ["02:00", "01:30", "00:30", "23:30"]


def test_a_workbook_with_date_and_time_cells() -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet(index=0)
    for row in (
        ["Zähler"],
        ["Datum", "Zeit", "Wert"],
        [date(2026, 7, 1), time(14, 30), 12.5],
        [date(2026, 7, 2), time(8), "k.A."],
    ):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    items = read(buffer.getvalue(), time="Datum + Zeit")
    readings = [i for i in items if isinstance(i, Reading)]
    assert [(r.phenomenon_time, r.result) for r in readings] == [
        (datetime(2026, 7, 1, 12, 30, tzinfo=UTC), 12.5)
    ]


def test_nan_inf_bad_times_and_short_rows_are_rejected_one_by_one() -> None:
    items = read(
        "Zeit;Wert\n2026-02-30 10:00;1\n2026-02-03 10:00;inf\n;5\n2026-02-03 12:00\n2026-02-03 13:00;9\n"
    )
    assert values(items) == [9.0]
    assert [r.where for r in rejected(items)] == [
        "row 2, column Zeit",
        "row 3, column Wert",
        "row 4, column Zeit",
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"<html><body>Anmeldung</body></html>", "HTML"),
        (b'{"a": 1}', "JSON"),
        (b"a;b\n1;2\n", 'no column "zeit", "wert"; the file has: a, b'),
        (b"Zeit;Wert;Wert\n1;2;3\n", "twice"),
        (b"PK\x03\x04", "cut off"),
    ],
)
def test_an_unusable_file_is_explained(body: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(body)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ["Wert"]}, "columns, line 1"),
        ({"columns": []}, "columns"),
        ({"time": ""}, "time"),
        ({"timezone": "Europe/Guben"}, "timezone"),
        ({"thing": ""}, "thing"),
        ({"time_format": "TT.MM.JJJJ"}, "time_format"),
        ({"header_row": "drei"}, "header_row"),
    ],
)
def test_wrong_settings_are_named(options: dict[str, Any], message: str) -> None:
    assert connector.check_options is not None
    assert [p for p in connector.check_options({**OPTIONS, **options}) if p.startswith(message)]
    with pytest.raises(SourceError, match="settings"):
        read("Zeit;Wert\n", **options)


def test_the_address_is_asked_only_where_there_is_one() -> None:
    assert connector.requests is not None
    assert [r.url for r in connector.requests({"url": "https://example.org/a.csv"})] == [
        "https://example.org/a.csv"
    ]
    assert list(connector.requests({})) == []


@given(
    numbers=st.lists(st.decimals(-9999, 9999, places=1, allow_nan=False), min_size=1, max_size=20),
    mark=st.sampled_from([",", "."]),
    delimiter=st.sampled_from([";", "\t", "|"]),
)
@settings(max_examples=60, deadline=None)
def test_numbers_come_back_whatever_the_dialect(numbers: list[Any], mark: str, delimiter: str) -> None:
    lines = [f"2026-01-{n + 1:02} 10:00{delimiter}{str(v).replace('.', mark)}" for n, v in enumerate(numbers)]
    items = read(f"Zeit{delimiter}Wert\n" + "\n".join(lines))
    assert values(items) == [float(v) for v in numbers]


@given(st.binary(max_size=300))
@settings(max_examples=80, deadline=None)
def test_any_file_gives_items_or_one_clear_line(body: bytes) -> None:
    with suppress(SourceError):
        list(connector.parse(b"Zeit;Wert\n" + body, Context(options=OPTIONS)))


@pytest.mark.skipif(not SHARED.is_dir(), reason="recorded files are not here")
def test_a_recorded_register_of_parking_spaces() -> None:
    body = (SHARED / "parkapi-v3" / "bielefeld.csv").read_bytes()
    options = {
        "columns": ["b_pls_rest = parking_free"],
        "time": "b_pls_zeit",
        "time_format": "%Y-%m-%d-%H.%M.%S.%f",
        "thing_column": "bez",
    }
    readings = [i for i in connector.parse(body, Context(options=options)) if isinstance(i, Reading)]
    found = {r.thing: r for r in readings}["Tiefgarage Kesselbrink"]
    assert (found.result, found.phenomenon_time) == (203.0, datetime(2026, 2, 6, 7, 35, tzinfo=UTC))
