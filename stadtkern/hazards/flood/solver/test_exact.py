"""The solver against exact solutions."""

from collections.abc import Callable

import numpy as np
import pytest

from stadtkern.hazards.flood.solver import Domain, Options, State, simulate
from stadtkern.hazards.flood.solver.cases import CHANNELS, run_bowl, run_channel, run_dam
from stadtkern.hazards.flood.solver.exact import Bowl, Floats, bump, swashes

Hills = Callable[[int, int], Floats]
FIRST = Options(device="cpu", threads=1, dry_depth=1e-9, maxima_every=0)
SECOND = Options(device="cpu", threads=1, dry_depth=1e-9, maxima_every=0, order=2)
BOTH = pytest.mark.parametrize("options", [FIRST, SECOND], ids=["first", "second"])


@BOTH
@pytest.mark.parametrize("choice", [4, 5], ids=["submerged", "emerged"])
@pytest.mark.usefixtures("oracle")
def test_a_lake_over_a_bump_stays_at_rest(options: Options, choice: int) -> None:
    bed = swashes(1, 1, 1, choice, 200).bed[None, :]
    domain = Domain(bed, 25.0 / 200, 0.0)
    level = 0.5 if choice == 4 else 0.1
    report = simulate(domain, State.from_level(domain, level), options, until=50.0)
    assert report.state.discharge_x is not None
    assert np.abs(report.state.discharge_x).max() < 1e-12
    wet = report.state.depth > 0
    assert np.abs((report.state.depth + bed)[wet] - level).max() < 1e-12


@BOTH
def test_a_lake_with_an_island_stays_at_rest_in_two_dimensions(options: Options, hills: Hills) -> None:
    domain = Domain(hills(61, 83), 1.0, 0.03)
    report = simulate(domain, State.from_level(domain, 0.6), options, until=60.0)
    assert report.state.discharge_x is not None
    assert report.state.discharge_y is not None
    assert 0 < (report.state.depth == 0).mean() < 1
    assert np.abs(report.state.discharge_x).max() < 1e-12
    assert np.abs(report.state.discharge_y).max() < 1e-12


def test_the_local_inertial_scheme_keeps_a_lake_at_rest(hills: Hills) -> None:
    domain = Domain(hills(61, 83), 1.0, 0.03)
    options = Options(device="cpu", scheme="local_inertial", threads=1)
    report = simulate(domain, State.from_level(domain, 0.6), options, until=60.0)
    assert report.state.discharge_x is not None
    assert np.abs(report.state.discharge_x).max() < 1e-12


@BOTH
@pytest.mark.parametrize("choice", [1, 2], ids=["Stoker", "Ritter"])
@pytest.mark.usefixtures("oracle")
def test_a_dam_break_is_within_half_a_percent(options: Options, choice: int) -> None:
    report, exact = run_dam(choice, 400, options)
    assert np.abs(report.state.depth[0] - exact.depth).mean() / 0.005 < 0.005
    assert abs(report.mass.error_relative) < 1e-13


@BOTH
@pytest.mark.usefixtures("oracle")
def test_a_dam_break_with_friction_follows_dressler(options: Options) -> None:
    """Dressler (1952), 2000 m, 6 m, Chezy 40, 40 s, with the n that is this Chezy at the depth of the end."""
    cells = 400
    exact = swashes(1, 3, 1, 3, cells)
    depth = np.where(exact.x < 1000.0, 6.0, 0.0)[None, :]
    manning = np.maximum(exact.depth, 0.5)[None, :] ** (1 / 6) / 40.0
    report = simulate(
        Domain(np.zeros((1, cells)), 2000.0 / cells, manning), State(depth), options, until=40.0
    )
    wet = exact.depth > 0.0
    front = np.abs(report.state.depth[0] - exact.depth)
    assert front[wet].mean() / 6.0 < 0.01


@BOTH
@pytest.mark.parametrize("name", [each for each in CHANNELS if each != "bump transcritical"])
@pytest.mark.usefixtures("oracle")
def test_a_steady_channel_is_within_five_millimetres(options: Options, name: str) -> None:
    report, exact = run_channel(CHANNELS[name], 400, options)
    assert np.abs(report.state.depth[0] - exact.depth).mean() < 0.005
    assert abs(report.mass.error_relative) < 1e-11


@BOTH
def test_flow_over_a_bump_turns_supercritical(options: Options) -> None:
    exact = bump(400, 1.53)
    report, _ = run_channel(CHANNELS["bump transcritical"], 400, options, exact)
    assert np.abs(report.state.depth[0] - exact.depth).mean() < 0.005


@pytest.mark.parametrize(("periods", "most"), [(1, 0.05), (3, 0.10)])
@pytest.mark.parametrize("shape", ["planar", "radial"])
@pytest.mark.slow
def test_water_swings_in_a_bowl(shape: str, periods: int, most: float) -> None:
    options = Options(device="cpu", threads=1, order=2, maxima_every=0)
    report, exact = run_bowl(Bowl(200), shape, periods, options)
    assert np.abs(report.state.depth - exact).sum() / exact.sum() < most
    assert abs(report.mass.error_relative) < 1e-13


def wave(cells: int, order: int) -> Floats:
    """Return the depth of a smooth wave over a smooth bed before anything breaks."""
    x = (np.arange(cells) + 0.5) / cells
    bed = 0.1 * np.sin(2 * np.pi * x)
    depth = 1.0 + 0.1 * np.cos(2 * np.pi * x) - bed
    options = Options(device="cpu", threads=1, order=order, cfl=0.4, maxima_every=0)
    report = simulate(Domain(bed[None, :], 1.0 / cells, 0.0), State(depth[None, :]), options, until=0.08)
    return np.asarray(report.state.depth[0])


@pytest.mark.parametrize(("order", "least"), [(1, 0.9), (2, 1.7)])
def test_the_order_of_convergence_is_as_announced(order: int, least: float) -> None:
    fine = wave(3200, 2)
    errors = []
    for cells in (100, 200, 400):
        reference = fine.reshape((cells, -1)).mean(axis=1)
        errors.append(np.abs(wave(cells, order) - reference).mean())
    observed = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert observed.min() >= least, observed
