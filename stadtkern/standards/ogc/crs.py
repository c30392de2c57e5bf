"""Coordinate systems by their addresses, and the order in which they write coordinates (18-058r1)."""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from stadtkern.base.errors import BadInput
from stadtkern.features.boxes import Bounds
from stadtkern.places import crs as known
from stadtkern.standards.ogc.errors import BadParameter

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
DIGITS = {True: 9, False: 3}
"""Decimal places of coordinates: degrees, metres."""
STEPS = 21
"""Points along each edge of a box that is brought into another system, where its edges are bent."""
_CURIE = re.compile(r"(?:\[?EPSG:|urn:ogc:def:crs:EPSG:[0-9.]*:)([0-9]{4,6})\]?")


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system as a client names it."""

    uri: str
    code: int
    is_swapped: bool
    """Whether it writes the northward coordinate first."""
    is_degrees: bool

    @property
    def is_stored(self) -> bool:
        """Whether coordinates can be sent as they are kept."""
        return self.code == known.STORED and not self.is_swapped


@cache
def systems() -> dict[str, System]:
    """Return all systems that are offered, by address."""
    found = {CRS84: System(CRS84, known.STORED, is_swapped=False, is_degrees=True)}
    for code in known.SUPPORTED:
        axes = CRS.from_epsg(code).axis_info
        north_first = axes[0].direction == "north"
        uri = f"{EPSG}{code}"
        found[uri] = System(uri, code, is_swapped=north_first, is_degrees=axes[0].unit_name == "degree")
    return found


def system(uri: str, parameter: str) -> System:
    """Return the system a parameter names: by address, or as `EPSG:25833` (safe CURIE, URN).

    Raises
    ------
    BadParameter
        if it is not offered (18-058r1, requirements crs-parameter, bbox-crs-parameter).
    """
    if short := _CURIE.fullmatch(uri):
        uri = f"{EPSG}{short[1]}"
    if found := systems().get(uri):
        return found
    raise BadParameter(f"{parameter}: {uri[:100]!r} is not offered; choose one of {', '.join(systems())}")


def box_from(values: list[float], given: System, parameter: str = "bbox") -> Bounds:
    """Return a box in degrees, west before east unless it crosses the 180th meridian.

    Parameters
    ----------
    values
        the four numbers in the order of the system's axes: lower corner, upper corner.
    """
    if not all(np.isfinite(values)):
        raise BadParameter(f"{parameter}: numbers have to be finite")
    first, second, third, fourth = values
    west, south, east, north = (
        (second, first, fourth, third) if given.is_swapped else (first, second, third, fourth)
    )
    if south > north or (west > east and not given.is_degrees):
        raise BadParameter(f"{parameter}: the lower corner comes first, then the upper one")
    if given.code == known.STORED:
        if not (-180 <= west <= 180 and -180 <= east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004
            raise BadParameter(f"{parameter}: this box does not lie on the earth")
        return west, south, east, north
    return _around((west, south, east, north), given.code, parameter)


def shape_of(values: list[float], given: System) -> GEOSGeometry | None:
    """Return a box of another system as a shape in degrees with bent edges; None if a box will do.

    Parameters
    ----------
    values
        four numbers that `box_from` has checked.
    """
    if given.code == known.STORED:
        return None
    first, second, third, fourth = values
    west, south, east, north = (second, first, fourth, third) if given.is_swapped else values
    if west == east or south == north:
        return None
    edge = _edge(west, south, east, north)
    longitudes, latitudes = known.transformer(given.code, known.STORED).transform(edge[:, 0], edge[:, 1])
    shape = shapely.polygons(np.column_stack((longitudes, latitudes)))
    if not shape.is_valid:
        return None
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=known.STORED)


def _edge(west: float, south: float, east: float, north: float) -> NDArray[np.float64]:
    """Return points along the edge of a box, shape (4 * STEPS, 2)."""
    across, up = np.linspace(west, east, STEPS), np.linspace(south, north, STEPS)
    x = np.concatenate((across, np.full(STEPS, east), across[::-1], np.full(STEPS, west)))
    y = np.concatenate((np.full(STEPS, south), up, np.full(STEPS, north), up[::-1]))
    return np.column_stack((x, y))


def _around(corners: tuple[float, float, float, float], code: int, parameter: str) -> Bounds:
    """Return the box in degrees around a box in another system."""
    edge = _edge(*corners)
    longitudes, latitudes = known.transformer(code, known.STORED).transform(edge[:, 0], edge[:, 1])
    if not (np.isfinite(longitudes).all() and np.isfinite(latitudes).all()):
        raise BadParameter(f"{parameter}: this box lies outside of what EPSG:{code} can express")
    return (
        float(max(longitudes.min(), -180)),
        float(max(latitudes.min(), -90)),
        float(min(longitudes.max(), 180)),
        float(min(latitudes.max(), 90)),
    )


def geometry_from(geometry: BaseGeometry, given: System) -> BaseGeometry:
    """Return a geometry a client wrote in a system as longitude and latitude."""
    if given.is_swapped:
        geometry = shapely.transform(geometry, lambda corners: corners[:, ::-1])
    return known.transform(geometry, known.STORED, source=given.code)


def texts(blobs: list[bytes | None], wanted: System) -> list[str]:
    """Return geometries (WKB, longitude and latitude) as GeoJSON in another system.

    Raises
    ------
    BadParameter
        if one lies where the system has no coordinates.
    """
    shapes = shapely.set_srid(shapely.from_wkb(np.array(blobs, dtype=object)), 0)

    def move(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = corners[:, 0], corners[:, 1]
        if wanted.code != known.STORED:
            x, y = known.transformer(known.STORED, wanted.code).transform(x, y)
        moved = np.column_stack((y, x) if wanted.is_swapped else (x, y))
        if not np.isfinite(moved).all():
            raise BadParameter(f"crs: a feature lies outside of what EPSG:{wanted.code} can express")
        return moved.round(DIGITS[wanted.is_degrees])

    try:
        moved = shapely.transform(shapes, move)
    except BadInput as error:
        raise BadParameter(str(error)) from error
    if not wanted.is_swapped:
        moved = shapely.orient_polygons(moved)
    return [text or "null" for text in shapely.to_geojson(moved).tolist()]
