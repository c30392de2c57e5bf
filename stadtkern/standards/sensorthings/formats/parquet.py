"""`$resultFormat=parquet`: a table with types, a group of rows at a time (Apache Parquet)."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from stadtkern.base.odata.nodes import Query
from stadtkern.standards.sensorthings.entities import Kind
from stadtkern.standards.sensorthings.formats.flat import Column, columns_of, plain, value_at
from stadtkern.standards.sensorthings.formats.form import Form, document_chunks
from stadtkern.standards.sensorthings.read.documents import Document
from stadtkern.standards.sensorthings.read.rows import Listing
from stadtkern.standards.sensorthings.read.shape import Shape

GROUP = 50_000
"""Rows of a group: readers skip by group, and each one is held in memory."""
PERIODS = frozenset({Kind.TIME, Kind.PERIOD})
Cell = Callable[[Any], Any]
Stored = tuple[str, Literal["number", "text", "time", "id"], tuple[str, ...], Cell]
"""Name and type of a stored column, the way to its values, and what is stored of one."""


class Sink(io.RawIOBase):
    """A file of which what was written can be taken away; it counts on."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[bytes] = []
        self.position = 0

    def writable(self) -> bool:
        """Return that one can write."""
        return True

    def tell(self) -> int:
        """Return how much was written."""
        return self.position

    def write(self, data: Any) -> int:  # noqa: ANN401  # any buffer
        """Keep `data` until it is taken."""
        piece = bytes(data)
        self.waiting.append(piece)
        self.position += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        found, self.waiting = b"".join(self.waiting), []
        return found


def _pieces(rows: Listing, shape: Shape, query: Query, after: Sequence[Any]) -> Iterator[bytes]:
    columns = list(columns_of(shape, rows.context.dialect.vendor))
    return _groups(document_chunks(rows, shape, query, after), [one for c in columns for one in _stored(c)])


def _stored(column: Column) -> list[Stored]:
    """Return how a column is stored: times as times, a period as begin and end, results by what they are."""
    name, way = column.name, column.way
    if column.kind is None:
        return [(name, "id", way, plain)]
    if column.kind in PERIODS:
        return [
            (name, "time", way, lambda v: _edges(v)[0]),
            (f"{name}/end", "time", way, lambda v: _edges(v)[1]),
        ]
    if column.kind == Kind.INSTANT:
        return [(name, "time", way, lambda value: value)]
    if column.way[-1] == "result":
        return [(name, "number", way, _number), (f"{name}/text", "text", way, _no_number)]
    return [(name, "text", way, _text)]


def _edges(value: Any) -> tuple[datetime | None, datetime | None]:  # noqa: ANN401  # JSON
    if value is None or isinstance(value, datetime):
        return value, None
    start, _slash, end = value.partition("/")
    return datetime.fromisoformat(start), datetime.fromisoformat(end)


def _number(value: Any) -> float | None:  # noqa: ANN401  # JSON
    found = plain(value)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _no_number(value: Any) -> str | None:  # noqa: ANN401  # JSON
    return None if _number(value) is not None else _text(value)


def _text(value: Any) -> str | None:  # noqa: ANN401  # JSON
    found = plain(value)
    if found is None:
        return None
    return str(found).lower() if isinstance(found, bool) else str(found)


def _gathered(chunks: Iterator[list[Document]]) -> Iterator[list[Document]]:
    """Yield the documents in groups of a good size."""
    waiting: list[Document] = []
    for documents in chunks:
        waiting += documents
        if len(waiting) >= GROUP:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _groups(chunks: Iterator[list[Document]], stored: Sequence[Stored]) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415  # takes a quarter of a second
    from pyarrow import parquet  # noqa: PLC0415  # as above

    types = {
        "number": pa.float64(),
        "text": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
        "id": pa.int64(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind, _way, _cell in stored])
    sink = Sink()
    with parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for documents in _gathered(chunks):
            arrays = [
                pa.array([cell(value_at(document, way)) for document in documents], types[kind])
                for _name, kind, way, cell in stored
            ]
            writer.write_table(pa.table(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


PARQUET = Form("application/vnd.apache.parquet", "parquet", _pieces)
