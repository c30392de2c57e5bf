"""What drives the water, placed on the grid."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.conftest import MakeScenario, WriteRaster
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.forcing.build import build_forcing
from stadtkern.hazards.flood.forcing.faces import south_faces, west_faces
from stadtkern.hazards.flood.forcing.water import spill
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.terrain.build import build_ground
from stadtkern.hazards.flood.terrain.grid import Grid
from stadtkern.hazards.flood.terrain.mosaic import find_sources
from stadtkern.hazards.flood.terrain.test_terrain import box, write_shapes

WEST, SOUTH = 400_000.0, 5_699_900.0


@pytest.fixture(autouse=True)
def dem(write_raster: WriteRaster) -> Path:
    """Have a terrain of 10 by 10 cells of 10 m, 5 m high."""
    return write_raster(np.full((10, 10), 5.0))


def forcing_of(scenario: Scenario) -> solver.Forcing:
    """Build the forcing of a scenario."""
    return build_forcing(scenario, build_ground(scenario, find_sources(scenario)))


@pytest.mark.parametrize(
    ("edge", "span", "cells"),
    [
        ("west", [0, 30], (7, 10)),
        ("east", [70, 100], (0, 3)),
        ("north", [0, 30], (0, 3)),
        ("south", [42, 43], (4, 5)),
        ("south", [14.9, 35.1], (1, 4)),
    ],
)
def test_a_span_is_measured_from_the_western_or_southern_end(
    make_scenario: MakeScenario, edge: str, span: list[float], cells: tuple[int, int]
) -> None:
    """Rows count from the north, so a span from 0 on the western edge lies in the last rows."""
    (boundary,) = forcing_of(
        make_scenario(boundary=[{"edge": edge, "kind": "open", "span": span}])
    ).boundaries
    assert (boundary.first, boundary.last) == cells


def test_a_shooting_inflow_has_a_depth(make_scenario: MakeScenario) -> None:
    table = {"edge": "west", "kind": "discharge", "value": 50.0, "depth": 0.5}
    (boundary,) = forcing_of(make_scenario(boundary=[table])).boundaries
    assert boundary.depth
    assert boundary.depth.at(0.0) == 0.5
    with pytest.raises(BadScenario, match="depth: has no meaning for kind open"):
        make_scenario(boundary=[{"edge": "west", "kind": "open", "depth": 0.5}])


def test_series_and_curves_of_boundaries_are_read(tmp_path: Path, make_scenario: MakeScenario) -> None:
    (tmp_path / "q.csv").write_text("time,value\n0,1\n100,3\n")
    (tmp_path / "rating.csv").write_text("level,discharge\n5,0\n6,10\n")
    boundaries = forcing_of(
        make_scenario(
            boundary=[
                {"edge": "west", "kind": "discharge", "series": "q.csv"},
                {"edge": "east", "kind": "rating", "rating": "rating.csv"},
                {"edge": "north", "kind": "normal_depth", "value": 0.001},
            ]
        )
    ).boundaries
    assert boundaries[0].series
    assert boundaries[0].series.at(50.0) == 2
    assert boundaries[1].rating
    assert boundaries[1].rating.at(5.5) == 5
    assert boundaries[2].slope == 0.001
    assert len({b.name for b in boundaries}) == 3


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"boundary": [{"edge": "west", "kind": "open", "span": [90, 120]}]}, r"span: reaches beyond the edge; allowed: .* 0 to 100 m"),
        ({"boundary": [{"edge": "west", "kind": "open"}, {"edge": "west", "kind": "level", "value": 6, "span": [0, 20]}]}, r"\[\[boundary\]\] 2 span: overlaps"),
        ({"boundary": [{"edge": "west", "kind": "level", "value": 4.9}]}, r"value: the level stays below the ground \(4.9 m, lowest ground 5.00 m\)"),
        ({"inflow": [{"x": 0.0, "y": 0.0, "value": 1.0}]}, r"\[\[inflow\]\] 1 x: the point 0, 0 lies outside of the terrain; allowed: x from 400000 to 400100"),
        ({"inflow": [{"polygon": "far.geojson", "value": 1.0}]}, r"\[\[inflow\]\] 1 polygon: .*far.geojson: lies outside"),
        ({"rain": [{"storm": "block", "duration": "2h", "depths": "depths.csv"}]}, r"duration: 120 min is longer than the table"),
        ({"rain": [{"raster": "negative.tif"}]}, r"\[\[rain\]\] 1 raster: .*negative.tif: 1 cells.*allowed: >= 0"),
        ({"breach": [{"line": [[400000, 5699950], [400100, 5699950]], "start": 500, "level": 1}]}, r"start: 500 s lies after the end"),
        ({"breach": [{"line": [[400000, 5699950], [400100, 5699950]], "start": 5, "level": 6}]}, r"level: the ground along the line is not above 6 m"),
        ({"breach": [{"line": [[400000, 5699950], [400100, 5699950]], "start": 5, "level": 1, "what": "wall"}]}, r"line: no wall stands within a cell"),
        ({"wall": [{"line": [[0, 0], [1, 1]], "crest": 3}]}, r"\[\[wall\]\] 1 line: lies outside of the terrain"),
        ({"culvert": [{"from": [400001, 5699901], "to": [400002, 5699902], "diameter": 1}]}, r"\[\[culvert\]\] 1 to: lies in the same cell"),
        ({"gate": [{"from": [0, 0], "to": [400002, 5699902], "width": 1, "opening": 1}]}, r"\[\[gate\]\] 1 from x: the point 0, 0 lies outside"),
    ],
)  # fmt: skip
def test_what_lies_outside_or_does_not_fit_is_refused(
    tmp_path: Path,
    make_scenario: MakeScenario,
    write_raster: WriteRaster,
    tables: dict[str, Any],
    message: str,
) -> None:
    rain = np.ones((10, 10))
    rain[1, 1] = -1.0
    write_raster(rain, "negative.tif")
    write_shapes(tmp_path / "far.geojson", box(5000, 5000, 6000, 6000))
    (tmp_path / "depths.csv").write_text("duration_min,depth_mm\n60,30\n")
    with pytest.raises(BadScenario, match=message):
        forcing_of(make_scenario(**tables))


def test_an_inflow_over_an_area_is_spread(tmp_path: Path, make_scenario: MakeScenario) -> None:
    write_shapes(tmp_path / "area.geojson", box(20, 30, 40, 60))
    (inflow,) = forcing_of(make_scenario(inflow=[{"polygon": "area.geojson", "value": 3.0}])).inflows
    assert sorted(zip(inflow.rows.tolist(), inflow.columns.tolist(), strict=True)) == [
        (r, c) for r in (4, 5, 6) for c in (2, 3)
    ]


def test_rain_is_in_metres_per_second(
    tmp_path: Path, make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    write_raster(np.full((10, 10), 36.0), "rain.tif")
    (tmp_path / "factor.csv").write_text("time,value\n0,0\n100,1\n")
    write_shapes(tmp_path / "area.geojson", box(0, 0, 50, 100))
    rain = forcing_of(
        make_scenario(
            rain=[
                {"value": 36.0},
                {"raster": "rain.tif"},
                {"raster": "rain.tif", "series": "factor.csv"},
                {"value": 36.0, "polygon": "area.geojson"},
            ]
        )
    ).rain
    at = [r.series.at(50.0) * np.broadcast_to(r.field, (10, 10)) for r in rain]
    np.testing.assert_allclose(at[0], 1e-5)
    np.testing.assert_allclose(at[1], 1e-5)
    np.testing.assert_allclose(at[2], 0.5e-5)
    np.testing.assert_allclose(at[3][:, :5], 1e-5)
    assert (at[3][:, 5:] == 0).all()


def test_rain_on_blocked_roofs_runs_to_the_cells_around(tmp_path: Path, make_scenario: MakeScenario) -> None:
    """All of it: the sum over the open cells is the rain on the whole area."""
    write_shapes(tmp_path / "houses.geojson", box(20, 30, 50, 60), box(70, 0, 100, 30))
    houses = {"polygons": "houses.geojson"}
    spilt = forcing_of(make_scenario(rain=[{"value": 1.0}], buildings=houses)).rain[0].field
    assert np.sum(spilt) == pytest.approx(100.0)
    assert np.asarray(spilt)[4:7, 2:5].tolist() == [[0.0] * 3] * 3
    assert np.asarray(spilt)[3, 3] > 1.2
    sewer = (
        forcing_of(make_scenario(rain=[{"value": 1.0}], buildings=houses | {"roofs": "sewer"})).rain[0].field
    )
    assert np.ndim(sewer) == 0


def test_a_roof_of_any_shape_loses_nothing() -> None:
    random = np.random.default_rng(1)
    roofs = random.random((40, 30)) < 0.5
    rain = random.random((40, 30))
    assert spill(rain, roofs).sum() == pytest.approx(rain.sum())
    assert (spill(rain, roofs)[roofs] == 0).all()


def test_losses_have_the_parameters_of_their_laws(make_scenario: MakeScenario) -> None:
    """S = 25400 / CN - 254 mm (NRCS NEH 630, chapter 10); suction times deficit for Green and Ampt."""
    constant = forcing_of(make_scenario(infiltration={"model": "constant", "rate": 36.0})).infiltration
    assert constant
    assert constant.rate == pytest.approx(1e-5)
    scs = forcing_of(make_scenario(infiltration={"model": "scs_cn", "curve_number": 80.0})).infiltration
    assert scs
    assert scs.storage == pytest.approx(0.0635)
    green = forcing_of(
        make_scenario(
            infiltration={"model": "green_ampt", "conductivity": 3.6, "suction": 110.0, "deficit": 0.2}
        )
    ).infiltration
    assert green
    assert green.rate == pytest.approx(1e-6)
    assert green.storage == pytest.approx(0.022)
    drains = forcing_of(make_scenario(drainage=[{"capacity": 18.0}, {"capacity": 18.0}])).drainage
    assert drains
    assert drains.capacity == pytest.approx(1e-5)


@pytest.mark.parametrize("end", [(95.0, 95.0), (95.0, 12.0), (51.0, 95.0), (5.0, 95.0)])
def test_no_way_leads_through_a_wall(end: tuple[float, float]) -> None:
    """Whatever its direction: from the cells on one side the other side is not reached by open faces."""
    grid = Grid("EPSG:25833", 0.0, 100.0, 10.0, 10, 10)
    middle = np.array([50.3, 49.8])
    direction = np.array(end) - middle + 0.123
    wall = shapely.LineString([middle - 10 * direction, middle + 10 * direction])
    closed = {(int(r), int(c), "w") for r, c in zip(*west_faces(wall, grid), strict=True)}
    closed |= {(int(r), int(c), "s") for r, c in zip(*south_faces(wall, grid), strict=True)}
    normal = np.array([-direction[1], direction[0]])
    side = {
        cell: float(np.dot(np.array(grid.centre_of(*cell)) - middle, normal)) > 0
        for cell in np.ndindex(10, 10)
    }
    for (row, column), is_left in side.items():
        if column and side[row, column - 1] != is_left:
            assert (row, column, "w") in closed
        if row < 9 and side[row + 1, column] != is_left:
            assert (row, column, "s") in closed
    assert len(closed) < 40


def test_a_wall_through_the_centres_of_cells_closes_one_side_of_them() -> None:
    """Otherwise its own cells would be shut in between two walls."""
    grid = Grid("EPSG:25833", 0.0, 100.0, 10.0, 10, 10)
    rows, columns = south_faces(shapely.LineString([(0, 45), (100, 45)]), grid)
    assert sorted(columns.tolist()) == list(range(10))
    assert len(set(rows.tolist())) == 1
    assert west_faces(shapely.LineString([(1, 45), (99, 45)]), grid)[0].size == 0


def test_a_wall_stands_above_the_higher_ground_beside_it(
    make_scenario: MakeScenario, write_raster: WriteRaster
) -> None:
    ground = np.full((10, 10), 5.0)
    ground[:, 5:] = 6.0
    write_raster(ground)
    line = [[WEST + 50, SOUTH], [WEST + 50, SOUTH + 100]]
    structures = forcing_of(make_scenario(wall=[{"line": line, "height": 1.0}])).structures
    assert structures.crest_west is not None
    assert structures.crest_west[:, 5].tolist() == [7.0] * 10
    assert np.isneginf(structures.crest_west[:, [4, 6]]).all()


def test_a_breach_grows_along_its_line(make_scenario: MakeScenario) -> None:
    line = [[WEST + 85, SOUTH + 45], [WEST + 15, SOUTH + 45]]
    table = {"line": line, "start": 10, "level": 2.0, "duration": 20, "widening": 40}
    (breach,) = forcing_of(make_scenario(breach=[table])).structures.breaches
    assert breach.columns.tolist() == [8, 7, 6, 5, 4, 3, 2, 1]
    assert set(breach.rows.tolist()) == {5}
    assert (breach.start, breach.duration, breach.widening, breach.what) == (10.0, 20.0, 40.0, "bed")


def test_a_breach_opens_the_whole_foot_of_a_dike(make_scenario: MakeScenario) -> None:
    """Three rows of cells give way together where the dike is 30 m wide, from the middle outwards."""
    line = [[WEST + 80, SOUTH + 45], [WEST + 20, SOUTH + 45]]
    table = {"line": line, "across": 30, "start": 10, "level": 2.0}
    (breach,) = forcing_of(make_scenario(breach=[table])).structures.breaches
    assert set(breach.rows.tolist()) == {4, 5, 6}
    assert breach.columns.tolist() == sorted([7, 6, 5, 4, 3, 2] * 3, reverse=True)


def test_a_wall_can_break(make_scenario: MakeScenario) -> None:
    wall = [{"line": [[WEST + 50, SOUTH], [WEST + 50, SOUTH + 100]], "crest": 8.0}]
    table = {
        "line": [[WEST + 50, SOUTH + 30], [WEST + 50, SOUTH + 60]],
        "start": 1,
        "level": 0.0,
        "what": "wall",
    }
    (breach,) = forcing_of(make_scenario(wall=wall, breach=[table])).structures.breaches
    assert breach.what == "crest_west"
    assert sorted(breach.rows.tolist()) == [4, 5, 6]
    assert set(breach.columns.tolist()) == {5}


def test_a_bridge_lets_water_under_its_deck(make_scenario: MakeScenario, write_raster: WriteRaster) -> None:
    """The river in three columns flows under it; on the banks the deck lies on the ground."""
    ground = np.full((10, 10), 5.0)
    ground[:, 4:7] = 1.0
    write_raster(ground)
    line = [[WEST, SOUTH + 50], [WEST + 100, SOUTH + 50]]
    structures = forcing_of(
        make_scenario(bridge=[{"line": line, "underside": 4.5, "deck": 5.5, "piers": 0.1}])
    ).structures
    assert [(link.start, link.end) for link in structures.links] == [((4, c), (5, c)) for c in (4, 5, 6)]
    assert {(link.width, link.height, link.invert) for link in structures.links} == {(9.0, 3.5, 1.0)}
    assert structures.crest_south is not None
    assert structures.crest_south[4].tolist() == [5.5] * 10


def test_culverts_gates_and_pumps_are_links(tmp_path: Path, make_scenario: MakeScenario) -> None:
    here, there = [WEST + 5, SOUTH + 5], [WEST + 55, SOUTH + 5]
    (tmp_path / "opening.csv").write_text("time,value\n0,0\n100,2\n")
    forcing = forcing_of(
        make_scenario(
            culvert=[
                {
                    "from": here,
                    "to": there,
                    "diameter": 2.0,
                    "barrels": 3,
                    "invert_from": 4.0,
                    "invert_to": 3.5,
                    "flap": True,
                }
            ],
            gate=[{"from": here, "to": there, "width": 4.0, "series": "opening.csv"}],
            pump=[{"from": here, "to": there, "capacity": 0.5}, {"from": here, "capacity": 0.25}],
        )
    )
    culvert, gate, pump = forcing.structures.links
    assert culvert.width * culvert.height == pytest.approx(np.pi)
    assert (culvert.invert, culvert.barrels, culvert.one_way) == (4.0, 3, True)
    assert gate.opening
    assert gate.opening.at(50.0) == 1.0
    assert pump.series
    assert pump.series.at(0.0) == 0.5
    (out,) = forcing.inflows
    assert out.series.at(0.0) == -0.25


def test_a_basin_has_a_dam_and_a_throttle(tmp_path: Path, make_scenario: MakeScenario) -> None:
    write_shapes(tmp_path / "basin.geojson", box(20, 30, 40, 60))
    basin = {"polygon": "basin.geojson", "bottom": 3.0, "crest": 6.0, "throttle": 0.1}
    places = {"outlet_from": [WEST + 25, SOUTH + 35], "outlet_to": [WEST + 5, SOUTH + 5]}
    structures = forcing_of(make_scenario(basin=[basin | places])).structures
    assert structures.crest_west is not None
    assert structures.crest_west[4:7, 2].tolist() == [6.0] * 3
    assert structures.crest_west[4:7, 4].tolist() == [6.0] * 3
    (link,) = structures.links
    assert link.series
    assert link.series.at(0.0) == 0.1
