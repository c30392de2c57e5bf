"""Complete scenarios in the synthetic valley of Guben: a part that runs within seconds, all of it at 5 m."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import shapely

from stadtkern.hazards.flood import guben
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.output.provenance import Provenance
from stadtkern.hazards.flood.output.rasters import write_raster

NAME = "scenario.toml"
WHOLE = "guben.toml"
TEMPLATES = Path(__file__).parent
BOUNDS = (guben.WEST + 1200.0, guben.SOUTH + 1000.0, guben.WEST + 3400.0, guben.SOUTH + 4000.0)
"""West, south, east, north in m: the part of the valley that `scenario.toml` simulates."""
ALL = (guben.WEST, guben.SOUTH, guben.WEST + guben.SIZE, guben.SOUTH + guben.SIZE)
CELL = 5.0
HOUR = 3600.0
BASE, PEAK = 150.0, 700.0
"""m3/s: within the banks, and about the height of the dikes less half a metre."""


def write_example(folder: Path) -> Path:
    """Write both scenarios and their files into `folder`; return the path of the one that takes seconds.

    Raises
    ------
    BadScenario
        if the folder already holds a scenario, or cannot be written to.
    """
    path = folder / NAME
    if path.exists():
        raise BadScenario(f"--example {folder}: there is a {NAME} already; allowed: a new or empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadScenario(
            f"--example {folder}: cannot be made ({error.strerror}); allowed: a new folder"
        ) from error
    valley = guben.valley(cell=CELL)
    made = Provenance("example", "none", "synthetic valley of Guben", {}, {})
    write_raster(folder / "dem.tif", valley.bed, valley.grid, made, quantity="height, synthetic", unit="m")
    write_lines(folder / "dikes.geojson", valley.dikes)
    write_lines(folder / "houses.geojson", valley.houses)
    write_lines(folder / "river.geojson", [river()])
    times = np.arange(0.0, 6 * HOUR + 1, 900.0)
    write_csv(folder / "discharge.csv", ("time", "value"), zip(times, hydrograph(times), strict=True))
    write_csv(folder / "rain_depths.csv", ("duration_min", "depth_mm"), RAIN_DEPTHS)
    path.write_text(text("example.toml", BOUNDS), encoding="utf-8")
    (folder / WHOLE).write_text(text(WHOLE, ALL), encoding="utf-8")
    return path


RAIN_DEPTHS = ((5, 11.3), (10, 17.1), (15, 21.1), (20, 24.3), (30, 29.1), (45, 34.4), (60, 38.7))
"""Made-up heights of a heavy rain by duration, as tables of KOSTRA-DWD give them."""


def hydrograph(times: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Sequence[float]:
    """Return a flood wave in m3/s that rises for one and a half hours and falls slowly."""
    rise = np.clip(times / (1.5 * HOUR), 0.0, 1.0)
    fall = np.exp(-np.clip(times - 1.5 * HOUR, 0.0, None) / (4 * HOUR))
    values = BASE + (PEAK - BASE) * np.sin(np.pi / 2 * rise) ** 2 * fall
    return [round(float(v), 2) for v in values]


def river() -> shapely.Polygon:
    """Return the channel of the river with its banks."""
    y = np.linspace(guben.SOUTH, guben.SOUTH + guben.SIZE, 201)
    line = shapely.LineString(np.column_stack([guben.river_x(y), y]))
    return line.buffer(guben.HALF_WIDTH + guben.BANK_SLOPE * guben.CHANNEL_DEPTH, cap_style="flat")


def write_lines(path: Path, shapes: Iterable[shapely.Geometry]) -> None:
    """Write geometries as GeoJSON in the coordinates of the valley."""
    features = [
        {"type": "Feature", "properties": {"waterway": "river"}, "geometry": shapely.geometry.mapping(s)}
        for s in shapes
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25833"}}
    content = {"type": "FeatureCollection", "crs": crs, "features": features}
    path.write_text(json.dumps(content), encoding="utf-8")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[float]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def text(template: str, bounds: tuple[float, float, float, float]) -> str:
    """Return a scenario with its places filled in, for the part of the valley within `bounds`."""
    west, south, east, north = bounds
    middle = guben.SOUTH + guben.SIZE / 2
    at = {y: float(guben.river_x(y)) for y in (south, middle, north)}
    to_dike = guben.DIKE_DISTANCE
    dike_x = at[middle] - to_dike
    return (TEMPLATES / template).read_text(encoding="utf-8").format(
        west=west, south=south, east=east, north=north, river_x=at[middle], middle=middle, dike_x=dike_x,
        south_from=at[south] - west - to_dike, south_to=at[south] - west + to_dike,
        north_from=at[north] - west - to_dike, north_to=at[north] - west + to_dike, town_x=at[middle] - 420.0,
        breach_from=middle - 30.0, breach_to=middle + 30.0, ground=float(guben.bank(middle)) + 0.2,
        section_to=at[middle] + to_dike, bank_x=dike_x - 60.0,
    )  # fmt: skip
