"""Wanted rows as a file.

CSV, XLSX, JSON, GeoJSON, GeoPackage, Parquet. Written in pieces, whole or not at all.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from stadtkern.base.tables import FORMULA, NUMBER
from stadtkern.tables import engine, queries
from stadtkern.tables.model import BBOX, GEOMETRY, ID, Column, TableError
from stadtkern.tables.questions import ExportFormat, Query
from stadtkern.tables.writing import ROW_GROUP

if TYPE_CHECKING:
    from stadtkern.tables.table import Table

PATIENCE = 600.0
BATCH = 20_000
XLSX_ROWS = 1_048_575
XLSX_TEXT = 32_767
_ISO = "%Y-%m-%dT%H:%M:%S%z"


def export(table: "Table", query: Query, form: ExportFormat, target: Path) -> int:
    """Write a file; see `Table.export`."""
    writers: Mapping[str, Callable[[Table, Query, Path], int]] = {
        "csv": _csv, "xlsx": _xlsx, "json": _json, "jsonl": _jsonl, "geojson": _geojson, "gpkg": _gpkg,
        "parquet": _parquet,
    }  # fmt: skip
    if form not in writers:
        raise TableError("unknown_format", format=str(form)[:20])
    beside = target.with_name(f".{target.name}.part")
    try:
        count = writers[form](table, query, beside)
        os.replace(beside, target)  # noqa: PTH105  (atomically)
    finally:
        beside.unlink(missing_ok=True)
    return count


def names_of(table: "Table", query: Query) -> list[str]:
    """Return the names of the columns that are written."""
    return table.shown(query)


@contextmanager
def _batches(table: "Table", query: Query, select: str) -> Iterator[Iterator[pa.RecordBatch]]:
    found = table.where(query)
    limit = f" LIMIT {int(query.limit)}" if query.limit else ""
    statement = (
        f"SELECT {select} FROM {table.source}{found.sql()}{queries.order(query, table.columns)}{limit}"  # noqa: S608  (names are checked, values are parameters)
        f" OFFSET {int(query.offset)}"
    )
    with engine.cursor(table.zone, patience=PATIENCE) as cursor:
        yield iter(cursor.sql(statement, params=found.values).to_arrow_reader(BATCH))


def _columns(table: "Table", names: list[str]) -> list[Column]:
    return [Column(GEOMETRY, GEOMETRY, "json") if one == GEOMETRY else table.column(one) for one in names]


def _csv(table: "Table", query: Query, target: Path) -> int:
    names = names_of(table, query)
    select = ", ".join(_csv_value(column) for column in _columns(table, names))
    count = 0
    with target.open("wb") as file, _batches(table, query, select) as batches:
        file.write(",".join(names).encode() + b"\n")
        options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
        for batch in batches:
            count += batch.num_rows
            safe = pa.RecordBatch.from_arrays([_harmless(column) for column in batch.columns], names=names)
            arrow_csv.write_csv(safe, file, options)
    return count


def _csv_value(column: Column) -> str:
    quoted = engine.name(column.name)
    if column.name == GEOMETRY:
        return f"ST_AsText({quoted}) AS {quoted}"
    if column.kind == "datetime":
        return f"regexp_replace(strftime({quoted}, '{_ISO}'), '([+-]\\d\\d)$', '\\1:00') AS {quoted}"
    if column.kind == "clock":
        return f"CAST({quoted} AS VARCHAR) AS {quoted}"
    return quoted


def _harmless(column: pa.Array) -> pa.Array:
    """Put an apostrophe before texts that a spreadsheet would take for a formula.

    See `base.tables.harmless`.
    """
    if not pa.types.is_string(column.type):
        return column
    risky = pc.match_substring_regex(column, f"^{FORMULA.pattern}")
    if not pc.any(risky).as_py():
        return column
    number = pc.match_substring_regex(column, f"(?i)^(?:{NUMBER.pattern})$")
    risky = pc.and_not(risky, number)
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)


def _rows(table: "Table", query: Query, names: list[str]) -> Iterator[tuple[object, ...]]:
    jsons = [place for place, column in enumerate(_columns(table, names)) if column.kind == "json"]
    with _batches(table, query, table.selected(names)) as batches:
        for batch in batches:
            columns = [column.to_pylist() for column in batch.columns]
            for place in jsons:
                columns[place] = [None if one is None else json.loads(one) for one in columns[place]]
            yield from zip(*columns, strict=True)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_jsonable, separators=(",", ":"))


def _jsonable(value: object) -> object:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _listed(file: TextIO, items: Iterator[str]) -> int:
    count = 0
    for count, item in enumerate(items, 1):
        file.write(",\n" if count > 1 else "\n")
        file.write(item)
    return count


def _json(table: "Table", query: Query, target: Path) -> int:
    names = names_of(table, query)
    with target.open("w", encoding="utf-8") as file:
        file.write("[")
        count = _listed(
            file, (_dump(dict(zip(names, row, strict=True))) for row in _rows(table, query, names))
        )
        file.write("\n]\n")
    return count


def _jsonl(table: "Table", query: Query, target: Path) -> int:
    names = names_of(table, query)
    count = 0
    with target.open("w", encoding="utf-8") as file:
        for count, row in enumerate(_rows(table, query, names), 1):  # noqa: B007  (see _listed)
            file.write(_dump(dict(zip(names, row, strict=True))) + "\n")
    return count


def _geojson(table: "Table", query: Query, target: Path) -> int:
    """Write a FeatureCollection (RFC 7946); the id of a feature is its `_id`."""
    if table.geometry is None:
        raise TableError("no_geometry")
    names = [one for one in names_of(table, query) if one not in {GEOMETRY, ID}]
    with target.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[')
        count = _listed(file, (_feature(names, row) for row in _rows(table, query, [ID, *names, GEOMETRY])))
        file.write("\n]}\n")
    return count


def _feature(names: list[str], row: tuple[object, ...]) -> str:
    properties = dict(zip(names, row[1:-1], strict=True))
    return _dump({"type": "Feature", "id": row[0], "geometry": row[-1], "properties": properties})


def _xlsx(table: "Table", query: Query, target: Path) -> int:
    import xlsxwriter  # noqa: PLC0415  (slow to load)

    wanted = min(table.count(query), query.limit or XLSX_ROWS + 1)
    if wanted > XLSX_ROWS:
        raise TableError("too_many_rows", rows=wanted, allowed=XLSX_ROWS)
    names = [one for one in names_of(table, query) if one != GEOMETRY]
    book = xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet("data")
    formats = {
        "head": book.add_format({"bold": True}),
        "date": book.add_format({"num_format": "dd.mm.yyyy"}),
        "datetime": book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"}),
        "clock": book.add_format({"num_format": "hh:mm:ss"}),
    }
    columns = _columns(table, names)
    kinds = [column.kind for column in columns]
    zone = ZoneInfo(table.zone)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.title or column.name, formats["head"])
    sheet.freeze_panes(1, 0)
    count = 0
    for count, row in enumerate(_rows(table, query, names), 1):
        for place, (value, kind) in enumerate(zip(row, kinds, strict=True)):
            if value is not None:
                sheet.write(count, place, _cell(value, zone), formats.get(kind))
    book.close()
    return count


def _cell(value: object, zone: ZoneInfo) -> object:
    """Return a value as sheets know it: their times have no zone, their texts an end."""
    if isinstance(value, datetime):
        local = value.astimezone(zone).replace(tzinfo=None)
        return local if local.year >= 1900 else local.isoformat(" ")  # noqa: PLR2004  (sheets begin there)
    if isinstance(value, date):
        return value if value.year >= 1900 else value.isoformat()  # noqa: PLR2004
    if isinstance(value, dict | list):
        return _dump(value)[:XLSX_TEXT]
    return value[:XLSX_TEXT] if isinstance(value, str) else value


def _gpkg(table: "Table", query: Query, target: Path) -> int:
    from pyogrio import write_arrow  # noqa: PLC0415  (GDAL is slow to load)

    names = [one for one in names_of(table, query) if one != GEOMETRY]
    kinds = {column.name: column.kind for column in table.columns}
    parts = [
        f"CAST({engine.name(one)} AS VARCHAR) AS {engine.name(one)}"
        if kinds.get(one) == "clock"
        else engine.name(one)
        for one in names
    ]
    has_geometry = table.geometry is not None
    if has_geometry:
        parts.append(f"ST_AsWKB({GEOMETRY}) AS {GEOMETRY}")
    count = 0

    def counted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        nonlocal count
        for batch in batches:
            count += batch.num_rows
            yield _utc(batch)

    beside = target.with_suffix(".gpkg")
    try:
        with _batches(table, query, ", ".join(parts)) as batches:
            first = next(batches, None)
            if first is None:
                first = _empty(table, ", ".join(parts))
            reader = pa.RecordBatchReader.from_batches(_utc(first).schema, counted(_chain(first, batches)))
            geometry = (
                {"geometry_name": GEOMETRY, "geometry_type": _gpkg_type(table), "crs": "EPSG:4326"}
                if has_geometry
                else {}
            )
            write_arrow(reader, beside, driver="GPKG", layer="data", **geometry)
        os.replace(beside, target)  # noqa: PTH105
    finally:
        beside.unlink(missing_ok=True)
    return count


def _chain(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def _empty(table: "Table", select: str) -> pa.RecordBatch:
    with engine.cursor(table.zone) as cursor:
        found = cursor.sql(f"SELECT {select} FROM {table.source} LIMIT 0").to_arrow_table()  # noqa: S608  (names are checked)
    return pa.RecordBatch.from_pylist([], found.schema)


def _utc(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with moments in UTC, which GDAL writes exactly."""
    fields = [
        pa.field(one.name, pa.timestamp("ms", tz="UTC"))
        if pa.types.is_timestamp(one.type)
        else pa.field(one.name, one.type)
        for one in batch.schema
    ]
    return batch.cast(pa.schema(fields), safe=False)


def _gpkg_type(table: "Table") -> str:
    found = table.geometry.type if table.geometry else ""
    return "Unknown" if found in {"", "Geometry", "GeometryCollection"} else found


def _parquet(table: "Table", query: Query, target: Path) -> int:
    """Write Parquet, and GeoParquet 1.1 where there is geometry."""
    names = names_of(table, query)
    has_geometry = GEOMETRY in names
    select = ", ".join(
        [engine.names([ID, *(one for one in names if one not in {GEOMETRY, ID})])]
        + ([f"ST_AsWKB({GEOMETRY}) AS {GEOMETRY}", BBOX] if has_geometry else [])
    )
    metadata = pq.read_metadata(table.path).metadata or {}
    count = 0
    with _batches(table, query, select) as batches:
        first = next(batches, None)
        schema = first.schema if first is not None else _empty(table, select).schema
        writer = pq.ParquetWriter(target, schema, compression="zstd")
        try:
            for batch in _chain(first, batches) if first is not None else ():
                count += batch.num_rows
                writer.write_batch(batch, row_group_size=ROW_GROUP)
            if has_geometry and b"geo" in metadata:
                writer.add_key_value_metadata({"geo": metadata[b"geo"].decode()})
            writer.add_key_value_metadata({"table_schema": json.dumps(table.schema, ensure_ascii=False)})
        finally:
            writer.close()
    return count
