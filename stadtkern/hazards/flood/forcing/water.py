"""Water that comes in and goes: boundaries, inflows, rain, infiltration, drainage."""

import math
from pathlib import Path
from typing import TypeVar

import numpy as np

from stadtkern.compute.series import Series
from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.forcing.datastream import read_datastream
from stadtkern.hazards.flood.forcing.storms import MM_PER_H, block, depth_of, euler2, read_depths
from stadtkern.hazards.flood.scenario import forces
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.scenario.series import read_curve, read_series
from stadtkern.hazards.flood.terrain.build import Ground
from stadtkern.hazards.flood.terrain.grid import Array, Grid, Mask
from stadtkern.hazards.flood.terrain.rasters import on_cells
from stadtkern.hazards.flood.terrain.vectors import cells_of

Values = TypeVar("Values", Array, Mask)
NOT_NEGATIVE = (0.0, math.inf, -math.inf)


def boundaries(scenario: Scenario, ground: Ground) -> list[solver.Boundary]:
    """Return the boundaries; those of one edge must not overlap."""
    found: list[solver.Boundary] = []
    for number, table in enumerate(scenario.boundary, 1):
        where = f"{scenario.path}: [[boundary]] {number}"
        first, last = cells_along(table, ground.grid, where)
        for other in found:
            if other.edge == table.edge and first < (other.last or 0) and other.first < last:
                raise BadScenario(
                    f"{where} span: overlaps with {other.name}; allowed: parts of an edge that do not overlap"
                )
        if table.kind != "wall" and not edge_of(ground.active, table.edge)[first:last].any():
            raise BadScenario(
                f"{where} span: all its cells are blocked or without height; allowed: a part of the "
                "edge with terrain"
            )
        rating = Series(*read_curve(table.rating, f"{where} rating")) if table.rating else None
        found.append(
            solver.Boundary(
                edge=table.edge,
                kind=table.kind,
                first=first,
                last=last,
                series=source(table, scenario, where),
                slope=(table.value or 0.0) if table.kind == "normal_depth" else 0.0,
                rating=rating,
                depth=shooting_depth(table, scenario, where),
                name=f"boundary {number} {table.edge} {table.kind}",
            )
        )
        if table.kind == "level":
            refuse_dry(found[-1], ground, where)
    return found


def shooting_depth(table: forces.Boundary, scenario: Scenario, where: str) -> Series | None:
    """Return the depth of a supercritical inflow, if the scenario says one."""
    if isinstance(table.depth, Path):
        step = table.interpolation == "step"
        return read_series(table.depth, f"{where} depth", end=scenario.time.end, step=step, least=0.0)
    return None if table.depth is None else Series.constant(table.depth)


def refuse_dry(boundary: solver.Boundary, ground: Ground, where: str) -> None:
    """Refuse a level that stays below the ground everywhere: a wrong datum or unit."""
    bed = edge_of(ground.bed, boundary.edge)[boundary.first : boundary.last]
    lowest = float(np.nanmin(bed))
    highest = boundary.series.largest() if boundary.series else 0.0
    if highest < lowest:
        raise BadScenario(
            f"{where} value: the level stays below the ground ({highest:g} m, lowest ground {lowest:.2f} m); "
            f"allowed: levels in the vertical datum of the terrain, above {lowest:.2f} m"
        )


def edge_of(cells: Values, edge: str) -> Values:
    """Return the cells along an edge: from the north, or from the west."""
    sides: dict[str, Values] = {
        "west": cells[:, 0],
        "east": cells[:, -1],
        "north": cells[0],
        "south": cells[-1],
    }
    return sides[edge]


def cells_along(table: forces.Boundary, grid: Grid, where: str) -> tuple[int, int]:
    """Return the first cell and the one behind the last, for distances from the western or southern end."""
    upright = table.edge in {"west", "east"}
    count = grid.rows if upright else grid.columns
    if table.span is None:
        return 0, count
    length = count * grid.cell
    if table.span[0] >= length or table.span[1] > length * (1 + 1e-9):
        raise BadScenario(f"{where} span: reaches beyond the edge; allowed: distances from 0 to {length:g} m")
    begin = math.floor(table.span[0] / grid.cell + 0.5 - 1e-9)
    end = max(math.floor(table.span[1] / grid.cell + 0.5 - 1e-9), begin + 1)
    begin, end = min(begin, count - 1), min(end, count)
    return (count - end, count - begin) if upright else (begin, end)


def source(table: forces.Boundary | forces.Inflow, scenario: Scenario, where: str) -> Series | None:
    """Return the series of a boundary or inflow, whatever it comes from; None where there is none."""
    if isinstance(table, forces.Boundary) and table.kind not in {"level", "discharge"}:
        return None
    if table.value is not None:
        return Series.constant(table.value)
    step = table.interpolation == "step"
    if table.series is not None:
        return read_series(table.series, f"{where} series", end=scenario.time.end, step=step)
    rating = table.rating if isinstance(table, forces.Inflow) else None
    return read_datastream(
        table.datastream or Path(),
        f"{where} datastream",
        key=table.datastream_key,
        start=scenario.about.start,
        end=scenario.time.end,
        factor=table.factor,
        offset=table.offset,
        rating=rating,
        step=step,
    )


def inflows(scenario: Scenario, ground: Ground) -> list[solver.Inflow]:
    """Return the inflows at points and over areas."""
    found = []
    for number, table in enumerate(scenario.inflow, 1):
        where = f"{scenario.path}: [[inflow]] {number}"
        if table.polygon:
            rows, columns = np.nonzero(
                cells_of(table.polygon, ground.grid, f"{where} polygon") & ground.active
            )
            if not rows.size:
                raise BadScenario(
                    f"{where} polygon: all its cells are blocked; allowed: an area with open cells"
                )
        else:
            row, column = open_cell(table.x or 0.0, table.y or 0.0, ground, where)
            rows, columns = np.array([row]), np.array([column])
        series = source(table, scenario, where) or Series.constant(0.0)
        found.append(solver.Inflow(rows, columns, series, name=f"inflow {number}"))
    return found


def open_cell(x: float, y: float, ground: Ground, where: str) -> tuple[int, int]:
    """Return row and column of the open cell at a point; refuse a point outside or in a blocked cell."""
    grid = ground.grid
    cell = grid.cell_of(x, y)
    allowed = f"allowed: x from {grid.west:g} to {grid.east:g}, y from {grid.south:g} to {grid.north:g}"
    if cell is None:
        raise BadScenario(f"{where} x: the point {x:g}, {y:g} lies outside of the terrain; {allowed}")
    if not ground.active[cell]:
        raise BadScenario(
            f"{where} x: the point {x:g}, {y:g} lies in a blocked cell or one without height; allowed: "
            "open cells"
        )
    return cell


def rains(scenario: Scenario, ground: Ground) -> list[solver.Rain]:
    """Return the rain, m/s; rain on blocked roofs runs to the cells around, if wanted."""
    found = []
    share = roof_share(scenario, ground)
    for number, table in enumerate(scenario.rain, 1):
        where = f"{scenario.path}: [[rain]] {number}"
        field: Array | float = 1.0
        if table.raster:
            field = on_cells(table.raster, ground.grid, f"{where} raster", NOT_NEGATIVE) * (
                1.0 if table.series is None else MM_PER_H
            )
        if table.polygon:
            field = np.where(cells_of(table.polygon, ground.grid, f"{where} polygon"), field, 0.0)
        if share is not None:
            field = spill(np.broadcast_to(field, ground.grid.shape), share)
        found.append(solver.Rain(rain_series(table, scenario, where), field))
    return found


def rain_series(table: forces.Rain, scenario: Scenario, where: str) -> Series:
    """Return the rain of one table in m/s, or as a factor where its field already has the unit."""
    if table.storm:
        return storm(table, where)
    if table.series:
        series = read_series(
            table.series,
            f"{where} series",
            end=scenario.time.end,
            step=table.interpolation == "step",
            least=0.0,
        )
        factor = 1.0 if table.raster else MM_PER_H
        return Series(series.times, series.values * factor, series.kind)
    return Series.constant((1.0 if table.raster else table.value or 0.0) * MM_PER_H)


def storm(table: forces.Rain, where: str) -> Series:
    """Return a design storm in m/s."""
    duration = table.duration or 0.0
    if table.depths is None:
        return block(table.depth or 0.0, duration, table.start)
    durations, depths = read_depths(table.depths, f"{where} depths")
    if duration > durations[-1]:
        raise BadScenario(f"{where} duration: {duration / 60:g} min is longer than the table {table.depths}; "
                          f"allowed: at most {durations[-1] / 60:g} min")  # fmt: skip
    if table.storm == "block":
        return block(depth_of(duration, durations, depths), duration, table.start)
    if table.step > duration:
        raise BadScenario(
            f"{where} step: {table.step:g} s is longer than the storm; allowed: at most {duration:g} s"
        )
    return euler2(durations, depths, duration, table.step, table.start)


def roof_share(scenario: Scenario, ground: Ground) -> Mask | None:
    """Return the blocked roofs whose rain runs to the cells around, or None."""
    buildings = scenario.buildings
    if not buildings or buildings.mode != "blocked" or buildings.roofs != "spill" or not ground.houses.any():
        return None
    return ground.houses


def spill(field: Array, roofs: Mask) -> Array:
    """Move what falls on roofs to the open cells around them; the sum stays.

    Every roof cell hands its water to its four neighbours in equal parts, again and again, until all of it
    has reached the ground; a roof at the edge of the grid or beside void keeps what goes there and hands it
    on again.
    """
    result = np.where(roofs, 0.0, field)
    left = np.where(roofs, field, 0.0)
    goal = left.sum()
    for _ in range(4 * max(field.shape)):
        if left.sum() <= goal * 1e-9:
            break
        part = np.pad(left / 4.0, 1)
        moved = part[:-2, 1:-1] + part[2:, 1:-1] + part[1:-1, :-2] + part[1:-1, 2:]
        result += np.where(roofs, 0.0, moved)
        left = np.where(roofs, moved, 0.0)
    ground_sum, wanted = result.sum(), field.sum()
    return result * (wanted / ground_sum) if ground_sum > 0 else result


def infiltration(scenario: Scenario, ground: Ground) -> solver.Infiltration | None:
    """Return the law of infiltration with its parameters in m and m/s."""
    table = scenario.infiltration
    if table is None:
        return None
    where = f"{scenario.path}: [infiltration]"

    def values(name: str, bounds: tuple[float, float, float] = NOT_NEGATIVE) -> Array | float:
        return on_cells(getattr(table, name), ground.grid, f"{where} {name}", bounds)

    if table.model == "constant":
        return solver.Infiltration("constant", rate=values("rate") * MM_PER_H)
    if table.model == "scs_cn":
        # USDA-NRCS, National Engineering Handbook 630, chapter 10: S = 25400 / CN - 254 mm
        number = values("curve_number", (-math.inf, 100.0, 0.0))
        return solver.Infiltration("scs", storage=(25.4 / number - 0.254))
    storage = values("suction") * 1e-3 * values("deficit", (0.0, 1.0, -math.inf))
    return solver.Infiltration("green_ampt", rate=values("conductivity") * MM_PER_H, storage=storage)


def drainage(scenario: Scenario, ground: Ground) -> solver.Drainage | None:
    """Return what the sewers take in m/s; capacities of several tables add up."""
    total: Array | float = 0.0
    for number, table in enumerate(scenario.drainage, 1):
        where = f"{scenario.path}: [[drainage]] {number}"
        capacity = on_cells(table.capacity, ground.grid, f"{where} capacity", NOT_NEGATIVE) * MM_PER_H
        if table.polygon:
            capacity = np.where(cells_of(table.polygon, ground.grid, f"{where} polygon"), capacity, 0.0)
        total = total + capacity
    return solver.Drainage(total) if scenario.drainage else None
