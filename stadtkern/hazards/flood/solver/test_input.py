"""What the solver refuses, and how it stops."""

# fixtures and parameters of many kinds

import math
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from stadtkern.hazards.flood.solver import (
    Boundary,
    Cancelled,
    Domain,
    Forcing,
    Infiltration,
    Inflow,
    Link,
    Observer,
    Options,
    Progress,
    Rain,
    Series,
    State,
    TimeStepCollapse,
    memory_needed,
    simulate,
)

CPU = Options(device="cpu", threads=1)
FLAT = np.zeros((4, 5))
HOLED = np.array([[0.0, np.nan], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Domain(HOLED, 1.0), "row 0, column 1"),
        (lambda: Domain(FLAT[0], 1.0), "rows and columns"),
        (lambda: Domain(FLAT, 0.0), "more than 0 m"),
        (lambda: Domain(FLAT, math.inf), "more than 0 m"),
        (lambda: Domain(FLAT, 1.0, -0.1), "Manning's n"),
        (lambda: Domain(FLAT, 1.0, np.full((4, 5), np.nan)), "Manning's n"),
        (lambda: Domain(FLAT, 1.0, np.zeros((2, 2))), r"\(2, 2\)"),
        (lambda: Domain(FLAT, 1.0, active=np.ones((2, 2), bool)), r"\(2, 2\)"),
        (lambda: Options(scheme="magic"), "hllc, local_inertial"),  # type: ignore[arg-type]  # as a file may say it
        (lambda: Options(precision="float16"), "float64, float32"),  # type: ignore[arg-type]  # as a file may say it
        (lambda: Options(device="tpu"), "auto, cpu, cuda"),  # type: ignore[arg-type]  # as a file may say it
        (lambda: Options(order=3), "order must be 1 or 2"),
        (lambda: Options(scheme="local_inertial", order=2), "order 1"),
        (lambda: Options(cfl=0.9), "at most 0.5"),
        (lambda: Options(tile=(0, 4)), "tile"),
        (lambda: Options(arrival_depth=1e-9), "arrival_depth"),
        (lambda: Series(np.array([0.0, 0.0]), np.array([1.0, 2.0])), "must increase: 0 s follows 0 s"),
        (lambda: Series(np.array([0.0]), np.array([np.nan])), "no finite number"),
        (lambda: Series(np.zeros(0), np.zeros(0)), "as many values as times"),
        (lambda: Series.of([[1.0, 2.0, 3.0]]), "pairs of time and value"),
        (lambda: Boundary("up", "open"), "west, east, north, south"),  # type: ignore[arg-type]  # as a file may say it
        (lambda: Boundary("west", "sponge"), "wall, open, level"),  # type: ignore[arg-type]  # as a file may say it
        (lambda: Boundary("west", "level"), "needs a series"),
        (lambda: Boundary("west", "normal_depth"), "slope > 0"),
        (lambda: Boundary("west", "rating"), "rating curve"),
        (lambda: Infiltration("sponge"), "constant, scs, green_ampt"),  # type: ignore[arg-type]  # as a file may say it
        (lambda: Infiltration("constant", -1.0), ">= 0"),
        (lambda: Link((0, 0), (1, 1), "gate"), "series of its opening"),
        (lambda: Link((0, 0), (1, 1), "pump"), "series in m3/s"),
        (lambda: Link((0, 0), (1, 1), "weir", width=0.0), "more than 0 m"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize(
    ("forcing", "says"),
    [
        (Forcing([Boundary("west", "open", 0, 9)]), "no piece of the west edge"),
        (
            Forcing([Boundary("west", "open"), Boundary("west", "open", 1, 2)]),
            "share cell 1 of the west edge",
        ),
        (Forcing(rain=[Rain(Series.constant(1.0), np.zeros((1, 9)))]), r"rain has the shape \(1, 9\)"),
        (
            Forcing(inflows=[Inflow(np.array([9]), np.array([0]), Series.constant(1.0), name="x")]),
            "row 9, column 0",
        ),
        (
            Forcing(inflows=[Inflow(np.array([0]), np.array([0]), Series.constant(1.0), name="x")]),
            "is blocked",
        ),
    ],
)
def test_what_lies_outside_is_refused(forcing: Forcing, says: str) -> None:
    active = np.ones((4, 5), dtype=bool)
    active[0, 0] = False
    with pytest.raises(ValueError, match=says):
        simulate(Domain(FLAT, 1.0, active=active), State(FLAT), CPU, forcing, until=1.0)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (State(np.full((4, 5), -1.0)), "numbers >= 0"),
        (State(np.full((4, 5), np.nan)), "numbers >= 0"),
        (State(np.zeros((2, 2))), r"\(2, 2\)"),
        (
            State.from_checkpoint(
                {"depth": FLAT, "discharge_x": FLAT, "discharge_y": FLAT, "time": np.array(0.0)}
            ),
            "checkpoint",
        ),
    ],
)
def test_water_that_does_not_fit_is_refused(state: State, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        simulate(Domain(FLAT, 1.0), state, CPU, until=1.0)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        simulate(Domain(FLAT, 1.0), State(FLAT, time=10.0), CPU, until=5.0)


def test_a_collapse_says_where_and_leaves_a_checkpoint() -> None:
    depth = np.ones((4, 5))
    u = np.zeros((4, 5))
    u[1, 2] = 1e6
    options = Options(device="cpu", threads=1, min_step=1e-5)
    with pytest.raises(
        TimeStepCollapse, match="wave of 1e\\+06 m/s in 1 m of water in row 1, column 2"
    ) as caught:
        simulate(Domain(FLAT, 1.0, 0.0), State.from_velocity(depth, u, 0.0), options, until=10.0)
    assert (caught.value.row, caught.value.column) == (1, 2)
    assert (caught.value.x, caught.value.y) == (2.5, 2.5)
    assert caught.value.checkpoint["depth"].sum() == 20.0


def test_cancelling_keeps_a_checkpoint_that_goes_on() -> None:
    depth = np.where(np.arange(200) < 100, 2.0, 1.0)[None, :]
    domain = Domain(np.zeros((1, 200)), 1.0)
    straight = simulate(domain, State(depth), CPU, until=400.0, observers=[Observer([1.0], lambda _: None)])
    with pytest.raises(Cancelled) as caught:
        simulate(domain, State(depth), CPU, until=1e9, cancel=lambda: True)
    state = State.from_checkpoint(caught.value.checkpoint)
    assert 0 < state.time < 1e9
    assert straight.mass.final == pytest.approx(float(state.depth.sum()))


def test_progress_tells_what_is_left() -> None:
    heard: list[Progress] = []
    depth = np.where(np.arange(400) < 100, 2.0, 1.0)[None, :]
    with pytest.raises(Cancelled):
        simulate(
            Domain(np.zeros((1, 400)), 1.0), State(depth), CPU, until=1e9,
            progress=heard.append, cancel=lambda: bool(heard),
        )  # fmt: skip
    assert heard[0].remaining_seconds > 0
    assert 0 < heard[0].time < heard[0].until


def test_the_memory_of_a_billion_cells_is_known_before() -> None:
    assert memory_needed((31623, 31623), Options()) > 100 * 2**30
    assert memory_needed((1000, 1000), Options(precision="float32")) < memory_needed((1000, 1000), Options())


def test_the_package_imports_without_numba() -> None:
    """Commands start fast; numba is imported when a run begins."""
    code = "import sys, stadtkern.hazards.flood.solver; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
