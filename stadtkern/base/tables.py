"""Reads tables as people save them: CSV in any usual dialect, XLSX, XLS, ODS."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from stadtkern.base.errors import SourceError

Cell: TypeAlias = object
"""Text in a CSV file; text, number, truth value, date or time in a workbook."""
Rows: TypeAlias = list[list[Cell]]

DELIMITERS = (";", ",", "\t", "|")
MAX_ROWS = 500_000
MAX_UNPACKED = 600_000_000
FORMULA = re.compile(r"[=+\-@\t\r]")
NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?", re.IGNORECASE)
_SAMPLE_LINES = 60
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class TableError(SourceError):
    """A file is not a table we can read; the text says why."""


def read_table(body: bytes, *, delimiter: str = "", encoding: str = "", sheet: str = "") -> Rows:
    """Return the rows of a CSV file or workbook.

    Parameters
    ----------
    body
        The whole file.
    delimiter, encoding
        Of a CSV file; empty: found out from its text.
    sheet
        Name of the sheet of a workbook; empty: the first one that is not empty.

    Raises
    ------
    TableError
        If the file is empty, HTML, JSON, broken or too large.
    """
    if not body.strip():
        raise TableError("file is empty")
    if body.startswith((_ZIP, _OLE)):
        return _workbook(body, sheet)
    text = decode(body, encoding)
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<")):
        raise TableError("file is HTML or XML, not a table")
    if start.startswith(("{", "[{")):
        raise TableError("file is JSON, not a table")
    return _csv_rows(text, delimiter or sniff_delimiter(text))


def decode(body: bytes, encoding: str = "") -> str:
    """Return the text of `body`; the encoding is found out by marks and by what is valid, cp1252 in doubt."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = encoding or "utf-16"
    if not encoding:
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError:
            encoding = "cp1252"
    if encoding.lower() in {"utf-8", "utf8"}:
        encoding = "utf-8-sig"
    try:
        return body.decode(encoding, errors="replace" if encoding == "cp1252" else "strict")
    except (UnicodeError, LookupError) as error:
        raise TableError(f"file is not written in {encoding}") from error


def sniff_delimiter(text: str) -> str:
    """Return the mark that parts most lines into the same number of cells, more than one; `;` in doubt.

    Quoted cells count as one. A title above the table or a note below it does no harm.
    """
    lines = [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]
    best, best_score = ";", 0.0
    for delimiter in DELIMITERS:
        widths = Counter(_width(line, delimiter) for line in lines)
        widths.pop(1, None)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        score = count * (1 + min(width, 50) / 100)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _width(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 1


def _csv_rows(text: str, delimiter: str) -> Rows:
    if len(delimiter) != 1:
        raise TableError(f'delimiter must be one character, not "{delimiter[:10]}"')
    rows: Rows = []
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            if len(rows) > MAX_ROWS:
                break
    except csv.Error as error:
        raise TableError(f"file is broken in line {reader.line_num}: {error}") from error
    return _limited(rows)


def _limited(rows: Rows) -> Rows:
    if len(rows) > MAX_ROWS:
        raise TableError(f"file has more than {MAX_ROWS} rows")
    return rows


def _workbook(body: bytes, sheet: str) -> Rows:
    import python_calamine  # noqa: PLC0415  (only for workbooks)

    if body.startswith(_ZIP):
        _refuse_bomb(body)
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            names = _sheet_names(list(book.sheet_names), sheet)
            for name in names:
                rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=MAX_ROWS + 1)
                if rows:
                    return _limited([list(row) for row in rows])
    except TableError:
        raise
    except Exception as error:  # calamine raises many kinds, also plain panics turned into exceptions
        raise TableError(f"workbook is broken: {str(error)[:100]}") from error
    raise TableError("workbook is empty")


def _sheet_names(names: Sequence[str], wanted: str) -> Sequence[str]:
    if not wanted:
        return names
    if wanted not in names:
        raise TableError(f'workbook has no sheet "{wanted}"; it has {", ".join(names)[:150]}')
    return [wanted]


def _refuse_bomb(body: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile as error:
        raise TableError("workbook is broken or cut off") from error
    if size > MAX_UNPACKED:
        raise TableError(f"workbook unpacks to {size} bytes; {MAX_UNPACKED} are allowed")


@lru_cache(maxsize=8192)
def number_marks(text: str) -> str:
    """Return the decimal marks under which `text` is a number: `,`, `.`, both (`,.`) or none.

    `1.234` is both, `12,5` is only `,`, `0.123` only `.`, and `17` is both, since it needs no mark.
    """
    from stadtkern.base.numbers import NumberFormatError, parse_decimal  # noqa: PLC0415

    marks = ""
    for mark, other in ((",", "."), (".", ",")):
        try:
            parse_decimal(text, "," if mark == "," else ".")
        except NumberFormatError:
            continue
        whole = text.strip().lstrip("+-")
        if whole.startswith(f"0{other}"):
            continue
        marks += mark
    return marks


def harmless(value: Cell) -> Cell:
    """Return a cell for a CSV file that no spreadsheet takes for a formula; numbers stay numbers.

    Whoever may give a name to a station could otherwise run something on the machine of who opens the export
    (OWASP, "CSV injection"): an apostrophe in front makes it text.

    >>> harmless("=HYPERLINK(0)"), harmless("-3,5"), harmless(2)
    ("'=HYPERLINK(0)", '-3,5', 2)
    """
    if not isinstance(value, str) or not FORMULA.match(value) or NUMBER.fullmatch(value):
        return value
    return f"'{value}"
