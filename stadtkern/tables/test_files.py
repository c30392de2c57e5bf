"""Files that are not what they seem: every one ends in a clear code, and nothing is left behind."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from stadtkern.tables import Cancelled, Hints, Progress, Query, Table, TableError, ingest, survey
from stadtkern.tables.conftest import TREES, Read, Write

Reader = Callable[..., Read]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(**members: bytes | str) -> bytes:
    """Return a zip of members; a double underscore before its ending stands for a point."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(re.sub(r"__(\w+)$", r".\1", name), content)
    return body.getvalue()


def named(name: str, content: bytes) -> bytes:
    """Return a zip of one member with any name."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return body.getvalue()


def flagged_encrypted() -> bytes:
    """Return a zip whose member says that it needs a password."""
    body = bytearray(zipped(a__csv="x;y\n1;2\n"))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = body.find(mark) + (6 if mark == b"PK\x03\x04" else 8)
        body[at] |= 1
    return bytes(body)


BAD: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "empty"),
    "blank.csv": (b" \r\n \r\n\t\r\n", "empty"),
    "nul.csv": (b"\x00" * 500, "empty"),
    "page.csv": (b"<!DOCTYPE html><html><body>404</body></html>", "is_html"),
    "page2.csv": (b"\xef\xbb\xbf \n<html><head></head></html>", "is_html"),
    "error.csv": (b"Error 500: internal server error\r\nplease try again\r\n", "error_page"),
    "fehler.csv": ("Fehler: Die Datei wurde nicht gefunden.".encode("cp1252"), "error_page"),
    "paper.csv": (b"%PDF-1.7 ...", "not_a_table"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n....", "not_a_table"),
    "secret.xlsx": (OLE + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 600, "encrypted"),
    "broken.xls": (OLE + b"\x00" * 600, "broken_workbook"),
    "cut.xlsx": (zipped(**{"[Content_Types].xml": "<x/>", "xl/workbook__xml": "<x/>"}), "broken_workbook"),
    "letter.docx": (zipped(**{"[Content_Types].xml": "<x/>", "word/document__xml": "<x/>"}), "not_a_table"),
    "cut.zip": (zipped(a__csv="x;y\n1;2\n" * 999)[:60], "broken_archive"),
    "up.zip": (named("../../etc/cron.d/evil.csv", b"x;y\n1;2\n"), "unsafe_archive"),
    "root.zip": (named("/etc/evil.csv", b"x;y\n1;2\n"), "unsafe_archive"),
    "back.zip": (named("..\\..\\evil.csv", b"x;y\n1;2\n"), "unsafe_archive"),
    "drive.zip": (named("C:\\evil.csv", b"x;y\n1;2\n"), "unsafe_archive"),
    "bomb.zip": (zipped(a__csv=b"0" * 60_000_000), "archive_too_large"),
    "locked.zip": (flagged_encrypted(), "encrypted"),
    "nested.zip": (zipped(a__csv=zipped(b__csv="x;y\n1;2\n")), "nested_archive"),
    "texts.zip": (zipped(a__md="# nothing"), "no_table_in_archive"),
    "half.zip": (zipped(a__shp=b"\x00\x00\x27\x0a" + b"\x00" * 96), "incomplete_shapefile"),
    "alone.shp": (b"\x00\x00\x27\x0a" + b"\x00" * 96, "shapefile_needs_zip"),
    "broken.json": (b'[{"a": 1}, {"a": 2', "broken_json"),
    "words.json": (b'{"a": {"b": 1}, "c": []}', ""),
    "deep.json": (b"[" * 100_000, "broken_json"),
    "broken.xml": (b"<a><b x='1'><c>1</c></b><b x='2'>", "broken_xml"),
    "lonely.xml": (b"<a><b>1</b></a>", "no_records"),
    "wide.csv": ((";".join(f"c{n}" for n in range(100_000)) + "\n" + ";".join("1" * 100_000)).encode(), "too_many_columns"),
    "giant.csv": (b"x;" * 8_000_000, "giant_line"),
    "other.sqlite": (b"SQLite format 3\x00" + b"\x00" * 200, "broken_file"),
    "broken.parquet": (b"PAR1" + b"\x00" * 100, "broken_file"),
    "broken.gz": (gzip.compress(b"x;y\n1;2\n" * 1000)[:-20], "broken_archive"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_file_that_is_no_table_is_refused_with_a_code(write: Write, name: str) -> None:
    body, code = BAD[name]
    if not code:
        assert survey(write(name, body), name=name).plan.columns
        return
    with pytest.raises(TableError) as caught:
        survey(write(name, body), name=name)
    assert caught.value.code == code


def test_bomb_in_gz_stops_while_it_unpacks(write: Write) -> None:
    path = write("bomb.csv.gz", gzip.compress(b"0;1\n" * 20_000_000, compresslevel=9))
    with pytest.raises(TableError) as caught:
        survey(path, name="bomb.csv.gz")
    assert caught.value.code == "archive_too_large"


def test_workbook_that_unpacks_to_too_much_is_refused(write: Write) -> None:
    body = zipped(
        **{
            "[Content_Types].xml": "<x/>",
            "xl/workbook__xml": "<x/>",
            "xl/worksheets/sheet1__xml": b" " * 60_000_000,
        }
    )
    with pytest.raises(TableError) as caught:
        survey(write("bomb.xlsx", body), name="bomb.xlsx")
    assert caught.value.code == "archive_too_large"


def test_zip_offers_its_members_and_reads_the_wanted_one(write: Write, read: Reader) -> None:
    body = zipped(
        **{
            "liesmich__txt": "Hinweise",
            "daten/a__csv": TREES,
            "daten/b__csv": "x;y\n1;2\n3;4\n",
            "__MACOSX/b__csv": "x",
        }
    )
    path = write("all.zip", body)
    found = read(path)
    assert found.survey.plan.member == "daten/a.csv"
    assert [part.name for part in found.survey.parts if part.kind == "member"] == [
        "liesmich.txt",
        "daten/a.csv",
        "daten/b.csv",
    ]
    other = read(path, part="daten/b.csv")
    assert other.table.rows(Query()).rows == ((1, 1, 2), (2, 3, 4))


def test_sheets_of_a_workbook_are_offered(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "two.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("leer")
    for name in ("Eins", "Zwei"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["Ort", "Wert"])
        sheet.write_row(1, 0, [name, 1.5])
    book.close()
    assert read(path).survey.plan.part == "Eins"
    assert read(path, part="Zwei").table.rows(Query()).rows == ((1, "Zwei", 1.5),)
    with pytest.raises(TableError) as caught:
        read(path, part="Drei")
    assert caught.value.code == "no_such_part"


def test_formulas_give_values_and_those_without_are_said(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "sum.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["Ort", "a", "b"])  # type: ignore[union-attr]
    book.active.append(["Guben", 1, "=B2*2"])  # type: ignore[union-attr]
    book.save(path)
    assert "formulas_without_values" in read(path).codes
    counted = tmp_path / "counted.xlsx"
    other = xlsxwriter.Workbook(counted)
    sheet = other.add_worksheet()
    sheet.write_row(0, 0, ["Ort", "a", "b"])
    sheet.write_row(1, 0, ["Guben", 1])
    sheet.write_formula(1, 2, "=B2*2", value=2)
    other.close()
    found = read(counted)
    assert "formulas_without_values" not in found.codes
    assert found.table.rows(Query()).rows == ((1, "Guben", 1, 2),)


def test_errors_of_excel_are_rejected_with_their_own_code(write: Write, read: Reader) -> None:
    lines = "".join(f"Ort {n};{n},5\n" for n in range(20))
    found = read(write("a.csv", f"Ort;Wert\n{lines}Guben;#DIV/0!\n"))
    assert found.rejects == [["22", "wert", "#DIV/0!", "excel_error"]]


def test_rows_with_other_numbers_of_cells_do_not_stop_the_rest(write: Write, read: Reader) -> None:
    text = "a;b;c\n1;2;3\n4;5\n6\n7;8;9;10\n11;12;13;;\n\n14;15;16\n"
    found = read(write("a.csv", text))
    assert found.table.rows(Query()).rows == ((1, 1, 2, 3), (2, 4, 5, None), (3, 11, 12, 13), (4, 14, 15, 16))
    assert [(one[0], one[-1]) for one in found.rejects] == [("4", "too_few_cells"), ("5", "too_many_cells")]


def test_wrong_bytes_in_the_middle_are_mended_and_said(write: Write, read: Reader) -> None:
    lines = [f"Straße {number};{number}".encode() for number in range(100)]
    lines[50] = "Mühle;50".encode("cp1252")
    found = read(write("a.csv", b"Name;Nr\n" + b"\n".join(lines)))
    problem = next(one for one in found.survey.problems if one.code == "mixed_encoding")
    assert problem.facts["lines"] == [52]
    assert found.table.rows(Query(offset=50, limit=1)).rows == ((51, "Mühle", 50),)


def test_nul_characters_are_left_out_and_said(write: Write, read: Reader) -> None:
    found = read(write("a.csv", b"Name;Nr\nGu\x00ben;1\nForst;2\n"))
    assert "nul_characters" in found.codes
    assert found.table.rows(Query(limit=1)).rows == ((1, "Guben", 1),)


def test_giant_line_in_the_middle_leaves_nothing_half_written(write: Write, tmp_path: Path) -> None:
    good = b"".join(b"%d;%d\n" % (number, number) for number in range(200_000))
    path = write("a.csv", b"a;b\n" + good + b"x" * 20_000_000 + b"\n" + good)
    plan = survey(path, name="a.csv").plan
    with pytest.raises(TableError) as caught:
        ingest(path, plan, tmp_path / "out")
    assert caught.value.code == "giant_line"
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_cancelling_stops_between_blocks_and_leaves_nothing(write: Write, tmp_path: Path) -> None:
    path = write("a.csv", b"a;b\n" + b"".join(b"%d;%d,5\n" % (number, number) for number in range(2_000_000)))
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        ingest(
            path,
            survey(path, name="a.csv").plan,
            tmp_path / "out",
            progress=seen.append,
            is_cancelled=lambda: len(seen) >= 1,
        )
    assert 0 < seen[0].rows < 2_000_000
    assert 0 < seen[0].done < seen[0].total
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_folder_that_exists_is_never_written_into(write: Write, tmp_path: Path) -> None:
    path = write("a.csv", "a;b\n1;2\n3;4\n")
    (tmp_path / "out").mkdir()
    with pytest.raises(TableError) as caught:
        ingest(path, survey(path, name="a.csv").plan, tmp_path / "out")
    assert caught.value.code == "folder_exists"


def test_other_file_under_the_same_plan_is_refused(write: Write, tmp_path: Path) -> None:
    plan = survey(write("a.csv", "a;b\n1;2\n3;4\n"), name="a.csv").plan
    other = write("b.csv", json.dumps([{"a": 1}]))
    with pytest.raises(TableError) as caught:
        ingest(other, plan, tmp_path / "out")
    assert caught.value.code == "other_format"


def test_prose_is_said_to_be_hardly_a_table(write: Write) -> None:
    text = "Sehr geehrte Damen und Herren,\nhiermit teilen wir mit, dass, wie besprochen, nichts, aber auch gar nichts\ngeschieht.\nMit Gruß, und Dank,\nA. B.\nX\n"
    assert "uneven_rows" in {
        one.code for one in survey(write("a.txt", text), name="a.txt", hints=Hints()).problems
    }


def test_only_bad_rows_are_an_error_but_no_crash(write: Write, tmp_path: Path) -> None:
    path = write("a.csv", "Ort;Wert\nGuben;1\nForst;2\n")
    plan = survey(path, name="a.csv").plan.with_column("ort", kind="date", format="%d.%m.%Y")
    done = ingest(path, plan, tmp_path / "out")
    assert (done.rows, done.rejected_rows) == (0, 2)
    assert done.problems[0].code == "no_rows"
    assert Table(done.table_path).rows(Query()).rows == ()
