"""Series at gauges and through cross-sections."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.forcing.water import open_cell
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.terrain.build import Ground
from stadtkern.hazards.flood.terrain.grid import Array

GAUGE_COLUMNS = ("time", "name", "depth", "level", "velocity_x", "velocity_y")
SECTION_COLUMNS = ("time", "name", "discharge")
Cells = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Probe:
    """The cells that gauges and sections look at, and the rows they have written."""

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]
    names: tuple[str, ...]
    """Of the gauges, whose cells stand first."""
    bed: Array
    """Of the gauges, m."""
    sections: tuple["Section", ...]
    times: list[float] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)
    """One array a time, shape (gauges x 3 + sections,): depth, velocities, then discharges."""

    def note(self, time: float, depth: Array, velocity_x: Array, velocity_y: Array) -> None:
        """Keep the values of a time; arrays have the shape (cells,)."""
        count = len(self.names)
        discharges = [s.discharge(depth, velocity_x, velocity_y) for s in self.sections]
        gauges = np.concatenate([depth[:count], velocity_x[:count], velocity_y[:count]])
        self.times.append(time)
        self.values.append(np.concatenate([gauges, discharges]).astype(np.float64))

    def checkpoint(self) -> dict[str, npt.NDArray[Any]]:
        """Return what has been noted, to go on from."""
        width = 3 * len(self.names) + len(self.sections)
        return {
            "probe_times": np.array(self.times),
            "probe_values": np.array(self.values).reshape(len(self.times), width),
        }

    def resume(self, kept: dict[str, npt.NDArray[Any]]) -> None:
        """Go on from what had been noted."""
        self.times[:] = kept["probe_times"].tolist()
        self.values[:] = list(kept["probe_values"])


@dataclass(frozen=True, slots=True)
class Section:
    """Points along a cross-section: their cells within the probe, normal and length of each."""

    name: str
    cells: npt.NDArray[np.intp]
    normal_x: Array
    normal_y: Array
    length: Array
    """m that a point stands for."""

    def discharge(self, depth: Array, velocity_x: Array, velocity_y: Array) -> float:
        """Return the discharge in m3/s to the right of the line: the sum of h (u nx + v ny) ds."""
        cells = self.cells
        across = velocity_x[cells] * self.normal_x + velocity_y[cells] * self.normal_y
        return float((depth[cells] * across * self.length).sum())


def probe_of(scenario: Scenario, ground: Ground) -> Probe:
    """Find the cells of gauges and sections; those outside are refused."""
    cells: list[tuple[int, int]] = []
    for number, gauge in enumerate(scenario.gauge, 1):
        cells.append(open_cell(gauge.x, gauge.y, ground, f"{scenario.path}: [[gauge]] {number}"))
    bed = np.array([ground.bed[cell] for cell in cells], dtype=np.float64)
    sections = []
    for number, table in enumerate(scenario.section, 1):
        line = shapely.LineString(table.line)
        sections.append(
            section_of(table.name, line, ground, cells, f"{scenario.path}: [[section]] {number} line")
        )
    places = np.array(cells, dtype=np.intp).reshape(-1, 2)
    names = tuple(gauge.name for gauge in scenario.gauge)
    return Probe(places[:, 0], places[:, 1], names, bed, tuple(sections))


def section_of(
    name: str, line: shapely.LineString, ground: Ground, cells: list[tuple[int, int]], where: str
) -> Section:
    """Lay points along a line, four a cell, and add their cells to `cells`."""
    grid = ground.grid
    corners = np.asarray(line.coords)
    indices: list[int] = []
    normals: list[tuple[float, float, float]] = []
    known = {cell: index for index, cell in enumerate(cells)}
    for (x0, y0), (x1, y1) in pairwise(corners):
        length = float(np.hypot(x1 - x0, y1 - y0))
        count = max(1, int(np.ceil(4 * length / grid.cell)))
        for share in (np.arange(count) + 0.5) / count:
            cell = grid.cell_of(x0 + share * (x1 - x0), y0 + share * (y1 - y0))
            if cell is None or not ground.active[cell]:
                continue
            if cell not in known:
                known[cell] = len(cells)
                cells.append(cell)
            indices.append(known[cell])
            normals.append(((y1 - y0) / length, -(x1 - x0) / length, length / count))
    if not indices:
        raise BadScenario(
            f"{where}: lies outside of the terrain or in blocked cells; allowed: a line across open cells"
        )
    table = np.array(normals)
    return Section(name, np.array(indices, dtype=np.intp), table[:, 0], table[:, 1], table[:, 2])


def write_tables(probe: Probe, out: Path) -> list[str]:
    """Write `gauges.csv`, and `sections.csv` if there are sections; return their names."""
    count = len(probe.names)
    rows: list[Sequence[object]] = []
    for time, values in zip(probe.times, probe.values, strict=True):
        for i, name in enumerate(probe.names):
            depth, u, v = values[i], values[count + i], values[2 * count + i]
            rows.append((f"{time:.10g}", name, *(f"{n:.10g}" for n in (depth, depth + probe.bed[i], u, v))))
    write_csv(out / "gauges.csv", GAUGE_COLUMNS, rows)
    if not probe.sections:
        return ["gauges.csv"]
    discharges = [
        (f"{time:.10g}", section.name, f"{values[3 * count + i]:.10g}")
        for time, values in zip(probe.times, probe.values, strict=True)
        for i, section in enumerate(probe.sections)
    ]
    write_csv(out / "sections.csv", SECTION_COLUMNS, discharges)
    return ["gauges.csv", "sections.csv"]


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    partial.replace(path)
