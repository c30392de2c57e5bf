"""Lines and polygons out of files, and the cells they cover."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyogrio
import shapely
from pyogrio.errors import DataSourceError
from pyproj import CRS, Transformer
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.terrain.grid import Grid, Mask

MOST = 2_000_000
ALLOWED = "lines or polygons in GeoJSON, GeoPackage, Shapefile or FlatGeobuf, within the terrain"


@dataclass(frozen=True, slots=True)
class Shapes:
    """Geometries in the coordinate system of the grid, with their attributes by name."""

    geometries: npt.NDArray[np.object_]
    attributes: dict[str, npt.NDArray[Any]]


def read_shapes(path: Path, grid: Grid, where: str) -> Shapes:
    """Read the geometries of a file, in the coordinates of the grid.

    GeoJSON without a coordinate system is in degrees by RFC 7946; one whose numbers cannot be degrees is
    taken to be in the coordinates of the grid.

    Raises
    ------
    BadScenario
        if the file cannot be read, is empty or lies outside of the grid.
    """
    try:
        meta, _, wkb, values = pyogrio.raw.read(path, max_features=MOST)
    except (DataSourceError, ValueError) as error:
        raise BadScenario(f"{where}: {path}: cannot be read ({error}); allowed: {ALLOWED}") from error
    geometries = shapely.from_wkb(wkb) if wkb is not None else np.array([], dtype=object)
    keep = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    geometries = shapely.force_2d(geometries[keep])
    if not len(geometries):
        raise BadScenario(f"{where}: {path}: holds no geometry; allowed: {ALLOWED}")
    geometries = in_coordinates(geometries, meta["crs"], grid)
    if not shapely.intersects(shapely.box(*grid.bounds), geometries).any():
        raise BadScenario(
            f"{where}: {path}: lies outside of the terrain "
            f"({', '.join(f'{v:.0f}' for v in grid.bounds)}); allowed: {ALLOWED}"
        )
    return Shapes(
        geometries, {name: column[keep] for name, column in zip(meta["fields"], values, strict=True)}
    )


def in_coordinates(
    geometries: npt.NDArray[np.object_], crs: str | None, grid: Grid
) -> npt.NDArray[np.object_]:
    """Return geometries of a file in the coordinates of the grid."""
    source = CRS.from_user_input(crs) if crs else None
    west, south, east, north = shapely.total_bounds(geometries)
    degrees = -180 <= west <= east <= 180 and -90 <= south <= north <= 90  # noqa: PLR2004  # of longitude and latitude
    if source is None or (source.is_geographic and not degrees) or source == CRS.from_user_input(grid.crs):
        return geometries
    change = Transformer.from_crs(source, grid.crs, always_xy=True)
    moved: npt.NDArray[np.object_] = shapely.transform(
        geometries, lambda points: np.column_stack(change.transform(points[:, 0], points[:, 1]))
    )
    return moved


def covered(geometries: Sequence[BaseGeometry] | npt.NDArray[np.object_], grid: Grid) -> Mask:
    """Return the cells whose centre lies within one of the polygons."""
    return burnt(geometries, grid, touch=False)


def touched(geometries: Sequence[BaseGeometry] | npt.NDArray[np.object_], grid: Grid) -> Mask:
    """Return the cells that the lines or polygons touch; along a line they share edges without gaps."""
    return burnt(geometries, grid, touch=True)


def burnt(geometries: Sequence[BaseGeometry] | npt.NDArray[np.object_], grid: Grid, *, touch: bool) -> Mask:
    """Return the cells of the geometries as a mask, shape (rows, columns)."""
    shapes = [g for g in geometries if not g.is_empty]
    if not shapes:
        return np.zeros(grid.shape, dtype=bool)
    found = rasterize(
        shapes, out_shape=grid.shape, transform=grid.transform, all_touched=touch, dtype=np.uint8
    )
    return np.asarray(found, dtype=bool)


def cells_of(polygon_file: Path, grid: Grid, where: str) -> Mask:
    """Return the cells of the polygons of a file; the smallest cover the cells they touch."""
    shapes = read_shapes(polygon_file, grid, where)
    cells = covered(shapes.geometries, grid)
    if not cells.any():
        cells = touched(shapes.geometries, grid)
    return cells
