"""The forecast of a gauge becomes the inflow of a simulated flood: out of the database, through the export, into the run."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from stadtkern.config.cli import command_names, parser
from stadtkern.config.export import table, write
from stadtkern.contracts.connector import Reading, Station
from stadtkern.observations.services import record

START = datetime(2010, 9, 29, 22, 0, tzinfo=UTC)
SCENARIO = """
[about]
start = 2010-09-29T22:00:00Z
[terrain]
raster = "dem.tif"
[time]
end = "1h"
[[inflow]]
x = 400005.0
y = 5699950.0
datastream = "forecast.csv"
datastream_key = "{key}"
factor = 0.01
rating = "rating.csv"
[[boundary]]
edge = "east"
kind = "open"
"""


@pytest.mark.django_db
def test_a_forecast_upstream_flows_in(tmp_path: Path) -> None:
    """Levels of Klein Bademeusel in September 2010, as a forecast: the water balance holds their discharge."""
    readings = [
        Reading(
            thing="bademeusel", observed_property="water_level", phenomenon_time=START + timedelta(hours=hours), result=level,
            unit="cm", is_forecast=True, result_time=START,
        )
        for hours, level in enumerate((449.0, 459.0, 469.0))
    ]  # fmt: skip
    record(
        [Station(thing="bademeusel", name="Klein Bademeusel", longitude=14.7, latitude=51.7), *readings],
        source="lhp",
    )
    columns, rows = table("observations")
    with (tmp_path / "forecast.csv").open("wb") as file:
        assert write(columns, rows, form="csv", file=file) == 3
    with (tmp_path / "forecast.csv").open(encoding="utf-8", newline="") as text:
        (key,) = {row["datastream"] for row in csv.DictReader(text)}
    (tmp_path / "rating.csv").write_text("level,discharge\n4.0,1\n5.0,3\n")
    with rasterio.open(
        tmp_path / "dem.tif", "w", driver="GTiff", height=10, width=30, count=1, dtype="float64", crs="EPSG:25833",
        transform=Affine(10, 0, 400_000, 0, -10, 5_700_000),
    ) as dataset:  # fmt: skip
        dataset.write(np.tile(5.0 - 0.05 * np.arange(30), (10, 1)), 1)
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO.format(key=key))
    words = [
        "simulate",
        "flood",
        str(path),
        "--out",
        str(tmp_path / "out"),
        "--device",
        "cpu",
        "--threads",
        "1",
        "--quiet",
    ]
    arguments = parser().parse_args(words)
    assert arguments.run(arguments) == 0
    mass = json.loads((tmp_path / "out" / "summary.json").read_text())["mass"]
    # 4.49 m and 4.59 m are 1.98 and 2.18 m3/s by the curve, linear in between
    assert mass["inflows"]["inflow 1"] == pytest.approx(3600 * 2.08, rel=1e-9)


def test_simulate_is_a_command() -> None:
    assert "simulate" in command_names()
