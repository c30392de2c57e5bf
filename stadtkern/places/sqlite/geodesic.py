"""Metres on the WGS 84 ellipsoid for geometries in longitude and latitude.

Exact (to the millimetre, Karney 2013): the distance of two points, length and area of geometries whose
edges are geodesics. Approximate: the distance of anything else. There the two nearest points are
searched in a plane scaled by the cosine of the middle latitude, then measured exactly; the edges are
straight in longitude and latitude. An east-west edge of 10 km at 52 degrees north runs up to 2.5 m
beside the geodesic that PostGIS would draw, one of 100 km up to 250 m; the edges of town maps are far
shorter. Lines and areas over the 180th meridian are not joined.
"""

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from stadtkern.places.crs import ELLIPSOID
from stadtkern.places.sqlite.blobs import Bounds, bounds_of

METRES_PER_DEGREE = 110_500.0
"""A little less than the shortest degree of latitude (110,574 m) and of longitude (111,319 m, equator)."""


def distance(one: BaseGeometry, other: BaseGeometry) -> float | None:
    """Return the distance in metres; None if a geometry is empty."""
    if one.is_empty or other.is_empty:
        return None
    if one.geom_type == "Point" and other.geom_type == "Point":
        return float(ELLIPSOID.inv(one.x, one.y, other.x, other.y)[2])
    if shapely.intersects(one, other):
        return 0.0
    squeeze = math.cos(
        math.radians((shapely.bounds(one)[[1, 3]].mean() + shapely.bounds(other)[[1, 3]].mean()) / 2)
    )

    def scaled(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        return coordinates * (squeeze, 1.0)

    line = shapely.shortest_line(shapely.transform(one, scaled), shapely.transform(other, scaled))
    (x1, y1), (x2, y2) = shapely.get_coordinates(line)
    return float(ELLIPSOID.inv(x1 / squeeze, y1, x2 / squeeze, y2)[2])


def area(geometry: BaseGeometry) -> float:
    """Return the area in square metres."""
    return abs(float(ELLIPSOID.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))


def length(geometry: BaseGeometry) -> float:
    """Return the length of the lines in metres; points and areas have none."""
    if geometry.geom_type in {"LineString", "LinearRing"}:
        return 0.0 if geometry.is_empty else float(ELLIPSOID.geometry_length(geometry))
    return sum(length(part) for part in getattr(geometry, "geoms", ()))


def widen(box: Bounds, metres: float) -> Bounds:
    """Return a box in degrees that holds all that is at most `metres` away from `box`."""
    west, south, east, north = box
    degrees = max(metres, 0.0) / METRES_PER_DEGREE
    poleward = max(abs(south), abs(north)) + degrees
    if poleward >= 90:  # noqa: PLR2004
        return -math.inf, south - degrees, math.inf, north + degrees
    sideways = degrees / math.cos(math.radians(poleward))
    if west - sideways < -180 or east + sideways > 180:  # noqa: PLR2004  # over the date line: any longitude may be near
        return -math.inf, south - degrees, math.inf, north + degrees
    return west - sideways, south - degrees, east + sideways, north + degrees


def bounds_within(geometry: BaseGeometry, metres: float) -> Bounds | None:
    """Return the box that holds all that is at most `metres` away from `geometry`; None if that is empty."""
    box = bounds_of(geometry)
    return box and widen(box, metres)
