"""Cells without a height."""

import numpy as np
from rasterio.fill import fillnodata

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.terrain.grid import Array, Grid, Mask


def close_voids(heights: Array, grid: Grid, mode: str, distance: float, where: str) -> tuple[Mask, Mask]:
    """Treat cells without height: refuse them, fill them from around in place, or make walls of them.

    Parameters
    ----------
    heights : shape (rows, columns), m, NaN in voids; filled in place
    mode : `refuse`, `fill` (inverse distance within `distance` in m; what lies farther becomes wall) or
        `wall`

    Returns
    -------
    active, filled : where water may be, and which heights were made up
    """
    voids = ~np.isfinite(heights)
    nothing = np.zeros(grid.shape, dtype=bool)
    if not voids.any():
        return ~voids, nothing
    if voids.all():
        raise BadScenario(f"{where} raster: has no height at all; allowed: heights in metres")
    if mode == "refuse":
        row, column = (int(i[0]) for i in np.nonzero(voids))
        x, y = grid.centre_of(row, column)
        raise BadScenario(
            f"{where} raster: {int(voids.sum())} of {voids.size} cells have no height (void or NaN), "
            f"the first at x {x:.1f}, "
            f'y {y:.1f}; allowed: heights everywhere, or voids = "fill" or "wall"'
        )
    if mode == "wall":
        return ~voids, nothing
    reach = max(1.0, distance / grid.cell)
    known = np.where(voids, 0.0, heights)
    # the window of the search is square-rooted in places inside GDAL: its result is checked, not trusted
    guess = fillnodata(known.astype(np.float32), mask=(~voids).astype(np.uint8), max_search_distance=reach)
    near = voids & within_reach(~voids, reach)
    heights[near] = guess[near]
    return ~(voids & ~near), near


def within_reach(known: Mask, reach: float) -> Mask:
    """Return the cells that have a known cell within `reach` cells in a row, a column or a diagonal."""
    found = known.copy()
    for _ in range(min(int(reach), max(known.shape))):
        grown = found.copy()
        grown[1:] |= found[:-1]
        grown[:-1] |= found[1:]
        grown[:, 1:] |= found[:, :-1]
        grown[:, :-1] |= found[:, 1:]
        if (grown == found).all():
            break
        found = grown
    return found
