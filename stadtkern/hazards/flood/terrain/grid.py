"""The grid of a simulation: where its cells lie."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

Array = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells in a projected coordinate system; row 0 is the northernmost."""

    crs: str
    """Code such as `EPSG:25833`, or WKT where there is no code."""
    west: float
    """m, of the western edge."""
    north: float
    """m, of the northern edge."""
    cell: float
    """m, edge length of a cell."""
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def east(self) -> float:
        """m, of the eastern edge."""
        return self.west + self.columns * self.cell

    @property
    def south(self) -> float:
        """m, of the southern edge."""
        return self.north - self.rows * self.cell

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in m."""
        return self.west, self.south, self.east, self.north

    @property
    def transform(self) -> Affine:
        """From column and row to x and y, as rasters write it."""
        return Affine(self.cell, 0.0, self.west, 0.0, -self.cell, self.north)

    def cell_of(self, x: float, y: float) -> tuple[int, int] | None:
        """Return row and column of the cell at a point, or None outside."""
        column, row = int((x - self.west) // self.cell), int((self.north - y) // self.cell)
        if x == self.east:
            column -= 1
        if y == self.south:
            row -= 1
        return (row, column) if 0 <= row < self.rows and 0 <= column < self.columns else None

    def centre_of(self, row: int, column: int) -> tuple[float, float]:
        """Return x and y of the centre of a cell."""
        return self.west + (column + 0.5) * self.cell, self.north - (row + 0.5) * self.cell

    def same_place(self, other: "Grid") -> bool:
        """Tell whether two grids have the same cells, up to a thousandth of a cell."""
        tolerance = self.cell * 1e-3
        corners = (
            self.west - other.west,
            self.north - other.north,
            self.east - other.east,
            self.south - other.south,
        )
        return self.shape == other.shape and all(abs(d) <= tolerance for d in corners)
