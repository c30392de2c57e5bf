"""Running a scenario: from the file to the folder with results."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.output.checkpoint import Keeper
from stadtkern.hazards.flood.output.classes import hazard_classes, scheme_of
from stadtkern.hazards.flood.output.gauges import write_tables
from stadtkern.hazards.flood.output.polygons import write_depth_classes
from stadtkern.hazards.flood.output.provenance import Provenance, provenance_of
from stadtkern.hazards.flood.output.rasters import seconds_name, write_raster
from stadtkern.hazards.flood.output.series import NAME as SERIES
from stadtkern.hazards.flood.output.series import create_series, write_series
from stadtkern.hazards.flood.problem import Problem, gauge_times, output_times, prepare
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.scenario.read import read_scenario
from stadtkern.hazards.flood.solver.domain import Device

SUMMARY = "summary.json"
Watch = Callable[[solver.Progress], None]


@dataclass(slots=True)
class Writer:
    """Writes what the solver shows, and remembers the names of the files."""

    problem: Problem
    out: Path
    provenance: Provenance
    keeper: Keeper
    files: list[str] = field(default_factory=list)

    def raster(self, name: str, values: np.ndarray[Any, Any], quantity: str, unit: str) -> None:
        """Write one raster; cells without terrain have no value."""
        ground = self.problem.ground
        if values.dtype.kind == "f":
            values = np.where(ground.active, values, np.nan)
        write_raster(self.out / name, values, ground.grid, self.provenance, quantity=quantity, unit=unit)
        self.files.append(name)

    def output(self, snapshot: solver.Snapshot) -> None:
        """Write the water at an output time."""
        name = seconds_name(snapshot.time)
        self.raster(f"depth_{name}.tif", snapshot.depth, "water depth", "m")
        self.raster(f"velocity_x_{name}.tif", snapshot.velocity_x, "velocity to the east", "m/s")
        self.raster(f"velocity_y_{name}.tif", snapshot.velocity_y, "velocity to the north", "m/s")
        if self.problem.scenario.output.series:
            index = int(np.argmin(np.abs(np.array(output_times(self.problem.scenario)) - snapshot.time)))
            fields = {
                "depth": snapshot.depth,
                "velocity_x": snapshot.velocity_x,
                "velocity_y": snapshot.velocity_y,
            }
            write_series(self.out, index, fields)

    def gauges(self, snapshot: solver.Snapshot) -> None:
        """Note the water at gauges and sections, and write a checkpoint if it is time."""
        probe = self.problem.probe
        if not probe.times or snapshot.time > probe.times[-1]:
            probe.note(snapshot.time, snapshot.depth, snapshot.velocity_x, snapshot.velocity_y)
        if self.keeper.is_due():
            self.keeper.write(snapshot.checkpoint(), probe.checkpoint())

    def maxima(self, maxima: solver.Maxima) -> None:
        """Write the greatest values, the time of arrival, the duration and the classes of hazard."""
        ground, scenario = self.problem.ground, self.problem.scenario
        self.raster("max_depth.tif", maxima.depth, "greatest water depth", "m")
        self.raster("max_velocity.tif", maxima.velocity, "greatest velocity", "m/s")
        self.raster("max_intensity.tif", maxima.intensity, "greatest depth times velocity", "m2/s")
        self.raster(
            "arrival_time.tif", maxima.arrival_time, "time of arrival since the start; none: never", "s"
        )
        self.raster("duration.tif", maxima.duration, "duration of flooding", "s")
        scheme = scheme_of(scenario.hazard)
        classes = hazard_classes(
            scheme,
            maxima.depth,
            maxima.velocity,
            maxima.intensity,
            wet=scenario.output.wet,
            active=ground.active,
        )
        self.raster("hazard.tif", classes, f"class of hazard ({scheme.source}); 0 dry", "1")
        if scenario.solver.scheme == "local_inertial":
            self.raster("invalid.tif", maxima.invalid, "Froude number above 0.8: scheme not valid here", "1")
        if scenario.output.polygons:
            depth = np.where(ground.active, maxima.depth, 0.0)
            write_depth_classes(
                self.out / "depth_classes.gpkg", depth, ground.grid, scenario.output.depth_classes
            )
            self.files.append("depth_classes.gpkg")

    def terrain(self) -> None:
        """Write the terrain as it was simulated, and which of its heights were made up."""
        ground = self.problem.ground
        self.raster("terrain.tif", ground.bed, "height of the ground as simulated", "m")
        if ground.filled.any():
            self.raster("filled.tif", ground.filled, "1: height made up in a void", "1")


def simulate(  # noqa: PLR0913  # what the command takes
    scenario: Path | Scenario,
    out: Path,
    *,
    device: Device = "auto",
    threads: int | None = None,
    resume: bool = False,
    progress: Watch | None = None,
    cancel: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Simulate a scenario and write its results.

    Parameters
    ----------
    scenario : path of the file, or a scenario that was read
    out : folder for the results; made if it is missing
    device : `auto`, `cpu` or `cuda`
    threads : threads of the CPU; default: as many as pay. Results do not depend on it.
    resume : go on from the checkpoint in `out`, if there is one
    progress : called about once a second
    cancel : asked often; when it returns True a checkpoint is written and `solver.Cancelled` raised

    Returns
    -------
    the content of `summary.json`

    Raises
    ------
    BadScenario
        if the scenario or one of its files cannot be used; nothing was written.
    solver.TimeStepCollapse
        if the time step becomes too small; a checkpoint was written.
    """
    read = read_scenario(scenario) if isinstance(scenario, Path) else scenario
    problem = prepare(read, device=device, threads=threads)
    provenance = provenance_of(read)
    make_folder(out)
    keeper = Keeper(out, provenance.fingerprint, read.time.checkpoint)
    kept = keeper.read() if resume else None
    writer = Writer(problem, out, provenance, keeper)
    state = problem.state
    if kept:
        state = solver.State.from_checkpoint(kept[0])
        problem.probe.resume(kept[1])
        writer.files += [name for name in earlier_outputs(read, state.time) if (out / name).exists()]
    else:
        remove_results(out)
        keeper.forget()
        if read.output.series:
            create_series(out, problem.ground.grid, output_times(read), provenance)
    writer.terrain()
    report = solve(writer, state, progress, cancel)
    if report.maxima:
        writer.maxima(report.maxima)
    writer.files += write_tables(problem.probe, out)
    if read.output.series:
        writer.files.append(SERIES)
    summary = summary_of(writer, report)
    write_json(out / SUMMARY, summary)
    keeper.forget()
    return summary


def solve(
    writer: Writer, state: solver.State, progress: Watch | None, cancel: Callable[[], bool] | None
) -> solver.Report:
    """Run the solver; where it is cancelled or fails, a checkpoint is written."""
    problem = writer.problem
    scenario, probe = problem.scenario, problem.probe
    # rasters come first: what a checkpoint has behind it is written
    observers = [
        solver.Observer([t for t in output_times(scenario) if t >= state.time], writer.output),
        solver.Observer(
            [t for t in gauge_times(scenario) if t >= state.time], writer.gauges, cells_of(problem)
        ),
    ]
    try:
        return solver.simulate(
            problem.domain,
            state,
            problem.options,
            problem.forcing,
            until=scenario.time.end,
            observers=observers,
            progress=progress,
            cancel=cancel,
        )
    except (solver.Cancelled, solver.TimeStepCollapse) as error:
        path = writer.keeper.write(error.checkpoint, probe.checkpoint())
        error.add_note(f"a checkpoint was written to {path}; go on with --resume")
        raise
    except (ValueError, RuntimeError) as error:
        raise BadScenario(f"{scenario.path}: {error}") from error


def cells_of(problem: Problem) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the cells of gauges and sections, or any one, for the clock of checkpoints."""
    if problem.probe.rows.size:
        return problem.probe.rows, problem.probe.columns
    row, column = (i[:1] for i in np.nonzero(problem.ground.active))
    return row, column


def earlier_outputs(scenario: Scenario, until: float) -> list[str]:
    """Return the names of the rasters that a run has written up to `until` (s)."""
    names = ("depth", "velocity_x", "velocity_y")
    return [f"{name}_{seconds_name(t)}.tif" for t in output_times(scenario) if t <= until for name in names]


def make_folder(out: Path) -> None:
    """Make the folder for the results."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadScenario(
            f"--out {out}: cannot be made ({error.strerror}); allowed: a folder one may write to"
        ) from error


def remove_results(out: Path) -> None:
    """Remove the results of an earlier run, so that two never lie mixed; other files stay."""
    path = out / SUMMARY
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    path.unlink()
    for name in earlier:
        if isinstance(name, str) and Path(name).name == name and (out / name).is_file():
            (out / name).unlink()


def summary_of(writer: Writer, report: solver.Report) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    problem, maxima = writer.problem, report.maxima
    ground, scenario = problem.ground, problem.scenario
    cell_area = ground.grid.cell**2
    flooded = ground.active & (maxima.depth >= scenario.output.wet) if maxima else np.zeros(1, dtype=bool)
    return {
        "cells": int(ground.active.sum()),
        "rows": ground.grid.rows,
        "columns": ground.grid.columns,
        "cell_size": ground.grid.cell,
        "crs": ground.grid.crs,
        "time": scenario.time.end,
        "steps": report.steps,
        "cell_updates": report.cell_updates,
        "wall_seconds": report.wall_seconds,
        "cell_updates_per_second": report.cell_updates_per_second,
        "mass_error_relative": report.mass.error_relative,
        "mass": {**asdict(report.mass), "error": report.mass.error},
        "max_depth": float(np.max(maxima.depth[ground.active])) if maxima else None,
        "max_velocity": float(np.max(maxima.velocity[ground.active])) if maxima else None,
        "flooded_area": float(flooded.sum() * cell_area),
        "filled_cells": int(ground.filled.sum()),
        "invalid_cells": int((maxima.invalid & ground.active).sum()) if maxima else 0,
        "device": report.device,
        "threads": report.threads,
        "version": writer.provenance.version,
        "scenario": writer.provenance.scenario,
        "title": writer.provenance.title,
        "settings": writer.provenance.settings,
        "inputs": writer.provenance.inputs,
        "fingerprint": writer.provenance.fingerprint,
        "files": sorted(writer.files),
    }


def write_json(path: Path, content: object) -> None:
    """Write JSON, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)
