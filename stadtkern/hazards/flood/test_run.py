"""From the command to the results: the contract that other programs rely on."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

import stadtkern
from stadtkern.base.errors import BadInput
from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.conftest import WriteRaster
from stadtkern.hazards.flood.errors import BadScenario, TooLarge
from stadtkern.hazards.flood.run import simulate
from stadtkern.hazards.flood.scenario.read import read_scenario

ROOT = Path(next(iter(stadtkern.__path__))).parent
CONTRACT = {
    "cells", "steps", "cell_updates", "wall_seconds", "cell_updates_per_second", "mass_error_relative", "device", "version",
}  # fmt: skip
WEST, SOUTH = 400_000.0, 5_699_600.0
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a scenario of TOML text; a channel of 40 by 40 cells of 10 m is `dem.tif`."""

    def write_text(text: str, name: str = "scenario.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.fixture(autouse=True)
def dem(write_raster: WriteRaster) -> Path:
    """Have a gentle valley that falls to the east, 40 by 40 cells of 10 m."""
    y, x = np.mgrid[0:40, 0:40]
    return write_raster(5.0 - 0.01 * x + 0.02 * np.abs(y - 20))


def command(*words: str | Path, check: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "stadtkern", "simulate", "flood", *map(str, words)],
        capture_output=True, text=True, check=check, env=environment, cwd=ROOT,
    )  # fmt: skip


def raster(path: Path) -> np.ndarray[Any, Any]:
    """Read a raster."""
    with rasterio.open(path) as dataset:
        return np.asarray(dataset.read(1))


def table(path: Path) -> list[dict[str, str]]:
    """Read a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


DAM_BREAK = """
[terrain]
raster = "dem.tif"
[initial]
depth = "h0.tif"
[time]
end = 60.0
output = [0, 30, 60.0]
[[gauge]]
name = "P1"
x = 400010.0
y = 5699800.0
[output]
series = true
"""


LONG = DAM_BREAK.replace("end = 60.0", "end = 6000.0").replace("[0, 30, 60.0]", "[100, 2000, 6000.0]")


@pytest.fixture
def dam_break(write: Write, write_raster: WriteRaster) -> Path:
    """Have a scenario in which water stands in the west at first."""
    depth = np.zeros((40, 40))
    depth[:, :10] = 2.0
    write_raster(depth, "h0.tif")
    return write(DAM_BREAK)


def test_the_command_writes_what_other_programs_rely_on(dam_break: Path, tmp_path: Path) -> None:
    """Names of files, columns and keys of the contract."""
    done = command(dam_break, "--out", tmp_path / "out", "--device", "cpu", "--threads", "1")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    names = {path.name for path in out.iterdir()}
    assert names >= {f"{q}_{s}.tif" for q in ("depth", "velocity_x", "velocity_y") for s in (0, 30, 60)}
    assert names >= {
        "max_depth.tif",
        "max_velocity.tif",
        "arrival_time.tif",
        "hazard.tif",
        "gauges.csv",
        "summary.json",
    }
    assert not {name for name in names if name.startswith(".") or name == "checkpoint.npz"}
    summary = json.loads((out / "summary.json").read_text())
    assert set(summary) >= CONTRACT
    assert summary["cells"] == 1600
    assert summary["steps"] > 5
    assert abs(summary["mass_error_relative"]) < 1e-12
    assert summary["device"] == "cpu"
    assert set(summary["files"]) == names - {"summary.json"}
    rows = table(out / "gauges.csv")
    assert list(rows[0]) == ["time", "name", "depth", "level", "velocity_x", "velocity_y"]
    assert [float(row["time"]) for row in rows] == sorted({float(row["time"]) for row in rows})
    assert {"0", "30", "60"} <= {row["time"] for row in rows}
    for row in rows:
        assert row["name"] == "P1"
        assert float(row["level"]) == pytest.approx(float(row["depth"]) + 5.0 - 0.01, abs=1e-6)
    with rasterio.open(out / "depth_60.tif") as dataset:
        assert dataset.crs.to_epsg() == 25833
        assert dataset.transform == Affine(10, 0, WEST, 0, -10, SOUTH + 400)
        assert json.loads(dataset.tags()["INPUTS_SHA256"]).keys() == {"dem.tif", "h0.tif", "scenario.toml"}
    area = 100.0
    assert raster(out / "depth_60.tif").sum() * area == pytest.approx(
        raster(out / "depth_0.tif").sum() * area, rel=1e-6
    )
    assert (raster(out / "max_depth.tif") >= raster(out / "depth_60.tif") - 1e-6).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[terrain]\nraster = "dem.tif"\n[time]\nend = 10.0\n[solver]\nscheme = "muscl"\n',
         r'scenario.toml: \[solver\] scheme: "muscl" is not allowed; allowed: "hllc", "local_inertial"'),
        ('[terrain]\nraster = "void.tif"\n[time]\nend = 10.0\n', r"\[terrain\] raster: 1 of 4 cells have no height"),
        ('[terrain]\nraster = "degrees.tif"\n[time]\nend = 10.0\n', r"\[terrain\] raster: .*degrees.tif: .* is geographic"),
        ('[terrain]\nraster = "dem.tif"\n[roughness]\nmannings_n = "small.tif"\n[time]\nend = 10.0\n',
         r"\[roughness\] mannings_n: .*small.tif: is not aligned"),
        ('[terrain]\nraster = "dem.tif"\n[roughness]\nmannings_n = -1.0\n[time]\nend = 10.0\n',
         r"\[roughness\] mannings_n: -1.0 is not allowed; allowed: a number >= 0"),
        ('[terrain]\nraster = "dem.tif"\n[time]\nend = 10.0\n[[rain]]\nseries = "down.csv"\n',
         r"\[\[rain\]\] 1 series: .*down.csv row 4: time 3 is not greater"),
        ('[terrain]\nraster = "dem.tif"\n[time]\nend = 10.0\n[[rain]]\nseries = "gap.csv"\n',
         r"\[\[rain\]\] 1 series: .*gap.csv row 3: .* has a gap"),
        ('[terrain]\nraster = "dem.tif"\n[time]\nend = 10.0\n[[inflow]]\nx = 1.0\ny = 1.0\nvalue = 1.0\n',
         r"\[\[inflow\]\] 1 x: the point 1, 1 lies outside of the terrain"),
        ('[terrain]\nraster = "dem.tif"\n[time]\nend = 10.0\n[[gauge]]\nname = "a"\nx = 1.0\ny = 1.0\n',
         r"\[\[gauge\]\] 1 x: the point 1, 1 lies outside of the terrain"),
        ("nonsense", r"cannot be read .*; allowed: a scenario in TOML"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_2_before_any_work(
    write: Write, write_raster: WriteRaster, tmp_path: Path, text: str, message: str
) -> None:
    write_raster([[1.0, np.nan], [1.0, 1.0]], "void.tif")
    write_raster(np.ones((4, 4)), "degrees.tif", crs="EPSG:4326", cell=0.01, west=14.0, north=52.0)
    write_raster(np.full((3, 3), 0.03), "small.tif")
    (tmp_path / "down.csv").write_text("time,value\n0,1\n5,1\n3,1\n")
    (tmp_path / "gap.csv").write_text("time,value\n0,1\n5,\n10,1\n")
    done = command(write(text), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [[], ["scenario.toml"], ["scenario.toml", "--out", "x", "--device", "gpu"], ["scenario.toml", "--out", "x", "--threads", "0"],
     ["scenario.toml", "--out", "x", "--workers", "tcp://127.0.0.1:1"]],
)  # fmt: skip
def test_wrong_words_end_with_2(words: list[str]) -> None:
    done = command(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_billion_cells_are_refused_with_the_figure_needed(write: Write, tmp_path: Path) -> None:
    """Found out from the head of the file: nothing of it is read."""
    with rasterio.open(
        tmp_path / "huge.tif", "w", driver="GTiff", height=40_000, width=40_000, count=1, dtype="float32", crs="EPSG:25833",
        transform=Affine(1, 0, WEST, 0, -1, SOUTH), tiled=True, sparse_ok=True, nodata=-9999,
    ):  # fmt: skip
        pass
    started = time.monotonic()
    path = write('[terrain]\nraster = "huge.tif"\n[time]\nend = 10.0\n')
    with pytest.raises(
        TooLarge, match=r"1,600,000,000 cells of 1 m need \d+\.\d GiB of memory, \d+\.\d GiB are free"
    ):
        simulate(path, tmp_path / "out")
    assert time.monotonic() - started < 5
    assert not (tmp_path / "out").exists()


def test_a_collapsing_time_step_says_where_and_keeps_a_checkpoint(write: Write, tmp_path: Path) -> None:
    """An absurd inflow: the run ends with its place, and with what it has so far."""
    path = write(
        '[terrain]\nraster = "dem.tif"\n[time]\nend = 60.0\n[[inflow]]\nx = 400105\ny = 5699705\nvalue = 1e25\n'
    )
    done = command(path, "--out", tmp_path / "out", "--device", "cpu", "--threads", "1")
    assert done.returncode == 1, done.stderr
    assert re.search(r"too small to go on: .* in row \d+, column \d+", done.stderr), done.stderr
    assert (tmp_path / "out" / "checkpoint.npz").exists()
    assert "Traceback" not in done.stderr


def test_a_resumed_run_is_the_straight_run_bit_for_bit(dam_break: Path, tmp_path: Path) -> None:
    """Stopped in the middle, gone on with: the same rasters, gauges and water balance."""
    dam_break.write_text(LONG)
    straight = simulate(dam_break, tmp_path / "straight", device="cpu", threads=1)
    with pytest.raises(solver.Cancelled) as stopped:
        simulate(dam_break, tmp_path / "resumed", device="cpu", threads=1, cancel=lambda: True)
    assert 0 < stopped.value.time < 6000
    assert "checkpoint" in stopped.value.__notes__[0]
    resumed = simulate(dam_break, tmp_path / "resumed", device="cpu", threads=1, resume=True)
    same_results(tmp_path / "straight", tmp_path / "resumed", straight, resumed)


def same_results(one: Path, other: Path, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    """Fail unless two runs have written the same."""
    changing = {"wall_seconds", "cell_updates_per_second", "threads"}
    assert {k: v for k, v in first.items() if k not in changing} == {
        k: v for k, v in second.items() if k not in changing
    }
    for name in first["files"]:
        if name.endswith(".tif"):
            np.testing.assert_array_equal(raster(one / name), raster(other / name), err_msg=name)
        elif name.endswith(".csv"):
            assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_threads_do_not_change_the_results(dam_break: Path, tmp_path: Path) -> None:
    one = simulate(dam_break, tmp_path / "one", device="cpu", threads=1)
    two = simulate(dam_break, tmp_path / "two", device="cpu", threads=2)
    same_results(tmp_path / "one", tmp_path / "two", one, two)


def test_a_changed_input_is_not_resumed(dam_break: Path, tmp_path: Path, write_raster: WriteRaster) -> None:
    dam_break.write_text(LONG)
    with pytest.raises(solver.Cancelled):
        simulate(dam_break, tmp_path / "out", device="cpu", threads=1, cancel=lambda: True)
    write_raster(np.full((40, 40), 0.5), "h0.tif")
    with pytest.raises(BadScenario, match="belongs to a run with another scenario"):
        simulate(dam_break, tmp_path / "out", device="cpu", threads=1, resume=True)


def test_a_run_can_be_interrupted_by_a_signal(write: Write, tmp_path: Path) -> None:
    """SIGTERM writes a checkpoint and ends with 130; `--resume` comes to the end."""
    path = write(
        '[terrain]\nraster = "dem.tif"\n[time]\nend = "2 d"\n[[inflow]]\nx = 400005\ny = 5699800\nvalue = 2.0\n'
    )
    words = [
        sys.executable,
        "-m",
        "stadtkern",
        "simulate",
        "flood",
        str(path),
        "--out",
        str(tmp_path / "out"),
        "--device",
        "cpu",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*words, "--threads", "1"], stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    ) as process:
        limit = time.monotonic() + 120
        while not (tmp_path / "out" / "terrain.tif").exists():
            assert time.monotonic() < limit
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(1.0)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert "go on with --resume" in told
    assert (tmp_path / "out" / "checkpoint.npz").exists()
    assert not (tmp_path / "out" / "summary.json").exists()


def test_results_of_an_earlier_run_do_not_stay(dam_break: Path, tmp_path: Path) -> None:
    """Two runs never lie mixed in a folder; files of others stay."""
    simulate(dam_break, tmp_path / "out", device="cpu", threads=1)
    (tmp_path / "out" / "mine.txt").write_text("mine")
    dam_break.write_text(DAM_BREAK.replace("[0, 30, 60.0]", "[20.5]"))
    summary = simulate(dam_break, tmp_path / "out", device="cpu", threads=1)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "depth_20.5.tif" in names
    assert "depth_30.tif" not in names
    assert names == {*summary["files"], "summary.json", "mine.txt"}


def test_every_force_reaches_the_water_balance(
    write: Write, write_raster: WriteRaster, tmp_path: Path
) -> None:
    """Rain, inflow, boundary, infiltration, drainage and pump stand in the balance with what hand arithmetic says."""
    write_raster(np.full((40, 40), 5.0))
    path = write(
        '[terrain]\nraster = "dem.tif"\n[initial]\ndepth = 0.5\n[time]\nend = 100.0\n[[rain]]\nvalue = 36.0\n'
        "[[inflow]]\nx = 400205\ny = 5699805\nvalue = 3.0\n[[pump]]\nfrom = [400105, "
        "5699705]\ncapacity = 0.5\n"
        '[infiltration]\nmodel = "constant"\nrate = 3.6\n[[drainage]]\ncapacity = 7.2\n'
        '[[boundary]]\nedge = "west"\nkind = "discharge"\nvalue = 4.0\nspan = [100, 200]\n'
    )
    mass = simulate(path, tmp_path / "out", device="cpu", threads=1)["mass"]
    area = 400.0 * 400.0
    assert mass["initial"] == pytest.approx(0.5 * area)
    assert mass["rain"] == pytest.approx(1e-5 * 100 * area)
    assert mass["infiltration"] == pytest.approx(1e-6 * 100 * area)
    assert mass["drainage"] == pytest.approx(2e-6 * 100 * area)
    assert mass["inflows"] == {"inflow 1": pytest.approx(300.0), "pump 1": pytest.approx(-50.0)}
    assert mass["boundaries"]["boundary 1 west discharge"] == pytest.approx(400.0)
    assert abs(mass["error"]) < 1e-7


def test_a_lake_stays_at_rest_in_the_rasters(write: Write, tmp_path: Path) -> None:
    """The level of the scenario, over ground that partly stands above it."""
    path = write('[terrain]\nraster = "dem.tif"\n[initial]\nlevel = 4.9\n[time]\nend = 50.0\n')
    simulate(path, tmp_path / "out", device="cpu", threads=1)
    for name in ("velocity_x_50.tif", "velocity_y_50.tif"):
        assert np.abs(raster(tmp_path / "out" / name)).max() < 1e-12
    depth, bed = raster(tmp_path / "out" / "depth_50.tif"), raster(tmp_path / "out" / "terrain.tif")
    np.testing.assert_allclose((depth + bed)[depth > 0], 4.9, atol=1e-6)
    assert (bed[depth == 0] >= 4.9 - 1e-6).all()


def test_the_python_api_reads_what_the_command_reads(dam_break: Path, tmp_path: Path) -> None:
    """A scenario that is read already, and a caller who wants to know how far it is."""
    seen: list[solver.Progress] = []
    summary = simulate(
        read_scenario(dam_break), tmp_path / "out", device="cpu", threads=1, progress=seen.append
    )
    assert summary["time"] == 60.0
    assert all(0 <= p.time <= 60 for p in seen)


def test_an_example_is_not_overwritten(tmp_path: Path) -> None:
    assert command("--example", tmp_path / "ex").returncode == 0
    done = command("--example", tmp_path / "ex")
    assert done.returncode == 2
    assert "there is a scenario.toml already" in done.stderr


def test_errors_are_input_errors() -> None:
    """The command line and pages catch one class."""
    assert issubclass(BadScenario, BadInput)
