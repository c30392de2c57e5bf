"""Walls along lines as crests on the faces between cells."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import shapely
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from stadtkern.hazards.flood.terrain.grid import Array, Grid, Mask
from stadtkern.hazards.flood.terrain.vectors import touched

NUDGE = 1e-4
Faces = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def west_faces(line: BaseGeometry, grid: Grid) -> Faces:
    """Return rows and columns of the cells whose western face the line closes."""
    return crossed(line, grid, 0, -1)


def south_faces(line: BaseGeometry, grid: Grid) -> Faces:
    """Return rows and columns of the cells whose southern face the line closes."""
    return crossed(line, grid, 1, 0)


def crossed(line: BaseGeometry, grid: Grid, down: int, right: int) -> Faces:
    """Return the cells between whose centre and that of the neighbour the line passes.

    A way from centre to centre that crosses the line is closed: no water can get around it within its length.
    """
    # a line through centres would close both faces of a cell: it passes a hair's breadth beside them
    line = translate(line, NUDGE * grid.cell, NUDGE / 2 * grid.cell)
    near = touched([line.buffer(grid.cell)], grid)
    rows, columns = np.nonzero(near)
    inside = (rows + down < grid.rows) & (columns + right >= 0)
    rows, columns = rows[inside], columns[inside]
    x, y = grid.west + (columns + 0.5) * grid.cell, grid.north - (rows + 0.5) * grid.cell
    ends = np.stack(
        [np.column_stack([x, y]), np.column_stack([x + right * grid.cell, y - down * grid.cell])], axis=1
    )
    shapely.prepare(line)
    hit = shapely.intersects(line, shapely.linestrings(ends))
    return rows[hit], columns[hit]


def no_crests(grid: Grid) -> tuple[Array, Array]:
    """Return crests of no walls on the western and southern faces."""
    return np.full(grid.shape, -np.inf), np.full(grid.shape, -np.inf)


def raise_crests(  # noqa: PLR0913  # either level or height
    crests: tuple[Array, Array],
    lines: Iterable[BaseGeometry],
    grid: Grid,
    bed: Array,
    *,
    crest: float | None,
    height: float | None,
) -> None:
    """Put walls along lines, in place: the crest at a level, or `height` above the higher ground beside."""
    for line in lines:
        for values, (rows, columns), down, right in (
            (crests[0], west_faces(line, grid), 0, -1),
            (crests[1], south_faces(line, grid), 1, 0),
        ):
            if crest is None:
                beside = np.fmax(bed[rows, columns], bed[rows + down, columns + right])
                level = beside + (height or 0.0)
            else:
                level = np.full(rows.shape, crest)
            values[rows, columns] = np.fmax(values[rows, columns], level)


def cells_in_order(line: BaseGeometry, grid: Grid, allowed: Mask) -> Faces:
    """Return the cells that a line touches, in order along it, those of `allowed` only."""
    rows, columns = np.nonzero(touched([line], grid) & allowed)
    return in_order(line, grid, rows, columns)


def in_order(
    line: BaseGeometry, grid: Grid, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]
) -> Faces:
    """Return cells in order of the place along the line that is nearest to them."""
    points = shapely.points(grid.west + (columns + 0.5) * grid.cell, grid.north - (rows + 0.5) * grid.cell)
    order = np.argsort(shapely.line_locate_point(line, points), kind="stable")
    return rows[order], columns[order]
