"""Many runs with uncertain input, and what they say together."""

import csv
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

import stadtkern
from stadtkern.compute.series import Series
from stadtkern.contracts.hazard import RunOptions, Stopped
from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.conftest import WriteRaster
from stadtkern.hazards.flood.ensemble import statistics
from stadtkern.hazards.flood.ensemble.draws import Draw, boundary, breaches, changed, draws
from stadtkern.hazards.flood.ensemble.members import run_member
from stadtkern.hazards.flood.ensemble.run import simulate_ensemble
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.hazard import hazard
from stadtkern.hazards.flood.problem import prepare
from stadtkern.hazards.flood.scenario.model import Ensemble
from stadtkern.hazards.flood.scenario.read import read_scenario

ROOT = Path(next(iter(stadtkern.__path__))).parent
SCENARIO = """
[terrain]
raster = "dem.tif"
[time]
end = 300.0
[[inflow]]
x = 400005.0
y = 5699900.0
value = 4.0
[[boundary]]
edge = "east"
kind = "open"
[ensemble]
inflow = 0.5
roughness = 0.3
depths = [0.05, 0.2]
"""
CLUSTER = """
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        print(cluster.scheduler_address, flush=True)
        input()
"""
OPTIONS = RunOptions(device="cpu", threads=1)


@pytest.fixture
def scenario(tmp_path: Path, write_raster: WriteRaster) -> Path:
    """Have a channel of 20 by 20 cells that falls to the east."""
    y, x = np.mgrid[0:20, 0:20]
    write_raster(5.0 - 0.02 * x + 0.1 * np.abs(y - 10))
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture
def cluster() -> Iterator[str]:
    """Have a Dask cluster of one worker, and its address."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    ) as process:  # fmt: skip
        assert process.stdout
        yield process.stdout.readline().strip()
        process.communicate("end\n", timeout=60)


def raster(path: Path) -> np.ndarray[Any, Any]:
    """Read a raster."""
    with rasterio.open(path) as dataset:
        return np.asarray(dataset.read(1))


def members(out: Path) -> list[dict[str, str]]:
    """Read what is known of the members."""
    with (out / "members.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_draws_repeat_and_an_ensemble_can_grow() -> None:
    few, many = draws(Ensemble(), 3), draws(Ensemble(), 200)
    assert many[:3] == few
    assert draws(Ensemble(seed=2), 3) != few
    factors = np.log([d.inflow for d in many])
    assert abs(factors.mean()) < 0.05
    assert factors.std() == pytest.approx(0.15, rel=0.15)


def test_without_uncertainty_every_member_is_the_scenario() -> None:
    (draw,) = draws(Ensemble(inflow=0.0, roughness=0.0, rain=0.0), 1)
    assert draw == Draw(1, 1.0, 1.0, 1.0, 0.0, breach=True, breach_start=0.0, breach_width=1.0)


def test_a_draw_changes_what_it_names(scenario: Path) -> None:
    problem = prepare(read_scenario(scenario))
    draw = Draw(1, 2.0, 1.5, 1.0, 0.3, breach=False, breach_start=0.0, breach_width=1.0)
    domain, forcing = changed(problem, draw)
    assert domain.manning == pytest.approx(0.033 * 1.5)
    assert forcing.inflows[0].series.at(0.0) == 8.0
    level = solver.Boundary("west", "level", series=Series.constant(2.0))
    assert (boundary(level, draw).series or Series.constant(0)).at(0.0) == 2.3
    discharge = solver.Boundary("west", "discharge", series=Series.constant(2.0))
    assert (boundary(discharge, draw).series or Series.constant(0)).at(0.0) == 4.0
    dike = solver.Breach(np.arange(10), np.arange(10), start=100.0, level=0.0)
    assert breaches([dike], draw) == []
    (narrow,) = breaches(
        [dike], dataclasses.replace(draw, breach=True, breach_start=-500.0, breach_width=0.4)
    )
    assert narrow.rows.tolist() == [3, 4, 5, 6]
    assert narrow.start == 0.0


def test_probability_and_quantiles_of_known_members() -> None:
    """Five members, with depths 0 to 4 m in one cell and none in the other."""
    arrays = [np.array([[float(i), 0.0]], dtype=np.float32) for i in range(5)]
    np.testing.assert_allclose(statistics.probability(arrays, 2.0), [[0.6, 0.0]])
    np.testing.assert_allclose(statistics.quantile(arrays, 0.5), [[2.0, 0.0]])
    np.testing.assert_allclose(statistics.quantile(arrays, 0.9), [[3.6, 0.0]], rtol=1e-6)


def test_a_time_that_came_too_seldom_is_no_time() -> None:
    """Water came in two of four members: the first tenth knows a time, half of them do not."""
    arrays = [np.array([[v]], dtype=np.float32) for v in (10.0, 20.0, np.nan, np.nan)]
    assert statistics.quantile(arrays, 0.1, never=np.inf)[0, 0] == 20.0
    assert np.isnan(statistics.quantile(arrays, 0.5, never=np.inf)[0, 0])


def test_pieces_give_the_same_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [np.random.default_rng(i).random((37, 11)).astype(np.float32) for i in range(6)]
    whole = statistics.quantile(arrays, 0.5)
    monkeypatch.setattr(statistics, "BLOCK", 500)
    assert len(statistics.blocks(arrays)) > 10
    np.testing.assert_array_equal(statistics.quantile(arrays, 0.5), whole)


def test_an_ensemble_maps_probabilities_and_can_grow(scenario: Path, tmp_path: Path) -> None:
    """Probabilities lie between 0 and 1, fall with depth, and a second run adds members to the first."""
    out = tmp_path / "out"
    shares: list[float] = []
    summary = simulate_ensemble(
        scenario,
        out,
        dataclasses.replace(OPTIONS, ensemble=3, progress=lambda share, _text: shares.append(share)),
    )
    assert shares == [pytest.approx(i / 3) for i in (1, 2, 3)]
    assert summary["ensemble"] == 3
    assert summary["failed"] == []
    assert abs(summary["mass_error_relative"]) < 1e-12
    assert set(summary["files"]) >= {
        "probability_0.05.tif",
        "probability_0.2.tif",
        "depth_p10.tif",
        "depth_p90.tif",
        "members.csv",
    }
    some, deep = raster(out / "probability_0.05.tif"), raster(out / "probability_0.2.tif")
    assert ((some >= deep) & (some <= 1) & (deep >= 0)).all()
    assert set(np.unique(np.round(some * 3)).tolist()) <= {0.0, 1.0, 2.0, 3.0}
    assert some.max() == 1
    assert (raster(out / "depth_p10.tif") <= raster(out / "depth_p90.tif")).all()
    before = {path: path.stat().st_mtime_ns for path in (out / "members").glob("*.json")}
    grown = simulate_ensemble(scenario, out, dataclasses.replace(OPTIONS, ensemble=4, resume=True))
    assert grown["ensemble"] == 4
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    rows = members(out)
    assert [row["member"] for row in rows] == ["1", "2", "3", "4"]
    assert len({row["inflow"] for row in rows}) == 4
    assert json.loads((out / "summary.json").read_text())["ensemble"] == 4


def test_a_dask_cluster_finds_the_same(scenario: Path, tmp_path: Path, cluster: str) -> None:
    """Members that ran on a worker give the same maps, bit for bit; the worker reads no file."""
    here = simulate_ensemble(scenario, tmp_path / "here", dataclasses.replace(OPTIONS, ensemble=2))
    there = simulate_ensemble(
        scenario, tmp_path / "there", dataclasses.replace(OPTIONS, ensemble=2, workers=cluster)
    )
    for name in here["files"]:
        if name.endswith(".tif"):
            np.testing.assert_array_equal(raster(tmp_path / "here" / name), raster(tmp_path / "there" / name))
    assert there["ensemble"] == 2


def test_a_cluster_that_is_not_there_is_named(scenario: Path, tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match=r"--workers tcp://127.0.0.1:1: no Dask scheduler answers there"):
        simulate_ensemble(
            scenario, tmp_path / "out", dataclasses.replace(OPTIONS, ensemble=2, workers="tcp://127.0.0.1:1")
        )


def test_a_member_that_fails_does_not_stop_the_others(scenario: Path) -> None:
    """What cannot go on says why."""
    problem = prepare(read_scenario(scenario), device="cpu", threads=1)
    (usual,) = draws(Ensemble(), 1)
    mad = run_member(problem, dataclasses.replace(usual, inflow=1e40))
    assert "too small to go on" in mad.error
    assert np.isnan(mad.max_depth).all()
    assert not run_member(problem, usual).error


def test_an_ensemble_can_be_cancelled(scenario: Path, tmp_path: Path) -> None:
    """Members that are done stay, and count when it is resumed."""
    scenario.write_text(SCENARIO.replace("end = 300.0", 'end = "5 d"'))
    assert hazard.simulate
    with pytest.raises(Stopped) as stopped:
        hazard.simulate(
            scenario, tmp_path / "out", dataclasses.replace(OPTIONS, ensemble=2, cancel=lambda: True)
        )
    assert stopped.value.cancelled
