"""What stands in the way of the water: walls, breaches, culverts, bridges, gates, pumps, basins."""

import math

import numpy as np
import shapely

from stadtkern.compute.series import Series
from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.forcing.faces import (
    cells_in_order,
    in_order,
    no_crests,
    raise_crests,
    south_faces,
    west_faces,
)
from stadtkern.hazards.flood.forcing.water import open_cell
from stadtkern.hazards.flood.scenario import forces
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.scenario.series import read_series
from stadtkern.hazards.flood.terrain.build import Ground
from stadtkern.hazards.flood.terrain.grid import Array, Mask
from stadtkern.hazards.flood.terrain.vectors import covered, read_shapes


def structures(scenario: Scenario, ground: Ground) -> solver.Structures:
    """Return all structures of a scenario on the cells and faces of the grid."""
    crests = no_crests(ground.grid)
    walls(scenario, ground, crests)
    links = bridges(scenario, ground, crests)
    breaches = [
        b
        for number, table in enumerate(scenario.breach, 1)
        for b in breach(table, number, scenario, ground, crests)
    ]
    links += [culvert(table, number, scenario, ground) for number, table in enumerate(scenario.culvert, 1)]
    links += [gate(table, number, scenario, ground) for number, table in enumerate(scenario.gate, 1)]
    links += [
        pump(table, number, scenario, ground) for number, table in enumerate(scenario.pump, 1) if table.to
    ]
    links += [
        outlet(table, number, scenario, ground)
        for number, table in enumerate(scenario.basin, 1)
        if table.throttle
    ]
    has_walls = bool(np.isfinite(crests[0]).any() or np.isfinite(crests[1]).any())
    return solver.Structures(
        crest_west=crests[0] if has_walls else None,
        crest_south=crests[1] if has_walls else None,
        links=tuple(links),
        breaches=tuple(breaches),
    )


def walls(scenario: Scenario, ground: Ground, crests: tuple[Array, Array]) -> None:
    """Put up walls and the dams of basins."""
    grid = ground.grid
    for number, table in enumerate(scenario.wall, 1):
        where = f"{scenario.path}: [[wall]] {number}"
        if table.lines:
            lines = list(read_shapes(table.lines, grid, f"{where} lines").geometries)
        else:
            lines = [inside(table.line or (), ground, f"{where} line")]
        raise_crests(crests, lines, grid, ground.bed, crest=table.crest, height=table.height)
    for number, basin in enumerate(scenario.basin, 1):
        if basin.crest is not None:
            shapes = read_shapes(basin.polygon, grid, f"{scenario.path}: [[basin]] {number} polygon")
            raise_crests(
                crests,
                [g.boundary for g in shapes.geometries],
                grid,
                ground.bed,
                crest=basin.crest,
                height=None,
            )


def inside(line: forces.Line, ground: Ground, where: str) -> shapely.LineString:
    """Return a line that has a part within the grid."""
    found = shapely.LineString(line)
    if not found.intersects(shapely.box(*ground.grid.bounds)):
        raise BadScenario(
            f"{where}: lies outside of the terrain; allowed: x from {ground.grid.west:g} to "
            f"{ground.grid.east:g}, "
            f"y from {ground.grid.south:g} to {ground.grid.north:g}"
        )
    return found


def breach(
    table: forces.Breach, number: int, scenario: Scenario, ground: Ground, crests: tuple[Array, Array]
) -> list[solver.Breach]:
    """Return the breach of the ground along a line, or of the walls that stand within a cell of it."""
    where, grid = f"{scenario.path}: [[breach]] {number}", ground.grid
    line = inside(table.line, ground, f"{where} line")
    if table.start > scenario.time.end:
        raise BadScenario(
            f"{where} start: {table.start:g} s lies after the end; allowed: at most {scenario.time.end:g} s"
        )
    common = {
        "start": table.start, "level": table.level, "duration": table.duration, "widening": table.widening,
        "law": table.growth,
    }  # fmt: skip
    if table.what == "ground":
        rows, columns = cells_in_order(line, grid, ground.active)
        if table.across > grid.cell:
            foot = covered([line.buffer(0.5 * table.across, cap_style="flat")], grid) & ground.active
            rows, columns = in_order(line, grid, *np.nonzero(foot))
        if not rows.size or not (ground.bed[rows, columns] > table.level).any():
            raise BadScenario(
                f"{where} level: the ground along the line is not above {table.level:g} m; allowed: a "
                "level below the crest"
            )
        return [solver.Breach(rows, columns, what="bed", name=f"breach {number}", **common)]  # type: ignore[arg-type]  # of the types above
    found = []
    for what, values in (("crest_west", crests[0]), ("crest_south", crests[1])):
        near = np.isfinite(values) & near_line(line, ground)
        if near.any():
            rows, columns = in_order(line, grid, *np.nonzero(near))
            found.append(solver.Breach(rows, columns, what=what, name=f"breach {number} {what}", **common))  # type: ignore[arg-type]
    if not found:
        raise BadScenario(
            f"{where} line: no wall stands within a cell of it; allowed: a stretch of a [[wall]]"
        )
    return found


def near_line(line: shapely.LineString, ground: Ground) -> Mask:
    """Return the cells within a cell of a line, beside it and not before its ends."""
    return covered([line.buffer(1.5 * ground.grid.cell, cap_style="flat")], ground.grid)


def bridges(scenario: Scenario, ground: Ground, crests: tuple[Array, Array]) -> list[solver.Link]:
    """Close the faces under each bridge up to its deck; links let water through, one a face."""
    links: list[solver.Link] = []
    grid, bed = ground.grid, ground.bed
    for number, table in enumerate(scenario.bridge, 1):
        line = inside(table.line, ground, f"{scenario.path}: [[bridge]] {number} line")
        for crest, faces, down, right in (
            (crests[0], west_faces(line, grid), 0, -1),
            (crests[1], south_faces(line, grid), 1, 0),
        ):
            both = ground.active[faces] & ground.active[faces[0] + down, faces[1] + right]
            rows, columns = faces[0][both], faces[1][both]
            sills = np.maximum(bed[rows, columns], bed[rows + down, columns + right])
            crest[rows, columns] = np.fmax(crest[rows, columns], table.deck)
            for row, column, sill in zip(rows.tolist(), columns.tolist(), sills.tolist(), strict=True):
                if sill < table.underside:
                    links.append(
                        solver.Link(
                            start=(row, column),
                            end=(row + down, column + right),
                            law="culvert",
                            width=grid.cell * (1 - table.piers),
                            height=table.underside - sill,
                            invert=sill,
                            coefficient=table.coefficient,
                            name=f"bridge {number} {row} {column} {'s' if down else 'w'}",
                        )
                    )
    return links


def culvert(table: forces.Culvert, number: int, scenario: Scenario, ground: Ground) -> solver.Link:
    """Return the link of a culvert; a round pipe is a box of the same area and height."""
    where = f"{scenario.path}: [[culvert]] {number}"
    start, end = open_cell(*table.from_, ground, f"{where} from"), open_cell(*table.to, ground, f"{where} to")
    different(start, end, where)
    width = table.width or math.pi / 4 * (table.diameter or 1.0)
    height = table.height or table.diameter or 1.0
    inverts = [
        float(ground.bed[cell]) if invert is None else invert
        for cell, invert in ((start, table.invert_from), (end, table.invert_to))
    ]
    return solver.Link(
        start, end, "culvert", width=width, height=height, invert=max(inverts), coefficient=table.coefficient,
        barrels=table.barrels, one_way=table.flap, name=f"culvert {number}",
    )  # fmt: skip


def gate(table: forces.Gate, number: int, scenario: Scenario, ground: Ground) -> solver.Link:
    """Return the link of a sluice gate."""
    where = f"{scenario.path}: [[gate]] {number}"
    start, end = open_cell(*table.from_, ground, f"{where} from"), open_cell(*table.to, ground, f"{where} to")
    different(start, end, where)
    if table.series:
        opening = read_series(
            table.series,
            f"{where} series",
            end=scenario.time.end,
            step=table.interpolation == "step",
            least=0.0,
        )
    else:
        opening = Series.constant(table.opening or 0.0)
    return solver.Link(
        start,
        end,
        "gate",
        width=table.width,
        height=max(opening.largest(), 1e-9),
        invert=table.sill,
        coefficient=table.coefficient,
        opening=opening,
        name=f"gate {number}",
    )


def pump(table: forces.Pump, number: int, scenario: Scenario, ground: Ground) -> solver.Link:
    """Return the link of a pump that pours within the terrain."""
    where = f"{scenario.path}: [[pump]] {number}"
    start, end = (
        open_cell(*table.from_, ground, f"{where} from"),
        open_cell(*(table.to or (0.0, 0.0)), ground, f"{where} to"),
    )
    different(start, end, where)
    return solver.Link(
        start,
        end,
        "pump",
        series=capacity(table, scenario, where),
        switch_on=table.on_above,
        switch_off=table.off_below,
        name=f"pump {number}",
    )


def pumps_out(scenario: Scenario, ground: Ground) -> list[solver.Inflow]:
    """Return the pumps that take water out of the terrain: negative inflows, as far as there is water."""
    found = []
    for number, table in enumerate(scenario.pump, 1):
        if table.to is None:
            where = f"{scenario.path}: [[pump]] {number}"
            row, column = open_cell(*table.from_, ground, f"{where} from")
            series = capacity(table, scenario, where)
            out = Series(series.times, -series.values, series.kind)
            found.append(solver.Inflow(np.array([row]), np.array([column]), out, name=f"pump {number}"))
    return found


def capacity(table: forces.Pump, scenario: Scenario, where: str) -> Series:
    """Return the capacity of a pump in m3/s."""
    if table.series is None:
        return Series.constant(table.capacity or 0.0)
    return read_series(
        table.series, f"{where} series", end=scenario.time.end, step=table.interpolation == "step", least=0.0
    )


def outlet(table: forces.Basin, number: int, scenario: Scenario, ground: Ground) -> solver.Link:
    """Return the throttled outlet of a basin: it lets out its capacity as long as there is water."""
    where = f"{scenario.path}: [[basin]] {number}"
    start = open_cell(*(table.outlet_from or (0.0, 0.0)), ground, f"{where} outlet_from")
    end = open_cell(*(table.outlet_to or (0.0, 0.0)), ground, f"{where} outlet_to")
    different(start, end, where)
    return solver.Link(
        start, end, "pump", series=Series.constant(table.throttle or 0.0), name=f"basin {number}"
    )


def different(start: tuple[int, int], end: tuple[int, int], where: str) -> None:
    """Refuse a structure whose two ends lie in the same cell."""
    if start == end:
        raise BadScenario(
            f"{where} to: lies in the same cell as its other end; allowed: a point in another cell"
        )
