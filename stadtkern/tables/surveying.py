"""Finds out what a file is, and how it would be read."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from stadtkern.tables import sources
from stadtkern.tables.blocks import read_block
from stadtkern.tables.convert import as_text, cell_text
from stadtkern.tables.files import Opened, opened
from stadtkern.tables.guess import Guess, Sample, column_survey, guess, own_mark, usual_mark
from stadtkern.tables.layout import Layout, layout
from stadtkern.tables.model import (
    ColumnPlan,
    GeometryPlan,
    Hints,
    Kind,
    Part,
    Plan,
    Problem,
    Reason,
    Reject,
    Survey,
    TableError,
)
from stadtkern.tables.names import meaning_of, unique_names, unit_of
from stadtkern.tables.sources import Block, Grid, Look, Records
from stadtkern.tables.sources.workbook import plain
from stadtkern.tables.wheres import native, where

SHOWN = 50
_MOST_CELLS = 100_000
_LONGEST = 200


def survey(path: Path, *, name: str, hints: Hints | None = None) -> Survey:
    """Look at the beginning and the end of a file; takes seconds and little memory however large it is.

    Parameters
    ----------
    path
        The uploaded file.
    name
        Under which it was uploaded; only a help, the content decides.
    hints
        What is known already. `part` is a member of a zip, or a sheet, layer or array; of a member's part
        `member::part`.

    Raises
    ------
    TableError
        If it is no table, or not one that may be read.
    """
    hints = hints or Hints()
    member, _, part = hints.part.rpartition("::")
    with opened(path, name, member or _as_member(path, hints.part)) as file:
        inner = replace(hints, part=part if file.member != hints.part else "")
        look = sources.look(file, inner)
        return _survey(file, look, inner, path.stat().st_size)


def _as_member(path: Path, part: str) -> str:
    """Return the part if it is a file of the zip that `path` is."""
    if not part:
        return ""
    try:
        with opened(path) as file:
            return part if part in file.members else ""
    except TableError:
        return ""


def _survey(file: Opened, look: Look, hints: Hints, size: int) -> Survey:
    if isinstance(look.content, Grid):
        shape = layout(look.content, hints)
        samples = _of_grid(look.content, shape)
        problems = [*look.problems, *shape.problems]
        raw = tuple(
            tuple(cell_text(plain(cell)) or "" for cell in row)[:_LONGEST] for row in look.content.top[:SHOWN]
        )
        typed: dict[int, Kind] = {}
    else:
        shape = Layout(0, 0, 0, look.content.titles, [])
        samples, typed = _of_records(look.content)
        problems, raw = list(look.problems), _raw(look.content)
    mark = usual_mark(samples, look.delimiter)
    guesses = [_typed(one, typed.get(one.source), mark, hints) for one in samples]
    geometry, doubts = _where(look, guesses, samples, hints)
    plan = Plan(
        file.format,
        tuple(one.plan for one in guesses),
        member=file.member,
        part=look.part,
        encoding=look.encoding,
        delimiter=look.delimiter,
        quote=look.quote,
        skip_rows=shape.skip_rows,
        header_rows=shape.header_rows,
        footer_rows=shape.footer_rows,
        zone=hints.zone,
        geometry=geometry,
    )
    problems += [problem for one in guesses for problem in one.problems] + doubts
    return _with_rows(
        Survey(
            file.format, size, plan,
            tuple(column_survey(one, sample, hints.zone) for one, sample in zip(guesses, samples, strict=True)),  # noqa: E501
            parts=(*(Part(one, "member") for one in file.members), *look.parts),
            raw=raw, problems=tuple(problems), row_estimate=_rows_in(look, shape),
        ),
        samples,
        look,
    )  # fmt: skip


def _rows_in(look: Look, shape: Layout) -> int | None:
    if look.row_estimate is None:
        return None
    return max(0, look.row_estimate - shape.skip_rows - shape.header_rows - shape.footer_rows)


def _where(
    look: Look, guesses: Sequence[Guess], samples: Sequence[Sample], hints: Hints
) -> tuple[GeometryPlan | None, list[Problem]]:
    content = look.content
    if (
        isinstance(content, Records)
        and content.geometry is not None
        and content.geometry.null_count < len(content.geometry)
    ):
        return native(content.geometry, content.crs, hints)
    return where(guesses, samples, hints)


def _of_grid(grid: Grid, shape: Layout) -> list[Sample]:
    """Return the samples of a grid; native numbers are written with the mark of the texts beside them."""
    width = len(shape.titles)
    rows = [*shape.body, *grid.middle, *grid.end[: len(grid.end) - shape.footer_rows]]
    rows = [row for row in rows if any(cell is not None and cell != "" for cell in row)] if rows else []
    rows = rows[: max(50, _MOST_CELLS // max(1, width))]
    names = unique_names(shape.titles)
    samples = []
    for place, (name, title) in enumerate(zip(names, shape.titles, strict=True)):
        cells = [plain(row[place]) if place < len(row) else "" for row in rows]
        texts = [cell for cell in cells if isinstance(cell, str)]
        is_native = len(texts) < len(cells) and any(isinstance(cell, float | int) for cell in cells)
        decimal = (own_mark([text.strip() for text in texts]) or ".") if is_native else ""
        samples.append(
            Sample(place, name, title, [cell_text(cell, decimal or ".") or "" for cell in cells], decimal)
        )
    return samples


def _of_records(records: Records) -> tuple[list[Sample], dict[int, Kind]]:
    samples: list[Sample] = []
    typed: dict[int, Kind] = {}
    names = unique_names(records.titles)
    for place, (name, title, column) in enumerate(zip(names, records.titles, records.columns, strict=True)):
        kind = _native_kind(column.type)
        texts = [one or "" for one in as_text(column).to_pylist()]
        samples.append(Sample(place, name, title, texts, "." if kind else ""))
        if kind:
            typed[place] = kind
    return samples, typed


def _native_kind(kind: pa.DataType) -> Kind | None:
    """Return the kind of values that have a type already; `None` for texts."""
    types = pa.types
    checks: tuple[tuple[bool, Kind], ...] = (
        (types.is_boolean(kind), "boolean"),
        (types.is_integer(kind), "integer"),
        (types.is_floating(kind) or types.is_decimal(kind), "number"),
        (types.is_date(kind), "date"),
        (types.is_timestamp(kind), "datetime"),
        (types.is_time(kind), "clock"),
        (types.is_nested(kind), "json"),
    )
    return next((name for fits, name in checks if fits), None)


def _typed(sample: Sample, kind: Kind | None, mark: str, hints: Hints) -> Guess:
    """Return the guess of a column; a type that the file itself declares is kept."""
    if kind is None:
        return guess(sample, mark, hints.zone)
    meaning = meaning_of(sample.name)
    is_place = kind in {"number", "integer"} and meaning in {"longitude", "latitude", "easting", "northing"}
    plan = ColumnPlan(
        sample.source, sample.name, sample.title, kind, meaning if is_place else "", ".",
        "iso" if kind == "datetime" else "", unit_of(sample.title) if kind in {"number", "integer"} else "",
    )  # fmt: skip
    return Guess(plan, Reason("declared"))


def _raw(records: Records) -> tuple[tuple[str, ...], ...]:
    columns = [as_text(column.slice(0, SHOWN)).to_pylist() for column in records.columns]
    rows = zip(*columns, strict=True) if columns else ()
    return (tuple(records.titles), *(tuple((cell or "")[:_LONGEST] for cell in row) for row in rows))


def _with_rows(found: Survey, samples: Sequence[Sample], look: Look) -> Survey:
    """Return the survey with the first rows as the plan reads them."""
    count = min(SHOWN, len(samples[0].texts) if samples else SHOWN)
    first = found.plan.skip_rows + found.plan.header_rows + 1
    wkb = look.content.geometry if isinstance(look.content, Records) else None
    if wkb is not None:
        count = min(count, len(wkb))
    block = Block(
        [pa.array(one.texts[:count], pa.string()) for one in samples],
        np.arange(first, first + count, dtype=np.int64),
        geometry=None if wkb is None else wkb.slice(0, count),
    )
    geometry = found.plan.geometry
    if geometry and geometry.how == "address":
        geometry = None
    done = read_block(block, replace(found.plan, geometry=geometry))
    names = [column.name for column in found.plan.columns if column.is_kept]
    columns = [done.table.column(name).to_pylist() for name in names]
    return replace(
        found,
        rows=tuple(zip(*columns, strict=True)) if columns else (),
        rejects=tuple(_unique(done.rejects)),
        problems=(*found.problems, *_odd(columns)),
    )


def _unique(rejects: Sequence[Reject]) -> list[Reject]:
    return list(dict.fromkeys(rejects))


def _odd(columns: Sequence[Sequence[object]]) -> list[Problem]:
    return [Problem("no_rows")] if columns and not columns[0] else []
