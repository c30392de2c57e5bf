"""The first rows of a file, as a corrected plan would read them."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from stadtkern.tables import sources
from stadtkern.tables.blocks import read_block
from stadtkern.tables.files import opened
from stadtkern.tables.model import Plan, Preview, Reject, TableError
from stadtkern.tables.sources import Block

_LOOKED_AT = 500
"""Rows that are read, so that some are left where many are refused."""


def preview(path: Path, plan: Plan, *, limit: int = 20) -> Preview:
    """Return the first rows as `ingest` would read them; nothing is stored.

    Values follow the kept columns. Places of addresses are not looked for.

    Raises
    ------
    TableError
        If the file as a whole cannot be read by this plan.
    """
    geometry = plan.geometry if plan.geometry and plan.geometry.how != "address" else None
    with opened(path, path.name, plan.member) as file:
        if file.format != plan.format:
            raise TableError("other_format", format=file.format, planned=plan.format)
        with closing(sources.blocks(file, plan)) as blocks:  # type: ignore[type-var]  # a generator
            block = next(iter(blocks), None)
    if block is None:
        return Preview()
    done = read_block(_beginning(block), replace(plan, geometry=geometry))
    names = [column.name for column in plan.columns if column.is_kept]
    columns = [done.table.column(name).slice(0, limit).to_pylist() for name in names]
    rejects = dict.fromkeys([*block.rejects[:limit], *done.rejects])
    return Preview(tuple(zip(*columns, strict=True)), tuple(_first(list(rejects), limit)))


def _first(rejects: list[Reject], limit: int) -> list[Reject]:
    return sorted(rejects, key=lambda one: one.row)[:limit]


def _beginning(block: Block) -> Block:
    return Block(
        [column.slice(0, _LOOKED_AT) for column in block.columns],
        block.numbers[:_LOOKED_AT],
        geometry=None if block.geometry is None else block.geometry.slice(0, _LOOKED_AT),
    )
