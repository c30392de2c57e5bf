"""Where in a grid of cells the titles, the header rows, the rows and the footnotes are."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from stadtkern.base.tables import number_marks
from stadtkern.tables.convert import cell_text
from stadtkern.tables.model import Hints, Problem
from stadtkern.tables.sources import Grid
from stadtkern.tables.values import MORE_NULLS, NULLS

MOST_HEADERS = 4
_MISSING = frozenset(NULLS) | frozenset(MORE_NULLS)
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2})?.*)?|\d{1,2}:\d{2}(:\d{2})?")
_YES_NO = frozenset(["ja", "nein", "tak", "nie", "true", "false", "wahr", "falsch", "yes", "no"])
_TOTAL = re.compile(
    r"(summe|gesamt|gesamtsumme|insgesamt|total|razem|ogółem|ogolem|suma)\b[: ]*", re.IGNORECASE
)
_FOOTNOTE = re.compile(
    r"(\*|\d\)|¹|²|quelle|hinweis|anmerkung|stand\b|fußnote|legende|©|źródło|zrodlo|uwaga|source|note|copyright|"
    r"datenstand|erstellt|lizenz|herausgeber|statistisches)",
    re.IGNORECASE,
)
_LONG_NOTE = 40
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_HALF = 0.5
_NEARLY = 0.8
_FIRST_ROWS = 30


@dataclass(slots=True)
class Layout:
    """Lines above the header, header rows, lines below the rows, a title for each column.

    And the rows as texts.
    """

    skip_rows: int
    header_rows: int
    footer_rows: int
    titles: list[str]
    body: list[list[object]]
    problems: list[Problem] = field(default_factory=list)


def layout(grid: Grid, hints: Hints) -> Layout:
    """Find out the structure of a grid; what `hints` say is not looked for."""
    top = [[_text(cell) for cell in row] for row in grid.top]
    width = _width(top)
    top = [row[:width] + [""] * (width - len(row)) for row in top]
    _spread_merged(top, grid.merged, width)
    skip = _skip(top) if hints.skip_rows is None else hints.skip_rows
    if hints.header_rows is None:
        headers = _headers(top[skip:], width)
        if hints.skip_rows is None and headers:
            lifted = _lifted(top, skip)
            skip, headers = skip - lifted, headers + lifted
    else:
        headers = hints.header_rows
    first = skip + headers
    end = top[first:] if grid.has_end_in_top else [[_text(cell) for cell in row] for row in grid.end]
    footer, notes = _footer(end, width)
    body = grid.top[first : len(grid.top) - footer] if grid.has_end_in_top and footer else grid.top[first:]
    problems = _problems(skip, headers, notes, grid)
    titles = _titles(top[skip:first], width, _ranges(grid, skip, first))
    return Layout(skip, headers, footer, titles, body, problems)


def _width(rows: list[list[str]]) -> int:
    """Return how many cells most rows have; more where a line at the beginning names more columns."""
    counts = Counter(len(row) for row in rows if any(row))
    if len(counts) > 1:
        counts.pop(1, None)
    width = max(counts.items(), key=lambda item: (item[1], item[0]))[0] if counts else 0
    first = next((row for row in rows[:_FIRST_ROWS] if _filled(row) >= max(1, width * _HALF)), [])
    extent = max((place for place, cell in enumerate(first, 1) if cell), default=0)
    return extent if extent > width and _filled(first) >= extent * _NEARLY else width


def _spread_merged(rows: list[list[str]], merged: Sequence[tuple[int, int, int, int]], width: int) -> None:
    """Write the text of merged cells at the beginning into each of them.

    A title over the whole width stays one cell.
    """
    for top, left, bottom, right in merged:
        if top < _FIRST_ROWS and right - left + 1 < width:
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = [rows[top][left]] * (min(right + 1, width) - left)


def _text(cell: object) -> str:
    return re.sub(r"\s+", " ", cell_text(cell) or "").strip()


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell)


def _skip(rows: list[list[str]]) -> int:
    """Return how many lines stand above the header.

    Empty ones and those with far fewer cells than the rows.
    """
    usual = Counter(_filled(row) for row in rows if _filled(row))
    if not usual:
        return 0
    mode = max(usual.items(), key=lambda item: (item[1] * min(item[0], 4), item[0]))[0]
    least = max(2, mode * _HALF) if mode > 1 else 1
    for place, row in enumerate(rows):
        if _filled(row) >= least:
            return place
    return 0


def _lifted(rows: list[list[str]], skip: int) -> int:
    """Return how many lines above are group titles over some columns.

    Their first cell is empty, another is not.
    """
    count = 0
    while count < MOST_HEADERS - 1 and skip - count > 0:
        row = rows[skip - count - 1]
        if row[0] or not any(row):
            break
        count += 1
    return count


def _is_value(cell: str) -> bool:
    """Return whether a cell is a number, date, time, or yes or no: what a title hardly is."""
    if cell.lower() in _YES_NO or _DATE.fullmatch(cell):
        return True
    bare = cell.rstrip(" %€").removesuffix(" EUR").removesuffix(" zł")
    return bool(bare) and any(letter.isdigit() for letter in bare) and bool(number_marks(bare))


def _headers(rows: list[list[str]], width: int) -> int:
    if not rows:
        return 0
    columns = _value_columns(rows[1:], width)
    if not columns:
        return 1 if _is_title_of_texts(rows) else 0
    if not _is_label(rows[0], columns, rows):
        return 0
    count = 1
    while count < min(MOST_HEADERS, len(rows) - 1) and _is_further(rows[count], columns, rows[count + 1 :]):
        count += 1
    return count


def _value_columns(rows: list[list[str]], width: int) -> list[int]:
    """Return the columns in which most of the cells are values."""
    found = []
    for place in range(width):
        cells = [row[place] for row in rows[:300] if row[place] and row[place] not in _MISSING]
        if len(cells) > MOST_HEADERS:
            cells = cells[MOST_HEADERS:] if len(cells) > 2 * MOST_HEADERS else cells
        if cells and sum(map(_is_value, cells)) > len(cells) * _HALF:
            found.append(place)
    return found


def _is_label(row: list[str], columns: list[int], rows: list[list[str]]) -> bool:
    """Return whether a row names columns.

    No values where values are below, or only years over other numbers.
    """
    cells = [row[place] for place in columns if row[place]]
    values = [cell for cell in cells if _is_value(cell)]
    if not values:
        return _filled(row) > 0
    return len(values) < len(cells) * _HALF or _are_years(values, columns, rows)


def _are_years(values: list[str], columns: list[int], rows: list[list[str]], *, least: int = 3) -> bool:
    numbers = [int(cell) for cell in values if cell.isdigit()]
    if len(numbers) < len(values) or len(numbers) < least:
        return False
    if not all(_FIRST_YEAR <= one <= _LAST_YEAR for one in numbers) or len(set(numbers)) < len(numbers):
        return False
    below = [row[place] for row in rows[1:20] for place in columns if row[place].isdigit()]
    return not below or sum(_FIRST_YEAR <= int(cell) <= _LAST_YEAR for cell in below) < len(below) * _HALF


def _is_further(row: list[str], columns: list[int], below: list[list[str]]) -> bool:
    """Return whether the row after a header row belongs to it: texts, units, years or 1, 2, 3 over values."""
    if not below or not _filled(row):
        return False
    cells = [row[place] for place in columns if row[place] and row[place] not in _MISSING]
    if not cells:
        return False
    if _is_numbering([cell for cell in row if cell]):
        return True
    values = [cell for cell in cells if _is_value(cell)]
    if not values:
        return len(cells) >= min(2, len(columns))
    return len(values) == len(cells) and _are_years(sorted(set(values)), columns, [row, *below], least=2)


def _is_numbering(cells: list[str]) -> bool:
    numbers = [int(cell) for cell in cells if re.fullmatch(r"\d{1,3}", cell)]
    is_row = len(numbers) == len(cells) and len(numbers) > 3  # noqa: PLR2004  (fewer may be a row)
    return is_row and numbers[0] <= 1 and all(b == a + 1 for a, b in pairwise(numbers))


def _is_title_of_texts(rows: list[list[str]]) -> bool:
    """Return whether the first of rows of texts names them: all different, short, and not found below."""
    first = [cell for cell in rows[0] if cell]
    if len(rows) == 1:
        return True
    if not first or len(set(first)) < len(first) or any(len(cell) > 60 for cell in first):  # noqa: PLR2004
        return False
    below = {(place, cell) for row in rows[1:300] for place, cell in enumerate(row)}
    return not any((place, cell) in below for place, cell in enumerate(rows[0]) if cell)


def _footer(rows: list[list[str]], width: int) -> tuple[int, dict[str, int]]:
    """Return how many lines at the end are no rows, and how many of them are totals and notes."""
    count, totals, notes = 0, 0, 0
    if width < 2:  # noqa: PLR2004  (in one column nothing tells a note from a value)
        return 0, {}
    for row in reversed(rows):
        filled = [cell for cell in row if cell]
        if not filled:
            count += 1
        elif is_total(row) and len(filled) > 1:
            totals += 1
            count += 1
        elif len(filled) == 1 and is_note(row):
            notes += 1
            count += 1
        else:
            break
    return (count, {"totals": totals, "notes": notes}) if totals or notes else (0, {})


def is_total(row: Sequence[str]) -> bool:
    """Return whether the first words of a row say that it sums up the others."""
    first = next((cell for cell in row if cell), "")
    return bool(_TOTAL.match(first))


def is_note(row: Sequence[str]) -> bool:
    """Return whether the only text of a row is a footnote: by its words, or because it is long."""
    text = next((cell for cell in row if cell), "")
    return bool(_FOOTNOTE.match(text)) or len(text) > _LONG_NOTE


def _ranges(grid: Grid, skip: int, first: int) -> list[tuple[int, int, int, int]]:
    return [(r0 - skip, c0, r1 - skip, c1) for r0, c0, r1, c1 in grid.merged if skip <= r0 < first]


def _titles(rows: list[list[str]], width: int, merged: list[tuple[int, int, int, int]]) -> list[str]:
    """Return one title for each column: the parts of all header rows, each once."""
    rows = [list(row) for row in rows if not _is_numbering([cell for cell in row if cell])]
    for top, left, bottom, right in merged:
        for place in range(top, min(bottom + 1, len(rows))):
            rows[place][left : right + 1] = [rows[top][left]] * (min(right + 1, width) - left)
    if not merged:
        rows = [_spread(row) if place < len(rows) - 1 else row for place, row in enumerate(rows)]
    return [_joined([row[place] for row in rows]) for place in range(width)]


def _spread(row: list[str]) -> list[str]:
    """Return a row of group titles in which each goes on to the right until the next one."""
    result, last = [], ""
    for cell in row:
        last = cell or last
        result.append(last)
    return result


def _joined(parts: list[str]) -> str:
    title = ""
    for part in dict.fromkeys(part for part in parts if part):
        separator = " " if part.startswith(("[", "(", "in ")) else " – "
        title = f"{title}{separator}{part}" if title else part
    return title


def _problems(skip: int, headers: int, notes: dict[str, int], grid: Grid) -> list[Problem]:
    problems = []
    if skip:
        problems.append(Problem("lines_above", "note", facts={"count": skip}))
    if headers == 0:
        problems.append(Problem("no_header", facts={}, fix={"header_rows": 1}))
    if headers > 1:
        problems.append(Problem("several_header_rows", "note", facts={"count": headers}))
    if notes.get("totals"):
        problems.append(Problem("totals_row", facts={"count": notes["totals"]}, fix={"footer_rows": 0}))
    if notes.get("notes"):
        problems.append(Problem("footnotes", "note", facts={"count": notes["notes"]}, fix={"footer_rows": 0}))
    below = [one for one in grid.merged if one[0] >= skip + headers]
    if below:
        problems.append(Problem("merged_cells", "note", facts={"count": len(below)}))
    return problems
