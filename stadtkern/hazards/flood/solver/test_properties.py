"""What must hold whatever the terrain: mass, symmetry, determinism, restart, precision."""

# fixtures and parameters of many kinds

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    Snapshot,
    State,
    Structures,
    simulate,
)
from stadtkern.hazards.flood.solver.domain import Array, Precision
from stadtkern.hazards.flood.solver.exact import Floats

CPU = Options(device="cpu", threads=2, tile=(16, 16), maxima_every=1)
SCHEMES = [replace(CPU), replace(CPU, order=2), replace(CPU, scheme="local_inertial")]
ALL = pytest.mark.parametrize("options", SCHEMES, ids=["first", "second", "inertial"])
ROWS, COLUMNS = 44, 57

Hills: TypeAlias = Callable[[int, int], Floats]


def ground(hills: Hills) -> Domain:
    active = np.ones((ROWS, COLUMNS), dtype=bool)
    active[20:24, 30:33] = False
    manning = 0.02 + 0.02 * np.random.default_rng(3).random((ROWS, COLUMNS))
    return Domain(hills(ROWS, COLUMNS), 2.0, manning, active)


def pool(domain: Domain) -> State:
    depth = np.maximum(0.7 - domain.bed, 0.0)
    depth[:, COLUMNS // 2 :] = 0.0
    depth[domain.active == 0] = 0.0
    return State.from_velocity(depth, 0.3, -0.2)


def everything(domain: Domain) -> Forcing:
    """Return one of each thing that can act on water."""
    crest = np.full(domain.shape, -np.inf)
    crest[5:30, 40] = 1.4
    return Forcing(
        boundaries=[
            Boundary("west", "discharge", 4, 20, Series.of([[0.0, 1.0], [20.0, 6.0]]), name="river"),
            Boundary("east", "open"),
            Boundary("north", "level", 3, 10, Series.constant(0.9)),
            Boundary("south", "normal_depth", 0, 30, slope=0.002),
            Boundary("south", "rating", 30, 40, rating=Series.of([[0.4, 0.0], [1.5, 4.0]])),
        ],
        rain=[
            Rain(Series.of([[0.0, 2e-5], [15.0, 0.0]])),
            Rain(Series.constant(1.0), np.linspace(0, 3e-5, ROWS * COLUMNS).reshape(domain.shape)),
        ],
        infiltration=Infiltration("green_ampt", 2e-6, np.full(domain.shape, 0.02)),
        drainage=Drainage(3e-6),
        inflows=[Inflow(np.array([10, 11]), np.array([50, 50]), Series.constant(2.0), np.array([1.0, 3.0]))],
        structures=Structures(
            crest_west=crest,
            links=[
                Link((10, 50), (36, 45), "culvert", 0.5, 0.5, name="pipe"),
                Link((36, 45), (10, 10), "pump", series=Series.constant(0.1), switch_on=0.05),
            ],
            breaches=[Breach(np.arange(12, 20), np.full(8, 40), 5.0, 0.2, 10.0, 8.0, what="crest_west")],
        ),
    )


def same(one: Report, other: Report) -> None:
    for name, grid in one.checkpoint.items():
        if name not in {"wall_seconds", "updates"}:
            np.testing.assert_array_equal(grid, other.checkpoint[name], err_msg=name)


@ALL
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_all_water_is_accounted_for(options: Options, precision: Precision, hills: Hills) -> None:
    domain = ground(hills)
    report = simulate(
        domain, pool(domain), replace(options, precision=precision), everything(domain), until=40.0
    )
    mass = report.mass
    assert (
        min(mass.rain, mass.infiltration, mass.drainage, mass.boundaries["river"], mass.inflows["inflow 1"])
        > 0
    )
    assert mass.boundaries["river"] == pytest.approx(
        3.5 * 20 + 6 * 20, rel=1e-4 if precision == "float32" else 1e-9
    )
    assert abs(mass.error_relative) < (1e-12 if precision == "float64" else 2e-5)
    assert report.state.depth.min() >= 0


@ALL
def test_threads_and_tiles_change_no_bit(options: Options, hills: Hills) -> None:
    domain = ground(hills)
    first = simulate(domain, pool(domain), options, everything(domain), until=25.0)
    for threads, tile in ((1, (16, 16)), (2, (7, 11)), (2, (44, 57)), (1, (5, 33))):
        again = replace(options, threads=threads, tile=tile)
        same(first, simulate(domain, pool(domain), again, everything(domain), until=25.0))


@ALL
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_restart_equals_a_straight_run(options: Options, precision: Precision, hills: Hills) -> None:
    domain, forcing = ground(hills), everything(ground(hills))
    options = replace(options, precision=precision, maxima_every=3)
    kept: list[dict[str, Any]] = []

    def keep(snapshot: Snapshot) -> None:
        kept.append(snapshot.checkpoint())

    straight = simulate(
        domain,
        pool(domain),
        options,
        forcing,
        until=20.0,
        observers=[Observer([7.3], keep), Observer([12.0], keep)],
    )
    seen: list[float] = []
    again = simulate(
        domain,
        State.from_checkpoint(kept[0]),
        options,
        forcing,
        until=20.0,
        observers=[Observer([7.3, 12.0], lambda snapshot: seen.append(snapshot.time))],
    )
    assert seen == [12.0]
    same(straight, again)
    assert straight.steps == again.steps


@ALL
def test_a_dry_tile_that_gets_wet_and_dry_again_is_no_different(options: Options) -> None:
    """A wave runs up a slope and back, over many small tiles, or within one."""
    x = np.arange(90)
    domain = Domain(np.tile(0.02 * x, (3, 1)), 1.0, 0.02)
    start = State(np.where(x < 25, np.maximum(1.1 - domain.bed, 0.0), 0.0))
    small = simulate(domain, start, replace(options, tile=(2, 4)), until=60.0)
    large = simulate(domain, start, replace(options, tile=(3, 90)), until=60.0)
    same(small, large)
    assert small.cell_updates < large.cell_updates


Turn: TypeAlias = tuple[Callable[[Array], Array], Callable[[Array, Array], tuple[Array, Array]]]
TURNS: dict[str, Turn] = {
    "mirror": (lambda a: a[:, ::-1], lambda u, v: (-u[:, ::-1], v[:, ::-1])),
    "flip": (lambda a: a[::-1], lambda u, v: (u[::-1], -v[::-1])),
    "quarter turn": (np.rot90, lambda u, v: (-np.rot90(v), np.rot90(u))),
    "transpose": (np.transpose, lambda u, v: (-v.T, -u.T)),
}


@ALL
@pytest.mark.parametrize("turn", TURNS)
def test_turned_terrain_gives_the_turned_flow(options: Options, turn: str, hills: Hills) -> None:
    """Exactly so for the mirror; a turn may change in which order numbers are added."""
    place, flow = TURNS[turn]
    bed = hills(40, 40)
    depth = np.maximum(0.75 - bed, 0.0)
    depth[:, 20:] = 0.0
    straight = simulate(Domain(bed, 1.0, 0.03), State(depth), options, until=6.0)
    domain = Domain(np.ascontiguousarray(place(bed)), 1.0, 0.03)
    turned = simulate(domain, State(np.ascontiguousarray(place(depth))), options, until=6.0)
    np.testing.assert_allclose(turned.state.depth, place(straight.state.depth), rtol=0, atol=1e-13)
    u, v = flow(straight.velocity_x, straight.velocity_y)
    deep = turned.state.depth > 1e-3
    np.testing.assert_allclose(turned.velocity_x[deep], u[deep], rtol=0, atol=1e-11)
    np.testing.assert_allclose(turned.velocity_y[deep], v[deep], rtol=0, atol=1e-11)


@ALL
def test_single_precision_is_close_to_double(options: Options, hills: Hills) -> None:
    """On terrain 250 m above the sea, where a float32 has 3e-5 m."""
    domain = Domain(hills(40, 40) + 250.0, 1.0, 0.03)
    state = State.from_level(domain, 250.0 + np.where(np.arange(40) < 20, 0.8, 0.4))
    double = simulate(domain, state, options, until=20.0)
    single = simulate(domain, state, replace(options, precision="float32"), until=20.0)
    assert single.state.depth.dtype == np.float32
    assert np.abs(single.state.depth - double.state.depth).max() < 2e-4


@given(seed=st.integers(0, 2**31), order=st.sampled_from([1, 2]), steep=st.floats(0.0, 5.0))
@settings(max_examples=40)
def test_depths_never_become_negative(seed: int, order: int, steep: float) -> None:
    """Any terrain, any water: columns, cliffs, fast films; no clipping, so mass shows any trick."""
    random = np.random.default_rng(seed)
    bed = steep * random.random((12, 15))
    depth = np.where(random.random((12, 15)) < 0.3, 10.0 ** random.uniform(-7, 1, (12, 15)), 0.0)
    state = State.from_velocity(depth, random.uniform(-5, 5, (12, 15)), random.uniform(-5, 5, (12, 15)))
    options = replace(CPU, order=order, threads=1)
    report = simulate(Domain(bed, 1.0, 0.03 * random.random()), state, options, until=1.0)
    assert report.state.depth.min() >= 0
    assert abs(report.mass.error_relative) < 1e-13


def test_maxima_know_when_water_came_and_how_long_it_stayed() -> None:
    x = np.arange(60)
    domain = Domain(np.zeros((1, 60)), 1.0, 0.0)
    state = State(np.where(x < 30, 1.0, 0.0)[None, :])
    depths: list[Floats] = []
    watch = Observer([0.0, *np.arange(0.05, 4.0, 0.05)], lambda snapshot: depths.append(snapshot.depth[0]))
    report = simulate(domain, state, CPU, until=4.0, observers=[watch])
    seen = np.array(depths)
    assert report.maxima is not None
    assert np.all(report.maxima.depth[0] >= seen.max(axis=0) - 1e-12)
    first = np.where((seen > 0.05).any(axis=0), 0.05 * (seen > 0.05).argmax(axis=0), np.nan)
    np.testing.assert_allclose(report.maxima.arrival_time[0], first, atol=0.06)
    wet_for = 4.0 - report.maxima.arrival_time[0]
    np.testing.assert_allclose(report.maxima.duration[0][30:40], wet_for[30:40], atol=0.2)
    assert report.maxima.duration[0][0] == pytest.approx(4.0)


def test_fast_water_marks_where_local_inertia_is_invalid() -> None:
    domain = Domain(np.tile(-0.05 * np.arange(50), (3, 1)), 1.0, 0.01)
    forcing = Forcing([Boundary("west", "discharge", series=Series.constant(1.0)), Boundary("east", "open")])
    options = replace(CPU, scheme="local_inertial")
    steep = simulate(domain, State(np.zeros((3, 50))), options, forcing, until=60.0)
    assert steep.maxima is not None
    assert steep.maxima.invalid.mean() > 0.5
    still = simulate(domain, State.from_level(domain, 0.5), options, until=1.0)
    assert still.maxima is not None
    assert not still.maxima.invalid[:, 10:20].any()
