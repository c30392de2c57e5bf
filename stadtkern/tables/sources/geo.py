"""GeoPackage, Shapefile, KML, GPX, GML and FlatGeobuf, read by GDAL."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError

from stadtkern.tables.files import Opened
from stadtkern.tables.model import Hints, Part, Plan, Problem, TableError
from stadtkern.tables.sources import SAMPLE_ROWS, Block, Look, Records

ROWS = 20_000
_LON_LAT = 4326
_SIMILAR = 70
"""How sure PROJ must be, out of 100, that a description without a number is that of a numbered CRS."""


def look(file: Opened, hints: Hints) -> Look:
    """Look at the wanted layer, else the one with the most features."""
    parts = _layers(file)
    names = [part.name for part in parts]
    if not parts:
        raise TableError("empty")
    part = hints.part if hints.part in names else max(parts, key=lambda one: one.rows or 0).name
    info = _info(file, part)
    crs, problem = epsg(str(info.get("crs") or ""))
    problems = [problem] if problem and info.get("geometry_type") else []
    if len(parts) > 1:
        problems.append(Problem("several_parts", "note", facts={"parts": names}))
    table = next(_batches(file, part, SAMPLE_ROWS), None)
    if table is None or not table.num_rows:
        raise TableError("empty")
    titles, columns, geometry = _split(table)
    return Look(
        Records(titles, columns, geometry, hints.crs or crs),
        part=part,
        parts=parts,
        problems=problems,
        row_estimate=_count(info),
    )


def _layers(file: Opened) -> tuple[Part, ...]:
    try:
        found = [str(name) for name, _ in pyogrio.list_layers(file.path)]
    except DataSourceError as error:
        raise TableError("broken_file", format=file.format, text=str(error)[:150]) from error
    layers = [Part(name, "layer", _count(_info(file, name))) for name in found]
    return tuple(layer for layer in layers if layer.rows != 0 or file.format not in {"gpx", "kml"})


def _info(file: Opened, part: str) -> dict[str, object]:
    try:
        found: dict[str, object] = pyogrio.read_info(file.path, layer=part or None, force_feature_count=True)
    except (DataSourceError, DataLayerError) as error:
        raise TableError("broken_file", format=file.format, text=str(error)[:150]) from error
    return found


def _count(info: dict[str, object]) -> int | None:
    count = info.get("features")
    return int(count) if isinstance(count, int) and count >= 0 else None


def epsg(text: str) -> tuple[int, Problem | None]:
    """Return the EPSG number of a CRS; degrees with a warning where it has none we know."""
    if not text:
        return _LON_LAT, Problem("crs_missing", facts={"assumed": _LON_LAT})
    if re.search(r"(CRS84|:4979)$", text):
        return _LON_LAT, None
    try:
        number = CRS.from_user_input(text).to_epsg(min_confidence=_SIMILAR)
    except CRSError:
        number = None
    if not number:
        return _LON_LAT, Problem("crs_unknown", facts={"crs": text[:120], "assumed": _LON_LAT})
    return number, None


def _batches(file: Opened, part: str, size: int) -> Iterator[pa.RecordBatch]:
    try:
        with pyogrio.open_arrow(file.path, layer=part or None, batch_size=size, use_pyarrow=True) as (
            _,
            reader,
        ):
            yield from reader
    except (DataSourceError, DataLayerError, pa.ArrowException, RuntimeError) as error:
        raise TableError("broken_file", format=file.format, text=str(error)[:150]) from error


def _split(batch: pa.RecordBatch) -> tuple[list[str], list[pa.Array], pa.Array | None]:
    titles: list[str] = []
    columns: list[pa.Array] = []
    geometry = None
    for place, field in enumerate(batch.schema):
        column = batch.column(place)
        marks = field.metadata or {}
        if marks.get(b"ARROW:extension:name", b"").endswith(b"wkb") or isinstance(column, pa.ExtensionArray):
            geometry = column.storage if isinstance(column, pa.ExtensionArray) else column
        elif field.name == "wkb_geometry":
            geometry = column
        else:
            titles.append(field.name)
            columns.append(column)
    if geometry is not None and geometry.type != pa.binary():
        geometry = geometry.cast(pa.binary())
    return titles, columns, geometry


def blocks(file: Opened, plan: Plan) -> Iterator[Block]:
    """Give the features; numbers count them from 1."""
    size = file.path.stat().st_size
    total = max(1, _count(_info(file, plan.part)) or 1)
    places = {column.title: column.source for column in plan.columns}
    done = 0
    for batch in _batches(file, plan.part, ROWS):
        titles, found, geometry = _split(batch)
        columns = [pa.nulls(batch.num_rows, pa.string())] * (1 + max(places.values(), default=-1))
        for title, column in zip(titles, found, strict=True):
            if title in places:
                columns[places[title]] = column
        numbers = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
        done += batch.num_rows
        yield Block(columns, numbers, geometry=geometry, done=min(size, size * done // total))
