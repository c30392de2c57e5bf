"""Rasters as cloud optimised GeoTIFF with coordinate system, unit and provenance."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.io import MemoryFile
from rasterio.shutil import copy

from stadtkern.hazards.flood.output.provenance import Provenance
from stadtkern.hazards.flood.terrain.grid import Grid

NO_CLASS = 255
SMALL = 512


def write_raster(  # noqa: PLR0913  # what a raster is
    path: Path, values: npt.NDArray[Any], grid: Grid, provenance: Provenance, *, quantity: str, unit: str
) -> None:
    """Write a raster of numbers (float32, else NaN) or of classes (uint8, else 255).

    Parameters
    ----------
    values : shape (rows, columns)
    quantity, unit : what the numbers are; the unit as a UCUM code
    """
    is_class = values.dtype in {np.dtype(np.uint8), np.dtype(bool)}
    data = values.astype(np.uint8 if is_class else np.float32)
    profile = {
        "driver": "GTiff",
        "height": grid.rows,
        "width": grid.columns,
        "count": 1,
        "dtype": data.dtype,
        "crs": grid.crs,
        "transform": grid.transform,
        "nodata": NO_CLASS if is_class else np.nan,
    }
    partial = path.with_name(f".{path.name}.partial")
    with MemoryFile() as memory:
        with memory.open(**profile) as dataset:
            dataset.write(data, 1)
            dataset.set_band_description(1, quantity)
            dataset.set_band_unit(1, unit)
            dataset.update_tags(**provenance.tags(), QUANTITY=quantity, UNIT=unit)
        copy(
            memory.name, partial, driver="COG", compress="DEFLATE", predictor="YES", blocksize=SMALL,
            overview_resampling="nearest" if is_class else "average",
        )  # fmt: skip
    partial.replace(path)


def seconds_name(seconds: float) -> str:
    """Return seconds as they stand in the name of a file: no decimals when whole."""
    return f"{seconds:.0f}" if seconds == round(seconds) else f"{seconds:.6f}".rstrip("0")
