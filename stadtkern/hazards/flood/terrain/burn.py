"""Cutting channels and culverts into the terrain along lines."""

from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.model import Burn
from stadtkern.hazards.flood.terrain.grid import Array, Grid, Mask
from stadtkern.hazards.flood.terrain.vectors import covered, read_shapes, touched


def burn(heights: Array, grid: Grid, table: Burn, where: str) -> Mask:
    """Lower the terrain along the lines of one table `[[burn]]`, in place; nothing is ever raised.

    Returns
    -------
    the cells that are lower now
    """
    shapes = read_shapes(table.lines, grid, f"{where} lines")
    lowered = np.zeros(grid.shape, dtype=bool)
    levels = attribute_levels(table, shapes.attributes.get(table.attribute or ""), where)
    ground = heights.copy()
    for number, line in enumerate(shapes.geometries):
        cells = touched([line], grid)
        if table.width > grid.cell:
            cells |= covered([line.buffer(table.width / 2, cap_style="flat")], grid)
        if levels is not None:
            bed = np.full(int(cells.sum()), levels[number])
        elif table.depth is not None:
            bed = ground[cells] - table.depth
        else:
            bed = levels_along(line, cells, grid, table)
        lower = bed < heights[cells]
        heights[cells] = np.where(lower, bed, heights[cells])
        lowered[cells] |= lower
    return lowered


def levels_along(line: BaseGeometry, cells: Mask, grid: Grid, table: Burn) -> Array:
    """Return the level of the bed in `cells`: constant, or straight along the line."""
    begin = table.bed if table.bed is not None else table.bed_from or 0.0
    end = table.bed if table.bed is not None else table.bed_to or 0.0
    rows, columns = np.nonzero(cells)
    points = shapely.points(grid.west + (columns + 0.5) * grid.cell, grid.north - (rows + 0.5) * grid.cell)
    course = shapely.line_merge(line)
    if course.geom_type != "LineString":
        course = shapely.get_geometry(course, 0)
    share = shapely.line_locate_point(course, points, normalized=True)
    return np.asarray(begin + (end - begin) * share, dtype=np.float64)


def attribute_levels(table: Burn, values: object, where: str) -> Array | None:
    """Return the level of the bed of each line out of its attribute, if the table names one."""
    if table.attribute is None:
        return None
    try:
        levels = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        levels = np.array(np.nan)
    if levels.ndim != 1 or not np.isfinite(levels).all():
        raise BadScenario(
            f"{where} attribute: {Path(table.lines).name} has no number in {table.attribute!r} for "
            "every line; allowed: an "
            "attribute with the level of the bed in metres"
        )
    return levels
