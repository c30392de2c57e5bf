"""How much memory there is, and the refusal of a run that would not fit."""

from pathlib import Path

import psutil

from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.errors import TooLarge
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.terrain.grid import Grid

GIB = 1024**3
CGROUP = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current"))
PER_CELL = 5 * 8 + 4
"""Bytes a cell beside the solver: bed, heights of a tile and their copy, one result on its way out, masks."""


def available() -> int:
    """Return the bytes that can be used: free memory, or what the limit of a container leaves."""
    free = int(psutil.virtual_memory().available)
    try:
        limit, used = (path.read_text(encoding="ascii").strip() for path in CGROUP)
    except OSError:
        return free
    return min(free, int(limit) - int(used)) if limit.isdecimal() else free


def needed(grid: Grid, options: solver.Options, scenario: Scenario) -> int:
    """Return the bytes that a run will take at its peak."""
    cells = grid.rows * grid.columns
    rasters = [scenario.roughness.land_cover, *(r.raster for r in scenario.rain)]
    fields = sum(1 for r in rasters if r) + 2 * bool(scenario.wall or scenario.bridge or scenario.basin)
    fields += 2 * bool(scenario.infiltration) + bool(scenario.drainage) + bool(scenario.buildings)
    return solver.memory_needed(grid.shape, options, fields=fields) + cells * PER_CELL


def require_memory(grid: Grid, options: solver.Options, scenario: Scenario) -> None:
    """Raise `TooLarge` if the run would not fit into memory."""
    wanted, free = needed(grid, options, scenario), available()
    if wanted <= free:
        return
    cells = grid.rows * grid.columns
    fitting = grid.cell * (wanted / free) ** 0.5
    raise TooLarge(
        f"{scenario.path}: [terrain] cell: {cells:,} cells of {grid.cell:g} m need {wanted / GIB:.1f} "
        "GiB of memory, "
        f"{free / GIB:.1f} GiB are free; allowed: cells of {fitting:.2g} m or more, smaller bounds, or "
        'precision = "float32" in [solver]'
    )
