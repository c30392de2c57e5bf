"""Coordinate systems: the ones we serve, and the way from one to another."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from stadtkern.base.errors import BadInput

STORED = 4326
"""EPSG code of everything in the database: longitude and latitude on WGS 84."""

SUPPORTED = {
    4326: "WGS 84",
    3857: "WGS 84 / Pseudo-Mercator",
    25832: "ETRS89 / UTM zone 32N",
    25833: "ETRS89 / UTM zone 33N",
    2180: "ETRF2000-PL / CS92",
}
"""EPSG code and name of each system that our interfaces offer."""

ELLIPSOID = Geod(ellps="WGS84")


class UnknownCrs(BadInput):
    """Nobody defined a coordinate system with this number, or we do not serve it."""


def require_supported(srid: int) -> int:
    """Return `srid` if our interfaces offer it.

    Raises
    ------
    UnknownCrs
        with the codes that would do.
    """
    if srid not in SUPPORTED:
        known = ", ".join(str(code) for code in sorted(SUPPORTED))
        raise UnknownCrs(f"EPSG:{srid} is not offered here; choose one of {known}")
    return srid


@lru_cache(maxsize=64)
def transformer(source: int | str, target: int) -> Transformer:
    """Return the way from `source` (EPSG code or definition) to `target`; east comes before north in both."""
    try:
        return Transformer.from_crs(source, target, always_xy=True)
    except CRSError as error:
        raise UnknownCrs(f"no way from {source} to EPSG:{target}: {error}") from error


def transform(geometry: BaseGeometry, target: int, *, source: int | str | None = None) -> BaseGeometry:
    """Return `geometry` in the system `target`; heights are kept as they are.

    Parameters
    ----------
    geometry
        a shapely geometry; its own SRID counts unless `source` is given.
    target
        EPSG code.
    source
        EPSG code, or the definition of the system as text.

    Raises
    ------
    BadInput
        if the geometry has no SRID, or lies where the target system has no coordinates.
    """
    source = source or shapely.get_srid(geometry)
    if not source:
        raise BadInput("the geometry does not say in which coordinate system it is")
    if source == target:
        return shapely.set_srid(geometry, target)
    way = transformer(source, target)

    def move(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = coordinates.copy()
        moved[:, 0], moved[:, 1] = way.transform(coordinates[:, 0], coordinates[:, 1])
        return moved

    result = shapely.transform(geometry, move, include_z=bool(shapely.has_z(geometry)))
    if not np.isfinite(shapely.get_coordinates(result)).all():
        raise BadInput(f"the geometry lies outside of what EPSG:{target} can express")
    return shapely.set_srid(result, target)


def transform_all(geometries: Iterable[BaseGeometry], target: int) -> list[BaseGeometry]:
    """Return all `geometries` in the system `target`."""
    return [transform(geometry, target) for geometry in geometries]
