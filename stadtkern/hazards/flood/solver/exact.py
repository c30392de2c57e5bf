"""Exact solutions, to compare with: SWASHES (Delestre et al. 2013) and Thacker (1981)."""

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
G = 9.81


class NoOracle(Exception):
    """The program `swashes` does not run here."""


@dataclass(frozen=True, slots=True)
class Exact:
    """A solution along a line, per cell."""

    x: Floats
    depth: Floats
    velocity: Floats
    bed: Floats
    discharge: Floats


@cache
def swashes(*numbers: int) -> Exact:
    """Return what `swashes DIMENSION TYPE DOMAIN CHOICE CELLS` prints; `NoOracle` says why there is none."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "swashes", *map(str, numbers)],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise NoOracle(f"swashes does not run: {error}") from error
    lines = [line.split() for line in done.stdout.splitlines() if line.strip() and not line.startswith("#")]
    table: npt.NDArray[Any] = np.array(lines, dtype=np.float64)
    return Exact(*table[:, :5].T)


@dataclass(frozen=True, slots=True)
class Bowl:
    """Water in a paraboloid z = -h0 (1 - r2 / a2), after Thacker (1981), on a square of side `length`."""

    cells: int
    h0: float = 0.1
    a: float = 1.0
    length: float = 4.0

    @property
    def cell(self) -> float:
        """Return the side of a cell, m."""
        return self.length / self.cells

    def axes(self) -> tuple[Floats, Floats]:
        """Return x and y of the centres of all cells, from the middle; y northwards."""
        line = (np.arange(self.cells) + 0.5) * self.cell - 0.5 * self.length
        x, y = np.meshgrid(line, line[::-1])
        return x, y

    def bed(self) -> Floats:
        """Return the paraboloid."""
        x, y = self.axes()
        return -self.h0 * (1.0 - (x**2 + y**2) / self.a**2)

    def planar(self, time: float, eta: float = 0.5) -> tuple[Floats, Floats, Floats]:
        """Return depth and velocities of the level that turns around as a plane."""
        x, y = self.axes()
        w = np.sqrt(2 * G * self.h0) / self.a
        level = eta * self.h0 / self.a**2 * (2 * x * np.cos(w * time) + 2 * y * np.sin(w * time) - eta)
        depth = np.maximum(level - self.bed(), 0.0)
        wet = depth > 0
        u, v = -eta * w * np.sin(w * time), eta * w * np.cos(w * time)
        return depth, np.where(wet, u, 0.0), np.where(wet, v, 0.0)

    def planar_period(self) -> float:
        """Return the time of one turn, s."""
        return float(2 * np.pi * self.a / np.sqrt(2 * G * self.h0))

    def radial(self, time: float, r0: float = 0.8) -> tuple[Floats, Floats, Floats]:
        """Return depth and velocities of the level that swings up and down."""
        x, y = self.axes()
        w = np.sqrt(8 * G * self.h0) / self.a
        big = (self.a**2 - r0**2) / (self.a**2 + r0**2)
        root = 1.0 - big * np.cos(w * time)
        r2 = x**2 + y**2
        flat = np.sqrt(1.0 - big**2)
        level = self.h0 * (flat / root - 1.0 - r2 / self.a**2 * ((1.0 - big**2) / root**2 - 1.0))
        depth = np.maximum(level - self.bed(), 0.0)
        pace = 0.5 * w * big * np.sin(w * time) / root
        wet = depth > 0
        return depth, np.where(wet, pace * x, 0.0), np.where(wet, pace * y, 0.0)

    def radial_period(self) -> float:
        """Return the time of one swing, s."""
        return float(2 * np.pi * self.a / np.sqrt(8 * G * self.h0))


def bump(cells: int, discharge: float) -> Exact:
    """Return the steady flow (m2/s) over the bump of SWASHES that is critical on its top.

    Bernoulli: q2 / (2 g h2) + h + z is the same everywhere; the deeper root before the top, then
    the other one.
    """
    x = (np.arange(cells) + 0.5) * 25.0 / cells
    bed = np.maximum(0.0, 0.2 - 0.05 * (x - 10.0) ** 2)
    critical = (discharge**2 / G) ** (1.0 / 3.0)
    head = 1.5 * critical + 0.2
    depth = np.empty(cells)
    for k in range(cells):
        roots = np.roots([1.0, bed[k] - head, 0.0, discharge**2 / (2 * G)])
        real = np.sort(roots[np.abs(roots.imag) < 1e-6].real)  # noqa: PLR2004  # on the top two roots meet
        depth[k] = real[-1] if x[k] < 10.0 else real[real > 0][0]  # noqa: PLR2004  # the top
    return Exact(x, depth, discharge / depth, bed, np.full(cells, discharge))
