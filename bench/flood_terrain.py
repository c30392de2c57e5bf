"""How long floods of a town take, and how near to official levels they come.

    python bench/flood_terrain.py [guben|elbe] [--hours 6] [--cell 5] [--threads 2] [-o bench/results/flood_terrain.json]

`guben`: a flood wave through the synthetic valley, 5 km by 5 km. With `--hours` below 6 only so much of it is run, from
the flooded state on, and the time for 6 hours is reckoned from it and marked so. `elbe`: all 30 official levels of the Elbe
at Roßlau on its real terrain (needs the folder with real data, STADTKERN_SHARED), from dry, second order in cells of 20 m.
"""

import argparse
import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from stadtkern.hazards.flood import guben, solver
from stadtkern.hazards.flood.compare import elbe_levels, run_elbe

SIX = 6 * 3600.0


def valley(cell: float, hours: float, threads: int, precision: Any) -> dict[str, Any]:  # noqa: ANN401
    """Run a flood of 600 m3/s through the valley."""
    ground = guben.valley(cell)
    south, north = (float(guben.river_x(y)) - guben.WEST for y in (guben.SOUTH, guben.SOUTH + guben.SIZE))
    pieces = [
        (int((x - guben.DIKE_DISTANCE) / cell), int((x + guben.DIKE_DISTANCE) / cell)) for x in (south, north)
    ]
    forcing = solver.Forcing(
        boundaries=[
            solver.Boundary("south", "discharge", *pieces[0], series=solver.Series.constant(600.0)),
            solver.Boundary("north", "normal_depth", *pieces[1], slope=guben.SLOPE),
        ]
    )
    y = guben.SOUTH + guben.SIZE - (np.arange(ground.grid.rows) + 0.5) * cell
    x = guben.WEST + (np.arange(ground.grid.columns) + 0.5) * cell
    between = np.abs(x[None, :] - guben.river_x(y)[:, None]) < guben.DIKE_DISTANCE
    depth = np.where(between, np.clip(guben.bank(y)[:, None] + 1.0 - ground.bed, 0.0, None), 0.0)
    domain = solver.Domain(ground.bed, cell, ground.mannings_n)
    options = solver.Options(device="cpu", threads=threads, precision=precision)
    solver.simulate(domain, solver.State(depth), options, forcing, until=1.0)  # compiles
    report = solver.simulate(domain, solver.State(depth), options, forcing, until=hours * 3600.0)
    return {
        "bench": "flood_terrain guben", "cells": ground.bed.size, "cell_m": cell, "precision": precision, "threads": threads,
        "simulated_hours": hours, "wall_seconds": report.wall_seconds, "steps": report.steps,
        "minutes_for_6_hours": report.wall_seconds / 60 * 6 / hours, "is_reckoned": hours < SIX / 3600,
        "mcell_per_s": report.cell_updates_per_second / 1e6, "mass_error_relative": report.mass.error_relative,
    }  # fmt: skip


def elbe(threads: int) -> list[dict[str, Any]]:
    """Run all official levels."""
    folder = Path(os.environ["STADTKERN_SHARED"]) / "data" / "dem_elbe_rosslau"
    lines = []
    for name in elbe_levels(folder):
        started = time.perf_counter()
        with TemporaryDirectory() as out:
            found = run_elbe(folder, name, Path(out), threads=threads)
        lines.append(
            {
                "bench": "flood_terrain elbe",
                "level": name,
                **found,
                "wall_seconds": time.perf_counter() - started,
            }
        )
        print(json.dumps(lines[-1]))
    return lines


def main() -> None:
    """Run and print a line for each figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=("guben", "elbe"), default="guben")
    parser.add_argument("--hours", type=float, default=0.1)
    parser.add_argument("--cell", type=float, default=5.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("float64", "float32"), default="float64")
    parser.add_argument("-o", "--output", type=Path)
    words = parser.parse_args()
    if words.what == "elbe":
        lines = elbe(words.threads)
    else:
        lines = [valley(words.cell, words.hours, words.threads, words.precision)]
        print(json.dumps(lines[0]))
    if words.output:
        words.output.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
