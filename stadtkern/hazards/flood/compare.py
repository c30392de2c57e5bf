"""The Elbe at Roßlau: real terrain of 1 km by 1 km, and official levels of 30 discharges to compare with.

Terrain: WSV and BfG, DGM-W Elbe; levels: BfG, FLYS (both as in the packages hydflood and hyd1d of BfG).
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from stadtkern.hazards.flood.run import simulate
from stadtkern.hazards.flood.scenario.read import scenario_of
from stadtkern.hazards.flood.terrain.grid import Array

CELL = 20
SIZE = 1000
PIECE = 200
LEVELS, TERRAIN, STATIONS = "flys_elbe_km250_270.csv", "raster.dem.tif", "raster.csa.tif"
ACROSS = [[310_000.0, 5_749_700.0], [309_000.0, 5_749_700.0]]
"""A section across river and floodplain, walked westwards: flow to the south counts negative."""
RIVER_BED, RIVER_DEPTH, WET = 56.0, 1.5, 0.05
"""m: what counts as river, and as flooded."""


def elbe_levels(folder: Path) -> list[str]:
    """Return the names of the official discharges, such as `MQ` or `HQ100`, lowest first."""
    with (folder / LEVELS).open(encoding="utf-8") as file:
        found = {r["name"]: float(r["w"]) for r in csv.DictReader(file) if r["station"] == "260.0"}
    return sorted(found, key=lambda name: found[name])


def official_levels(folder: Path, name: str) -> Array:
    """Return the official level of each cell by its river kilometre, m; NaN where there is none."""
    with (folder / LEVELS).open(encoding="utf-8") as file:
        rows = sorted((float(r["station"]), float(r["w"])) for r in csv.DictReader(file) if r["name"] == name)
    with rasterio.open(folder / STATIONS) as dataset:
        metres = dataset.read(1, masked=True).astype(np.float64).filled(np.nan)
    station = metres[CELL // 2 :: CELL, CELL // 2 :: CELL] / 1000
    return np.asarray(np.interp(station, *np.array(rows).T), dtype=np.float64)


def mean_heights(folder: Path) -> Array:
    """Return the ground in cells of 20 m."""
    with rasterio.open(folder / TERRAIN) as dataset:
        heights = dataset.read(1)
    parts = SIZE // CELL
    return np.asarray(heights.reshape(parts, CELL, parts, CELL).mean(axis=(1, 3)), dtype=np.float64)


def boundaries(level: Array, bed: Array) -> list[dict[str, Any]]:
    """Return level boundaries along the edges that the river crosses, in pieces of 200 m."""
    pieces = []
    count = level.shape[0] * PIECE // SIZE
    edges = (
        ("north", level[0], bed[0], 4),
        ("south", level[-1], bed[-1], 3),
        ("west", level[::-1, 0], bed[::-1, 0], 5),
    )
    for edge, values, ground, number in edges:
        for i in range(number):
            part = slice(i * count, (i + 1) * count)
            value = float(np.nanmedian(values[part]))
            if value > ground[part].min():
                span = [i * PIECE, (i + 1) * PIECE]
                pieces.append({"edge": edge, "kind": "level", "value": value, "span": span})
    return pieces


def run_elbe(folder: Path, name: str, out: Path, *, threads: int | None = None) -> dict[str, Any]:
    """Run from dry to an official level, which is given at the edges, and compare what is found within.

    Second order, because the river is seven cells wide: first order lets only half as much through.

    Returns
    -------
    difference_mean, difference_rms : of the levels in the river, m
    cells : how many cells of the river were compared
    extent, official_extent : share of the terrain that is wet, and that lies below the official level
    discharge : m3/s, found by the model
    mass_error_relative : of the run
    """
    level, bed = official_levels(folder, name), mean_heights(folder)
    document = {
        "about": {"title": f"Elbe at Roßlau, {name}"},
        "terrain": {"raster": str((folder / TERRAIN).resolve()), "cell": float(CELL)},
        "roughness": {"mannings_n": 0.03},
        "time": {"end": 5400.0},
        "solver": {"order": 2},
        "boundary": boundaries(level, bed),
        "section": [{"name": "across", "line": ACROSS}],
        "output": {"polygons": False},
    }
    summary = simulate(scenario_of(document, out / "scenario.toml"), out, device="cpu", threads=threads)
    with rasterio.open(out / "depth_5400.tif") as dataset:
        depth = dataset.read(1)
    known = np.isfinite(level)
    river = (depth > RIVER_DEPTH) & (bed < RIVER_BED) & known
    difference = (depth + bed - level)[river]
    with (out / "sections.csv").open(encoding="utf-8", newline="") as file:
        discharge = -float(list(csv.DictReader(file))[-1]["discharge"])
    return {
        "difference_mean": float(difference.mean()),
        "difference_rms": float(np.sqrt((difference**2).mean())),
        "cells": int(river.sum()),
        "extent": float((depth > WET)[known].mean()),
        "official_extent": float((level > bed)[known].mean()),
        "discharge": discharge,
        "mass_error_relative": summary["mass_error_relative"],
    }
