"""Depth and velocity at all output times as one Zarr store."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import zarr

from stadtkern.hazards.flood.output.provenance import Provenance
from stadtkern.hazards.flood.terrain.grid import Array, Grid

NAME = "series.zarr"
CHUNK = 256
QUANTITIES = {
    "depth": ("water depth", "m"),
    "velocity_x": ("velocity to the east", "m s-1"),
    "velocity_y": ("velocity to the north", "m s-1"),
}


def create_series(out: Path, grid: Grid, times: Sequence[float], provenance: Provenance) -> None:
    """Make an empty store for the output times, after the CF conventions: dimensions time, y, x."""
    store = out / NAME
    if store.exists():
        shutil.rmtree(store)
    group = zarr.open_group(store, mode="w")
    group.attrs.update({"Conventions": "CF-1.11", "crs": grid.crs, **provenance.tags()})
    add(
        group,
        "time",
        np.asarray(times, dtype=np.float64),
        ("time",),
        {"units": "s", "long_name": "time since the start"},
    )
    x = grid.west + (np.arange(grid.columns) + 0.5) * grid.cell
    y = grid.north - (np.arange(grid.rows) + 0.5) * grid.cell
    add(group, "x", x, ("x",), {"units": "m", "standard_name": "projection_x_coordinate"})
    add(group, "y", y, ("y",), {"units": "m", "standard_name": "projection_y_coordinate"})
    for name, (meaning, unit) in QUANTITIES.items():
        array = group.create_array(
            name,
            shape=(len(times), *grid.shape),
            chunks=(1, min(CHUNK, grid.rows), min(CHUNK, grid.columns)),
            dtype="float32",
            fill_value=np.nan,
            dimension_names=("time", "y", "x"),
        )
        array.attrs.update({"units": unit, "long_name": meaning})


def add(
    group: zarr.Group, name: str, values: Array, dimensions: tuple[str, ...], attributes: dict[str, str]
) -> None:
    """Add a coordinate."""
    array = group.create_array(name, data=values, dimension_names=dimensions)
    array.attrs.update(attributes)


def write_series(out: Path, index: int, values: dict[str, Array]) -> None:
    """Write the fields of one output time."""
    for name, field in values.items():
        zarr.open_array(out / NAME / name, mode="r+")[index] = field.astype(np.float32)
