"""Classes of depth as polygons in a GeoPackage."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from rasterio.features import shapes

from stadtkern.hazards.flood.output.classes import class_of
from stadtkern.hazards.flood.terrain.grid import Array, Grid

LAYER = "depth_classes"


def write_depth_classes(path: Path, depth: Array, grid: Grid, bounds: Sequence[float]) -> int:
    """Write polygons of equal depth class and return how many there are.

    Fields: `class` (1 and more), `depth_from` and `depth_to` in m (NULL: no upper bound), `area` in m2.
    """
    classes = class_of(depth, bounds)
    found = list(shapes(classes, mask=classes > 0, connectivity=4, transform=grid.transform))
    numbers = np.array([int(value) for _, value in found], dtype=np.int32)
    geometries = np.array([shapely.geometry.shape(geometry) for geometry, _ in found], dtype=object)
    lower = np.array([bounds[n - 1] for n in numbers], dtype=np.float64)
    upper = np.array([bounds[n] if n < len(bounds) else np.nan for n in numbers], dtype=np.float64)
    area = shapely.area(geometries) if found else np.array([], dtype=np.float64)
    partial = path.with_name(f".partial.{path.name}")
    partial.unlink(missing_ok=True)
    pyogrio.raw.write(
        partial,
        geometry=shapely.to_wkb(geometries),
        field_data=[numbers, lower, upper, area],
        fields=["class", "depth_from", "depth_to", "area"],
        layer=LAYER,
        driver="GPKG",
        geometry_type="Polygon",
        crs=grid.crs,
    )
    partial.replace(path)
    return len(found)
