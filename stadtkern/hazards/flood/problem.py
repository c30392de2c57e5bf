"""A scenario made ready for the solver."""

import dataclasses
import os
from dataclasses import dataclass

import numpy as np

from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.forcing.build import build_forcing
from stadtkern.hazards.flood.output.gauges import Probe, probe_of
from stadtkern.hazards.flood.output.memory import require_memory
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.solver.domain import Device
from stadtkern.hazards.flood.terrain.build import Ground, build_ground
from stadtkern.hazards.flood.terrain.grid import Grid
from stadtkern.hazards.flood.terrain.mosaic import find_sources
from stadtkern.hazards.flood.terrain.rasters import on_cells

NOT_NEGATIVE = (0.0, np.inf, -np.inf)
MOST_GAUGE_STEPS = 100
CELLS_A_THREAD = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """All that a run needs; every file has been read and checked."""

    scenario: Scenario
    ground: Ground
    domain: solver.Domain
    state: solver.State
    options: solver.Options
    forcing: solver.Forcing
    probe: Probe


def prepare(scenario: Scenario, *, device: Device = "auto", threads: int | None = None) -> Problem:
    """Read all files of a scenario and check that they fit together; nothing is simulated yet.

    Raises
    ------
    BadScenario
        if something cannot be used; the text names file, key and what is allowed.
    TooLarge
        if the run would not fit into memory; found out before any raster is read.
    """
    options = options_of(scenario, device=device, threads=threads)
    sources = find_sources(scenario)
    options = dataclasses.replace(options, threads=threads or threads_for(sources.grid))
    require_memory(sources.grid, options, scenario)
    ground = build_ground(scenario, sources)
    forcing = build_forcing(scenario, ground)
    domain = solver.Domain(ground.bed, ground.grid.cell, ground.mannings_n, ground.active)
    state = initial_state(scenario, ground, domain)
    probe = probe_of(scenario, ground)
    try:
        forcing.check(domain)
    except ValueError as error:
        raise BadScenario(
            f"{scenario.path}: {error}; allowed: sources and structures in open cells"
        ) from error
    return Problem(scenario, ground, domain, state, options, forcing, probe)


def threads_for(grid: Grid) -> int:
    """Return how many threads pay: on small grids they wait for each other longer than they work."""
    return min(cores(), 1 + grid.rows * grid.columns // CELLS_A_THREAD)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def options_of(scenario: Scenario, *, device: Device, threads: int | None) -> solver.Options:
    """Return the settings of the solver."""
    table = scenario.solver
    try:
        return solver.Options(
            scheme=table.scheme, order=table.order, precision=table.precision, cfl=table.cfl, device=device,
            threads=threads, arrival_depth=scenario.output.wet,
        )  # fmt: skip
    except ValueError as error:
        raise BadScenario(f"{scenario.path}: [solver]: {error}") from error


def initial_state(scenario: Scenario, ground: Ground, domain: solver.Domain) -> solver.State:
    """Return the water at second 0."""
    table, grid, where = scenario.initial, ground.grid, f"{scenario.path}: [initial]"
    if table.level is not None:
        level = on_cells(table.level, grid, f"{where} level")
        depth = solver.State.from_level(domain, level).depth
    else:
        depth = np.broadcast_to(
            on_cells(table.depth or 0.0, grid, f"{where} depth", NOT_NEGATIVE), grid.shape
        )
    depth = np.where(ground.active, depth, 0.0)
    velocities = [
        on_cells(v, grid, f"{where} velocity_{a}")
        for a, v in (("x", table.velocity_x), ("y", table.velocity_y))
    ]
    return solver.State.from_velocity(depth, velocities[0], velocities[1])


def output_times(scenario: Scenario) -> tuple[float, ...]:
    """Return the times of rasters in s: multiples of the interval and the end, or the list."""
    wanted, end = scenario.time.output, scenario.time.end
    if isinstance(wanted, tuple):
        return wanted
    if wanted is None:
        return (end,)
    return tuple(np.append(np.arange(1, np.ceil(end / wanted - 1e-9)) * wanted, end).tolist())


def gauge_times(scenario: Scenario) -> tuple[float, ...]:
    """Return the times of gauges in s: 0, multiples of the interval, output times, the end."""
    end = scenario.time.end
    interval = scenario.time.gauge_interval or end / MOST_GAUGE_STEPS
    regular = np.arange(0, np.ceil(end / interval - 1e-9)) * interval
    return tuple(np.unique(np.concatenate([regular, output_times(scenario), [end]])).tolist())
