"""Geometries as they lie in the column: extended well-known binary with SRID."""

import math
import struct
from functools import lru_cache

import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

Bounds = tuple[float, float, float, float]
"""West, south, east, north, in the units of the column."""

HAS_Z, HAS_M, HAS_SRID = 0x80000000, 0x40000000, 0x20000000
KINDS = {
    "POINT": 1,
    "LINESTRING": 2,
    "POLYGON": 3,
    "MULTIPOINT": 4,
    "MULTILINESTRING": 5,
    "MULTIPOLYGON": 6,
    "GEOMETRYCOLLECTION": 7,
}
POINT = KINDS["POINT"]


class BadGeometry(ValueError):  # domain errors are named by what happened
    """A value that is no geometry stands where one is expected."""


def header(blob: object) -> tuple[str, int, int, int]:
    """Return byte order ("<" or ">"), type number with flags, SRID (0 = none) and offset of the coordinates.

    Raises
    ------
    BadGeometry
        if `blob` does not begin like EWKB.
    """
    if not isinstance(blob, bytes) or len(blob) < 9 or blob[0] > 1:  # noqa: PLR2004  # order, type, count
        raise BadGeometry(f"not a geometry: {blob!r:.60}")
    order = "<" if blob[0] else ">"
    (kind,) = struct.unpack_from(f"{order}I", blob, 1)
    if not kind & HAS_SRID:
        return order, kind, 0, 5
    (srid,) = struct.unpack_from(f"{order}i", blob, 5)
    return order, kind, srid, 9


def load(blob: object) -> BaseGeometry:
    """Return the geometry in `blob`.

    Raises
    ------
    BadGeometry
        if there is none.
    """
    header(blob)
    try:
        return shapely.from_wkb(blob)
    except (ShapelyError, TypeError) as error:
        raise BadGeometry(f"not a geometry: {blob!r:.60} ({error})") from error


def dump(geometry: BaseGeometry | None, srid: int | None = None) -> bytes | None:
    """Return `geometry` as a blob, its SRID replaced by `srid` if that is given."""
    if geometry is None:
        return None
    if srid is not None:
        geometry = shapely.set_srid(geometry, srid)
    blob: bytes = shapely.to_wkb(geometry, include_srid=True, flavor="extended")
    return blob


def bounds_of(geometry: BaseGeometry) -> Bounds | None:
    """Return the bounding box; None for an empty geometry."""
    west, south, east, north = shapely.bounds(geometry)
    return None if math.isnan(west) else (float(west), float(south), float(east), float(north))


@lru_cache(maxsize=16)
def bounds(blob: bytes | None) -> Bounds | None:
    """Return the bounding box of the geometry in `blob`; None for NULL and for an empty geometry.

    The trigger asks four times for the same blob, hence the small cache.
    """
    if blob is None:
        return None
    order, kind, _srid, offset = header(blob)
    if kind & 0xFF == POINT and len(blob) >= offset + 16:  # most rows are points: no need to build an object
        x, y = struct.unpack_from(f"{order}2d", blob, offset)
        return None if math.isnan(x) else (x, y, x, y)
    return bounds_of(load(blob))


def fits(blob: object, kind: str, srid: int, dimensions: int) -> bool | None:
    """Return whether `blob` may stand in a column of this kind, SRID and number of dimensions."""
    if blob is None:
        return None
    try:
        _order, number, blob_srid, _offset = header(blob)
    except BadGeometry:
        return False
    return (
        KINDS.get(kind, number & 0xFF) == number & 0xFF
        and blob_srid == srid
        and (dimensions == 3) == bool(number & HAS_Z)  # noqa: PLR2004
    )
