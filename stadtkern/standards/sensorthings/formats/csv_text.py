"""`$resultFormat=CSV` (RFC 4180)."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from stadtkern.base.odata.nodes import Query
from stadtkern.standards.sensorthings.formats.flat import columns_of, plain, value_at
from stadtkern.standards.sensorthings.formats.form import Form, document_chunks
from stadtkern.standards.sensorthings.read.rows import Listing
from stadtkern.standards.sensorthings.read.shape import Shape

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _cell(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Return a value as no spreadsheet takes it for a formula (OWASP: CSV injection)."""
    value = plain(value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _pieces(rows: Listing, shape: Shape, query: Query, after: Sequence[Any]) -> Iterator[bytes]:
    columns = list(columns_of(shape, rows.context.dialect.vendor))
    return _lines(rows, shape, query, after, columns)


def _lines(
    rows: Listing, shape: Shape, query: Query, after: Sequence[Any], columns: list[Any]
) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in columns])
    for documents in document_chunks(rows, shape, query, after):
        for document in documents:
            writer.writerow([_cell(value_at(document, column.way)) for column in columns])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()


CSV = Form("text/csv; charset=utf-8; header=present", "csv", _pieces)
