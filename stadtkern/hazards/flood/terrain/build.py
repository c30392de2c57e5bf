"""The terrain of a scenario, ready to be simulated on."""

from dataclasses import dataclass

import numpy as np

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.terrain.burn import burn
from stadtkern.hazards.flood.terrain.grid import Array, Grid, Mask
from stadtkern.hazards.flood.terrain.mosaic import Sources, keep_crests, mosaic
from stadtkern.hazards.flood.terrain.roughness import roughness_of
from stadtkern.hazards.flood.terrain.vectors import cells_of
from stadtkern.hazards.flood.terrain.voids import close_voids

HIGHEST = 9000.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Terrain on the grid."""

    grid: Grid
    bed: Array
    """Shape (rows, columns), m; NaN in cells that are walls."""
    mannings_n: Array | float
    active: Mask
    """Where water may be."""
    filled: Mask
    """Heights that were made up in voids."""
    changed: Mask
    """Heights that were lowered, raised or kept as crests on purpose."""
    houses: Mask
    """Cells of buildings."""


def build_ground(scenario: Scenario, sources: Sources) -> Ground:
    """Put the terrain together: mosaic, crests, voids, cuts, basins, buildings, roughness."""
    where, grid = f"{scenario.path}:", sources.grid
    heights = mosaic(sources, scenario.terrain)
    if np.nanmax(np.abs(heights), initial=0.0) > HIGHEST:
        raise BadScenario(
            f"{where} [terrain] raster: has heights beyond {HIGHEST:g} m; allowed: metres above sea level"
        )
    before = heights.copy()
    if scenario.terrain.breaklines:
        keep_crests(heights, sources, scenario.terrain, f"{where} [terrain]")
    active, filled = close_voids(
        heights, grid, scenario.terrain.voids, scenario.terrain.fill_distance, f"{where} [terrain]"
    )
    for number, table in enumerate(scenario.burn, 1):
        burn(heights, grid, table, f"{where} [[burn]] {number}")
    dig_basins(heights, scenario, grid)
    n = roughness_of(scenario.roughness, grid, f"{where} [roughness]")
    houses = np.zeros(grid.shape, dtype=bool)
    if buildings := scenario.buildings:
        houses = cells_of(buildings.polygons, grid, f"{where} [buildings] polygons") & active
        if buildings.mode == "blocked":
            active = active & ~houses
        elif buildings.mode == "raised":
            heights[houses] += buildings.height
        else:
            n = np.where(houses, buildings.mannings_n, n)
    if not active.any():
        raise BadScenario(
            f"{where} [terrain]: no cell is left for water; allowed: heights outside of buildings"
        )
    changed = active & ~filled & (np.nan_to_num(heights) != np.nan_to_num(before))
    return Ground(grid, np.where(active, heights, np.nan), n, active, filled & active, changed, houses)


def dig_basins(heights: Array, scenario: Scenario, grid: Grid) -> None:
    """Lower the ground of retention basins to their bottom."""
    for number, basin in enumerate(scenario.basin, 1):
        if basin.bottom is not None:
            cells = cells_of(basin.polygon, grid, f"{scenario.path}: [[basin]] {number} polygon")
            heights[cells] = np.minimum(heights[cells], basin.bottom)
