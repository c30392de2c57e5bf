"""Rain, losses, sources, structures and boundaries against hand-solved cases."""

# fixtures and parameters of many kinds

import math
from typing import Literal

import numpy as np
import pytest

from stadtkern.hazards.flood.solver import (
    Boundary,
    Breach,
    Domain,
    Drainage,
    Forcing,
    Infiltration,
    Inflow,
    Link,
    Observer,
    Options,
    Rain,
    Report,
    Series,
    State,
    Structures,
    simulate,
)

CPU = Options(device="cpu", threads=1)
G = CPU.gravity


def box(rows: int = 4, columns: int = 6, bed: float = 0.0, cell: float = 1.0) -> Domain:
    return Domain(np.full((rows, columns), bed), cell, 0.03)


def dry(domain: Domain) -> State:
    return State(np.zeros(domain.shape))


def test_rain_in_a_closed_tilted_box_gathers_at_its_foot() -> None:
    """60 mm in an hour on 20 x 30 cells of 2 m, tilted by 5 %, blocked cells leave it to the others."""
    x = np.indices((20, 30))[1]
    active = np.ones((20, 30), dtype=bool)
    active[5:8, 5:8] = False
    domain = Domain(0.05 * 2.0 * x, 2.0, 0.03, active)
    rain = Rain(Series(np.array([0.0, 3600.0]), np.array([0.06 / 3600, 0.0]), "previous"))
    report = simulate(domain, dry(domain), CPU, Forcing(rain=[rain]), until=9000.0)
    fell = 0.06 * active.sum() * 4.0
    assert report.mass.rain == pytest.approx(fell, rel=1e-12)
    assert report.mass.final == pytest.approx(fell, rel=1e-12)
    level = (report.state.depth + domain.bed)[:, 0]
    # a wedge of water, 40 m wide: volume = width depth^2 / (2 * 5 %), depth counted at the edge, 1 m before the centre
    assert level.mean() == pytest.approx(math.sqrt(2 * 0.05 * fell / 40.0) - 0.05, rel=0.01)
    assert np.ptp(level) < 0.002


def test_a_rain_raster_is_a_rate_times_a_factor() -> None:
    domain = box(2, 3)
    field = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]) * 1e-5
    report = simulate(domain, dry(domain), CPU, Forcing(rain=[Rain(Series.constant(2.0), field)]), until=10.0)
    assert report.mass.rain == pytest.approx(2 * 10 * 15e-5)
    assert report.mass.error_relative == pytest.approx(0.0, abs=1e-12)


def soaked(infiltration: Infiltration, until: float, rain: float = 0.0, depth: float = 1.0) -> Report:
    domain = box(1, 1)
    state = State(np.full((1, 1), depth))
    storm = [Rain(Series.constant(rain))] if rain else []
    options = Options(device="cpu", threads=1, max_step=until / 200)
    return simulate(domain, state, options, Forcing(rain=storm, infiltration=infiltration), until=until)


def test_a_constant_capacity_takes_what_there_is() -> None:
    assert soaked(Infiltration("constant", 1e-5), 1000.0).mass.infiltration == pytest.approx(0.01)
    assert soaked(Infiltration("constant", 1e-5), 1000.0, depth=0.004).mass.infiltration == pytest.approx(
        0.004
    )


def test_green_ampt_follows_its_implicit_equation() -> None:
    """F - S ln(1 + F / S) = K t for ponded water (Green & Ampt 1911)."""
    rate, storage, until = 3e-6, 0.03, 7200.0
    depth = soaked(Infiltration("green_ampt", rate, storage), until).mass.infiltration
    assert depth - storage * math.log(1 + depth / storage) == pytest.approx(rate * until, rel=0.02)


def test_the_curve_number_leaves_the_known_runoff() -> None:
    """CN 80, 100 mm: S = 63.5 mm, Q = (P - 0.2 S)^2 / (P + 0.8 S) = 50.5 mm (USDA NEH-630)."""
    storage = 0.0254 * (1000 / 80 - 10)
    report = soaked(Infiltration("scs", storage=storage), 3600.0, rain=0.1 / 3600, depth=0.0)
    runoff = (0.1 - 0.2 * storage) ** 2 / (0.1 + 0.8 * storage)
    assert report.mass.final == pytest.approx(runoff, rel=1e-9)
    assert report.mass.infiltration == pytest.approx(0.1 - runoff, rel=1e-9)


def test_sewers_take_their_capacity_and_no_more_than_there_is() -> None:
    domain = box(1, 2)
    capacity = np.array([[1e-5, 0.0]])
    walls = Structures(crest_west=np.array([[-np.inf, 9.0]]))
    report = simulate(
        domain,
        State(np.array([[0.5, 0.5]])),
        CPU,
        Forcing(drainage=Drainage(capacity), structures=walls),
        until=1e3,
    )
    assert report.mass.drainage == pytest.approx(0.01)
    np.testing.assert_allclose(report.state.depth, [[0.49, 0.5]])


def test_an_inflow_brings_the_integral_of_its_series() -> None:
    domain = box()
    series = Series.of([[0.0, 0.0], [30.0, 2.0], [50.0, 0.0]])
    inflow = Inflow(np.array([1, 2]), np.array([2, 2]), series, np.array([1.0, 3.0]), name="brook")
    report = simulate(domain, dry(domain), CPU, Forcing(inflows=[inflow]), until=100.0)
    assert report.mass.inflows["brook"] == pytest.approx(50.0, rel=1e-9)
    assert report.mass.final == pytest.approx(50.0, rel=1e-9)


def test_an_abstraction_takes_no_more_than_there_is() -> None:
    domain = box()
    pump = Inflow(np.array([1]), np.array([2]), Series.constant(-5.0), name="pump")
    report = simulate(domain, State(np.full((4, 6), 0.1)), CPU, Forcing(inflows=[pump]), until=200.0)
    assert report.state.depth.min() >= 0
    assert -2.4 <= report.mass.inflows["pump"] < -2.0
    assert abs(report.mass.error_relative) < 1e-12


def two_basins(link: Link, left: float, right: float, until: float) -> Report:
    """Two basins of 1600 m2 with a wall between; only a link joins them."""
    domain = box(4, 8, cell=10.0)
    crest = np.full(domain.shape, -np.inf)
    crest[:, 4] = 50.0
    depth = np.where(np.indices(domain.shape)[1] < 4, left, right)
    return simulate(
        domain, State(depth), CPU, Forcing(structures=Structures(crest_west=crest, links=[link])), until=until
    )


def test_a_drowned_culvert_passes_what_an_orifice_does() -> None:
    """Q = C A sqrt(2 g dH); both levels meet after t = 2 A_b (sqrt(dH0) - sqrt(dH)) / (2 C A sqrt(2 g))."""
    link = Link((1, 3), (1, 4), "culvert", width=0.5, height=0.4, coefficient=0.6, invert=0.0, name="pipe")
    report = two_basins(link, 3.0, 2.0, 120.0)
    rate = 0.6 * 0.5 * 0.4 * math.sqrt(2 * G)
    rise = (1.0 - rate * 120.0 / 1600.0) ** 2  # d(dH)/dt = -2 Q / A_b, A_b = 1600 m2
    passed = (1.0 - rise) * 1600.0 / 2
    assert report.mass.links["pipe"] == pytest.approx(passed, rel=0.01)


def test_a_culvert_with_a_free_surface_is_a_weir() -> None:
    link = Link((1, 3), (1, 4), "culvert", width=2.0, height=2.0, invert=0.2, name="pipe")
    report = two_basins(link, 1.0, 0.0, 10.0)
    assert report.mass.links["pipe"] == pytest.approx(
        10 * 0.577 * 2 / 3 * 2.0 * math.sqrt(2 * G) * 0.8**1.5, rel=0.03
    )


def test_a_flap_lets_no_water_back() -> None:
    link = Link((1, 3), (1, 4), "culvert", invert=0.0, one_way=True, name="flap")
    assert two_basins(link, 1.0, 2.0, 20.0).mass.links["flap"] == 0.0


def test_a_gate_passes_nothing_before_it_opens() -> None:
    opening = Series(np.array([0.0, 30.0]), np.array([0.0, 0.3]), "previous")
    link = Link((1, 3), (1, 4), "gate", width=1.0, opening=opening, invert=0.0, name="gate")
    assert two_basins(link, 3.0, 1.0, 30.0).mass.links["gate"] == 0.0
    passed = two_basins(link, 3.0, 1.0, 40.0).mass.links["gate"]
    assert passed == pytest.approx(10 * 0.6 * 0.3 * math.sqrt(2 * G * 2.0), rel=0.05)


def test_a_pump_runs_between_its_switches() -> None:
    link = Link(
        (1, 3), (1, 4), "pump", series=Series.constant(2.0), switch_on=0.5, switch_off=0.2, name="pump"
    )  # fmt: skip
    assert two_basins(link, 0.4, 0.0, 50.0).mass.links["pump"] == 0.0
    report = two_basins(link, 0.6, 0.0, 3000.0)
    assert report.mass.links["pump"] == pytest.approx(1600 * 0.4, rel=0.05)


def test_a_wall_holds_water_up_to_its_crest_and_is_a_weir_above() -> None:
    domain = box(3, 40, cell=5.0)
    crest = np.full(domain.shape, -np.inf)
    crest[:, 20] = 1.0
    left = np.indices(domain.shape)[1] < 20
    forcing = Forcing(structures=Structures(crest_west=crest))
    below = simulate(domain, State(np.where(left, 1.0, 0.0)), CPU, forcing, until=100.0)
    assert below.state.depth[:, 20:].max() < 1e-15
    above = simulate(domain, State(np.where(left, 1.4, 0.0)), CPU, forcing, until=1.0)
    spilt = above.state.depth[:, 20:].sum() * 25.0
    assert spilt == pytest.approx(0.577 * 2 / 3 * math.sqrt(2 * G) * 0.4**1.5 * 15.0, rel=0.15)


@pytest.mark.parametrize("what", ["bed", "crest_west"])
def test_a_breach_lets_water_through_from_its_start(what: Literal["bed", "crest_west"]) -> None:
    """Behind a dike of 2 m, 1.5 m of water; it gives way after 60 s and both sides meet at half."""
    domain = box(5, 21, cell=10.0)
    crest = np.full(domain.shape, -np.inf)
    if what == "bed":
        domain.bed[:, 10] = 2.0
    else:
        crest[:, 10] = 2.0
    depth = np.where(np.indices(domain.shape)[1] < 10, 1.5, 0.0)
    breach = Breach(np.arange(1, 4), np.full(3, 10), 60.0, 0.0, 30.0, 30.0, "cosine", what)
    forcing = Forcing(structures=Structures(crest_west=crest, breaches=[breach]))
    held: list[float] = []
    watch = Observer([60.0], lambda snapshot: held.append(float(snapshot.depth[:, 11:].max())))
    report = simulate(domain, State(depth), CPU, forcing, until=3600.0, observers=[watch])
    assert held == [0.0]
    level = report.state.depth[:, [2, 18]].mean(axis=0)
    cells = 105 - (2 if what == "bed" else 0)
    assert level == pytest.approx([75.0 / cells] * 2, rel=0.06)
    assert abs(report.mass.error_relative) < 1e-12


def channel(slope: float, boundaries: list[Boundary], until: float, depth: float = 1.0) -> Report:
    domain = Domain(np.tile(-slope * 5.0 * np.arange(80), (3, 1)), 5.0, 0.03)
    return simulate(domain, State(np.full((3, 80), depth)), CPU, Forcing(boundaries), until=until)


def test_uniform_flow_keeps_the_depth_of_manning() -> None:
    """Q / b = h^(5/3) sqrt(S) / n = 1.0541 m2/s for 1 m, S = 0.001, n = 0.03."""
    unit = math.sqrt(0.001) / 0.03
    inflow = Boundary("west", "discharge", series=Series.constant(unit * 15.0), name="in")
    outflow = Boundary("east", "normal_depth", slope=0.001, name="out")
    report = channel(0.001, [inflow, outflow], 1800.0, depth=0.8)
    assert report.state.depth[1, 20:70] == pytest.approx(np.ones(50), abs=0.01)
    assert report.mass.boundaries["in"] == pytest.approx(unit * 15 * 1800)


def test_a_rating_curve_settles_where_it_passes_the_inflow() -> None:
    rating = Series.of([[-0.4, 0.0], [0.6, 20.0], [1.6, 60.0]])
    inflow = Boundary("west", "discharge", series=Series.constant(10.0))
    report = channel(0.001, [inflow, Boundary("east", "rating", rating=rating)], 3600.0)
    level = report.state.depth[:, -1].mean() - 0.001 * 5.0 * 79
    assert level == pytest.approx(0.1, abs=0.02)


def test_a_level_at_the_edge_fills_the_land_behind_it() -> None:
    tide = Boundary("west", "level", series=Series.of([[0.0, 0.0], [600.0, 0.5]]), name="sea")
    domain = box(3, 30, bed=-0.2, cell=5.0)
    report = simulate(domain, dry(domain), CPU, Forcing([tide]), until=5000.0)
    assert report.state.depth == pytest.approx(np.full((3, 30), 0.7), abs=0.01)
    assert report.mass.boundaries["sea"] == pytest.approx(report.mass.final, rel=1e-12)


def test_an_open_edge_lets_all_water_fall() -> None:
    domain = Domain(np.tile(-0.01 * np.arange(30), (3, 1)), 1.0, 0.02)
    report = simulate(
        domain, State(np.full((3, 30), 0.5)), CPU, Forcing([Boundary("east", "open")]), until=600.0
    )
    assert report.mass.final < 0.01 * report.mass.initial
    assert abs(report.mass.error_relative) < 1e-12


def test_a_dry_river_bed_fills_from_its_lowest_cells() -> None:
    bed = np.tile(np.array([[2.0], [0.0], [0.0], [2.0]]), (1, 40)) - 0.002 * np.arange(40)
    inflow = Boundary("west", "discharge", series=Series.constant(1.0))
    report = simulate(Domain(bed, 2.0, 0.03), dry(Domain(bed, 2.0)), CPU, Forcing([inflow]), until=30.0)
    assert report.state.depth[[0, 3]].max() == 0.0
    assert report.mass.final == pytest.approx(30.0)
