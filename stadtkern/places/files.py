"""Rows of geographic files, whatever their format and coordinate system."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from stadtkern.base.errors import BadInput
from stadtkern.places import crs

FORMATS = {".geojson", ".json", ".gpkg", ".shp", ".zip", ".csv"}
LARGEST = 2_000_000_000
"""Bytes that a zip file may hold when unpacked."""
GEOMETRY_COLUMNS = "geometry,geom,wkt,the_geom,Geometry,GEOMETRY"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was left out."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A usable row: its number (from 1), its values by column in small letters, its geometry in EPSG:4326."""

    number: int
    values: Mapping[str, str]
    geometry: BaseGeometry

    def first(self, names: tuple[str, ...]) -> str:
        """Return the first value that is there under one of `names`, else the empty text."""
        return next((self.values[name] for name in names if self.values.get(name)), "")


def read_rows(file: Path, *, srid: int | None = None) -> Iterator[FileRow | Rejected]:
    """Return all rows of a GeoJSON, GeoPackage, CSV (geometry as WKT, or lon and lat) or zipped Shapefile.

    Parameters
    ----------
    srid
        EPSG code to assume where the file says none.

    Raises
    ------
    BadInput
        if the file as a whole cannot be used.
    """
    _check_file(file)
    meta, columns, shapes = _read(file)
    source = meta.get("crs") or (f"EPSG:{srid}" if srid else None)
    if source is None:
        raise BadInput(f"{file.name} does not say in which coordinate system it is; name its EPSG code")
    crs.transformer(source, crs.STORED)
    names = [str(name).lower() for name in meta["fields"]]
    return _rows(names, columns, shapes, source)


def _rows(
    names: list[str], columns: list[Any], shapes: list[bytes | None], source: str
) -> Iterator[FileRow | Rejected]:
    for number, (shape, *values) in enumerate(zip(shapes, *columns, strict=True), start=1):
        texts = {name: text for name, value in zip(names, values, strict=True) if (text := _text(value))}
        try:
            yield FileRow(number, texts, _geometry(shape, source))
        except (BadInput, ShapelyError) as problem:
            yield Rejected(number, str(problem))


def _check_file(file: Path) -> None:
    if not file.is_file():
        raise BadInput(f"there is no file {file.name}")
    if file.suffix.lower() not in FORMATS:
        raise BadInput(f"{file.name} is none of {', '.join(sorted(FORMATS))}")
    if file.suffix.lower() != ".zip":
        return
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise BadInput(f"{file.name} is not a whole zip file: {error}") from error
    if size > LARGEST:
        raise BadInput(f"{file.name} would fill {size / 1e9:.1f} GB when unpacked")


def _read(file: Path) -> tuple[dict[str, Any], list[Any], list[bytes | None]]:
    options = {}
    if file.suffix.lower() == ".csv":
        options = {
            "GEOM_POSSIBLE_NAMES": GEOMETRY_COLUMNS,
            "X_POSSIBLE_NAMES": "lon,longitude,x",
            "Y_POSSIBLE_NAMES": "lat,latitude,y",
            "KEEP_GEOM_COLUMNS": "NO",
        }
    try:
        meta, _fids, shapes, columns = pyogrio.raw.read(file, **options)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise BadInput(f"{file.name} cannot be read: {error}") from error
    if shapes is None:
        raise BadInput(f"{file.name} holds no geometries")
    return meta, list(columns), list(shapes)


def _text(value: object) -> str:
    """Return a value as text; numbers without their decimals, nothing for a missing value."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split())


def _geometry(shape: bytes | None, source: str) -> BaseGeometry:
    if shape is None:
        raise BadInput("no geometry")
    geometry = shapely.from_wkb(shape)
    if geometry.is_empty:
        raise BadInput("the geometry is empty")
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise BadInput("the geometry has coordinates that are no numbers")
    west, south, east, north = shapely.bounds(moved := crs.transform(geometry, crs.STORED, source=source))
    if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004
        raise BadInput("the geometry lies outside of the earth: is the coordinate system right?")
    return moved
