"""Tables of the town as files that other programs read."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from stadtkern.base.tables import harmless
from stadtkern.governance.models import DataProfile
from stadtkern.observations.fields import instant
from stadtkern.observations.models import Datastream
from stadtkern.observations.services.archive.reading import pieces
from stadtkern.observations.services.judging import EARLIEST, LATEST
from stadtkern.places.models import Address, Area
from stadtkern.places.services import LANGUAGES

Row = tuple[object, ...]
BATCH = 10_000
FORMATS = ("csv", "json", "xlsx", "parquet")


def observation_rows(streams: Sequence[str]) -> Iterator[Row]:
    """Yield all numeric observations, those in the archive included, stream by stream, oldest first."""
    wanted = Datastream.objects.filter(key__in=streams) if streams else Datastream.objects.all()
    for stream in wanted.order_by("key"):
        for rows in pieces(stream.pk, EARLIEST, LATEST, BATCH):
            for row in rows:
                yield stream.key, instant(row.time), row.result, stream.unit, row.quality


def stream_rows(streams: Sequence[str]) -> Iterator[Row]:
    """Yield all streams with the profile they stand under."""
    wanted = Datastream.objects.select_related("thing", "observed_property", "profile").order_by("key")
    for s in wanted.filter(key__in=streams) if streams else wanted:
        point = s.thing.location
        place = (point.x, point.y) if point else (None, None)
        profile = s.profile.slug if s.profile else ""
        yield s.key, s.thing.name, s.observed_property.slug, s.unit, s.is_forecast, *place, profile


def register_rows(_streams: Sequence[str]) -> Iterator[Row]:
    """Yield the published data profiles."""
    for p in DataProfile.objects.published().select_related("owner").order_by("slug"):
        days = p.retention.days if p.retention else None
        yield (
            p.slug, p.get_title(), p.get_purpose(), p.get_legal_basis(), p.has_personal_data,
            p.owner.get_name(), p.licence, p.attribution, days,
        )  # fmt: skip


def area_rows(_streams: Sequence[str]) -> Iterator[Row]:
    """Yield all areas, their outlines as WKT in EPSG:4326; `stadtkern import areas` reads them again."""
    for area in Area.objects.order_by("slug").iterator(BATCH):
        names = (area.name.get(code, "") for code in LANGUAGES)
        yield area.slug, area.kind, area.code, str(area), *names, area.geometry.wkt


def address_rows(_streams: Sequence[str]) -> Iterator[Row]:
    """Yield all addresses; `stadtkern import addresses` reads them again."""
    for a in Address.objects.order_by("pk").iterator(BATCH):
        yield a.street, a.house_number, a.postcode, a.place, a.point.x, a.point.y


TABLES = {
    "observations": (("datastream", "phenomenon_time", "result", "unit", "quality"), observation_rows),
    "streams": (
        ("key", "thing", "observed_property", "unit", "is_forecast", "longitude", "latitude", "profile"),
        stream_rows,
    ),
    "register": (
        ("slug", "title", "purpose", "legal_basis", "has_personal_data", "owner", "licence", "attribution",
         "retention_days"),
        register_rows,
    ),
    "areas": (("slug", "kind", "code", "name", *(f"name_{code}" for code in LANGUAGES), "wkt"), area_rows),
    "addresses": (("street", "house_number", "postcode", "place", "lon", "lat"), address_rows),
}  # fmt: skip


def table(kind: str, *, streams: Sequence[str] = ()) -> tuple[Sequence[str], Iterator[Row]]:
    """Return the column names and the rows of a table; rows are read as they are asked for."""
    columns, rows = TABLES[kind]
    return columns, rows(streams)


def plain(value: object) -> object:
    """Return `value` as text formats write it: times as ISO 8601 in UTC."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def write(columns: Sequence[str], rows: Iterable[Row], *, form: str, file: BinaryIO) -> int:
    """Write `rows` in the given format and return how many there were."""
    return {"csv": write_csv, "json": write_json, "xlsx": write_xlsx, "parquet": write_parquet}[form](
        columns, rows, file
    )


def write_csv(columns: Sequence[str], rows: Iterable[Row], file: BinaryIO) -> int:
    """Write comma-separated values in UTF-8."""
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(columns)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  # the last number is the answer
        writer.writerow([harmless(plain(value)) for value in row])
    text.detach()
    return count


def write_json(columns: Sequence[str], rows: Iterable[Row], file: BinaryIO) -> int:
    """Write a list of objects, one a line."""
    count = 0
    file.write(b"[")
    for count, row in enumerate(rows, 1):  # the last number is the answer
        line = json.dumps(dict(zip(columns, map(plain, row), strict=True)), ensure_ascii=False)
        file.write((",\n" if count > 1 else "\n").encode() + line.encode())
    file.write(b"\n]\n")
    return count


def write_xlsx(columns: Sequence[str], rows: Iterable[Row], file: BinaryIO) -> int:
    """Write one sheet; times as text, because Excel knows no time zones."""
    from openpyxl import Workbook  # noqa: PLC0415  # heavy

    book = Workbook(write_only=True)
    sheet = book.create_sheet("data")
    sheet.append(list(columns))
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  # the last number is the answer
        sheet.append([text_cell(sheet, plain(value)) for value in row])
    book.save(file)
    return count


def text_cell(sheet: Any, value: object) -> object:  # noqa: ANN401  # of openpyxl
    """Return `value`, a text that looks like a formula as a cell that is none."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # heavy

    if not isinstance(value, str) or not value.startswith("="):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell


def write_parquet(columns: Sequence[str], rows: Iterable[Row], file: BinaryIO) -> int:
    """Write Parquet in row groups; the types come from the first rows."""
    import pyarrow as pa  # noqa: PLC0415  # heavy
    import pyarrow.parquet as pq  # noqa: PLC0415

    iterator = iter(rows)
    count, writer = 0, None
    while batch := list(islice(iterator, BATCH)) or (None if writer else [()]):
        data = {name: [row[i] if row else None for row in batch] for i, name in enumerate(columns)}
        chunk = pa.table(data, schema=writer.schema if writer else None)
        writer = writer or pq.ParquetWriter(file, chunk.schema)
        if batch != [()]:
            writer.write_table(chunk)
            count += len(batch)
        else:
            break
    if writer:
        writer.close()
    return count
