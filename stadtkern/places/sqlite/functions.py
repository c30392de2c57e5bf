"""The SQL functions that GeoDjango calls by SpatiaLite's names."""

import json
import logging
import math
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from stadtkern.places import crs
from stadtkern.places.sqlite import geodesic
from stadtkern.places.sqlite.aggregates import AGGREGATES
from stadtkern.places.sqlite.blobs import Bounds, bounds, bounds_of, dump, fits, header, load

logger = logging.getLogger(__name__)

Load = Callable[[bytes], BaseGeometry]
Sql = Callable[..., Any]

REMEMBERED = 256
"""Geometries that each connection keeps parsed: the constant of a query is asked for in every row."""
POINT_BYTES = 25
"""Length of a point's blob: points are parsed faster than they are remembered, and would push others out."""


def _planar_length(geometry: BaseGeometry) -> float:
    if shapely.get_dimensions(geometry) <= 1:
        return float(shapely.length(geometry))
    return sum(_planar_length(part) for part in getattr(geometry, "geoms", ()))


def _planar_perimeter(geometry: BaseGeometry) -> float:
    if geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return float(shapely.length(geometry))
    return sum(_planar_perimeter(part) for part in getattr(geometry, "geoms", ()))


PREDICATES: dict[str, Callable[[BaseGeometry, BaseGeometry], bool]] = {
    # The right-hand side is mostly the constant of the query: it stands first, as only the first is prepared.
    "Contains": lambda left, right: shapely.within(right, left),
    "ContainsProperly": shapely.contains_properly,
    "CoveredBy": lambda left, right: shapely.covers(right, left),
    "Covers": lambda left, right: shapely.covered_by(right, left),
    "Crosses": lambda left, right: shapely.crosses(right, left),
    "Disjoint": lambda left, right: shapely.disjoint(right, left),
    "Equals": shapely.equals,
    "Intersects": lambda left, right: shapely.intersects(right, left),
    "Overlaps": lambda left, right: shapely.overlaps(right, left),
    "Touches": lambda left, right: shapely.touches(right, left),
    "Within": lambda left, right: shapely.contains(right, left),
}

BOXES: dict[str, Callable[[Bounds, Bounds], bool]] = {
    "MbrContains": lambda a, b: a[0] <= b[0] and a[1] <= b[1] and a[2] >= b[2] and a[3] >= b[3],
    "MbrOverlaps": lambda a, b: a[0] <= b[2] and a[2] >= b[0] and a[1] <= b[3] and a[3] >= b[1],
    "MbrWithin": lambda a, b: b[0] <= a[0] and b[1] <= a[1] and b[2] >= a[2] and b[3] >= a[3],
}

SHAPES: dict[str, Callable[..., BaseGeometry]] = {
    # one geometry, then plain numbers -> geometry of the same SRID
    "Buffer": lambda geometry, width: geometry.buffer(width),
    "Centroid": shapely.centroid,
    "Envelope": shapely.envelope,
    "GEOSMinimumBoundingCircle": shapely.minimum_bounding_circle,
    "MakeValid": shapely.make_valid,
    "PointOnSurface": shapely.point_on_surface,
    "ST_ForceLHR": lambda geometry: shapely.orient_polygons(geometry, exterior_cw=True),
    "ST_Reverse": shapely.reverse,
    "ST_Translate": lambda geometry, x, y, z=0.0: affinity.translate(geometry, x, y, z),
    "ScaleCoords": lambda geometry, x, y, z=1.0: affinity.scale(geometry, x, y, z, origin=(0, 0, 0)),
}

PAIRS: dict[str, Callable[[BaseGeometry, BaseGeometry], BaseGeometry]] = {
    "ClosestPoint": lambda left, right: shapely.get_point(shapely.shortest_line(left, right), 0),
    "Difference": shapely.difference,
    "Intersection": shapely.intersection,
    "ST_Union": shapely.union,
    "SymDifference": shapely.symmetric_difference,
}

FIGURES: dict[str, Callable[[BaseGeometry], float | str | bytes]] = {
    # one geometry -> something plain
    "AsText": lambda geometry: shapely.to_wkt(geometry, rounding_precision=-1),
    "AsWKT": lambda geometry: shapely.to_wkt(geometry, rounding_precision=-1),
    "GeodesicLength": geodesic.length,
    "GreatCircleLength": geodesic.length,
    "IsEmpty": lambda geometry: int(geometry.is_empty),
    "IsValid": lambda geometry: int(geometry.is_valid),
    "NumGeometries": lambda geometry: int(shapely.get_num_geometries(geometry)),
    "Perimeter": _planar_perimeter,
    "ST_Length": _planar_length,
    "ST_NPoints": lambda geometry: int(shapely.get_num_coordinates(geometry)),
    "St_AsBinary": lambda geometry: bytes(shapely.to_wkb(geometry, include_srid=False, flavor="iso")),
}


class SqlFunction(NamedTuple):
    """A function for `sqlite3.Connection.create_function`; NULL in gives NULL out."""

    name: str
    arguments: int
    call: Sql


def register(connection: sqlite3.Connection) -> None:
    """Give `connection` all spatial functions and aggregates.

    Each connection remembers its own parsed geometries: what GEOS has prepared must not be shared by threads.
    """
    for name, arguments, call in sql_functions(_remembering_load()):
        sql_function = guarded(name, call)
        connection.create_function(name, arguments, sql_function, deterministic=True)
        if name == "MetresBetween":
            connection.create_function("Distance", 3, known_or_infinite(sql_function), deterministic=True)
    for name, aggregate in AGGREGATES.items():
        connection.create_aggregate(name, 1, aggregate)


def guarded(name: str, call: Sql) -> Sql:
    """Return `call` with NULL handled, and its errors logged.

    The `sqlite3` module says only "user-defined function raised exception", hence the log.
    """

    def sql_function(*values: object) -> object:
        if None in values:
            return None
        try:
            return call(*values)
        except Exception as error:
            logger.error("SQL function %s failed: %s: %s", name, type(error).__name__, error)  # noqa: TRY400  # the traceback goes with the error
            raise

    return sql_function


def known_or_infinite(distance: Sql) -> Sql:
    """Return `distance` for Django's annotation `Distance` on longitude and latitude.

    Django writes COALESCE(Distance(...), 0) there: a row without geometry would be the nearest of all.
    It gets infinity, which becomes None again on the way out (see `SpatialOperations.get_db_converters`).
    """

    def annotated_distance(left: bytes | None, right: bytes | None, _spheroid: int) -> float:
        metres = distance(left, right)
        return math.inf if metres is None else float(metres)

    return annotated_distance


def sql_functions(load: Load) -> list[SqlFunction]:
    """Return all functions, reading geometries by `load`."""
    return [
        *(SqlFunction(name, 2, _predicate(load, test)) for name, test in PREDICATES.items()),
        *(SqlFunction(name, 2, _box_predicate(test)) for name, test in BOXES.items()),
        *(SqlFunction(name, -1, _shape(load, make)) for name, make in SHAPES.items()),
        *(SqlFunction(name, 2, _pair(load, make)) for name, make in PAIRS.items()),
        *(SqlFunction(name, 1, _figure(load, measure)) for name, measure in FIGURES.items()),
        *(
            SqlFunction(name, 1, _edge(index))
            for index, name in enumerate(("MbrMinX", "MbrMinY", "MbrMaxX", "MbrMaxY"))
        ),
        *_measures(load),
        *_conversions(load),
    ]


def _remembering_load() -> Load:
    @lru_cache(maxsize=REMEMBERED)
    def remembering_load(blob: bytes) -> BaseGeometry:
        geometry = load(blob)
        shapely.prepare(geometry)
        return geometry

    def quick_load(blob: bytes) -> BaseGeometry:
        return remembering_load(blob) if isinstance(blob, bytes) and len(blob) > POINT_BYTES else load(blob)

    return quick_load


def _predicate(load: Load, test: Callable[[BaseGeometry, BaseGeometry], bool]) -> Sql:
    return lambda left, right: int(test(load(left), load(right)))


def _box_predicate(test: Callable[[Bounds, Bounds], bool]) -> Sql:
    def compare(left: bytes, right: bytes) -> int:
        one, other = bounds(left), bounds(right)
        return int(bool(one and other and test(one, other)))

    return compare


def _shape(load: Load, make: Callable[..., BaseGeometry]) -> Sql:
    def shape(blob: bytes, *numbers: float) -> bytes | None:
        geometry = load(blob)
        return dump(make(geometry, *numbers), shapely.get_srid(geometry))

    return shape


def _pair(load: Load, make: Callable[[BaseGeometry, BaseGeometry], BaseGeometry]) -> Sql:
    def pair(left: bytes, right: bytes) -> bytes | None:
        geometry = load(left)
        return dump(make(geometry, load(right)), shapely.get_srid(geometry))

    return pair


def _figure(load: Load, measure: Callable[[BaseGeometry], float | str | bytes]) -> Sql:
    return lambda blob: measure(load(blob))


def _edge(index: int) -> Sql:
    def edge(blob: bytes) -> float | None:
        box = bounds(blob)
        return box and box[index]

    return edge


def _measures(load: Load) -> list[SqlFunction]:
    def metres_between(left: bytes, right: bytes) -> float | None:
        return geodesic.distance(load(left), load(right))

    def planar_distance(left: bytes, right: bytes) -> float | None:
        metres = float(shapely.distance(load(left), load(right)))
        return None if math.isnan(metres) else metres

    def planar_within(left: bytes, right: bytes, limit: float) -> int:
        return int(shapely.dwithin(load(left), load(right), limit))

    def metres_within(left: bytes, right: bytes, limit: float) -> int:
        metres = geodesic.distance(load(left), load(right))
        return int(metres is not None and metres <= limit)

    return [
        SqlFunction("Area", 1, lambda blob: float(load(blob).area)),
        SqlFunction("Area", 2, lambda blob, _spheroid: geodesic.area(load(blob))),
        SqlFunction("Azimuth", 2, lambda left, right: azimuth(load(left), load(right))),
        SqlFunction("Distance", 2, planar_distance),
        SqlFunction("MetresBetween", 2, metres_between),
        SqlFunction("PtDistWithin", 3, planar_within),
        SqlFunction("MetresWithin", 3, metres_within),
        SqlFunction(
            "Relate", 3, lambda a, b, pattern: int(shapely.relate_pattern(load(a), load(b), pattern))
        ),
        SqlFunction(
            "ST_Line_Locate_Point",
            2,
            lambda a, b: float(shapely.line_locate_point(load(a), load(b), normalized=True)),
        ),
    ]


def _conversions(load: Load) -> list[SqlFunction]:
    def snapped(blob: bytes, *numbers: float) -> bytes | None:
        return dump(snap_to_grid(load(blob), *numbers))

    return [
        SqlFunction("AsEWKB", 1, lambda blob: blob.hex().upper()),
        SqlFunction("AsGeoJSON", 2, lambda blob, options: geojson(load(blob), None, options)),
        SqlFunction("AsGeoJSON", 3, lambda blob, digits, options: geojson(load(blob), digits, options)),
        SqlFunction("GeometryFits", 4, lambda blob, kind, srid, dim: int(bool(fits(blob, kind, srid, dim)))),
        SqlFunction("SRID", 1, lambda blob: header(blob)[2]),
        SqlFunction("ST_GeomFromText", 2, lambda text, srid: dump(shapely.from_wkt(text), srid)),
        SqlFunction("ST_GeomFromWKB", 2, lambda blob, srid: dump(shapely.from_wkb(blob), srid)),
        SqlFunction("SnapToGrid", -1, snapped),
        SqlFunction("Transform", 2, lambda blob, srid: dump(crs.transform(load(blob), srid))),
    ]


def azimuth(one: BaseGeometry, other: BaseGeometry) -> float | None:
    """Return the direction of point `other` seen from point `one`, in radians clockwise from north."""
    if one.geom_type != "Point" or other.geom_type != "Point":
        raise ValueError("Azimuth needs two points")
    if one.is_empty or other.is_empty or (one.x, one.y) == (other.x, other.y):
        return None
    return math.atan2(other.x - one.x, other.y - one.y) % math.tau


def snap_to_grid(geometry: BaseGeometry, *numbers: float) -> BaseGeometry:
    """Return `geometry` with its corners on a grid.

    The numbers are the size, or the sizes in x and y, or the origin in x and y and then the sizes.
    """
    if len(numbers) == 4:  # noqa: PLR2004
        origin, size = numbers[:2], numbers[2:]
    else:
        origin, size = (0.0, 0.0), (numbers[0], numbers[-1])

    def snap(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        result = coordinates.copy()
        for axis in (0, 1):
            if size[axis]:
                steps = np.round((coordinates[:, axis] - origin[axis]) / size[axis])
                result[:, axis] = steps * size[axis] + origin[axis]
        return result

    snapped = shapely.transform(geometry, snap, include_z=bool(shapely.has_z(geometry)))
    return shapely.remove_repeated_points(snapped) if shapely.get_dimensions(snapped) else snapped


def geojson(geometry: BaseGeometry, digits: int | None, options: int) -> str:
    """Return GeoJSON text; `options`: 1 with bounding box, 2 with the coordinate system, 3 with both."""
    digits = 15 if digits is None else digits
    result: dict[str, object] = dict(shapely.geometry.mapping(geometry))
    if options & 1 and (box := bounds_of(geometry)):
        result["bbox"] = [round(value, digits) for value in box]
    if options & 2:
        result["crs"] = {"type": "name", "properties": {"name": f"EPSG:{shapely.get_srid(geometry)}"}}
    return json.dumps(_rounded(result, digits), separators=(",", ":"))


def _rounded(value: Any, digits: int) -> Any:  # noqa: ANN401  # GeoJSON nests as deep as it likes
    if isinstance(value, dict):
        return {key: _rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item, digits) for item in value]
    if isinstance(value, float):
        rounded = round(value, digits)
        return int(rounded) if rounded.is_integer() else rounded
    return value
