"""An ensemble from the scenario to the folder with probabilities."""

import contextlib
import dataclasses
import json
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stadtkern.contracts.hazard import RunOptions
from stadtkern.hazards.flood.ensemble.draws import Draw, draws
from stadtkern.hazards.flood.ensemble.members import Result, on_cluster, on_this_machine
from stadtkern.hazards.flood.ensemble.statistics import Floats, probability, quantile, stacked
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.output.gauges import write_csv
from stadtkern.hazards.flood.output.memory import available, needed
from stadtkern.hazards.flood.output.provenance import Provenance, provenance_of
from stadtkern.hazards.flood.output.rasters import write_raster
from stadtkern.hazards.flood.problem import Problem, cores, prepare
from stadtkern.hazards.flood.run import SUMMARY, make_folder, remove_results, write_json
from stadtkern.hazards.flood.scenario.read import read_scenario

FOLDER = "members"
QUANTILES = (0.1, 0.5, 0.9)


def simulate_ensemble(scenario: Path, out: Path, options: RunOptions) -> Mapping[str, Any]:
    """Run the members, keep each one's greatest depth, and write probabilities and quantiles.

    Writes `probability_<depth>.tif` (share of members that reach a depth), `depth_p10.tif depth_p50.tif
    depth_p90.tif`, `arrival_p10.tif arrival_p50.tif`, `members.csv` (what each member differed in, and what
    came out) and `summary.json`. With `options.resume` members that are there already are not run again.
    """
    read = read_scenario(scenario)
    problem = prepare(read, device=options.device, threads=options.threads)
    provenance = provenance_of(read)
    make_folder(out)
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    wanted = draws(read.ensemble, options.ensemble)
    if not options.resume:
        remove_results(out)
        for path in folder.glob("*.npy"):
            path.unlink()
        for path in folder.glob("*.json"):
            path.unlink()
    done = {d.member: kept for d in wanted if (kept := kept_member(folder, d, provenance))}
    started = time.monotonic()
    left = [d for d in wanted if d.member not in done]
    with contextlib.closing(results_of(problem, left, options)) as results:
        for result in results:
            keep_member(folder, result, problem, provenance)
            done[result.draw.member] = kept_member(folder, result.draw, provenance) or {}
            if options.progress:
                options.progress(len(done) / len(wanted), f"{len(done)} of {len(wanted)} members")
    members = [done[d.member] for d in wanted]
    good = [m for m in members if not m["error"]]
    if not good:
        raise BadScenario(f"{scenario}: no member came to its end; the first says: {members[0]['error']}")
    files = write_statistics(out, folder, [m["member"] for m in good], problem, provenance)
    write_csv(out / "members.csv", list(members[0]), [[f"{v}" for v in m.values()] for m in members])
    summary = summary_of(problem, provenance, members, time.monotonic() - started, [*files, "members.csv"])
    write_json(out / SUMMARY, summary)
    return summary


def results_of(problem: Problem, left: Sequence[Draw], options: RunOptions) -> Generator[Result, None, None]:
    """Yield the results of the members that are left, from wherever they are run."""
    cancel = options.cancel or (lambda: False)
    if not left:
        return
    if options.workers:
        yield from on_cluster(problem, left, options.workers, cancel)
        return
    fitting = available() // max(needed(problem.ground.grid, problem.options, problem.scenario), 1)
    processes = max(1, min(len(left), cores() // (options.threads or 1), fitting))
    yield from on_this_machine(problem, left, processes, cancel)


def keep_member(folder: Path, result: Result, problem: Problem, provenance: Provenance) -> None:
    """Write what a member found; its JSON comes last, so that half a member does not count."""
    name = f"{result.draw.member:05}"
    np.save(folder / f"{name}_depth.npy", result.max_depth)
    np.save(folder / f"{name}_arrival.npy", result.arrival_time)
    active = problem.ground.active
    wet = active & (result.max_depth >= problem.scenario.output.wet)
    content = {
        **dataclasses.asdict(result.draw),
        "steps": result.steps,
        "cell_updates": result.cell_updates,
        "wall_seconds": result.wall_seconds,
        "mass_error_relative": result.mass_error_relative,
        "max_depth": float(np.max(result.max_depth[active])) if not result.error else None,
        "flooded_area": float(wet.sum() * problem.ground.grid.cell**2),
        "device": result.device,
        "error": result.error,
    }
    write_json(folder / f"{name}.json", {"fingerprint": provenance.fingerprint, "member": content})


def kept_member(folder: Path, draw: Draw, provenance: Provenance) -> dict[str, Any] | None:
    """Return what is known of a member that was run with the same input, else None."""
    try:
        kept = json.loads((folder / f"{draw.member:05}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    member: dict[str, Any] = kept.get("member", {})
    same = (
        kept.get("fingerprint") == provenance.fingerprint
        and dataclasses.asdict(draw).items() <= member.items()
    )
    return member if same else None


def write_statistics(
    out: Path, folder: Path, members: Sequence[int], problem: Problem, provenance: Provenance
) -> list[str]:
    """Write the maps of the ensemble; return their names."""
    ground, table = problem.ground, problem.scenario.ensemble
    depths = stacked([folder / f"{m:05}_depth.npy" for m in members])
    arrivals = stacked([folder / f"{m:05}_arrival.npy" for m in members])
    files = []

    def write(name: str, values: Floats, quantity: str, unit: str) -> None:
        shown = np.where(ground.active, values, np.nan)
        write_raster(out / name, shown, ground.grid, provenance, quantity=quantity, unit=unit)
        files.append(name)

    for depth in table.depths:
        write(
            f"probability_{depth:g}.tif",
            probability(depths, depth),
            f"share of members with {depth:g} m or more",
            "1",
        )
    for share in QUANTILES:
        write(
            f"depth_p{share * 100:.0f}.tif",
            quantile(depths, share),
            f"{share:.0%} quantile of the greatest depth",
            "m",
        )
    for share in QUANTILES[:2]:
        arrival = quantile(arrivals, share, never=np.inf)
        write(f"arrival_p{share * 100:.0f}.tif", arrival, f"{share:.0%} quantile of the time of arrival", "s")
    return files


def summary_of(
    problem: Problem,
    provenance: Provenance,
    members: Sequence[Mapping[str, Any]],
    wall: float,
    files: Sequence[str],
) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    updates = sum(m["cell_updates"] for m in members)
    return {
        "cells": int(problem.ground.active.sum()),
        "ensemble": len(members),
        "failed": [m["member"] for m in members if m["error"]],
        "steps": sum(m["steps"] for m in members),
        "cell_updates": updates,
        "wall_seconds": wall,
        "cell_updates_per_second": updates / wall if wall > 0 else 0.0,
        "mass_error_relative": max((abs(m["mass_error_relative"]) for m in members), default=0.0),
        "device": ", ".join(sorted({m["device"] for m in members} - {""})),
        "version": provenance.version,
        "scenario": provenance.scenario,
        "title": provenance.title,
        "settings": {**provenance.settings, "ensemble": dataclasses.asdict(problem.scenario.ensemble)},
        "inputs": provenance.inputs,
        "fingerprint": provenance.fingerprint,
        "files": sorted(files),
    }
