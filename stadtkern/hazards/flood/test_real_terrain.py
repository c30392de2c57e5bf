"""Real terrain against official levels, and the synthetic valley of Guben against a hand calculation."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from stadtkern.hazards.flood import guben
from stadtkern.hazards.flood.conftest import MakeScenario
from stadtkern.hazards.flood.output.provenance import Provenance
from stadtkern.hazards.flood.output.rasters import write_raster
from stadtkern.hazards.flood.run import simulate
from stadtkern.hazards.flood.scenario.example import write_example, write_lines
from stadtkern.hazards.flood.scenario.model import Scenario

CELL = 20
ACROSS = [[310_000.0, 5_749_700.0], [309_000.0, 5_749_700.0]]
"""A section across river and floodplain, walked westwards: flow to the south counts negative."""


def official_levels(folder: Path, name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return river kilometres and water levels of the Elbe (m) for one of the official discharges."""
    with (folder / "flys_elbe_km250_270.csv").open(encoding="utf-8") as file:
        rows = [(float(r["station"]), float(r["w"])) for r in csv.DictReader(file) if r["name"] == name]
    table = np.array(sorted(rows))
    return table[:, 0], table[:, 1]


def stations(folder: Path) -> np.ndarray[Any, Any]:
    """Return the river kilometre of each cell, NaN where there is none."""
    with rasterio.open(folder / "raster.csa.tif") as dataset:
        metres = dataset.read(1, masked=True).astype(np.float64).filled(np.nan)
    return np.asarray(metres[CELL // 2 :: CELL, CELL // 2 :: CELL] / 1000)


def boundaries(level: np.ndarray[Any, Any], bed: np.ndarray[Any, Any]) -> list[dict[str, Any]]:
    """Return level boundaries along the edges that the river crosses, in pieces of 200 m, where they are wet."""
    pieces = []
    count = level.shape[0] // 5
    for edge, values, ground, pieces_of_edge in (
        ("north", level[0], bed[0], 4), ("south", level[-1], bed[-1], 3), ("west", level[::-1, 0], bed[::-1, 0], 5)
    ):  # fmt: skip
        for i in range(pieces_of_edge):
            part = slice(i * count, (i + 1) * count)
            value = float(np.nanmedian(values[part]))
            if value > ground[part].min():
                pieces.append(
                    {"edge": edge, "kind": "level", "value": value, "span": [i * 200, (i + 1) * 200]}
                )
    return pieces


@pytest.mark.parametrize(
    ("name", "discharge"),
    [("MQ", (250, 450)), ("MHQ", (1500, 3000)), ("HQ100", (3200, 5200))],
)
def test_the_elbe_at_rosslau_comes_to_its_official_levels(
    shared_data: Path, make_scenario: MakeScenario, tmp_path: Path, name: str, discharge: tuple[float, float]
) -> None:
    """From dry: levels at the edges are given, those within and the discharge are found.

    The terrain is the real one, 1 km by 1 km in cells of 20 m. The discharge lies in the order of the known one:
    on average about 370 m3/s, in a flood of a hundred years about 4,000 m3/s. Second order, because the river is
    seven cells wide: first order lets only half as much through.
    """
    folder = shared_data / "dem_elbe_rosslau"
    kilometres, levels = official_levels(folder, name)
    station = stations(folder)
    official = np.interp(station, kilometres, levels)
    with rasterio.open(folder / "raster.dem.tif") as dataset:
        bed = dataset.read(1).reshape(1000 // CELL, CELL, 1000 // CELL, CELL).mean(axis=(1, 3))
    (tmp_path / "scenario.toml").write_text(name)
    scenario = make_scenario(
        {"raster": str(folder / "raster.dem.tif"), "cell": float(CELL)},
        roughness={"mannings_n": 0.03},
        solver={"order": 2},
        time={"end": 5400.0},
        boundary=boundaries(official, bed),
        section=[{"name": "across", "line": ACROSS}],
    )
    summary = simulate(scenario, tmp_path / "out", device="cpu", threads=1)
    with rasterio.open(tmp_path / "out" / "depth_5400.tif") as dataset:
        depth = dataset.read(1)
    river = (depth > 1.5) & (bed < 56.0) & np.isfinite(official)
    difference = (depth + bed)[river] - official[river]
    assert river.sum() > 80
    assert abs(difference.mean()) < 0.08
    assert np.sqrt((difference**2).mean()) < 0.15
    known = np.isfinite(official)
    extent = (official > bed)[known].mean()
    assert (depth > 0.05)[known].mean() == pytest.approx(extent, abs=0.08)
    flow = -last_discharge(tmp_path / "out")
    assert discharge[0] < flow < discharge[1]
    assert abs(summary["mass_error_relative"]) < 1e-12


def last_discharge(out: Path) -> float:
    """Return the last row of the sections."""
    with (out / "sections.csv").open(encoding="utf-8", newline="") as file:
        return float(list(csv.DictReader(file))[-1]["discharge"])


def valley_scenario(make_scenario: MakeScenario, tmp_path: Path, discharge: float) -> Scenario:
    """Write two kilometres of the synthetic valley in cells of 10 m, with a steady discharge into it."""
    valley = guben.valley(cell=10.0)
    made = Provenance("test", "test", "synthetic", {}, {})
    for name, values in (("dem.tif", valley.bed), ("n.tif", valley.mannings_n)):
        write_raster(tmp_path / name, values, valley.grid, made, quantity="synthetic", unit="m")
    write_lines(tmp_path / "dikes.geojson", valley.dikes)
    (tmp_path / "scenario.toml").write_text(f"{discharge}")
    middle = guben.SOUTH + 1000.0
    x = {y: float(guben.river_x(y)) for y in (guben.SOUTH, middle, guben.SOUTH + 2000.0)}
    west = guben.WEST + 0.55 * guben.SIZE - 400.0
    span = [
        [x[y] - west - guben.DIKE_DISTANCE, x[y] - west + guben.DIKE_DISTANCE]
        for y in (guben.SOUTH, guben.SOUTH + 2000.0)
    ]
    places: Mapping[str, Any] = {
        "raster": "dem.tif",
        "bounds": [west, guben.SOUTH, west + 800, guben.SOUTH + 2000],
    }
    return make_scenario(
        dict(places),
        roughness={"mannings_n": 0.035},
        solver={"order": 2},
        time={"end": 3600.0},
        boundary=[
            {"edge": "south", "kind": "discharge", "value": discharge, "span": span[0]},
            {"edge": "north", "kind": "normal_depth", "value": guben.SLOPE, "span": span[1]},
        ],
        gauge=[{"name": "Guben", "x": x[middle], "y": middle}],
    )


def uniform_level(discharge: float, n: float) -> float:
    """Return the level above the zero of the gauge at which the section carries a discharge by Manning's law."""
    offset = np.arange(-guben.DIKE_DISTANCE, guben.DIKE_DISTANCE, 0.5) + 0.25
    distance = np.abs(offset)
    bed = (
        np.clip((distance - guben.HALF_WIDTH) / guben.BANK_SLOPE, 0, guben.CHANNEL_DEPTH)
        - guben.CHANNEL_DEPTH
    )
    for level in np.arange(-guben.CHANNEL_DEPTH, 4.0, 0.005):
        depth = np.clip(level - bed, 0, None)
        # Manning, strip by strip as in two dimensions: q = h^(5/3) sqrt(S) / n
        if 0.5 * (depth ** (5 / 3)).sum() * np.sqrt(guben.SLOPE) / n >= discharge:
            return float(level + guben.ALARM)
    raise AssertionError


@pytest.mark.parametrize("discharge", [150.0, 700.0])
def test_the_neisse_at_guben_comes_to_the_level_of_uniform_flow(
    make_scenario: MakeScenario, tmp_path: Path, discharge: float
) -> None:
    """The synthetic valley, from dry: within the banks, and as high as in August 2010 within the dikes.

    The winding channel is six cells wide: its steps make it rougher than the law of Manning says.
    """
    simulate(valley_scenario(make_scenario, tmp_path, discharge), tmp_path / "out", device="cpu", threads=1)
    with (tmp_path / "out" / "gauges.csv").open(encoding="utf-8", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    level = float(last["level"]) - guben.gauge_zero(guben.SOUTH + 1000.0)
    assert level == pytest.approx(uniform_level(discharge, 0.035), abs=0.25)
    if discharge < 200:
        assert level < guben.ALARM
    else:
        assert guben.ALARM < level < guben.FLOOD_2010 + 0.5
    with rasterio.open(tmp_path / "out" / "max_depth.tif") as dataset:
        depth, transform = dataset.read(1), dataset.transform
    columns, rows = np.meshgrid(np.arange(depth.shape[1]) + 0.5, np.arange(depth.shape[0]) + 0.5)
    x, y = transform.c + columns * 10, transform.f - rows * 10
    outside = np.abs(x - guben.river_x(y)) > guben.DIKE_DISTANCE + 20
    assert (depth[outside] == 0).all()


def test_the_example_floods_the_town_after_the_breach(tmp_path: Path) -> None:
    """Dry before, half a metre deep after; the river falls a little when the dike breaks."""
    path = write_example(tmp_path / "example")
    summary = simulate(path, tmp_path / "out", device="cpu", threads=1)
    with (tmp_path / "out" / "gauges.csv").open(encoding="utf-8", newline="") as file:
        town = {float(r["time"]): float(r["depth"]) for r in csv.DictReader(file) if r["name"] == "town"}
    assert max(depth for time, depth in town.items() if time <= 3600) < 0.05
    assert 0.3 < max(town.values()) < 1.5
    assert summary["flooded_area"] > 8e5
    assert abs(summary["mass_error_relative"]) < 1e-12
    assert (tmp_path / "out" / "series.zarr").is_dir()
