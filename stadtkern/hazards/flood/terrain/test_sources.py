"""Importers: the formats in which surveys hand out heights."""

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.shutil import copy

from stadtkern.hazards.flood.conftest import MakeScenario, WriteRaster
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.terrain.mosaic import find_sources, mosaic
from stadtkern.hazards.flood.terrain.sources import read_tiles


def dgm1(
    west: int = 480_000, south: int = 5_755_000, *, size: int = 20, step: float = 1.0, prefix: str = ""
) -> bytes:
    """Return a tile as Brandenburg hands it out: centres of cells from the north-west, with a plane of heights."""
    lines = []
    for row in range(size):
        for column in range(size):
            x, y = west + (column + 0.5) * step, south + (size - row - 0.5) * step
            lines.append(f"{prefix}{x:.2f} {y:.2f} {0.01 * (x - west) + 0.02 * (y - south) + 40:.3f}")
    return ("\r\n".join(lines) + "\r\n").encode()


def zipped(path: Path, **members: bytes) -> Path:
    """Write a zip file; double underscores in names stand for dots."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "."), body)
    return path


def test_dgm1_of_brandenburg_is_read_from_its_zip(tmp_path: Path) -> None:
    """The zone in the name of the file gives the coordinate system."""
    path = zipped(
        tmp_path / "dgm_33480-5755.zip",
        **{"dgm_33480-5755__xyz": dgm1(), "dgm_33480-5755_meta__html": b"<html>"},
    )
    (tile,) = read_tiles(path, None, "scenario")
    heights, transform = tile.read(None)
    assert tile.crs.to_epsg() == 25833
    assert (tile.shape, tile.cell) == ((20, 20), 1.0)
    assert (transform.c, transform.f) == (480_000.0, 5_755_020.0)
    assert heights[0, 0] == pytest.approx(40 + 0.01 * 0.5 + 0.02 * 19.5)
    assert heights[-1, -1] == pytest.approx(40 + 0.01 * 19.5 + 0.02 * 0.5)


def test_a_zone_before_the_easting_is_understood(tmp_path: Path) -> None:
    """Some states write 33480000.5 for x."""
    path = tmp_path / "tile.xyz"
    path.write_bytes(dgm1(prefix="33"))
    (tile,) = read_tiles(path, None, "scenario")
    assert tile.crs.to_epsg() == 25833
    assert tile.bounds[0] == 480_000.0


def test_missing_points_are_voids(tmp_path: Path) -> None:
    """Lines may be left out, and come in any order."""
    lines = dgm1().splitlines()
    kept = [line for i, line in enumerate(lines) if i not in {0, 21, 399}]
    path = tmp_path / "dgm1_33480_5755.xyz"
    path.write_bytes(b"\n".join(reversed(kept)))
    (tile,) = read_tiles(path, None, "scenario")
    assert np.isnan(tile.read(None)[0]).sum() == 3


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "lines x y z"),
        (b"x y z\n1 2\n", "lines x y z"),
        (b"1 1 1\n2 1 1\n1 2 nan\n2 2 1\n", "gaps in its numbers"),
        (b"1 1 1\n2 2 1\n3 3 1\n4 4 1\n5 5 5", "does not say its coordinate system"),
        (b"480000 1 1\n480000 2 1\n480000 3 1\n480000 4 1\n", "does not say its coordinate system"),
    ],
)
def test_a_broken_text_file_is_refused(tmp_path: Path, body: bytes, message: str) -> None:
    path = tmp_path / "tile.xyz"
    path.write_bytes(body)
    with pytest.raises(BadScenario, match=message):
        list(read_tiles(path, None, "scenario.toml: [[tile]] 1 files"))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([(0, 0), (0, 1), (0, 2), (0, 3)], "on one line"),
        ([(0, 0), (1, 0), (0, 1), (1.37, 1)], "do not lie on a grid"),
        ([(0, 0), (1, 0), (0, 2), (1, 2)], "1 m apart in x but not in y"),
        ([(0, 0), (1, 1), (900_000, 900_000), (900_001, 900_001)], "scattered"),
    ],
)
def test_points_off_a_grid_are_refused(
    tmp_path: Path, points: list[tuple[float, float]], message: str
) -> None:
    path = tmp_path / "tile.xyz"
    path.write_text("\n".join(f"{x} {y} 1" for x, y in points))
    with pytest.raises(BadScenario, match=message):
        list(read_tiles(path, "EPSG:25833", "key"))


def test_polish_nmt_is_read_with_the_coordinate_system_of_the_scenario(tmp_path: Path) -> None:
    """ASC files of GUGiK give centres of cells and no coordinate system."""
    path = tmp_path / "N-33-140-D-c-3-1.asc"
    rows = "\n".join(" ".join(f"{40 + r + c / 10:.2f}" for c in range(5)) for r in range(4))
    path.write_text(
        "ncols 5\nnrows 4\nxllcenter 200000.5\nyllcenter 460000.5\ncellsize 1.0\nnodata_value -9999\n"
        + rows.replace("43.40", "-9999")
    )
    (tile,) = read_tiles(path, "EPSG:2180", "key")
    heights, _ = tile.read(None)
    assert tile.crs.to_epsg() == 2180
    assert tile.bounds == (200_000.0, 460_000.0, 200_005.0, 460_004.0)
    assert heights[0].tolist() == pytest.approx([40.0, 40.1, 40.2, 40.3, 40.4])
    assert np.isnan(heights[3, 4])
    with pytest.raises(BadScenario, match="does not say its coordinate system"):
        list(read_tiles(path, None, "key"))


def test_copernicus_glo30_is_reprojected(tmp_path: Path, make_scenario: MakeScenario) -> None:
    """GLO-30 comes in degrees, with cells that are not square north of 50 degrees."""
    path = tmp_path / "Copernicus_DSM_COG_10_N51_00_E014_00_DEM.tif"
    width, height = 1.5 / 3600, 1 / 3600
    longitude = 14.70 + (np.arange(60) + 0.5) * width
    heights = np.broadcast_to(100 + 1000 * (longitude - 14.70), (90, 60)).astype(np.float32)
    plain = tmp_path / "plain.tif"
    with rasterio.open(
        plain, "w", driver="GTiff", height=90, width=60, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(width, 0, 14.70, 0, -height, 51.97),
    ) as dataset:  # fmt: skip
        dataset.write(heights, 1)
    copy(plain, path, driver="COG")
    scenario = make_scenario(
        {"crs": "EPSG:25833", "cell": 25.0}, tile=[{"files": path.name, "height_shift": -0.5}]
    )
    sources = find_sources(scenario)
    found = mosaic(sources, scenario.terrain)
    known = np.isfinite(found)
    assert known.mean() > 0.9
    assert 99.4 < found[known].min() < found[known].max() < 125
    assert np.nanmean(np.diff(found, axis=1)) == pytest.approx(
        1000 * 25 / (111_320 * np.cos(np.radians(51.96))), rel=0.02
    )
    with pytest.raises(BadScenario, match="is geographic"):
        find_sources(make_scenario({}, tile=[{"files": path.name}]))


def test_srtm_of_thuringia_is_read_from_its_zip(shared_data: Path, make_scenario: MakeScenario) -> None:
    """Two real tiles around Jena, put together and reprojected; the Saale valley lies at about 145 m."""
    terrain = {
        "crs": "EPSG:25832",
        "cell": 90.0,
        "bounds": [680_000, 5_640_000, 686_000, 5_650_000],
        "voids": "fill",
    }
    scenario = make_scenario(
        terrain, tile=[{"files": str(shared_data / "srtm3_thueringen_franken" / "*.zip")}]
    )
    sources = find_sources(scenario)
    heights = mosaic(sources, scenario.terrain)
    assert len(sources.tiles) == 2
    assert np.isfinite(heights).mean() > 0.99
    assert 130 < np.nanmin(heights) < 160
    assert 300 < np.nanmax(heights) < 460


def test_real_dgm_of_the_elbe_is_read_cell_by_cell(shared_data: Path, make_scenario: MakeScenario) -> None:
    scenario = make_scenario({"raster": str(shared_data / "dem_elbe_rosslau" / "raster.dem.tif")})
    sources = find_sources(scenario)
    heights = mosaic(sources, scenario.terrain)
    with rasterio.open(shared_data / "dem_elbe_rosslau" / "raster.dem.tif") as dataset:
        np.testing.assert_array_equal(heights, dataset.read(1))
    assert sources.grid.crs == "EPSG:25833"


def test_only_the_wanted_part_of_a_raster_is_read(
    make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    """A window of a large raster has the same heights as the whole."""
    whole = np.arange(10_000, dtype=np.float32).reshape(100, 100)
    write_raster(whole)
    scenario = make_scenario({"raster": "dem.tif", "bounds": [400_300, 5_699_500, 400_400, 5_699_700]})
    sources = find_sources(scenario)
    np.testing.assert_array_equal(mosaic(sources, scenario.terrain), whole[30:50, 30:40])
    tile = sources.tiles[0][0]
    assert tile.read(sources.grid.bounds)[0].size < 1000


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("a.zip", b"PK\x03\x04broken", "broken"),
        ("a.tif", b"II*\x00broken", "cannot be read"),
        ("a.las", b"LASF", "unknown kind"),
        ("a.hgt", b"\x00" * 100, "cannot be read"),
        ("a.asc", b"ncols 2\nnrows", "cannot be read"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, body: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(BadScenario, match=message) as error:
        list(read_tiles(path, "EPSG:25833", "scenario.toml: [[tile]] 1 files"))
    assert name in str(error.value)


def test_a_zip_bomb_and_a_zip_without_heights_are_refused(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", a__xyz=b"1 1 1\n" * 10_000_000)
    with pytest.raises(BadScenario, match="unpacks to more than"):
        list(read_tiles(bomb, "EPSG:25833", "key"))
    empty = zipped(tmp_path / "empty.zip", readme__md=b"nothing")
    with pytest.raises(BadScenario, match="holds no heights"):
        list(read_tiles(empty, "EPSG:25833", "key"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_bytes_in_a_text_file_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    body = bytearray(dgm1(size=5))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + 1] = data.draw(st.sampled_from([b"", b"-", b"\xff", b"9", b".", b" ", b"\n", b"e"]))
    path = tmp_path / "dgm_33480-5755.xyz"
    path.write_bytes(bytes(body))
    try:
        tiles = list(read_tiles(path, None, "key"))
    except BadScenario as error:
        assert "dgm_33480-5755.xyz" in str(error)  # noqa: PT017  # either way is right
    else:
        assert tiles[0].shape[0] * tiles[0].shape[1] <= 20 * 25 + 1000


def test_what_gzip_is_for_the_importer(tmp_path: Path) -> None:
    """A single packed raster is not a zip: it is refused by name, not half read."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(io.BytesIO(b"x").read()))
    with pytest.raises(BadScenario, match="unknown kind"):
        list(read_tiles(path, "EPSG:25833", "key"))
