"""One module per family of formats: `look` at a file's beginning, give its rows in `blocks`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stadtkern.tables.files import Opened
from stadtkern.tables.model import Hints, Part, Plan, Problem, Reject, TableError

Numbers: TypeAlias = npt.NDArray[np.int64]
MOST_COLUMNS = 2_000
SAMPLE_ROWS = 1_000


@dataclass(slots=True)
class Grid:
    """Cells of a file without names: first rows from the top, some of the middle and the last ones.

    `rest` may be empty; `merged` are ranges (row, column, last row, last column) from 0.
    """

    top: list[list[object]]
    middle: list[list[object]] = field(default_factory=list)
    end: list[list[object]] = field(default_factory=list)
    merged: tuple[tuple[int, int, int, int], ...] = ()
    has_end_in_top: bool = False


@dataclass(slots=True)
class Records:
    """First rows of a file that has names and perhaps types; geometry is WKB in `crs`."""

    titles: list[str]
    columns: list[pa.Array]
    geometry: pa.Array | None = None
    crs: int = 4326


@dataclass(slots=True)
class Look:
    """What `look` saw."""

    content: Grid | Records
    part: str = ""
    parts: tuple[Part, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'
    problems: list[Problem] = field(default_factory=list)
    row_estimate: int | None = None


@dataclass(slots=True)
class Block:
    """Some rows: a column per place in the file, the rows' numbers in it, and rows that are none.

    `geometry` is WKB in the CRS of the plan; `done` how many bytes have been read.
    """

    columns: list[pa.Array]
    numbers: Numbers
    rejects: list[Reject] = field(default_factory=list)
    geometry: pa.Array | None = None
    done: int = 0


def module(form: str) -> ModuleType:
    """Return the module that reads a format; loaded when it is needed first."""
    from importlib import import_module  # noqa: PLC0415  (GDAL and others are slow to load)

    family = {
        "csv": "lines", "xlsx": "workbook", "xls": "workbook", "ods": "workbook", "json": "records", "jsonl": "records",  # noqa: E501
        "geojson": "records", "gpkg": "geo", "shp": "geo", "kml": "geo", "gpx": "geo", "fgb": "geo", "gml": "geo",  # noqa: E501
        "parquet": "columnar", "xml": "markup",
    }  # fmt: skip
    if form not in family:
        raise TableError("not_a_table", format=form)
    return import_module(f"stadtkern.tables.sources.{family[form]}")


def look(file: Opened, hints: Hints) -> Look:
    """Look at the beginning of a file."""
    found: Look = module(file.format).look(file, hints)
    count = width(found.content)
    if count > MOST_COLUMNS:
        raise TableError("too_many_columns", count=count, allowed=MOST_COLUMNS)
    if not count:
        raise TableError("empty")
    return found


def width(content: Grid | Records) -> int:
    """Return how many columns there are."""
    if isinstance(content, Records):
        return len(content.titles) or (1 if content.geometry is not None else 0)
    return max((len(row) for row in content.top), default=0)


def blocks(file: Opened, plan: Plan) -> Iterator[Block]:
    """Give the rows of a file in blocks."""
    found: Iterator[Block] = module(file.format).blocks(file, plan)
    return found
