"""XLSX, XLS and ODS: values, never formulas."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice

import numpy as np
import pyarrow as pa
import python_calamine

from stadtkern.tables.convert import cell_text
from stadtkern.tables.files import Opened
from stadtkern.tables.model import Hints, Part, Plan, Problem, TableError
from stadtkern.tables.sources import MOST_COLUMNS, SAMPLE_ROWS, Block, Grid, Look

ROWS = 50_000
_LAST = 200
_FORMULA_SAMPLE = 4_000_000
_NEVER_COUNTED = re.compile(rb"<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>|</c>)")


def look(file: Opened, hints: Hints) -> Look:
    """Look at the wanted sheet, else at the first that has cells."""
    with _book(file) as book:
        parts = tuple(
            Part(name, "sheet", _height(book, name)) for name in book.sheet_names if _is_visible(book, name)
        )
        sheet, part = _sheet(book, hints.part, parts)
        rows = list(islice(_cells(sheet), SAMPLE_ROWS + 200))
        height = sheet.total_height
        has_end = height <= len(rows)
        end = [] if has_end else list(_cells(sheet))[-_LAST:]
        merged = _merged(sheet)
    problems = []
    count = _uncounted_formulas(file)
    if count:
        problems.append(Problem("formulas_without_values", facts={"count": count}))
    if len(parts) > 1:
        problems.append(Problem("several_parts", "note", facts={"parts": [one.name for one in parts]}))
    return Look(
        Grid(rows, [], end, merged, has_end_in_top=has_end),
        part=part,
        parts=parts,
        problems=problems,
        row_estimate=height,
    )


def _book(file: Opened) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_path(str(file.path))
    except python_calamine.PasswordError as error:
        raise TableError("encrypted") from error
    except Exception as error:  # calamine raises many kinds, also plain panics turned into exceptions
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise TableError("encrypted") from error
        raise TableError("broken_workbook", text=str(error)[:150]) from error


def _is_visible(book: python_calamine.CalamineWorkbook, name: str) -> bool:
    for info in book.sheets_metadata:
        if info.name == name:
            return str(info.visible).endswith("Visible") and str(info.typ).endswith("WorkSheet")
    return True


def _height(book: python_calamine.CalamineWorkbook, name: str) -> int:
    return _opened_sheet(book, name).total_height


def _opened_sheet(book: python_calamine.CalamineWorkbook, name: str) -> python_calamine.CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except Exception as error:  # calamine raises many kinds
        raise TableError("broken_workbook", sheet=name, text=str(error)[:150]) from error


def _sheet(
    book: python_calamine.CalamineWorkbook, wanted: str, parts: Sequence[Part]
) -> tuple[python_calamine.CalamineSheet, str]:
    if wanted:
        if wanted not in book.sheet_names:
            raise TableError("no_such_part", part=wanted, parts=list(book.sheet_names))
        return _opened_sheet(book, wanted), wanted
    for part in parts:
        if part.rows:
            return _opened_sheet(book, part.name), part.name
    raise TableError("empty")


def _cells(sheet: python_calamine.CalamineSheet) -> Iterator[list[object]]:
    """Give the rows from the first line of the sheet, whole from column A."""
    start = sheet.start
    if start is None:
        return
    if sheet.total_width > MOST_COLUMNS:
        raise TableError("too_many_columns", count=sheet.total_width, allowed=MOST_COLUMNS)
    for _ in range(start[0]):
        yield []
    left: list[object] = [""] * start[1]
    for row in sheet.iter_rows():
        yield left + list(row)


def _merged(sheet: python_calamine.CalamineSheet) -> tuple[tuple[int, int, int, int], ...]:
    ranges = sheet.merged_cell_ranges or ()
    return tuple((r0, c0, r1, c1) for (r0, c0), (r1, c1) in ranges)


def _uncounted_formulas(file: Opened) -> int:
    """Return how many formulas of an XLSX file have no value.

    Because no office program has counted them yet.
    """
    if file.format != "xlsx":
        return 0
    with zipfile.ZipFile(file.path) as archive:
        count = 0
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                with archive.open(name) as sheet:
                    count += len(_NEVER_COUNTED.findall(sheet.read(_FORMULA_SAMPLE)))
    return count


def blocks(file: Opened, plan: Plan) -> Iterator[Block]:
    """Give the rows of the sheet; merged cells have their value in each of their rows."""
    width = 1 + max(column.source for column in plan.columns)
    marks = {column.source: column.decimal for column in plan.columns}
    first = plan.skip_rows + plan.header_rows
    size = file.path.stat().st_size
    with _book(file) as book:
        sheet, _ = _sheet(book, plan.part, [Part(name, "sheet", 1) for name in book.sheet_names])
        height = max(1, sheet.total_height)
        filled = _Filled(_merged(sheet), first)
        rows = enumerate(_cells(sheet), 1)
        while some := list(islice(rows, ROWS)):
            body = [(number, filled.row(number - 1, row)) for number, row in some if number > first]
            numbers = np.array([number for number, _ in body], dtype=np.int64)
            columns = [
                pa.array([_text(row, place, marks.get(place, ".")) for _, row in body], pa.string())
                for place in range(width)
            ]
            yield Block(columns, numbers, done=size * some[-1][0] // height)


def _text(row: list[object], place: int, decimal: str) -> str | None:
    return cell_text(plain(row[place]), decimal) if place < len(row) else None


def plain(value: object) -> object:
    """Return a cell with lengths of time as `HH:MM:SS`, as a sheet shows them."""
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return value


class _Filled:
    """Fills merged cells of the body downwards and to the right with the value of the first."""

    def __init__(self, merged: Sequence[tuple[int, int, int, int]], first: int) -> None:
        self._starts: dict[int, list[tuple[int, int, int]]] = {}
        for top, left, bottom, right in merged:
            if top >= first:
                self._starts.setdefault(top, []).append((left, bottom, right))
        self._open: list[tuple[int, int, int, object]] = []

    def row(self, number: int, row: list[object]) -> list[object]:
        """Return the row (from 0) with its merged cells filled."""
        for left, bottom, right in self._starts.get(number, ()):
            if left < len(row):
                self._open.append((left, bottom, right, row[left]))
        if not self._open:
            return row
        row = list(row)
        for left, bottom, right, value in self._open:
            if number <= bottom:
                stop = min(right + 1, len(row))
                row[left:stop] = [value] * (stop - left)
        self._open = [one for one in self._open if one[1] > number]
        return row
