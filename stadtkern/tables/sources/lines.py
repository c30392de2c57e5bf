"""CSV and its relatives."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from stadtkern.base.tables import sniff_delimiter
from stadtkern.tables.files import Opened
from stadtkern.tables.model import Hints, Plan, Problem, Reject, TableError
from stadtkern.tables.sources import MOST_COLUMNS, SAMPLE_ROWS, Block, Grid, Look, Numbers
from stadtkern.tables.text import Utf8Stream, guess_encoding

BLOCK = 4_194_304
_HEAD = 1_048_576
_TAIL = 65_536
_PLACES = 3
_ERROR_WORDS = re.compile(r"\b(error|fehler|not found|forbidden|denied|exception|błąd|błędu|nicht gefunden|verweigert)\b", re.IGNORECASE)  # fmt: skip  # noqa: E501
_LONGEST_SHOWN = 500
_SPILT = 30
_MOST = 0.6
_FEW = 5


def look(file: Opened, hints: Hints) -> Look:
    """Look at the beginning, the middle and the end."""
    encoding = hints.encoding or guess_encoding(file.path)
    with Utf8Stream(file.path, encoding) as stream:
        body = stream.read(_HEAD)
        while len(body) < _HEAD and (more := stream.read(_HEAD - len(body))):
            body += more
        mended, nuls, lines = stream.mended, stream.nuls, stream.mended_lines
    text = body.decode("utf-8", errors="ignore")
    size = file.path.stat().st_size
    is_whole = len(body) < _HEAD
    if not is_whole and "\n" not in text and "\r" not in text:
        raise TableError("giant_line", length=len(text))
    delimiter = hints.delimiter or sniff_delimiter(text[:200_000])
    quote = _quote(text, delimiter)
    rows = _rows(text, delimiter, quote, SAMPLE_ROWS + 200)
    _refuse_error_page(rows, text, is_whole=is_whole)
    if not is_whole and len(rows) < SAMPLE_ROWS + 200:
        rows.pop()  # cut off in its middle
    has_end = is_whole and len(rows) < SAMPLE_ROWS + 200
    middle, end = ([], []) if has_end else _elsewhere(file, encoding, delimiter, quote)
    problems = _uneven(rows)
    if mended:
        problems.append(
            Problem("mixed_encoding", facts={"encoding": encoding, "count": mended, "lines": lines})
        )
    if nuls:
        problems.append(Problem("nul_characters", facts={"count": nuls}))
    average = max(1, len(text[:200_000]) / max(1, text[:200_000].count("\n")))
    return Look(
        Grid(list(rows), middle, end, has_end_in_top=has_end),
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        problems=problems,
        row_estimate=len(rows) if has_end else round(size / average / (2 if "16" in encoding else 1)),
    )


def _quote(text: str, delimiter: str) -> str:
    """Return the quotation mark.

    None if quoting swallows many lines, because single marks stand in the text.
    """
    start = text[:200_000]
    single = len(
        re.findall(
            rf"(?:^|{re.escape(delimiter)})'[^'\n]*'(?={re.escape(delimiter)}|\r?$)", start, re.MULTILINE
        )
    )
    if '"' not in start and single > start.count("\n"):
        return "'"
    rows = _rows(start, delimiter, '"', 500)
    spilt = any(
        str(cell).count("\n") > _SPILT and str(cell).count(delimiter) > _SPILT for row in rows for cell in row
    )
    return "" if spilt else '"'


def _uneven(rows: list[list[object]]) -> list[Problem]:
    """Say so where most lines have other numbers of cells than the usual one: this is hardly a table."""
    widths = Counter(len(row) for row in rows if any(str(cell).strip() for cell in row))
    usual, count = widths.most_common(1)[0] if widths else (0, 0)
    share = count / max(1, widths.total())
    if share > _MOST or widths.total() < _FEW:
        return []
    return [Problem("uneven_rows", "error", facts={"cells": usual, "percent": round(100 * share)})]


def _rows(text: str, delimiter: str, quote: str, most: int) -> list[list[object]]:
    before = csv.field_size_limit(_HEAD * 4)  # one limit for the whole process: others rely on theirs
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote or None, quoting=quoting
    )
    rows: list[list[object]] = []
    try:
        for row in reader:
            rows.append(list(row))
            if len(row) > MOST_COLUMNS:
                raise TableError("too_many_columns", count=len(row), allowed=MOST_COLUMNS)
            if len(rows) >= most:
                break
    except csv.Error as error:
        raise TableError("broken_line", line=reader.line_num, text=str(error)[:100]) from error
    finally:
        csv.field_size_limit(before)
    return rows


def _refuse_error_page(rows: list[list[object]], text: str, *, is_whole: bool) -> None:
    """Refuse a few words that a broken server sent instead of a table."""
    filled = [row for row in rows if any(str(cell).strip() for cell in row)]
    if not filled:
        raise TableError("empty")
    widest = max(len(row) for row in filled)
    if is_whole and widest == 1 and len(filled) <= 10 and _ERROR_WORDS.search(text):  # noqa: PLR2004
        raise TableError("error_page", text=text[:200])


def _elsewhere(
    file: Opened, encoding: str, delimiter: str, quote: str
) -> tuple[list[list[object]], list[list[object]]]:
    """Return some whole lines of the middle and the last lines of a large file."""
    size = file.path.stat().st_size
    starts = [size * part // (_PLACES + 1) for part in range(1, _PLACES + 1)]
    middle: list[list[object]] = []
    with file.path.open("rb") as stream:
        for start in starts:
            middle += _lines_at(stream, start - start % 4, encoding, delimiter, quote)[1:-1]
        end = _lines_at(stream, max(0, size - _TAIL - size % 4), encoding, delimiter, quote)[1:]
    return middle, end


def _lines_at(
    stream: io.BufferedReader, start: int, encoding: str, delimiter: str, quote: str
) -> list[list[object]]:
    stream.seek(start)
    wide = {"utf-16": "utf-16-le", "utf-8-sig": "utf-8", "utf-32": "utf-32-le"}.get(encoding, encoding)
    text = stream.read(_TAIL + 4).decode(wide, errors="replace").replace("\x00", "")
    first = text.find("\n")
    try:
        return [[], *_rows(text[first + 1 :], delimiter, quote, 2_000)] if first >= 0 else []
    except TableError:
        return []


def blocks(file: Opened, plan: Plan) -> Iterator[Block]:
    """Give the rows; those with too many or too few cells are rejected unless only empty ones are missing."""
    width = 1 + max(column.source for column in plan.columns)
    names = [f"c{place}" for place in range(width)]
    strange: list[tuple[int, str]] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        strange.append((row.number, row.text))
        return "skip"

    numbering = _Numbering(plan.skip_rows + plan.header_rows)
    with Utf8Stream(file.path, plan.encoding or "utf-8") as stream:
        reader, done = None, 0
        try:
            reader = arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=plan.delimiter or ",",
                    quote_char=plan.quote or False,
                    newlines_in_values=bool(plan.quote),
                    ignore_empty_lines=False,
                    invalid_row_handler=note,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                ),
            )
            for batch in reader:
                numbers = numbering.of(batch.num_rows, strange)
                done += batch.nbytes - 3 * batch.num_rows * width  # offsets of 4 bytes for marks of 1
                yield _block(batch, numbers, numbering.taken(strange), plan, width, min(done, stream.done))
            left = numbering.taken(strange, is_last=True)
            if left:
                empty = pa.RecordBatch.from_pylist([], pa.schema([(name, pa.string()) for name in names]))
                yield _block(empty, np.empty(0, dtype=np.int64), left, plan, width, stream.done)
        except pa.ArrowInvalid as error:
            raise _clear(error, numbering.next) from error
        finally:
            del reader


def _clear(error: pa.ArrowInvalid, row: int) -> TableError:
    text = str(error)
    if "straddling" in text or "block size" in text:
        return TableError("giant_line", row=row)
    if "Empty CSV" in text:
        return TableError("empty")
    return TableError("broken_line", row=row, text=text[:200])


class _Numbering:
    """Numbers rows as they stand in the file, in which some were skipped by the reader."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.next = 1
        self._used = 0

    def of(self, count: int, strange: list[tuple[int, str]]) -> Numbers:
        """Return the numbers of the next `count` good rows."""
        skipped = []
        stop = self.next + count
        for number, _ in strange:
            if number >= stop:
                break
            skipped.append(number)
            stop += 1
        numbers = np.setdiff1d(
            np.arange(self.next, stop, dtype=np.int64), np.array(skipped, dtype=np.int64), assume_unique=True
        )
        self.next = stop
        return numbers

    def taken(self, strange: list[tuple[int, str]], *, is_last: bool = False) -> list[tuple[int, str]]:
        """Take the skipped rows up to here off the list."""
        count = sum(1 for number, _ in strange if is_last or number < self.next)
        rows, strange[:count] = strange[:count], []
        return [row for row in rows if row[0] > self.first]


def _block(  # noqa: PLR0913, PLR0917  (a block and all it was read from)
    batch: pa.RecordBatch,
    numbers: Numbers,
    strange: list[tuple[int, str]],
    plan: Plan,
    width: int,
    done: int,
) -> Block:
    keep = np.flatnonzero(numbers > plan.skip_rows + plan.header_rows)
    if len(keep) < len(numbers):
        batch, numbers = batch.take(pa.array(keep)), numbers[keep]
    columns = list(batch.columns)
    mended, rejects = _mended_rows(strange, plan, width)
    if mended:
        extra = pa.array([number for number, _ in mended])
        order = np.argsort(np.concatenate([numbers, extra.to_numpy()]), kind="stable")
        numbers = np.concatenate([numbers, extra.to_numpy()])[order]
        columns = [
            pa.concat_arrays([column, pa.array([cells[place] for _, cells in mended], pa.string())]).take(
                pa.array(order)
            )
            for place, column in enumerate(columns)
        ]
    return Block(columns, numbers, rejects, done=done)


def _mended_rows(
    strange: list[tuple[int, str]], plan: Plan, width: int
) -> tuple[list[tuple[int, list[str]]], list[Reject]]:
    """Return rows that only lack empty cells at their end, or have more of them, and reject the others."""
    mended: list[tuple[int, list[str]]] = []
    rejects: list[Reject] = []
    for number, text in strange:
        rows = _rows(text, plan.delimiter or ",", plan.quote, 1)
        cells = [str(cell) for cell in rows[0]] if rows else []
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            mended.append((number, cells[:width]))
        elif width > len(cells) > width / 2:
            mended.append((number, cells + [""] * (width - len(cells))))
        else:
            code = "too_many_cells" if len(cells) > width else "too_few_cells"
            rejects.append(Reject(number, "", text.strip()[:_LONGEST_SHOWN], code))
    return mended, rejects
