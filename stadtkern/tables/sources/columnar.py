"""Parquet and GeoParquet."""

import json
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stadtkern.tables.files import Opened
from stadtkern.tables.model import Hints, Plan, Problem, TableError
from stadtkern.tables.sources import SAMPLE_ROWS, Block, Look, Records
from stadtkern.tables.sources.geo import epsg

ROWS = 65_536
_LON_LAT = 4326
_NOT_DATA = ("_id", "_bbox", "bbox")


def look(file: Opened, hints: Hints) -> Look:
    """Look at the first rows."""
    source = _opened(file)
    if not source.metadata.num_rows:
        raise TableError("empty")
    batch = next(iter(source.iter_batches(SAMPLE_ROWS)))
    name, crs, problem = _geometry(source)
    titles, columns, geometry = _split(batch, name)
    return Look(
        Records(titles, columns, geometry, hints.crs or crs),
        problems=[problem] if problem else [],
        row_estimate=source.metadata.num_rows,
    )


def _opened(file: Opened) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file.path)
    except (pa.ArrowException, OSError) as error:
        raise TableError("broken_file", format="parquet", text=str(error)[:150]) from error


def _geometry(source: pq.ParquetFile) -> tuple[str, int, Problem | None]:
    """Return the geometry column (GeoParquet 1.1) and its EPSG number; empty if there is none."""
    raw = (source.metadata.metadata or {}).get(b"geo")
    try:
        facts = json.loads(raw) if raw else {}
        name = str(facts.get("primary_column", ""))
        column = facts["columns"][name] if name else {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", _LON_LAT, Problem("geometry_description_broken")
    if not name or column.get("encoding") != "WKB":
        return "", _LON_LAT, None
    crs = column.get("crs")
    if crs is None:  # GeoParquet 1.1: OGC:CRS84 where nothing is said
        return name, _LON_LAT, None
    number, problem = epsg(json.dumps(crs))
    return name, number, problem


def _split(batch: pa.RecordBatch, geometry: str) -> tuple[list[str], list[pa.Array], pa.Array | None]:
    titles: list[str] = []
    columns: list[pa.Array] = []
    shapes = None
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name == geometry:
            plain = column.storage if isinstance(column, pa.ExtensionArray) else column
            shapes = plain.cast(pa.binary())
        elif name not in _NOT_DATA:
            titles.append(name)
            columns.append(column)
    return titles, columns, shapes


def blocks(file: Opened, plan: Plan) -> Iterator[Block]:
    """Give the rows; numbers count them from 1."""
    source = _opened(file)
    name, _, _ = _geometry(source)
    size, total, done = file.path.stat().st_size, max(1, source.metadata.num_rows), 0
    places = {column.title: column.source for column in plan.columns}
    try:
        for batch in source.iter_batches(ROWS):
            titles, found, geometry = _split(batch, name)
            columns = [pa.nulls(batch.num_rows, pa.string())] * (1 + max(places.values(), default=-1))
            for title, column in zip(titles, found, strict=True):
                if title in places:
                    columns[places[title]] = column
            numbers = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
            done += batch.num_rows
            yield Block(columns, numbers, geometry=geometry, done=size * done // total)
    except (pa.ArrowException, OSError) as error:
        raise TableError("broken_file", format="parquet", text=str(error)[:150]) from error
