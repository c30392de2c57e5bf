"""Tables: dialects of CSV found out from the text, workbooks, hostile files."""

import csv
import io
import zipfile
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.base.tables import (
    DELIMITERS,
    TableError,
    decode,
    harmless,
    number_marks,
    read_table,
    sniff_delimiter,
)

CELL = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12).map(str.strip)


def saved(rows: list[list[str]], delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue()


@given(
    table=st.integers(2, 6).flatmap(
        lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8)
    ),
    delimiter=st.sampled_from(DELIMITERS),
)
@settings(max_examples=80, deadline=None)
def test_a_table_comes_back_as_it_was_saved(table: list[list[str]], delimiter: str) -> None:
    rows = [["Zeit", *(f"Spalte {n}" for n in range(len(table[0]) - 1))], *table]
    assert read_table(saved(rows, delimiter).encode(), delimiter=delimiter) == rows


@given(
    rows=st.lists(
        st.lists(st.from_regex(r"[A-Za-z0-9äöü]{1,8}", fullmatch=True), min_size=3, max_size=3),
        min_size=2,
        max_size=9,
    ),
    delimiter=st.sampled_from(DELIMITERS),
)
@settings(max_examples=80, deadline=None)
def test_the_delimiter_is_found(rows: list[list[str]], delimiter: str) -> None:
    assert (
        sniff_delimiter("\n".join(["Ein Titel, mit Komma", *(delimiter.join(row) for row in rows)]))
        == delimiter
    )


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_table_or_a_clear_error(body: bytes) -> None:
    with suppress(TableError):
        read_table(body)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_umlauts_survive_the_usual_encodings(encoding: str) -> None:
    text = "Straße;Größe\nMühlenweg;3,5\n"
    assert decode(text.encode(encoding)) == text


def test_decimal_commas_do_not_look_like_delimiters() -> None:
    assert sniff_delimiter("a;b;c\n1,5;2,5;3,5\n1,5;2,5;3,5\n") == ";"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>503</body></html>", "HTML"),
        (b'{"a": 1}', "JSON"),
        (b"PK\x03\x04 cut off", "cut off"),
        (b"\xd0\xcf\x11\xe0 broken", "broken"),
        (b'a;b\n"' + b"x" * 200_000, "broken in line"),
    ],
)
def test_what_is_no_table_is_named(body: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_table(body)


def test_a_workbook_gives_cells_with_their_types() -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet(index=0)
    sheet.append(["Zeit", "Wert"])
    sheet.append(["01.02.2026", 1.5])
    buffer = io.BytesIO()
    book.save(buffer)
    assert read_table(buffer.getvalue()) == [["Zeit", "Wert"], ["01.02.2026", 1.5]]
    with pytest.raises(TableError, match='no sheet "Werte"'):
        read_table(buffer.getvalue(), sheet="Werte")


def test_a_workbook_that_unpacks_to_gigabytes_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/s.xml", "w") as file:
        for _ in range(700):
            file.write(b"\x00" * 1_000_000)
    with pytest.raises(TableError, match="unpacks to"):
        read_table(buffer.getvalue())


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("1.234", ",."),
        ("12,5", ","),
        ("12.5", "."),
        ("0.123", "."),
        ("17", ",."),
        ("1.234,5", ","),
        ("x", ""),
    ],
)
def test_decimal_marks_of_one_number(text: str, marks: str) -> None:
    assert number_marks(text) == marks


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(1)"]
)
def test_no_text_becomes_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-3,5", "+12", "-1e-5", "1.234,5", "", "Neiße", 3, -2.5, None, "12-14"])
def test_numbers_and_names_stay_as_they_are(value: object) -> None:
    assert harmless(value) is value
