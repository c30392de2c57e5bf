"""Files with heights, whatever their format, as one kind of tile.

Read are GeoTIFF, COG, VRT and HGT (SRTM), ESRI ASCII grids (the Polish NMT of GUGiK), Copernicus DEM GLO-30,
and text files with one `x y z` a line (DGM1 of Brandenburg and other German states), each also inside a zip
file.
"""

import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, MemoryFile
from rasterio.windows import Window

from stadtkern.base.archives import ArchiveError, Limits, unpack
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.terrain.grid import Array

LIMITS = Limits(total=4_000_000_000, ratio=400, files=5_000, depth=1)
GDAL_SUFFIXES = (".tif", ".tiff", ".asc", ".vrt", ".img", ".hgt")
TEXT_SUFFIXES = (".xyz", ".txt", ".csv")
ALLOWED = f"files ending in {', '.join((*GDAL_SUFFIXES, *TEXT_SUFFIXES))}, or these inside .zip"
DGM = re.compile(r"dgm\d*_(3[123])\d{3}[-_]\d{4}", re.IGNORECASE)
ZONE_FACTOR = 1_000_000
MARGIN = 4
FARTHEST = 1e8
SENTINEL = -9000.0
"""Heights below are void markers such as -9999 or -32768 that a file forgot to declare."""


Heights: TypeAlias = npt.NDArray[np.float32] | Array
Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Tile:
    """Heights of one file: where they lie is known at once, they themselves are read when needed."""

    name: str
    shape: tuple[int, int]
    """Rows and columns."""
    transform: Affine
    """From column and row to x and y."""
    crs: CRS
    read: Callable[[Box | None], tuple[Heights, Affine]]
    """Returns heights (m, NaN in voids) and their transform, all or those near a box in `crs`."""

    @property
    def bounds(self) -> Box:
        """West, south, east, north in the unit of `crs`."""
        rows, columns = self.shape
        west, north = self.transform @ (0, 0)
        east, south = self.transform @ (columns, rows)
        return min(west, east), min(south, north), max(west, east), max(south, north)

    @property
    def cell(self) -> float:
        """Edge length of a cell in the unit of `crs`."""
        return float(abs(self.transform.a))


def read_tiles(path: Path, crs: str | None, where: str) -> Iterator[Tile]:
    """Yield the tiles in the file `path`; `crs` holds for those that do not say theirs.

    Raises
    ------
    BadScenario
        if the file is broken, of an unknown kind, or its coordinate system is not known.
    """
    if path.suffix.lower() != ".zip":
        yield read_tile(path.name, path, crs, f"{where}: {path}")
        return
    try:
        members = unpack(path.read_bytes(), LIMITS, name=path.name)
    except ArchiveError as error:
        raise BadScenario(f"{where}: {path}: {error}; allowed: {ALLOWED}") from error
    known = {
        n: body for n, body in members.items() if Path(n).suffix.lower() in GDAL_SUFFIXES + TEXT_SUFFIXES
    }
    heights = {n: body for n, body in known.items() if Path(n).suffix.lower() != ".txt"} or known
    if not heights:
        raise BadScenario(f"{where}: {path}: holds no heights; allowed: {ALLOWED}")
    for name, body in sorted(heights.items()):
        yield read_tile(Path(name).name, body, crs, f"{where}: {path}/{name}")


def read_tile(name: str, content: Path | bytes, crs: str | None, where: str) -> Tile:
    """Return the tile in a file, or in its bytes."""
    suffix = Path(name).suffix.lower()
    if suffix in TEXT_SUFFIXES:
        body = content.read_bytes() if isinstance(content, Path) else content
        return xyz_tile(name, body, crs, where)
    if suffix in GDAL_SUFFIXES:
        return raster_tile(name, content, crs, where)
    raise BadScenario(f"{where}: is of an unknown kind; allowed: {ALLOWED}")


@contextmanager
def opened(name: str, content: Path | bytes, where: str) -> Iterator[DatasetReader]:
    """Open a raster in a file or in memory; what GDAL complains about becomes `BadScenario`."""
    try:
        if isinstance(content, Path):
            with rasterio.open(content) as dataset:
                yield dataset
        else:
            with MemoryFile(content, filename=name) as memory, memory.open() as dataset:
                yield dataset
    except RasterioError as error:
        raise BadScenario(f"{where}: cannot be read ({error}); allowed: {ALLOWED}") from error


def raster_tile(name: str, content: Path | bytes, crs: str | None, where: str) -> Tile:
    """Return the first band of a raster as a tile."""
    with opened(name, content, where) as dataset:
        transform = dataset.transform
        if transform.b or transform.d:
            raise BadScenario(f"{where}: the raster is turned; allowed: rows from west to east")
        if transform.e > 0:
            raise BadScenario(f"{where}: the raster stands on its head; allowed: row 0 in the north")
        found = crs_of(dataset, crs, where)
        shape = (dataset.height, dataset.width)

    def read(box: Box | None) -> tuple[Heights, Affine]:
        with opened(name, content, where) as dataset:
            window = Window(0, 0, dataset.width, dataset.height) if box is None else window_of(dataset, box)
            moved = dataset.transform @ Affine.translation(window.col_off, window.row_off)
            return heights_of(dataset, window), moved

    return Tile(name, shape, transform, found, read)


def window_of(dataset: DatasetReader, box: Box) -> Window:
    """Return the part of a raster that covers a box, with some cells around it."""
    inverse = ~dataset.transform
    left, top = inverse @ (box[0], box[3])
    right, bottom = inverse @ (box[2], box[1])
    column, row = max(math.floor(left) - MARGIN, 0), max(math.floor(top) - MARGIN, 0)
    width = min(math.ceil(right) + MARGIN, dataset.width) - column
    height = min(math.ceil(bottom) + MARGIN, dataset.height) - row
    return Window(column, row, max(width, 0), max(height, 0))


def heights_of(dataset: DatasetReader, window: Window | None = None) -> Heights:
    """Return the first band with NaN in voids."""
    band = dataset.read(1, masked=True, window=window)
    heights = band.astype(np.float32 if band.dtype == np.float32 else np.float64).filled(np.nan)
    heights[~np.isfinite(heights)] = np.nan
    return heights  # type: ignore[no-any-return]  # of numpy


def crs_of(dataset: DatasetReader, crs: str | None, where: str) -> CRS:
    """Return the coordinate system of a raster, or the one that the scenario says for it."""
    if dataset.crs is not None:
        return dataset.crs
    if crs is None:
        raise BadScenario(
            f"{where}: does not say its coordinate system; allowed: name it in the scenario, such as "
            '"EPSG:25833"'
        )
    return CRS.from_string(crs)


def xyz_tile(name: str, body: bytes, crs: str | None, where: str) -> Tile:
    """Return the tile in a text file with one `x y z` a line, the centres of cells of a regular grid.

    Files of the German states carry the UTM zone in their name (`dgm_33480-5755`), and some in their x
    (`33480000.5`); both are understood.
    """
    points = xyz_points(body, where)
    x, y = points[:, 0], points[:, 1]
    zone = int(x[0] // ZONE_FACTOR) if ZONE_FACTOR * 31 <= x[0] < ZONE_FACTOR * 34 else 0
    if zone:
        x = x - zone * ZONE_FACTOR
    elif found := DGM.search(name):
        zone = int(found[1])
    code = crs or (f"EPSG:258{zone}" if zone else None)
    if code is None:
        raise BadScenario(
            f'{where}: does not say its coordinate system; allowed: crs = "EPSG:..." in the table'
        )
    cell = spacing(x, where)
    if abs(spacing(y, where) - cell) > cell * 1e-3:
        raise BadScenario(
            f"{where}: its points lie {cell:g} m apart in x but not in y; allowed: a regular square grid"
        )
    west, north = float(x.min()) - cell / 2, float(y.max()) + cell / 2
    columns, rows = (
        np.rint((x - west) / cell - 0.5).astype(int),
        np.rint((north - y) / cell - 0.5).astype(int),
    )
    shape = (int(rows.max()) + 1, int(columns.max()) + 1)
    if shape[0] * shape[1] > 20 * len(points) + 1000:
        raise BadScenario(
            f"{where}: its {len(points)} points are scattered over {shape[1]} x {shape[0]} cells; "
            "allowed: a regular grid"
        )
    heights = np.full(shape, np.nan, dtype=np.float64)
    heights[rows, columns] = np.where(points[:, 2] < SENTINEL, np.nan, points[:, 2])
    transform = Affine(cell, 0, west, 0, -cell, north)
    return Tile(name, shape, transform, CRS.from_string(code), lambda _box: (heights, transform))


def xyz_points(body: bytes, where: str) -> Array:
    """Return the numbers of a text file, shape (points, 3); a header line may stand first."""
    if not body.strip():
        raise BadScenario(f"{where}: is empty; allowed: lines x y z")
    first, _, rest = body.partition(b"\n")
    delimiter = next((d for d in (";", ",", "\t") if d.encode() in first), None)
    has_header = bool(re.search(rb"[a-df-zA-DF-Z_]", first))
    try:
        points = np.loadtxt(
            io.BytesIO(rest if has_header else body), delimiter=delimiter, usecols=(0, 1, 2), ndmin=2
        )
    except (ValueError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise BadScenario(
            f"{where}: has a line that is not three numbers ({reason}); allowed: lines x y z"
        ) from error
    if len(points) < 4 or not np.isfinite(points).all():  # noqa: PLR2004  # two by two cells
        raise BadScenario(f"{where}: has fewer than four points or gaps in its numbers; allowed: lines x y z")
    if np.abs(points).max() > FARTHEST:
        raise BadScenario(f"{where}: has numbers beyond {FARTHEST:g}; allowed: lines x y z in metres")
    return points


def spacing(values: Array, where: str) -> float:
    """Return the distance between neighbouring coordinates of a regular grid."""
    steps = np.diff(np.unique(values))
    steps = steps[steps > 1e-6]  # noqa: PLR2004  # the same number, spelt differently
    if not steps.size:
        raise BadScenario(f"{where}: its points lie on one line; allowed: a regular grid")
    cell = float(steps.min())
    if np.abs(steps / cell - np.rint(steps / cell)).max() > 1e-2:  # noqa: PLR2004  # a hundredth of a cell
        raise BadScenario(f"{where}: its points do not lie on a grid; allowed: a regular grid")
    return cell
