"""Real terrain against official levels, and the synthetic valley of Guben against a hand calculation."""

import csv
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from stadtkern.hazards.flood import guben
from stadtkern.hazards.flood.compare import elbe_levels, run_elbe
from stadtkern.hazards.flood.conftest import MakeScenario
from stadtkern.hazards.flood.output.provenance import Provenance
from stadtkern.hazards.flood.output.rasters import write_raster
from stadtkern.hazards.flood.run import simulate
from stadtkern.hazards.flood.scenario.example import WHOLE, write_example, write_lines
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.scenario.read import read_scenario


@pytest.mark.parametrize(
    ("name", "discharge"),
    [("MQ", (250, 450)), ("MHQ", (1500, 3000)), ("HQ100", (3200, 5200))],
)
def test_the_elbe_at_rosslau_comes_to_its_official_levels(
    shared_data: Path, tmp_path: Path, name: str, discharge: tuple[float, float]
) -> None:
    """From dry: levels at the edges are given, those within, the extent and the discharge are found.

    The discharge lies in the order of the known one: on average about 370 m3/s, in a flood of a hundred years about
    4,000 m3/s.
    """
    found = run_elbe(shared_data / "dem_elbe_rosslau", name, tmp_path / "out", threads=1)
    assert found["cells"] > 80
    assert abs(found["difference_mean"]) < 0.08
    assert found["difference_rms"] < 0.16
    assert found["extent"] == pytest.approx(found["official_extent"], abs=0.08)
    assert discharge[0] < found["discharge"] < discharge[1]
    assert abs(found["mass_error_relative"]) < 1e-12


def test_the_levels_of_the_elbe_rise_with_the_discharge(shared_data: Path) -> None:
    names = elbe_levels(shared_data / "dem_elbe_rosslau")
    assert len(names) == 30
    assert [n for n in names if n in {"MNQ", "MQ", "MHQ", "HQ10", "HQ100"}] == [
        "MNQ",
        "MQ",
        "MHQ",
        "HQ10",
        "HQ100",
    ]


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


def test_all_of_the_valley_of_guben_is_ready_to_run_at_five_metres(tmp_path: Path) -> None:
    """A million cells; here only the first ten seconds of the six hours, in which the river comes in."""
    write_example(tmp_path)
    scenario = read_scenario(tmp_path / WHOLE)
    assert scenario.time.end == 6 * 3600.0
    time = dataclasses.replace(scenario.time, end=10.0, output=10.0, gauge_interval=10.0)
    short = dataclasses.replace(scenario, time=time, breach=())
    summary = simulate(short, tmp_path / "out", device="cpu", threads=1)
    assert summary["cells"] == 1_000_000
    assert abs(summary["mass_error_relative"]) < 1e-12
    assert sum(summary["mass"]["boundaries"].values()) == pytest.approx(1500.0, rel=0.01)
