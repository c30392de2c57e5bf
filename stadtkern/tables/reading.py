"""Reads a file by its plan into Parquet."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pyarrow as pa

from stadtkern.tables import sources
from stadtkern.tables.blocks import Note, ReadBlock, read_block, schema_of
from stadtkern.tables.convert import cell_text
from stadtkern.tables.files import opened
from stadtkern.tables.layout import is_total
from stadtkern.tables.model import Cancelled, Geocode, Ingested, Plan, Problem, Progress, Reject, TableError
from stadtkern.tables.sources import Block
from stadtkern.tables.writing import (
    MOST_REJECTS,
    REJECTED,
    TABLE,
    RejectWriter,
    TableWriter,
    columns_of,
    table_schema,
)

_THREADS = 2
_MOST = 0.5
_SHOWN = 200


def ingest(  # noqa: PLR0913  (what is done, and three ways to take part in it)
    path: Path,
    plan: Plan,
    folder: Path,
    *,
    progress: Callable[[Progress], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    geocode: Geocode | None = None,
) -> Ingested:
    """Read `path` as `plan` says into `folder`, which appears only when all is done.

    Parameters
    ----------
    path
        The uploaded file; it is not changed.
    plan
        Of `survey`, perhaps corrected.
    folder
        A folder that does not exist yet; its parent does. Written beside and renamed at the end.
    progress, is_cancelled
        Called after every block of rows (some 100,000).
    geocode
        Finds the places of addresses, where the plan's geometry comes from them.

    Raises
    ------
    Cancelled
        If `is_cancelled` said so.
    TableError
        If the file as a whole cannot be read; rows that cannot be read are listed in `rejected_path`.
    """
    if folder.exists():
        raise TableError("folder_exists", folder=folder.name)
    if not any(column.is_kept for column in plan.columns):
        raise TableError("bad_plan", field="columns", value="")
    beside = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        done = _Reading(path, plan, beside, progress, is_cancelled, geocode).run()
        os.replace(beside, folder)  # noqa: PTH105  (a folder, atomically)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return Ingested(
        folder / TABLE,
        folder / REJECTED if done.rejected_rows else None,
        done.rows,
        done.rejected_rows,
        done.schema,
        done.columns,
        done.geometry,
        done.problems,
    )


class _Reading:
    """One reading of one file."""

    def __init__(  # noqa: PLR0913, PLR0917  (the parts of `ingest`)
        self,
        path: Path,
        plan: Plan,
        folder: Path,
        progress: Callable[[Progress], None] | None,
        is_cancelled: Callable[[], bool] | None,
        geocode: Geocode | None,
    ) -> None:
        self.path, self.plan, self.folder = path, plan, folder
        self.progress, self.is_cancelled, self.geocode = progress, is_cancelled, geocode
        self.notes: dict[tuple[str, str], Note] = {}

    def run(self) -> Ingested:
        schema = schema_of(self.plan)
        writer = TableWriter(self.folder / TABLE, self.plan, schema)
        try:
            with RejectWriter(self.folder / REJECTED) as rejects:
                self._read(writer, rejects)
            writer.close()
        except BaseException:
            writer.abort()
            raise
        if not rejects.lines:
            rejects.path.unlink()
        _sync(self.folder)
        return Ingested(
            self.folder / TABLE,
            None,
            writer.rows,
            rejects.rows,
            table_schema(self.plan),
            columns_of(self.plan),
            writer.geometry,
            self._problems(writer.rows, rejects),
        )

    def _read(self, writer: TableWriter, rejects: RejectWriter) -> None:
        with (
            opened(self.path, self.path.name, self.plan.member) as file,
            ThreadPoolExecutor(_THREADS, thread_name_prefix="columns") as pool,
        ):
            if file.format != self.plan.format:
                raise TableError("other_format", format=file.format, planned=self.plan.format)
            size = file.path.stat().st_size
            with closing(_without_footer(sources.blocks(file, self.plan), self.plan)) as blocks:  # type: ignore[type-var]  # a generator
                for block in blocks:
                    done = read_block(block, self.plan, geocode=self.geocode, pool=pool)
                    self._keep(done, writer, rejects)
                    self._say(Progress(min(block.done, size), size, writer.rows, rejects.rows))
        self._say(Progress(size, size, writer.rows, rejects.rows))

    def _keep(self, done: ReadBlock, writer: TableWriter, rejects: RejectWriter) -> None:
        writer.types |= done.types
        writer.write(done.table)
        rejects.write(done.rejects)
        for key, note in done.notes.items():
            mine = self.notes.setdefault(key, Note())
            mine.count += note.count
            mine.rows += note.rows[: 20 - len(mine.rows)]

    def _say(self, progress: Progress) -> None:
        if self.is_cancelled and self.is_cancelled():
            raise Cancelled
        if self.progress:
            self.progress(progress)

    def _problems(self, rows: int, rejects: RejectWriter) -> tuple[Problem, ...]:
        problems = [
            Problem(code, column=column, facts={"count": note.count, "rows": list(note.rows)})
            for (code, column), note in self.notes.items()
        ]
        if not rows:
            problems.append(Problem("no_rows", "error"))
        elif rejects.rows > (rows + rejects.rows) * _MOST:
            problems.append(Problem("most_rejected", "error", facts={"rows": rows, "rejected": rejects.rows}))
        if rejects.lines > MOST_REJECTS:
            problems.append(Problem("rejects_cut", facts={"count": rejects.lines, "kept": MOST_REJECTS}))
        return tuple(problems)


def _sync(folder: Path) -> None:
    """Have the files on disk before the folder gets its name."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _without_footer(blocks: Iterator[Block], plan: Plan) -> Iterator[Block]:
    """Hold back the last rows, which are footnotes and totals, and give them as rejected ones at the end."""
    if not plan.footer_rows:
        yield from blocks
        return
    held: Block | None = None
    last = 0
    for block in blocks:
        whole = block if held is None else _joined(held, block)
        last = max([last, *whole.numbers[-1:].tolist(), *(one.row for one in whole.rejects)])
        ready, held = _cut(whole, last - plan.footer_rows)
        yield ready
    if held is not None:
        yield _rejected(held, plan)


def _joined(first: Block, second: Block) -> Block:
    columns = [
        pa.concat_arrays([one.cast(other.type), other])
        for one, other in zip(first.columns, second.columns, strict=True)
    ]
    shapes = None
    if second.geometry is not None and first.geometry is not None:
        shapes = pa.concat_arrays([first.geometry, second.geometry])
    numbers = np.concatenate([first.numbers, second.numbers])
    return Block(columns, numbers, first.rejects + second.rejects, shapes, second.done)


def _cut(block: Block, last: int) -> tuple[Block, Block]:
    """Return the rows up to a number, and those behind it."""
    count = int(np.searchsorted(block.numbers, last, side="right"))

    def part(start: int, stop: int) -> Block:
        return Block(
            [column.slice(start, stop - start) for column in block.columns],
            block.numbers[start:stop],
            [one for one in block.rejects if (one.row <= last) == (start == 0)],
            None if block.geometry is None else block.geometry.slice(start, stop - start),
            block.done,
        )

    ready, rest = part(0, count), part(count, len(block.numbers))
    if not count:
        rest.rejects = [one for one in block.rejects if one.row > last]
    return ready, rest


def _rejected(block: Block, plan: Plan) -> Block:
    """Return the block with all its rows rejected as totals or footnotes."""
    rejects = [Reject(one.row, one.column, one.value, "footnote") for one in block.rejects]
    for place, number in enumerate(block.numbers.tolist()):
        cells = [(cell_text(column[place].as_py()) or "").strip() for column in block.columns]
        if any(cells):
            shown = (plan.delimiter or ";").join(cells)[:_SHOWN]
            rejects.append(Reject(number, "", shown, "totals_row" if is_total(cells) else "footnote"))
    nothing, _ = _cut(block, 0)
    nothing.rejects = rejects
    return nothing
