"""Terrain, rasters and scenarios for tests of floods."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from affine import Affine

from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.scenario.read import scenario_of

WriteRaster = Callable[..., Path]
MakeScenario = Callable[..., Scenario]


@pytest.fixture
def write_raster(tmp_path: Path) -> WriteRaster:
    """Write an array as a GeoTIFF, row 0 in the north, at 400000, 5700000 of EPSG:25833."""

    def write(  # noqa: PLR0913  # what a raster is
        values: npt.ArrayLike,
        name: str = "dem.tif",
        *,
        cell: float = 10.0,
        west: float = 400_000.0,
        north: float = 5_700_000.0,
        crs: str | None = "EPSG:25833",
        nodata: float | None = None,
        **profile: Any,
    ) -> Path:
        data = np.atleast_2d(np.asarray(values))
        path = tmp_path / name
        options = {"driver": "GTiff", "count": 1, "dtype": data.dtype, "crs": crs, "nodata": nodata}
        options |= {"height": data.shape[0], "width": data.shape[1]}
        options |= {"transform": Affine(cell, 0, west, 0, -cell, north)} | profile
        with rasterio.open(path, "w", **options) as dataset:
            dataset.write(data, 1)
        return path

    return write


@pytest.fixture
def make_scenario(tmp_path: Path) -> MakeScenario:
    """Check the tables of a scenario in the folder of the test; `end` is 100 s unless said otherwise."""

    def make(terrain: Mapping[str, Any] | None = None, **tables: Any) -> Scenario:
        document = {
            "terrain": {"raster": "dem.tif"} if terrain is None else terrain,
            "time": {"end": 100.0},
        } | tables
        return scenario_of(document, tmp_path / "scenario.toml")

    return make


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder with real data, or leave the test out where it is not there."""
    folder = Path(os.environ.get("STADTKERN_SHARED", "")) / "data"
    if not folder.is_dir():
        pytest.skip("needs the folder with real data (STADTKERN_SHARED)")
    return folder.resolve()
