"""`$resultFormat=dataArray`: observations as rows of an array for each datastream (18-088 section 12)."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Query
from stadtkern.standards.sensorthings.formats.form import Form, row_chunks
from stadtkern.standards.sensorthings.read.documents import KIND, Builder
from stadtkern.standards.sensorthings.read.fields import MISSING
from stadtkern.standards.sensorthings.read.rows import Listing
from stadtkern.standards.sensorthings.read.shape import Shape, shape_of

USUAL = ("id", "phenomenonTime", "result", "resultTime")
"""Components without `$select`."""


def _pieces(rows: Listing, shape: Shape, query: Query, after: Sequence[Any]) -> Iterator[bytes]:
    if shape.entity.name != "Observation":
        raise QueryError("A data array holds Observations.")
    if shape.branches:
        raise QueryError("A data array cannot hold what is expanded.")
    if not query.select:
        usual = Query(select=tuple((name,) for name in USUAL))
        shape = shape_of(shape.entity, usual, rows.context.dialect.vendor)
    count = rows.count() if query.count else None
    return _stream(rows, shape, query, after, count)


def _stream(
    rows: Listing, shape: Shape, query: Query, after: Sequence[Any], count: int | None
) -> Iterator[bytes]:
    builder = Builder(shape, rows.context.root)
    stream, kind = builder.add("{a}.datastream_id"), builder.add(KIND)
    components = [*(["id"] if shape.has_id else []), *(field.name for field in shape.fields)]
    yield b"{" if count is None else b'{"@iot.count":%d,' % count
    yield b'"value":['
    open_stream: tuple[int, bool] | None = None
    number = 0
    for chunk in row_chunks(rows, builder, query, after):
        for key, own in groupby(chunk, key=lambda row: (row[stream], bool(row[kind]))):
            values = [_values(builder, shape, row) for row in own]
            if key == open_stream:
                yield b","
            else:
                if open_stream is not None:
                    yield b'],"dataArray@iot.count":%d},' % number
                yield _head(rows.context.root, key, components)
                open_stream, number = key, 0
            number += len(values)
            yield msgspec.json.encode(values)[1:-1]
    yield b'],"dataArray@iot.count":%d}]}' % number if open_stream is not None else b"]}"


def _head(root: str, key: tuple[int, bool], components: Sequence[str]) -> bytes:
    """Return the begin of what belongs to one datastream, up to its first row."""
    name = "MultiDatastream" if key[1] else "Datastream"
    head = {f"{name}@iot.navigationLink": f"{root}/{name}s({key[0]})", "components": components}
    return msgspec.json.encode(head)[:-1] + b',"dataArray":['


def _values(builder: Builder, shape: Shape, row: Sequence[Any]) -> list[object]:
    values: list[object] = [row[0]] if shape.has_id else []
    for field, start, end in builder.slots:
        value = field.read(*row[start:end])
        values.append(None if value is MISSING else value)
    return values


DATA_ARRAY = Form("application/json", "", _pieces)
