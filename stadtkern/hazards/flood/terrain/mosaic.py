"""Putting tiles together on one grid, reprojected where needed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform_bounds

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.model import Scenario, Terrain
from stadtkern.hazards.flood.terrain.grid import Array, Grid, Mask
from stadtkern.hazards.flood.terrain.sources import SENTINEL, Tile, raster_tile, read_tiles
from stadtkern.hazards.flood.terrain.vectors import read_shapes, touched

METRES_PER_DEGREE = 111_320.0
CLOSE = 1e-3
"""Of a cell: so near to each other two edges are the same."""
COARSER = 1.5
"""From this ratio of cell sizes on, heights are averaged into the coarser cells."""
PROJECTED = 'a projected coordinate system in metres, such as "EPSG:25833" or "EPSG:2180"'


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a terrain and the grid they are brought to."""

    grid: Grid
    tiles: tuple[tuple[Tile, float], ...]
    """Tiles, earlier ones on top, each with the shift of its heights in m."""


def find_sources(scenario: Scenario) -> Sources:
    """Read the files of the terrain and lay the grid of the simulation over them."""
    tiles = tuple(one_raster(scenario) if scenario.terrain.raster else many_tiles(scenario))
    return Sources(
        grid_over([tile for tile, _ in tiles], scenario.terrain, f"{scenario.path}: [terrain]"), tiles
    )


def one_raster(scenario: Scenario) -> list[tuple[Tile, float]]:
    """Return the raster of `[terrain]` as the only tile."""
    terrain = scenario.terrain
    path = terrain.raster or Path()
    where = f"{scenario.path}: [terrain] raster: {path}"
    tile = raster_tile(path.name, path, terrain.raster_crs, where)
    if terrain.crs is None:
        require_projected(tile.crs, where)
    return [(tile, 0.0)]


def many_tiles(scenario: Scenario) -> list[tuple[Tile, float]]:
    """Return the tiles of all tables `[[tile]]`."""
    found = []
    for number, table in enumerate(scenario.tile, 1):
        where = f"{scenario.path}: [[tile]] {number} files"
        for path in table.files:
            found += [(tile, table.height_shift) for tile in read_tiles(path, table.crs, where)]
    return found


def require_projected(crs: CRS, where: str) -> None:
    """Raise `BadScenario` unless `crs` is projected and in metres."""
    known = pyproj.CRS.from_user_input(crs.to_wkt())
    if not known.is_projected:
        raise BadScenario(
            f"{where}: its coordinate system {name_of(crs)} is geographic (degrees); allowed: {PROJECTED}, "
            "or name one to change to in crs of [terrain]"
        )
    if any(abs(axis.unit_conversion_factor - 1.0) > 1e-9 for axis in known.axis_info[:2]):  # noqa: PLR2004  # exactly metres
        raise BadScenario(
            f"{where}: its coordinate system {name_of(crs)} is not in metres; allowed: {PROJECTED}"
        )


def name_of(crs: CRS) -> str:
    """Return the code of a coordinate system, or its WKT."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def grid_over(tiles: Sequence[Tile], terrain: Terrain, where: str) -> Grid:
    """Return the grid of the simulation: the raster's own where nothing else is wanted."""
    first = tiles[0]
    crs = CRS.from_string(terrain.crs) if terrain.crs else first.crs
    require_projected(crs, f"{where} crs")
    if (
        crs == first.crs
        and abs(first.transform.a + first.transform.e) > first.cell * 1e-6
        and terrain.cell is None
    ):
        raise BadScenario(f"{where} raster: its cells are {first.transform.a:g} x {-first.transform.e:g} m; "
                          "allowed: square cells, or name their size in cell")  # fmt: skip
    cell = terrain.cell or (first.cell if crs == first.crs else cell_after(first, crs))
    if len(tiles) == 1 and crs == first.crs and cell == first.cell and terrain.bounds is None:
        rows, columns = first.shape
        return Grid(name_of(crs), first.transform.c, first.transform.f, cell, rows, columns)
    boxes = [
        tile.bounds if tile.crs == crs else transform_bounds(tile.crs, crs, *tile.bounds) for tile in tiles
    ]
    west, south, east, north = terrain.bounds or (
        min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
    )  # fmt: skip
    if not any(b[0] < east and b[2] > west and b[1] < north and b[3] > south for b in boxes):
        raise BadScenario(f"{where} bounds: lie outside of all files; allowed: a part of their extent, "
                          f"{', '.join(f'{v:.0f}' for v in boxes[0])} for the first")  # fmt: skip
    west, south = math.floor(west / cell + 1e-6) * cell, math.floor(south / cell + 1e-6) * cell
    columns, rows = math.ceil((east - west) / cell - 1e-6), math.ceil((north - south) / cell - 1e-6)
    return Grid(name_of(crs), west, south + rows * cell, cell, rows, columns)


def cell_after(tile: Tile, crs: CRS) -> float:
    """Return a cell size in `crs` that is about that of the tile, rounded to two digits."""
    west, south, east, north = transform_bounds(tile.crs, crs, *tile.bounds)
    rows, columns = tile.shape
    size = math.sqrt((east - west) / columns * (north - south) / rows)
    digits = 1 - math.floor(math.log10(size))
    return round(size, digits)


def mosaic(sources: Sources, terrain: Terrain) -> Array:
    """Return the heights on the grid, NaN in voids: shape (rows, columns), m."""
    grid = sources.grid
    heights = np.full(grid.shape, np.nan)
    for tile, shift in sources.tiles:
        part = on_grid(tile, grid, terrain.resampling)
        missing = np.isnan(heights)
        heights[missing] = part[missing] + shift
    return heights


def on_grid(tile: Tile, grid: Grid, resampling: str) -> Array:
    """Return the heights of one tile on the grid, NaN where it has none."""
    crs = CRS.from_string(grid.crs)
    box = grid.bounds if tile.crs == crs else transform_bounds(crs, tile.crs, *grid.bounds)
    heights, transform = tile.read(box)
    part = np.full(grid.shape, np.nan)
    if not heights.size:
        return part
    # markers such as -9999 or -32768 that a file forgot to declare
    heights = np.where(heights < SENTINEL, np.nan, heights).astype(np.float64)
    if tile.crs == crs and resampling not in {"max", "min"} and copy_cells(heights, transform, part, grid):
        return part
    if resampling == "auto":
        ratio = grid.cell / (tile.cell * (METRES_PER_DEGREE if tile.crs.is_geographic else 1.0))
        resampling = "average" if ratio >= COARSER else "bilinear"
    reproject(
        heights,
        part,
        src_transform=transform,
        src_crs=tile.crs,
        src_nodata=np.nan,
        dst_transform=grid.transform,
        dst_crs=crs,
        dst_nodata=np.nan,
        resampling=Resampling[resampling],
    )
    return part


def copy_cells(heights: Array, transform: Affine, part: Array, grid: Grid) -> bool:
    """Copy heights whose cells are cells of the grid, without any change; tell whether that was so."""
    right, down = (transform.c - grid.west) / grid.cell, (grid.north - transform.f) / grid.cell
    on_cells = abs(right - round(right)) < CLOSE and abs(down - round(down)) < CLOSE
    if not on_cells or max(abs(transform.a - grid.cell), abs(transform.e + grid.cell)) > grid.cell * 1e-9:
        return False
    row, column = round(down), round(right)
    rows, columns = heights.shape
    top, left = max(row, 0), max(column, 0)
    bottom, end = min(row + rows, grid.rows), min(column + columns, grid.columns)
    if top < bottom and left < end:
        part[top:bottom, left:end] = heights[top - row : bottom - row, left - column : end - column]
    return True


def keep_crests(heights: Array, sources: Sources, terrain: Terrain, where: str) -> Mask:
    """Raise the cells along the break lines to the highest point that the sources have within them.

    Averaging into coarser cells lowers the crest of a dike, and water would flow over it too soon.

    Returns
    -------
    the cells along the lines
    """
    lines = read_shapes(terrain.breaklines or Path(), sources.grid, f"{where} breaklines")
    cells = touched(lines.geometries, sources.grid)
    for tile, shift in sources.tiles:
        crest = on_grid(tile, sources.grid, "max") + shift
        cells_here = cells & np.isfinite(crest)
        heights[cells_here] = np.fmax(heights[cells_here], crest[cells_here])
    return cells
