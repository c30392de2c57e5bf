"""What a format is, and how the rows for it are read piece by piece."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stadtkern.base.odata.nodes import Query
from stadtkern.standards.sensorthings.compile.order import plain_keys
from stadtkern.standards.sensorthings.read.documents import Builder, Document
from stadtkern.standards.sensorthings.read.expand import expanded
from stadtkern.standards.sensorthings.read.limits import CHUNK
from stadtkern.standards.sensorthings.read.rows import Listing, Row
from stadtkern.standards.sensorthings.read.shape import Shape

ALL = 10**15
"""Rows of a streamed answer where `$top` does not say."""


@dataclass(frozen=True, slots=True)
class Form:
    """A format: `pieces(rows, shape, query, after)` yields its bytes."""

    content_type: str
    suffix: str
    pieces: Callable[[Listing, Shape, Query, Sequence[Any]], Iterator[bytes]]


def row_chunks(
    rows: Listing, builder: Builder, query: Query, after: Sequence[Any]
) -> Iterator[Sequence[Row]]:
    """Yield the rows of a collection, some thousands at a time; each query begins behind the last."""
    left = ALL if query.top is None else query.top
    skip = 0 if after else query.skip or 0
    while left > 0:
        wanted = min(CHUNK, left)
        found = rows.page(builder.columns, wanted, skip, after)
        if found:
            yield found
        if len(found) < wanted:
            return
        left, skip, after = left - wanted, 0, plain_keys(found[-1][builder.width :])


def document_chunks(
    rows: Listing, shape: Shape, query: Query, after: Sequence[Any]
) -> Iterator[list[Document]]:
    """Yield the documents of a collection, some thousands at a time."""
    builder = Builder(shape, rows.context.root, rows.parent.entity if rows.parent else None)
    for found in row_chunks(rows, builder, query, after):
        yield expanded(rows.context, shape, builder, found)
