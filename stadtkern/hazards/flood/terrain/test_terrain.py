"""The terrain on its grid: put together, reprojected, filled, cut, with crests, houses and roughness."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer

from stadtkern.hazards.flood.conftest import MakeScenario, WriteRaster
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.terrain.build import Ground, build_ground
from stadtkern.hazards.flood.terrain.mosaic import find_sources

WEST, NORTH = 400_000.0, 5_700_000.0


def ground_of(scenario: Scenario) -> Ground:
    """Build the terrain of a scenario."""
    return build_ground(scenario, find_sources(scenario))


def write_shapes(
    path: Path, *geometries: dict[str, Any], crs: str | None = "EPSG:25833", **attributes: object
) -> Path:
    """Write GeoJSON."""
    features = [{"type": "Feature", "properties": attributes, "geometry": g} for g in geometries]
    content: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(content))
    return path


def box(left: float, bottom: float, right: float, top: float) -> dict[str, Any]:
    """Return a rectangle, m from the south-western corner of a terrain whose northern edge is 100 m away."""
    west, south = WEST, NORTH - 100
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    return {"type": "Polygon", "coordinates": [[[west + x, south + y] for x, y in corners]]}


def line(*points: tuple[float, float]) -> dict[str, Any]:
    """Return a line, from the same corner."""
    return {"type": "LineString", "coordinates": [[WEST + x, NORTH - 100 + y] for x, y in points]}


def test_german_and_polish_tiles_meet_without_a_step(tmp_path: Path, make_scenario: MakeScenario) -> None:
    """A plane cut into a tile in EPSG:25833 and one in EPSG:2180 is a plane again on one grid."""
    west, north = 480_000.0, 5_755_200.0

    def plane(x: Any, y: Any) -> Any:  # noqa: ANN401  # arrays
        return 40 + 0.01 * (x - west) - 0.005 * (y - north)

    x, y = np.meshgrid(west + np.arange(200) + 0.5, north - np.arange(200) - 0.5)
    lines = "\n".join(
        f"{a:.1f} {b:.1f} {c:.4f}" for a, b, c in zip(x.flat, y.flat, plane(x, y).flat, strict=True)
    )
    (tmp_path / "dgm_33480-5755.xyz").write_text(lines)
    to_poland = Transformer.from_crs("EPSG:25833", "EPSG:2180", always_xy=True)
    corner = to_poland.transform(west + 150, north + 50)
    left, top = round(corner[0]), round(corner[1])
    px, py = np.meshgrid(left + np.arange(300) + 0.5, top - np.arange(300) - 0.5)
    gx, gy = Transformer.from_crs("EPSG:2180", "EPSG:25833", always_xy=True).transform(px, py)
    header = (
        f"ncols 300\nnrows 300\nxllcorner {left}\nyllcorner {top - 300}\ncellsize 1\nNODATA_value -9999\n"
    )
    body = "\n".join(" ".join(f"{v - 0.16:.4f}" for v in row) for row in plane(gx, gy))
    (tmp_path / "nmt.asc").write_text(header + body)
    scenario = make_scenario(
        {"cell": 2.0, "bounds": [west, north - 200, west + 300, north], "voids": "wall"},
        tile=[
            {"files": "dgm_33480-5755.xyz"},
            {"files": "nmt.asc", "crs": "EPSG:2180", "height_shift": 0.16},
        ],
    )
    ground = ground_of(scenario)
    rows, columns = np.nonzero(ground.active)
    cx, cy = ground.grid.west + (columns + 0.5) * 2, ground.grid.north - (rows + 0.5) * 2
    assert ground.grid.crs == "EPSG:25833"
    assert ground.active.mean() > 0.95
    np.testing.assert_allclose(ground.bed[rows, columns], plane(cx, cy), atol=5e-3)


def test_the_crest_of_a_dike_survives_in_coarse_cells(
    tmp_path: Path, make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    """Averaging lowers a crest one cell wide to a fifth; along a break line it keeps its height."""
    fine = np.zeros((100, 100), dtype=np.float32)
    fine[:, 52] = 4.0
    write_raster(fine, cell=1.0)
    write_shapes(tmp_path / "dike.geojson", line((52.5, 0), (52.5, 100)))
    lost = ground_of(make_scenario({"raster": "dem.tif", "cell": 5.0}))
    kept = ground_of(make_scenario({"raster": "dem.tif", "cell": 5.0, "breaklines": "dike.geojson"}))
    assert lost.bed[:, 10].tolist() == pytest.approx([0.8] * 20)
    assert kept.bed[:, 10].tolist() == [4.0] * 20
    assert kept.changed.sum() == 20
    assert (kept.bed[:, [9, 11]] == 0).all()


def test_a_void_is_refused_with_its_place(make_scenario: MakeScenario, write_raster: WriteRaster) -> None:
    heights = np.ones((10, 10))
    heights[3, 4] = np.nan
    write_raster(heights)
    with pytest.raises(
        BadScenario, match=r"\[terrain\] raster: 1 of 100 cells .* x 400045.0, y 5699965.0; allowed"
    ):
        ground_of(make_scenario())


def test_a_filled_void_is_visible(make_scenario: MakeScenario, write_raster: WriteRaster) -> None:
    """Filled from around within the distance; what lies farther becomes wall."""
    heights = np.broadcast_to(np.arange(40, dtype=np.float64), (40, 40)).copy()
    heights[5, 5] = np.nan
    heights[15:39, 15:39] = -9999.0
    write_raster(heights)
    ground = ground_of(make_scenario({"raster": "dem.tif", "voids": "fill", "fill_distance": 30.0}))
    assert ground.filled[5, 5]
    assert ground.bed[5, 5] == pytest.approx(5.0, abs=0.5)
    assert not ground.active[27, 27]
    assert np.isnan(ground.bed[27, 27])
    assert ground.active[15, 20]
    wall = ground_of(make_scenario({"raster": "dem.tif", "voids": "wall"}))
    assert not wall.filled.any()
    assert int((~wall.active).sum()) == 1 + 24 * 24


@pytest.mark.parametrize(
    ("burn", "expected"),
    [({"depth": 1.5}, [8.5] * 10), ({"bed": 7.0}, [7.0] * 10), ({"bed": 12.0}, [10.0] * 10),
     ({"bed_from": 8.0, "bed_to": 6.0}, [7.9, 7.7, 7.5, 7.3, 7.1, 6.9, 6.7, 6.5, 6.3, 6.1]),
     ({"attribute": "sohle"}, [9.0] * 10)],
)  # fmt: skip
def test_a_channel_is_cut_and_nothing_is_raised(
    tmp_path: Path,
    make_scenario: MakeScenario,
    write_raster: WriteRaster,
    burn: dict[str, Any],
    expected: list[float],
) -> None:
    write_raster(np.full((10, 10), 10.0))
    write_shapes(tmp_path / "ditch.geojson", line((0, 55), (100, 55)), sohle=9.0)
    ground = ground_of(make_scenario(burn=[{"lines": "ditch.geojson", **burn}]))
    assert ground.bed[4].tolist() == pytest.approx(expected)
    assert (np.delete(ground.bed, 4, axis=0) == 10).all()


def test_a_wide_channel_takes_the_cells_within_its_width(
    tmp_path: Path, make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    write_raster(np.full((10, 10), 10.0))
    write_shapes(tmp_path / "ditch.geojson", line((0, 55), (100, 55)))
    ground = ground_of(make_scenario(burn=[{"lines": "ditch.geojson", "depth": 1.0, "width": 30.0}]))
    assert (ground.bed == 9).sum(axis=0).tolist() == [3] * 10


@pytest.mark.parametrize("crs", ["EPSG:25833", None, "EPSG:4326"])
def test_geojson_is_taken_in_degrees_or_in_the_coordinates_of_the_terrain(
    tmp_path: Path, make_scenario: MakeScenario, write_raster: WriteRaster, crs: str | None
) -> None:
    """RFC 7946 has degrees; whoever writes metres without saying so is understood."""
    write_raster(np.zeros((10, 10)))
    area = box(20, 30, 40, 60)
    if crs == "EPSG:4326":
        change = Transformer.from_crs("EPSG:25833", crs, always_xy=True)
        area["coordinates"] = [[list(change.transform(*point)) for point in area["coordinates"][0]]]
        crs = None
    write_shapes(tmp_path / "houses.geojson", area, crs=crs)
    ground = ground_of(make_scenario(buildings={"polygons": "houses.geojson"}))
    assert np.argwhere(ground.houses).tolist() == [[r, c] for r in (4, 5, 6) for c in (2, 3)]
    assert not ground.active[5, 2]


def test_houses_block_stand_higher_or_are_rough(
    tmp_path: Path, make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    write_raster(np.zeros((10, 10)))
    write_shapes(tmp_path / "houses.geojson", box(20, 30, 40, 60))
    raised = ground_of(
        make_scenario(buildings={"polygons": "houses.geojson", "mode": "raised", "height": 3.0})
    )
    assert raised.bed[raised.houses].tolist() == [3.0] * 6
    rough = ground_of(
        make_scenario(buildings={"polygons": "houses.geojson", "mode": "roughened", "mannings_n": 2.0})
    )
    n = np.broadcast_to(rough.mannings_n, rough.grid.shape)
    assert n[rough.houses].tolist() == [2.0] * 6
    assert set(n[~rough.houses].tolist()) == {0.033}
    assert rough.active.all()


def test_roughness_comes_from_corine_classes(make_scenario: MakeScenario, write_raster: WriteRaster) -> None:
    write_raster(np.zeros((2, 2)))
    write_raster(np.array([[111, 231], [311, 512]], dtype=np.int16), "corine.tif")
    n = ground_of(make_scenario(roughness={"land_cover": "corine.tif"})).mannings_n
    assert np.asarray(n).tolist() == [[0.1, 0.04], [0.12, 0.03]]


def test_an_unknown_class_of_land_cover_is_refused(
    make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    write_raster(np.zeros((2, 2)))
    write_raster(np.array([[111, 231], [311, 777]], dtype=np.int16), "corine.tif")
    with pytest.raises(
        BadScenario, match=r"\[roughness\] land_cover: .*1 cells.* class without roughness \(777\)"
    ):
        ground_of(make_scenario(roughness={"land_cover": "corine.tif"}))


def test_roughness_comes_from_osm_tags_and_an_own_table(
    tmp_path: Path, make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    write_raster(np.zeros((10, 10)))
    write_shapes(tmp_path / "osm.geojson", box(0, 0, 50, 100), landuse="forest", natural=None)
    (tmp_path / "own.csv").write_text("class,mannings_n\nforest,0.2\n")
    n = ground_of(make_scenario(roughness={"land_cover": "osm.geojson", "default_n": 0.05})).mannings_n
    assert np.asarray(n)[0].tolist() == [0.12] * 5 + [0.05] * 5
    own = ground_of(make_scenario(roughness={"land_cover": "osm.geojson", "table": "own.csv"})).mannings_n
    assert np.asarray(own)[0].tolist() == [0.2] * 5 + [0.035] * 5


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"roughness": {"mannings_n": "small.tif"}}, r"\[roughness\] mannings_n: .*small.tif: is not aligned with the terrain"),
        ({"roughness": {"mannings_n": "negative.tif"}}, r"negative.tif: 1 cells, the first at x 400015.0.*-0.1; allowed: >= 0"),
        ({"roughness": {"mannings_n": "hole.tif"}}, r"hole.tif: 1 cells, .* have no value"),
        ({"roughness": {"mannings_n": "utm32.tif"}}, r"utm32.tif: has another coordinate system"),
        ({"buildings": {"polygons": "far.geojson"}}, r"\[buildings\] polygons: .*far.geojson: lies outside of the terrain"),
        ({"buildings": {"polygons": "empty.geojson"}}, r"empty.geojson: (holds no geometry|cannot be read)"),
        ({"buildings": {"polygons": "all.geojson"}}, r"no cell is left for water"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_terrain_is_refused(
    tmp_path: Path,
    make_scenario: MakeScenario,
    write_raster: WriteRaster,
    tables: dict[str, Any],
    message: str,
) -> None:
    write_raster(np.zeros((10, 10)))
    n = np.full((10, 10), 0.03)
    write_raster(n[:5], "small.tif")
    write_raster(n, "utm32.tif", crs="EPSG:25832")
    n[2, 1] = -0.1
    write_raster(n, "negative.tif")
    n[2, 1] = np.nan
    write_raster(n, "hole.tif")
    write_shapes(tmp_path / "far.geojson", box(5000, 5000, 6000, 6000))
    write_shapes(tmp_path / "all.geojson", box(-10, -10, 200, 200))
    write_shapes(tmp_path / "empty.geojson")
    with pytest.raises(BadScenario, match=message):
        ground_of(make_scenario(**tables))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"crs": "EPSG:4326"},
            r"its coordinate system EPSG:4326 is geographic \(degrees\); allowed: a projected",
        ),
        ({"crs": None}, "does not say its coordinate system"),
        ({"crs": "EPSG:2263"}, "is not in metres"),
    ],
)
def test_a_terrain_without_metres_is_refused(
    make_scenario: MakeScenario, write_raster: WriteRaster, options: dict[str, Any], message: str
) -> None:
    write_raster(np.zeros((4, 4)), west=14.0, north=52.0, cell=0.01, **options)
    with pytest.raises(BadScenario, match=message):
        find_sources(make_scenario())


def test_cells_that_are_not_square_need_a_size(tmp_path: Path, make_scenario: MakeScenario) -> None:
    with rasterio.open(
        tmp_path / "dem.tif", "w", driver="GTiff", height=4, width=4, count=1, dtype="float32", crs="EPSG:25833",
        transform=Affine(10, 0, WEST, 0, -5, NORTH),
    ) as dataset:  # fmt: skip
        dataset.write(np.zeros((4, 4), dtype=np.float32), 1)
    with pytest.raises(BadScenario, match="its cells are 10 x 5 m; allowed: square cells"):
        find_sources(make_scenario())
    assert ground_of(make_scenario({"raster": "dem.tif", "cell": 5.0})).grid.shape == (4, 8)


def test_bounds_outside_and_impossible_heights_are_refused(
    make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    write_raster(np.full((4, 4), 1e6))
    with pytest.raises(BadScenario, match="heights beyond 9000 m"):
        ground_of(make_scenario())
    with pytest.raises(BadScenario, match="bounds: lie outside of all files"):
        find_sources(make_scenario({"raster": "dem.tif", "bounds": [0, 0, 100, 100]}))


def test_a_basin_is_dug(tmp_path: Path, make_scenario: MakeScenario, write_raster: WriteRaster) -> None:
    write_raster(np.full((10, 10), 5.0))
    write_shapes(tmp_path / "basin.geojson", box(20, 30, 40, 60))
    ground = ground_of(make_scenario(basin=[{"polygon": "basin.geojson", "bottom": 3.0}]))
    assert (ground.bed == 3).sum() == 6
