"""Numbers of a scenario that may be a raster: read on the grid of the simulation."""

from pathlib import Path

import numpy as np
from rasterio.crs import CRS

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.kinds import spelt
from stadtkern.hazards.flood.terrain.grid import Array, Grid, Mask
from stadtkern.hazards.flood.terrain.sources import heights_of, opened

FREE = (-np.inf, np.inf, -np.inf)


def on_cells(
    value: float | Path, grid: Grid, where: str, bounds: tuple[float, float, float] = FREE
) -> Array | float:
    """Return a number, or the values of a raster that has the cells of the grid.

    Parameters
    ----------
    bounds : least, greatest and excluded lower bound of the values

    Raises
    ------
    BadScenario
        if the raster has other cells than the terrain, voids, or values out of bounds.
    """
    if not isinstance(value, Path):
        return value
    values = read_aligned(value, grid, where)
    if np.isnan(values).any():
        raise at_cell(
            np.isnan(values), grid, f"{where}: {value}", "have no value; allowed: values everywhere"
        )
    least, greatest, above = bounds
    wrong = (values < least) | (values > greatest) | (values <= above)
    if wrong.any():
        example = float(values[wrong][0])
        raise at_cell(
            wrong, grid, f"{where}: {value}", f"hold values such as {example:g}; allowed: {spelt(bounds)}"
        )
    return values


def at_cell(cells: Mask, grid: Grid, where: str, what: str) -> BadScenario:
    """Return the error that tells how many cells are wrong, and where the first lies."""
    row, column = (int(i[0]) for i in np.nonzero(cells))
    x, y = grid.centre_of(row, column)
    return BadScenario(f"{where}: {int(cells.sum())} cells, the first at x {x:.1f}, y {y:.1f}, {what}")


def read_aligned(path: Path, grid: Grid, where: str) -> Array:
    """Return the values of a raster with the cells of the grid, NaN in voids; refuse any other."""
    size = f"{grid.columns} x {grid.rows} cells of {grid.cell:g} m"
    allowed = f"the cells of the terrain: {size} from x {grid.west:g}, y {grid.north:g}"
    with opened(path.name, path, f"{where}: {path}") as dataset:
        transform = dataset.transform
        found = Grid(grid.crs, transform.c, transform.f, transform.a, dataset.height, dataset.width)
        if dataset.crs is not None and dataset.crs != CRS.from_string(grid.crs):
            raise BadScenario(
                f"{where}: {path}: has another coordinate system than the terrain; allowed: {grid.crs}"
            )
        if not grid.same_place(found) or transform.b or transform.d:
            raise BadScenario(
                f"{where}: {path}: is not aligned with the terrain: {found.columns} x {found.rows} "
                f"cells of {found.cell:g} m "
                f"from x {found.west:g}, y {found.north:g}; allowed: {allowed}"
            )
        return np.asarray(heights_of(dataset), dtype=np.float64)
