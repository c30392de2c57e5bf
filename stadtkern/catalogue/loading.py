"""Files of the rows that were asked for: written beside, then sent; nobody gets half a file."""

import csv
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from stadtkern.base.errors import BadInput
from stadtkern.base.tables import harmless
from stadtkern.catalogue.refusals import words
from stadtkern.catalogue.vocabularies import FORMATS
from stadtkern.tables import GEOMETRY, Column, ExportFormat, Query, Table, TableError

PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """A file format that rows are offered in."""

    suffix: str
    form: ExportFormat
    media_type: str
    title: str
    needs_geometry: bool = False


FORMS = {
    one.suffix: one
    for one in (
        Form("csv", "csv", "text/csv; charset=utf-8", "CSV"),
        Form("xlsx", "xlsx", FORMATS["XLSX"].media_type, "Excel"),
        Form("json", "json", "application/json", "JSON"),
        Form("jsonl", "jsonl", "application/x-ndjson", "JSON Lines"),
        Form("geojson", "geojson", FORMATS["GEOJSON"].media_type, "GeoJSON", needs_geometry=True),
        Form("gpkg", "gpkg", FORMATS["GPKG"].media_type, "GeoPackage", needs_geometry=True),
        Form("parquet", "parquet", FORMATS["PARQUET"].media_type, "Parquet"),
    )
}
EXCEL_DE = "excel-de"
"""CSV as a German or Polish Excel opens it by a double click: `;`, decimal comma, mark of UTF-8."""
DIALECTS = frozenset({"", EXCEL_DE})


def forms_of(table: Table) -> list[Form]:
    """Return the formats that a table can be had in."""
    return [one for one in FORMS.values() if not one.needs_geometry or table.geometry is not None]


def file_of(table: Table, query: Query, form: Form, *, dialect: str = "") -> IO[bytes]:
    """Return an open file with the rows; it vanishes when it is closed.

    Raises
    ------
    BadInput
        if the table has no places and the format needs them, or the rows do not fit into the format.
    """
    if form.needs_geometry and table.geometry is None:
        raise BadInput(f"This table has no places, so there is no {form.title} of it.")
    if dialect not in DIALECTS:
        raise BadInput(f"There is no dialect {dialect[:50]!r}; there is {EXCEL_DE!r}.")
    if form.needs_geometry and query.columns and GEOMETRY not in query.columns:
        query = replace(query, columns=(*query.columns, GEOMETRY))
    with tempfile.TemporaryDirectory(prefix="rows-") as folder:
        target = Path(folder, f"rows.{form.suffix}")
        try:
            table.export(query, form.form, target)
        except TableError as error:
            raise BadInput(words(error)) from error
        if form.suffix == "csv" and dialect == EXCEL_DE:
            target = _for_excel(target, Path(folder, "excel.csv"), table.columns)
        return target.open("rb")  # stays readable after its name is gone


def _for_excel(source: Path, target: Path, columns: Sequence[Column]) -> Path:
    """Write a CSV file anew with semicolons, and with decimal commas in the columns of numbers."""
    numbers = {name for one in columns if one.kind == "number" for name in (one.name, one.title)}
    with (
        source.open(encoding="utf-8-sig", newline="") as old,
        target.open("w", encoding="utf-8-sig", newline="") as new,
    ):
        writer, reader = csv.writer(new, delimiter=";"), csv.reader(old)
        head = next(reader, [])
        writer.writerow(head)
        places = [number for number, name in enumerate(head) if name in numbers]
        for row in reader:
            for place in places:
                row[place] = row[place].replace(".", ",")
            writer.writerow([harmless(value) for value in row])
    return target


class _Sent(StreamingHttpResponse):
    """An answer that closes its file also where nobody reads it to the end."""

    file: IO[bytes] | None = None

    def close(self) -> None:
        """Close the file with the answer."""
        super().close()
        if self.file is not None:
            self.file.close()


def sent(request: HttpRequest, file: IO[bytes], media_type: str, name: str) -> StreamingHttpResponse:
    """Return an answer that sends an open file in pieces, with its length, beside other requests."""
    size = file.seek(0, 2)
    file.seek(0)
    pieces = _pieces(file)
    body = _threaded(pieces) if isinstance(request, ASGIRequest) else pieces
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
    answer = _Sent(body, content_type=media_type, headers=headers)
    answer.file = file
    return answer


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file, suppress(GeneratorExit):
        while piece := file.read(PIECE):
            yield piece


async def _threaded(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
