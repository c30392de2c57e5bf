"""Floods by the shallow-water equations: the door to the solver, for programs and for the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stadtkern.contracts.hazard import Field, Grid, Hazard, RunOptions, Stopped
from stadtkern.hazards.flood import solver


def run(  # noqa: PLR0913  # the grids of the contract and the settings of a run
    *,
    bed_elevation: Grid,
    cell: float,
    until: float,
    mannings_n: Grid | float = 0.033,
    water_depth: Grid | float = 0.0,
    velocity_x: Grid | float = 0.0,
    velocity_y: Grid | float = 0.0,
    forcing: solver.Forcing | None = None,
    options: solver.Options | None = None,
) -> dict[str, Grid]:
    """Run water on a terrain and return its state at the end and its greatest values.

    Parameters
    ----------
    bed_elevation : Grid, shape (rows, columns), m; NaN where no water may be
    cell : float, edge length of a cell in m
    until : float, s
    mannings_n : Grid or float, s/m^(1/3)
    water_depth, velocity_x, velocity_y : Grid or float, m and m/s at the start
    forcing : solver.Forcing, optional; without it the edges are walls and nothing comes in
    options : solver.Options, optional

    Returns
    -------
    dict with the grids of `hazard.outputs`, shape (rows, columns)
    """
    active = np.isfinite(bed_elevation)
    domain = solver.Domain(bed_elevation, cell, mannings_n, active)
    depth = np.where(active, water_depth, 0.0)
    state = solver.State.from_velocity(depth, velocity_x, velocity_y)
    report = solver.simulate(domain, state, options, forcing, until=until)
    maxima = report.maxima
    found = {
        "water_depth": report.state.depth,
        "velocity_x": report.velocity_x,
        "velocity_y": report.velocity_y,
    }
    if maxima:
        found |= {
            "max_depth": maxima.depth,
            "max_velocity": maxima.velocity,
            "arrival_time": maxima.arrival_time,
            "duration": maxima.duration,
        }
    return {name: np.asarray(grid, dtype=np.float64) for name, grid in found.items()}


def simulate(scenario: Path, out: Path, options: RunOptions) -> Mapping[str, Any]:
    """Run the scenario in a file, once or as an ensemble, and write its results; see `flood.run.simulate`."""
    from stadtkern.hazards.flood.ensemble.run import simulate_ensemble  # noqa: PLC0415  # rasterio takes a while to load
    from stadtkern.hazards.flood.progress import telling  # noqa: PLC0415
    from stadtkern.hazards.flood.run import simulate as simulate_once  # noqa: PLC0415

    try:
        if options.ensemble:
            return simulate_ensemble(scenario, out, options)
        return simulate_once(
            scenario, out, device=options.device, threads=options.threads, resume=options.resume,
            progress=telling(options.progress), cancel=options.cancel,
        )  # fmt: skip
    except (solver.Cancelled, solver.TimeStepCollapse) as error:
        text = "; ".join([str(error), *getattr(error, "__notes__", ())])
        raise Stopped(text, cancelled=isinstance(error, solver.Cancelled)) from error


def write_example(folder: Path) -> Path:
    """Write a complete scenario that runs: a synthetic valley with a town, a dike that breaks and rain."""
    from stadtkern.hazards.flood.scenario.example import write_example as write  # noqa: PLC0415

    return write(folder)


hazard = Hazard(
    title="Flood",
    reference=(
        "Shallow-water equations by finite volumes: HLLC (Toro 2001), hydrostatic reconstruction "
        "(Audusse et al. 2004), "
        "point-implicit Manning friction; local inertial mode (de Almeida and Bates 2013)"
    ),
    inputs={
        "bed_elevation": Field("m", "height of the ground"),
        "mannings_n": Field("s/m^(1/3)", "Manning's roughness"),
        "water_depth": Field("m", "depth of the water at the start"),
        "velocity_x": Field("m/s", "velocity to the east at the start"),
        "velocity_y": Field("m/s", "velocity to the north at the start"),
    },
    outputs={
        "water_depth": Field("m", "depth of the water at the end"),
        "velocity_x": Field("m/s", "velocity to the east at the end"),
        "velocity_y": Field("m/s", "velocity to the north at the end"),
        "max_depth": Field("m", "greatest depth"),
        "max_velocity": Field("m/s", "greatest velocity"),
        "arrival_time": Field("s", "when the water came; NaN: never"),
        "duration": Field("s", "how long there was water"),
    },
    run=run,
    simulate=simulate,
    write_example=write_example,
)
