"""Results as other programs open them."""

import json
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
import zarr
from pyogrio import raw

from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.conftest import MakeScenario, WriteRaster
from stadtkern.hazards.flood.errors import BadScenario, TooLarge
from stadtkern.hazards.flood.output import memory
from stadtkern.hazards.flood.output.checkpoint import Keeper
from stadtkern.hazards.flood.output.classes import Scheme, hazard_classes, scheme_of
from stadtkern.hazards.flood.output.gauges import probe_of, write_tables
from stadtkern.hazards.flood.output.polygons import write_depth_classes
from stadtkern.hazards.flood.output.provenance import Provenance, provenance_of
from stadtkern.hazards.flood.output.rasters import seconds_name, write_raster
from stadtkern.hazards.flood.output.series import create_series, write_series
from stadtkern.hazards.flood.problem import cores, gauge_times, output_times, threads_for
from stadtkern.hazards.flood.scenario.model import HazardClasses
from stadtkern.hazards.flood.terrain.build import build_ground
from stadtkern.hazards.flood.terrain.grid import Grid
from stadtkern.hazards.flood.terrain.mosaic import find_sources

GRID = Grid("EPSG:25833", 400_000.0, 5_700_000.0, 10.0, 40, 30)
MADE = Provenance("1.2.3", "s.toml", "A flood", {"dem.tif": "ab" * 32}, {"scheme": "hllc"})


def test_a_raster_is_a_cog_that_says_where_it_comes_from(tmp_path: Path) -> None:
    values = np.arange(1200.0).reshape(40, 30)
    values[0, 0] = np.nan
    write_raster(tmp_path / "depth.tif", values, GRID, MADE, quantity="water depth", unit="m")
    with rasterio.open(tmp_path / "depth.tif") as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.crs.to_epsg() == 25833
        assert dataset.bounds == (400_000.0, 5_699_600.0, 400_300.0, 5_700_000.0)
        assert (dataset.dtypes, dataset.units, dataset.descriptions) == (
            ("float32",),
            ("m",),
            ("water depth",),
        )
        assert np.isnan(dataset.nodata)
        np.testing.assert_array_equal(dataset.read(1), values.astype(np.float32))
        tags = dataset.tags()
    assert tags["SOFTWARE"] == "Stadtkern 1.2.3"
    assert json.loads(tags["INPUTS_SHA256"]) == {"dem.tif": "ab" * 32}
    assert json.loads(tags["SETTINGS"]) == {"scheme": "hllc"}
    assert tags["FINGERPRINT"] == MADE.fingerprint
    assert not list(tmp_path.glob(".*"))


def test_classes_are_bytes(tmp_path: Path) -> None:
    write_raster(
        tmp_path / "hazard.tif", np.full((40, 30), 3, dtype=np.uint8), GRID, MADE, quantity="class", unit="1"
    )
    with rasterio.open(tmp_path / "hazard.tif") as dataset:
        assert dataset.dtypes == ("uint8",)
        assert dataset.nodata == 255


@pytest.mark.parametrize(
    ("seconds", "name"), [(600.0, "600"), (0.0, "0"), (0.5, "0.5"), (1e6, "1000000"), (90.125, "90.125")]
)
def test_seconds_in_names_have_no_decimals_when_whole(seconds: float, name: str) -> None:
    assert seconds_name(seconds) == name


@pytest.mark.parametrize(
    ("name", "depth", "velocity", "expected"),
    [
        ("wasserblick", 0.04, 9.0, 0), ("wasserblick", 0.3, 0.0, 1), ("wasserblick", 0.5, 0.0, 2), ("wasserblick", 1.5, 0.0, 3),
        ("wasserblick", 3.0, 0.0, 4), ("wasserblick", 4.0, 0.0, 5), ("lawa", 0.07, 0.0, 1), ("lawa", 0.3, 0.0, 2),
        ("lawa", 0.07, 1.0, 2), ("lawa", 0.07, 2.5, 3), ("lawa", 1.2, 0.1, 4), ("dv", 0.3, 0.5, 1), ("dv", 0.4, 2.0, 2),
        ("dv", 0.4, 6.0, 3), ("dv", 2.5, 0.0, 3),
    ],
)  # fmt: skip
def test_classes_of_hazard(name: str, depth: float, velocity: float, expected: int) -> None:
    scheme = scheme_of(HazardClasses(classes=name))  # type: ignore[arg-type]
    grids = [np.full((1, 1), v) for v in (depth, velocity, depth * velocity)]
    active = np.ones((1, 1), dtype=bool)
    assert hazard_classes(scheme, *grids, wet=0.05, active=active)[0, 0] == expected
    assert hazard_classes(scheme, *grids, wet=0.05, active=~active)[0, 0] == 255


def test_own_classes_are_used() -> None:
    scheme = scheme_of(HazardClasses(classes="own", depth=(0.05, 0.25)))
    assert scheme == Scheme("own classes of the scenario", (0.05, 0.25))


def test_depth_classes_are_polygons_in_a_geopackage(tmp_path: Path) -> None:
    depth = np.zeros((40, 30))
    depth[5:15, 5:15] = 0.3
    depth[8:12, 8:12] = 1.5
    depth[30, 20] = 9.0
    assert write_depth_classes(tmp_path / "d.gpkg", depth, GRID, (0.05, 0.5, 1.0, 2.0)) == 3
    meta, _, wkb, fields = raw.read(tmp_path / "d.gpkg")
    rows = dict(zip(meta["fields"], fields, strict=True))
    order = np.argsort(rows["class"])
    assert meta["crs"] == "EPSG:25833"
    assert rows["class"][order].tolist() == [1, 3, 4]
    assert rows["area"][order].tolist() == [8400.0, 1600.0, 100.0]
    assert rows["depth_from"][order].tolist() == [0.05, 1.0, 2.0]
    assert np.isnan(rows["depth_to"][order][2])
    shapes = shapely.from_wkb(wkb)
    assert shapely.area(shapes).sum() == 10_100.0
    assert pyogrio.list_layers(tmp_path / "d.gpkg")[0][0] == "depth_classes"


def test_a_dry_map_has_no_polygons(tmp_path: Path) -> None:
    assert write_depth_classes(tmp_path / "d.gpkg", np.zeros((40, 30)), GRID, (0.05,)) == 0
    assert raw.read(tmp_path / "d.gpkg")[2].size == 0


def test_series_are_one_zarr_store(tmp_path: Path) -> None:
    create_series(tmp_path, GRID, (10.0, 20.0), MADE)
    fields = {
        name: np.full(GRID.shape, v) for name, v in (("depth", 1.0), ("velocity_x", 2.0), ("velocity_y", 3.0))
    }
    write_series(tmp_path, 1, fields)
    store = tmp_path / "series.zarr"
    depth, velocity, time, y = (
        zarr.open_array(store / n, mode="r") for n in ("depth", "velocity_y", "time", "y")
    )
    assert depth.shape == (2, 40, 30)
    assert depth.attrs["units"] == "m"
    assert np.isnan(np.asarray(depth[0])).all()
    assert (np.asarray(velocity[1]) == 3).all()
    assert np.asarray(time[:]).tolist() == [10.0, 20.0]
    assert y[0] == 5_699_995.0
    assert zarr.open_group(store, mode="r").attrs["crs"] == "EPSG:25833"


def test_gauges_and_sections_are_tables(
    tmp_path: Path, make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    """A section across uniform flow of 2 m at 1.5 m/s to the east, walked northwards: 3 m2/s times its width."""
    write_raster(np.full((10, 10), 5.0))
    line = [[400_050.0, 5_699_920.0], [400_050.0, 5_699_980.0]]
    scenario = make_scenario(
        gauge=[{"name": "P1", "x": 400_005.0, "y": 5_699_995.0}],
        section=[{"name": "Q", "line": line}, {"name": "back", "line": line[::-1]}],
    )
    probe = probe_of(scenario, build_ground(scenario, find_sources(scenario)))
    count = len(probe.rows)
    probe.note(0.0, np.full(count, 2.0), np.full(count, 1.5), np.zeros(count))
    assert write_tables(probe, tmp_path) == ["gauges.csv", "sections.csv"]
    assert (tmp_path / "gauges.csv").read_text().splitlines() == [
        "time,name,depth,level,velocity_x,velocity_y",
        "0,P1,2,7,1.5,0",
    ]
    assert (tmp_path / "sections.csv").read_text().split() == [
        "time,name,discharge",
        "0,Q,180",
        "0,back,-180",
    ]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"gauge": [{"name": "P", "x": 0.0, "y": 0.0}]},
            r"\[\[gauge\]\] 1 x: the point 0, 0 lies outside of the terrain",
        ),
        (
            {"section": [{"name": "Q", "line": [[0, 0], [1, 1]]}]},
            r"\[\[section\]\] 1 line: lies outside of the terrain",
        ),
    ],
)
def test_a_gauge_outside_is_refused(
    make_scenario: MakeScenario, write_raster: WriteRaster, tables: dict[str, object], message: str
) -> None:
    write_raster(np.full((10, 10), 5.0))
    scenario = make_scenario(**tables)
    with pytest.raises(BadScenario, match=message):
        probe_of(scenario, build_ground(scenario, find_sources(scenario)))


def test_times_of_output(make_scenario: MakeScenario, write_raster: WriteRaster) -> None:
    write_raster(np.zeros((2, 2)))
    assert output_times(make_scenario()) == (100.0,)
    assert output_times(make_scenario(time={"end": 100.0, "output": 40})) == (40.0, 80.0, 100.0)
    assert output_times(make_scenario(time={"end": 100.0, "output": 50})) == (50.0, 100.0)
    assert output_times(make_scenario(time={"end": 100.0, "output": [0, 30]})) == (0.0, 30.0)
    times = gauge_times(make_scenario(time={"end": 100.0, "output": [35], "gauge_interval": 50}))
    assert times == (0.0, 35.0, 50.0, 100.0)


def test_a_checkpoint_is_whole_and_belongs_to_its_input(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, "abc", 0.0)
    assert keeper.read() is None
    keeper.write({"depth": np.ones((2, 2)), "time": np.array(5.0)}, {"probe_times": np.array([1.0])})
    solver_arrays, probe = keeper.read() or ({}, {})
    assert solver_arrays["time"] == 5.0
    assert solver_arrays["depth"].tolist() == [[1.0, 1.0]] * 2
    assert probe["probe_times"].tolist() == [1.0]
    with pytest.raises(BadScenario, match="belongs to a run with another scenario"):
        Keeper(tmp_path, "other", 0.0).read()
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BadScenario, match="is broken"):
        keeper.read()


def test_provenance_names_every_file(
    tmp_path: Path, make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    """A changed byte anywhere changes the fingerprint; paths of the machine are not told."""
    write_raster(np.zeros((2, 2)))
    write_raster(np.full((2, 2), 0.03), "n.tif")
    (tmp_path / "scenario.toml").write_text("x")
    scenario = make_scenario(roughness={"mannings_n": "n.tif"})
    first = provenance_of(scenario)
    assert sorted(first.inputs) == ["dem.tif", "n.tif", "scenario.toml"]
    write_raster(np.full((2, 2), 0.031), "n.tif")
    assert provenance_of(scenario).fingerprint != first.fingerprint
    assert str(tmp_path) not in json.dumps(first.tags())


def test_a_run_that_does_not_fit_is_refused_with_the_figure(
    make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    write_raster(np.zeros((2, 2)))
    huge = Grid("EPSG:25833", 0.0, 0.0, 1.0, 40_000, 40_000)
    with pytest.raises(
        TooLarge, match=r"1,600,000,000 cells of 1 m need \d+\.\d GiB of memory, \d+\.\d GiB are free"
    ):
        memory.require_memory(huge, solver.Options(), make_scenario())
    memory.require_memory(Grid("EPSG:25833", 0.0, 0.0, 1.0, 10, 10), solver.Options(), make_scenario())


def test_small_grids_take_one_thread() -> None:
    assert threads_for(Grid("EPSG:25833", 0.0, 0.0, 1.0, 100, 100)) == 1
    assert threads_for(Grid("EPSG:25833", 0.0, 0.0, 1.0, 10_000, 10_000)) == cores()
