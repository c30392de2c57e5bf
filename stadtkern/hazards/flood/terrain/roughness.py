"""Roughness of the ground: Manning's n by number, raster or land cover."""

import math
from pathlib import Path

import numpy as np

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.kinds import RASTERS
from stadtkern.hazards.flood.scenario.model import Roughness
from stadtkern.hazards.flood.scenario.series import decimal, read_rows
from stadtkern.hazards.flood.terrain.grid import Array, Grid
from stadtkern.hazards.flood.terrain.rasters import at_cell, on_cells, read_aligned
from stadtkern.hazards.flood.terrain.vectors import covered, read_shapes

DEFAULT_TABLE = Path(__file__).parent / "mannings_n.csv"
"""Usual values for OSM tags and CORINE classes (after Chow 1959, Open-Channel Hydraulics, table 5-6)."""
DEFAULT_N = 0.033
BOUNDS = (0.0, 10.0, -math.inf)
ATTRIBUTES = ("class", "code_18", "landuse", "natural", "leisure", "waterway")


def roughness_of(table: Roughness, grid: Grid, where: str) -> Array | float:
    """Return Manning's n in s/m^(1/3), one number or shape (rows, columns)."""
    if table.land_cover is None:
        n = DEFAULT_N if table.mannings_n is None else table.mannings_n
        return on_cells(n, grid, f"{where} mannings_n", BOUNDS)
    classes = read_table(table.table or DEFAULT_TABLE, f"{where} table")
    if table.land_cover.suffix.lower() in RASTERS:
        return by_raster(table.land_cover, classes, grid, f"{where} land_cover")
    return by_polygons(table, classes, grid, where)


def read_table(path: Path, where: str) -> dict[str, float]:
    """Return Manning's n by class out of a CSV `class,mannings_n`."""
    allowed = "a CSV with the columns class,mannings_n, each class once, 0 < mannings_n <= 1"
    found: dict[str, float] = {}
    for number, (name, n) in enumerate(read_rows(path, where, ("class", "mannings_n"), allowed), 2):
        value = decimal(n)
        if not 0 < value <= 1 or not name or name in found:
            raise BadScenario(
                f"{where}: {path} row {number}: {name!r}, {n!r} is not allowed; allowed: {allowed}"
            )
        found[name] = value
    return found


def by_raster(path: Path, classes: dict[str, float], grid: Grid, where: str) -> Array:
    """Return Manning's n by the class numbers of a raster."""
    numbers = read_aligned(path, grid, where)
    n = np.full(grid.shape, np.nan)
    for number in np.unique(numbers[np.isfinite(numbers)]):
        n[numbers == number] = classes.get(f"{number:g}", np.nan)
    if np.isnan(n).any():
        unknown = sorted({f"{v:g}" for v in np.unique(numbers[np.isnan(n)])})
        raise at_cell(
            np.isnan(n), grid, f"{where}: {path}",
            (
                f"have a class without roughness ({', '.join(unknown[:10])}); allowed: "
                f"{', '.join(list(classes)[:80])}"
            ),
        )  # fmt: skip
    return n


def by_polygons(table: Roughness, classes: dict[str, float], grid: Grid, where: str) -> Array:
    """Return Manning's n by the classes of polygons."""
    path = table.land_cover or Path()
    shapes = read_shapes(path, grid, f"{where} land_cover")
    names = [a for a in (table.attribute and (table.attribute,)) or ATTRIBUTES if a in shapes.attributes]
    if not names:
        raise BadScenario(
            f"{where} attribute: {path.name} has no attribute {table.attribute or 'of land cover'}; allowed: "
            f"{', '.join(shapes.attributes) or 'polygons with attributes'}"
        )
    n = np.full(grid.shape, table.default_n)
    for name in reversed(names):
        values = np.array(["" if v is None else str(v) for v in shapes.attributes[name]])
        for value in [v for v in dict.fromkeys(values) if v in classes]:
            n[covered(shapes.geometries[values == value], grid)] = classes[value]
    if not any(str(v) in classes for name in names for v in shapes.attributes[name]):
        raise BadScenario(
            f"{where} land_cover: {path}: none of its classes is in the table; allowed: "
            f"{', '.join(list(classes)[:80])}"
        )
    return n
