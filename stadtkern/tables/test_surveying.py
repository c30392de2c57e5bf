"""What a file is and how it would be read: German and Polish files as they come."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from stadtkern.tables import Hints, Plan, Query, TableError, survey
from stadtkern.tables.conftest import GUBEN, TREES, Read, Write

Reader = Callable[..., Read]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "mac-roman"])
def test_german_file_is_understood_in_any_encoding(write: Write, read: Reader, encoding: str) -> None:
    found = read(write("trees.csv", TREES, encoding))
    assert found.kinds == {
        "nr": "integer",
        "ags": "text:ags",
        "baumart": "text",
        "pflanzdatum": "date",
        "hoehe_m": "number",
        "wert_in_eur": "number:currency",
        "naturdenkmal": "boolean",
        "anteil_in_prozent": "number:percent",
    }
    plan = found.survey.plan
    assert (plan.skip_rows, plan.header_rows, plan.footer_rows, plan.delimiter) == (3, 1, 2, ";")
    assert [plan.column(name).unit for name in ("hoehe_m", "wert_in_eur")] == ["m", "EUR"]
    assert found.table.column("hoehe_m").title == "Höhe (m)"


def test_bad_rows_are_kept_apart_with_row_column_value_and_reason(write: Write, read: Reader) -> None:
    found = read(write("trees.csv", TREES, "cp1252"))
    assert found.rejects == [
        ["7", "pflanzdatum", "31.02.1999", "no_such_date"],
        ["8", "hoehe_m", "hoch", "not_a_number"],
        ["17", "", '"Summe', "", "", "", "", "19.574,50", "", '"', "totals_row"],
        ["18", "", '"Quelle: Stadt Guben, Bauamt', "", "", "", "", "", "", '"', "footnote"],
    ]
    assert (found.done.rows, found.done.rejected_rows) == (10, 4)
    rows = found.table.rows(Query(columns=("nr", "pflanzdatum", "wert_in_eur"))).rows
    assert rows[0] == (1, 1, date(1950, 3, 1), 1234.5)
    assert rows[2] == (3, 5, date(2015, 6, 1), None)


def test_plan_goes_through_json_and_back(write: Write) -> None:
    plan = survey(write("trees.csv", TREES), name="trees.csv").plan
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@pytest.mark.parametrize("change", [
    {"format": "exe"}, {"columns": []}, {"columns": [{"source": 0}]}, {"zone": "Mars/Olympus"}, {"header_rows": -1},
    {"delimiter": ";;"}, {"unknown": 1}, {"nulls": "x"}, {"key": ["nope"]}, {"skip_rows": "1"},
    {"columns": [{"source": 0, "name": "a b", "title": ""}]}, {"columns": [{"source": 0, "name": "geometry", "title": ""}]},
    {"columns": [{"source": -1, "name": "a", "title": ""}]}, {"columns": [{"source": 0, "name": "a", "title": "", "kind": "blob"}]},
    {"columns": [{"source": 0, "name": "a", "title": ""}] * 2}, {"geometry": {"how": "xy", "x": "nr", "y": "nope"}},
    {"geometry": {"how": "native", "crs": 1}}, {"geometry": "POINT"},
])  # fmt: skip
def test_plan_that_makes_no_sense_is_refused(write: Write, change: dict[str, object]) -> None:
    plan = survey(write("trees.csv", TREES), name="trees.csv").plan
    with pytest.raises(TableError) as caught:
        Plan.from_json({**plan.to_json(), **change})
    assert caught.value.code == "bad_plan"


def test_three_header_rows_and_merged_cells_of_a_workbook_are_joined(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Bevölkerung")
    sheet.merge_range(0, 0, 0, 4, "Bevölkerung der Ortsteile")
    sheet.merge_range(2, 0, 4, 0, "Ortsteil")
    sheet.merge_range(2, 1, 2, 4, "Einwohner")
    sheet.merge_range(3, 1, 3, 2, "2023")
    sheet.merge_range(3, 3, 3, 4, "2024")
    sheet.write_row(4, 1, ["männlich", "weiblich", "männlich", "weiblich"])
    for row, name in enumerate(["Altstadt", "Reichenbach", "Groß Breesen", "Bresinchen"], 5):
        sheet.write_row(row, 0, [name, 100 + row, 110 + row, 120 + row, 130.5])
    sheet.write_formula(9, 1, "=SUM(B6:B9)", value=432)
    sheet.write(9, 0, "Insgesamt")
    book.close()
    found = read(path)
    assert (found.survey.plan.skip_rows, found.survey.plan.header_rows) == (2, 3)
    assert [column.title for column in found.table.columns] == [
        "Ortsteil", "Einwohner – 2023 – männlich", "Einwohner – 2023 – weiblich", "Einwohner – 2024 – männlich",
        "Einwohner – 2024 – weiblich",
    ]  # fmt: skip
    assert found.done.rows == 4
    assert found.rejects[-1][-1] == "totals_row"
    assert found.table.rows(Query(limit=1)).rows[0] == (1, "Altstadt", 105, 115, 125, 130.5)


def test_units_row_belongs_to_the_header(write: Write, read: Reader) -> None:
    text = "Station;Wasserstand;Abfluss\n;[cm];[m³/s]\nGuben 2;210;12,5\nKlein Bademeusel;180;9,75\n"
    found = read(write("levels.csv", text))
    assert found.survey.plan.header_rows == 2
    assert [column.title for column in found.table.columns] == [
        "Station",
        "Wasserstand [cm]",
        "Abfluss [m³/s]",
    ]
    assert found.table.column("wasserstand_cm").unit == "cm"


def test_file_without_header_says_so_and_keeps_its_first_row(write: Write, read: Reader) -> None:
    found = read(write("plain.csv", "1;2,5;01.01.2024\n2;3,5;02.01.2024\n"))
    assert found.survey.plan.header_rows == 0
    assert "no_header" in found.codes
    assert found.table.rows(Query()).rows == ((1, 1, 2.5, date(2024, 1, 1)), (2, 2, 3.5, date(2024, 1, 2)))


def test_years_as_titles_are_a_header(write: Write, read: Reader) -> None:
    found = read(write("years.csv", "Ort;2021;2022;2023\nGuben;16500;16400;16300\nForst;17900;17800;17700\n"))
    assert found.survey.plan.header_rows == 1
    assert [column.name for column in found.table.columns] == ["ort", "c_2021", "c_2022", "c_2023"]


@pytest.mark.parametrize("encoding", ["cp1250", "iso-8859-2", "utf-8"])
def test_polish_file_is_understood(write: Write, read: Reader, encoding: str) -> None:
    text = (
        "Gmina;TERYT;Kod pocztowy;Data;Powierzchnia [ha];Kwota w zł;Czynne;Uwagi\n"
        "Gubin;0802011;66-620;2024-03-01;1 234,50;12 000,00 zł;tak;brak danych\n"
        "Zgorzelec;0225011;59-900;2024-10-27;987,5;b.d.;nie;ścieżka\n"
        "Krosno Odrzańskie;0802043;66-600;2023-01-15;12,25;7,50 zł;tak;źródło: GUS, łąka\n"
    )
    found = read(write("gminy.csv", text, encoding))
    assert found.kinds == {
        "gmina": "text", "teryt": "text:teryt", "kod_pocztowy": "text:postcode", "data": "date",
        "powierzchnia_ha": "number", "kwota_w_zl": "number:currency", "czynne": "boolean", "uwagi": "text",
    }  # fmt: skip
    rows = found.table.rows(Query()).rows
    assert rows[0] == (1, "Gubin", "0802011", "66-620", date(2024, 3, 1), 1234.5, 12000.0, True, None)
    assert rows[1][-1] == "ścieżka"
    assert found.table.column("kwota_w_zl").unit == "PLN"


def test_keys_keep_their_zeros(write: Write, read: Reader) -> None:
    text = "Schlüssel,ARS,PLZ,Telefon,Wert\n01001000,010010000000,03172,03561 68710,1\n12071160,120710160160,15898,0049 3561,2\n"
    found = read(write("keys.csv", text))
    assert found.kinds == {
        "schluessel": "text:ags",
        "ars": "text:ars",
        "plz": "text:postcode",
        "telefon": "text:phone",
        "wert": "integer",
    }
    assert found.table.rows(Query()).rows[0] == (1, "01001000", "010010000000", "03172", "03561 68710", 1)


def test_thousands_that_may_be_decimals_are_said_with_a_fix(write: Write) -> None:
    found = survey(write("a.csv", "Ort;Menge\nGuben;1.234\nForst;5.678\n"), name="a.csv")
    doubt = next(problem for problem in found.problems if problem.code == "ambiguous_thousands")
    assert found.plan.column("menge").kind == "integer"
    assert doubt.fix is not None
    mended = found.plan.fixed(doubt.fix).column("menge")
    assert (mended.kind, mended.decimal) == ("number", ".")


def test_days_that_may_be_months_are_said_with_a_fix(write: Write) -> None:
    found = survey(write("a.csv", "Ort,Tag\nGuben,01/02/2024\nForst,03/04/2024\n"), name="a.csv")
    doubt = next(problem for problem in found.problems if problem.code == "ambiguous_date")
    assert found.plan.column("tag").format == "%d/%m/%Y"
    assert doubt.fix is not None
    assert found.plan.fixed(doubt.fix).column("tag").format == "%m/%d/%Y"


def test_doubled_and_missing_hours_are_read_and_said(write: Write, read: Reader) -> None:
    text = "Zeit;Wert\n27.10.2024 01:30;1\n27.10.2024 02:30;2\n27.10.2024 02:00;3\n27.10.2024 03:00;4\n31.03.2024 02:30;5\n31.12.2024 24:00;6\n"
    found = read(write("times.csv", text))
    notes = {problem.code: problem.facts for problem in found.done.problems}
    assert notes["ambiguous_time"] == {"count": 2, "rows": [3, 4]}
    assert notes["nonexistent_time"] == {"count": 1, "rows": [6]}
    times = [row[1] for row in found.table.rows(Query()).rows]
    berlin = ZoneInfo("Europe/Berlin")
    assert times[1] == datetime(2024, 10, 27, 2, 30, tzinfo=berlin)
    assert times[2].utcoffset() != times[1].utcoffset()  # type: ignore[attr-defined]  # the clock was put back between
    assert times[5] == datetime(2025, 1, 1, tzinfo=berlin)


def test_moments_with_offset_are_kept_exactly(write: Write, read: Reader) -> None:
    found = read(write("t.csv", "zeit,wert\n2024-06-01T10:00:00Z,1\n2024-06-01T10:00:00+02:00,2\n"))
    assert [row[1].isoformat() for row in found.table.rows(Query()).rows] == [
        "2024-06-01T12:00:00+02:00",
        "2024-06-01T10:00:00+02:00",
    ]  # type: ignore[attr-defined]


def test_json_of_many_shapes_is_read(write: Write, read: Reader) -> None:
    records = [
        {"name": "Guben", "wert": 1.5, "lage": {"ort": "x"}, "liste": [1, 2]},
        {"name": "Forst", "wert": 2},
    ]
    shapes = {
        "records.json": json.dumps(records),
        "nested.json": json.dumps({"success": True, "result": {"total": 2, "records": records}}),
        "lines.jsonl": "\n".join(json.dumps(one) for one in records),
        "lines.json": "\n".join(json.dumps(one) for one in records),
        "keyed.json": json.dumps({f"k{place}": one for place, one in enumerate(records * 11)}),
    }
    for name, text in shapes.items():
        found = read(write(name, text))
        page = found.table.rows(Query(columns=("name", "wert", "lage_ort", "liste"), limit=1))
        assert page.rows[0] == (1, "Guben", 1.5, "x", [1, 2]), name


def test_json_of_lists_has_a_header_row(write: Write, read: Reader) -> None:
    found = read(write("lists.json", json.dumps([["Ort", "Wert"], ["Guben", 1.5], ["Forst", 2.5]])))
    assert found.table.rows(Query()).rows == ((1, "Guben", 1.5), (2, "Forst", 2.5))


def test_xml_of_repeated_records_is_read(write: Write, read: Reader) -> None:
    text = (
        '<?xml version="1.0"?><daten><stand>2024</stand><anlagen>'
        + "".join(
            f'<anlage nr="0{n}"><name>Anlage {n}</name><leistung einheit="kW">{n},5</leistung></anlage>'
            for n in range(1, 5)
        )
        + "</anlagen></daten>"
    )
    found = read(write("a.xml", text))
    assert found.survey.plan.part == "daten/anlagen/anlage"
    assert found.table.rows(Query(limit=1)).rows[0] == (1, "01", "Anlage 1", "kW", 1.5)


def test_xml_with_entities_expands_none(write: Write) -> None:
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><d><r x="1"><v>&b;</v></r><r x="2"><v>2</v></r></d>'
    found = survey(write("bomb.xml", bomb), name="bomb.xml")
    assert all("aaaa" not in text for row in found.raw for text in row)


def test_hints_win_over_what_is_found(write: Write) -> None:
    path = write("a.csv", "x|y\n1|2\n3|4\n")
    found = survey(path, name="a.csv", hints=Hints(bbox=GUBEN, delimiter="|", header_rows=0, skip_rows=1))
    assert (found.plan.header_rows, found.plan.skip_rows) == (0, 1)


def test_large_sample_has_leading_zeros_of_the_middle(write: Write) -> None:
    lines = [f"{number:08d};{number}" for number in range(10_000_000, 10_060_000)]
    lines[30_000] = "01001000;1"
    lines[30_000:30_000] = [f"0{number:07d};1" for number in range(1_000_000, 1_020_000)]
    found = survey(write("a.csv", "Kennung;Wert\n" + "\n".join(lines)), name="a.csv")
    assert found.plan.column("kennung").kind == "text"
