"""One block of a file to rows of the table: values, geometry, and what is rejected."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stadtkern.tables.convert import Converted, arrow_type, convert
from stadtkern.tables.geometry import Shapes, build
from stadtkern.tables.model import BBOX, GEOMETRY, ColumnPlan, Geocode, Plan, Reject
from stadtkern.tables.sources import Block, Numbers

LONGEST_SHOWN = 500
_BOX = pa.struct([(name, pa.float64()) for name in ("xmin", "ymin", "xmax", "ymax")])


@dataclass(slots=True)
class Note:
    """How often something had to be assumed, and the first rows."""

    count: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, rows: Sequence[int]) -> None:
        """Count rows and keep the first twenty."""
        self.count += len(rows)
        self.rows += rows[: 20 - len(self.rows)]


@dataclass(slots=True)
class ReadBlock:
    """Rows of the table (without `_id`), what is rejected, and notes by (code, column)."""

    table: pa.Table
    rejects: list[Reject]
    notes: dict[tuple[str, str], Note]
    types: set[str] = field(default_factory=set)


def schema_of(plan: Plan) -> pa.Schema:
    """Return the columns that blocks of this plan have."""
    fields = [(one.name, arrow_type(one.kind, plan.zone)) for one in plan.columns if one.is_kept]
    if plan.geometry:
        fields += [(GEOMETRY, pa.binary()), (BBOX, _BOX)]
    return pa.schema(fields)


def read_block(
    block: Block, plan: Plan, *, geocode: Geocode | None = None, pool: ThreadPoolExecutor | None = None
) -> ReadBlock:
    """Return the rows of a block; rows with a value that does not fit are rejected, empty ones left out."""
    block = _without_empty(block)
    needed = [one for one in plan.columns if one.is_kept or _is_place(one, plan)]

    def one(column: ColumnPlan) -> Converted:
        return convert(_raw(block, column), column, zone=plan.zone, nulls=plan.nulls)

    done = list((pool.map if pool else map)(one, needed))
    rejects = list(block.rejects)
    notes: dict[tuple[str, str], Note] = {}
    bad: set[int] = set()
    for column, result in zip(needed, done, strict=True):
        _collect(column, result, block, rejects, notes)
        bad |= result.misfits.keys()
    values = {column.name: result.values for column, result in zip(needed, done, strict=True)}
    arrays = [values[one.name] for one in plan.columns if one.is_kept]
    types: set[str] = set()
    if plan.geometry:
        shapes = build(plan.geometry, values, block.geometry, len(block.numbers), geocode=geocode)
        _collect_shapes(plan, shapes, block.numbers, bad, rejects, notes)
        bad |= shapes.misfits.keys()
        arrays += [shapes.wkb, _boxes(shapes)]
        types = shapes.types
    table = pa.Table.from_arrays(arrays, schema=schema_of(plan))
    if bad:
        table = table.take(pa.array(np.setdiff1d(np.arange(table.num_rows), np.fromiter(bad, np.int64))))
    return ReadBlock(table, rejects, notes, types)


def _is_place(column: ColumnPlan, plan: Plan) -> bool:
    geometry = plan.geometry
    return bool(geometry) and column.name in {geometry.x, geometry.y, *geometry.columns}


def _raw(block: Block, column: ColumnPlan) -> pa.Array:
    if column.source < len(block.columns):
        return block.columns[column.source]
    return pa.nulls(len(block.numbers), pa.string())


def _without_empty(block: Block) -> Block:
    """Leave out rows in which every cell is empty and there is no geometry."""
    if not block.columns or not len(block.numbers):
        return block
    empty = _is_empty(block.columns[0])
    for column in block.columns[1:]:
        if not pc.any(empty).as_py():
            return block
        empty = pc.and_(empty, _is_empty(column))
    if block.geometry is not None:
        empty = pc.and_(empty, pc.is_null(block.geometry))
    if not pc.any(empty).as_py():
        return block
    keep = pa.array(np.flatnonzero(~empty.to_numpy(zero_copy_only=False)))
    return Block(
        [column.take(keep) for column in block.columns],
        block.numbers[keep.to_numpy()],
        block.rejects,
        None if block.geometry is None else block.geometry.take(keep),
        block.done,
    )


def _is_empty(column: pa.Array) -> pa.Array:
    missing = pc.is_null(column)
    if not pa.types.is_string(column.type):
        return missing
    return pc.or_(missing, pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True))  # noqa: FBT003  (a value)


def _collect(
    column: ColumnPlan,
    result: Converted,
    block: Block,
    rejects: list[Reject],
    notes: dict[tuple[str, str], Note],
) -> None:
    if result.misfits:
        raw = _raw(block, column)
        for place, code in result.misfits.items():
            rejects.append(
                Reject(int(block.numbers[place]), column.name, str(raw[place])[:LONGEST_SHOWN], code)
            )
    for code, places in result.notes.items():
        note = notes.setdefault((code, column.name), Note())
        note.add([int(block.numbers[place]) for place in places])


def _collect_shapes(  # noqa: PLR0913, PLR0917  (what was found, and where it goes)
    plan: Plan,
    shapes: Shapes,
    numbers: Numbers,
    bad: set[int],
    rejects: list[Reject],
    notes: dict[tuple[str, str], Note],
) -> None:
    name = plan.geometry.x if plan.geometry and plan.geometry.x else GEOMETRY
    for place, (value, code) in shapes.misfits.items():
        if place not in bad:
            rejects.append(Reject(int(numbers[place]), name, value[:LONGEST_SHOWN], code))
    for code, places in shapes.notes.items():
        notes.setdefault((code, name), Note()).add([int(numbers[place]) for place in places])


def _boxes(shapes: Shapes) -> pa.Array:
    sides = [pa.array(shapes.bounds[:, place], from_pandas=True) for place in range(4)]
    return pa.StructArray.from_arrays(sides, fields=list(_BOX), mask=pc.is_null(sides[0]))
