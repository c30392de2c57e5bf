"""Runs of cases that have an exact solution; tests and the plots of the documentation use them."""

from dataclasses import dataclass

import numpy as np

from stadtkern.compute.series import Series
from stadtkern.hazards.flood.solver import Boundary, Domain, Forcing, Options, Rain, Report, State, simulate
from stadtkern.hazards.flood.solver.exact import Bowl, Exact, Floats, swashes


@dataclass(frozen=True, slots=True)
class Channel:
    """A case of SWASHES along x: its numbers, size, friction, what comes in, how high it stands at last."""

    numbers: tuple[int, int, int, int]
    length: float
    manning: float
    discharge: float
    until: float
    level_out: bool = True
    rain: float = 0.0
    depth_in: bool = False


CHANNELS = {
    "bump subcritical": Channel((1, 1, 1, 1), 25.0, 0.0, 4.42, 300.0),
    "bump transcritical": Channel((1, 1, 1, 2), 25.0, 0.0, 1.53, 200.0, level_out=False),
    "bump with shock": Channel((1, 1, 1, 3), 25.0, 0.0, 0.18, 600.0),
    "MacDonald subcritical": Channel((1, 2, 1, 2), 1000.0, 0.033, 2.0, 4000.0),
    "MacDonald supercritical": Channel(
        (1, 2, 1, 4), 1000.0, 0.04, 2.5, 3000.0, level_out=False, depth_in=True
    ),
    "MacDonald sub- to supercritical": Channel((1, 2, 1, 6), 1000.0, 0.0218, 2.0, 4000.0, level_out=False),
    "MacDonald with shock": Channel((1, 2, 1, 8), 1000.0, 0.0218, 2.0, 4000.0),
    "short with shock": Channel((1, 2, 2, 2), 100.0, 0.0328, 2.0, 1000.0),
    "MacDonald with rain": Channel((1, 2, 4, 2), 1000.0, 0.033, 1.0, 6000.0, rain=0.001),
}


def run_channel(
    case: Channel, cells: int, options: Options, exact: Exact | None = None
) -> tuple[Report, Exact]:
    """Run a channel to its steady state; `exact` replaces the solution of SWASHES."""
    exact = exact or swashes(*case.numbers, cells)
    cell = case.length / cells
    fast = Series.constant(float(exact.depth[0])) if case.depth_in else None
    west = Boundary("west", "discharge", series=Series.constant(case.discharge * cell), depth=fast)
    if case.level_out:
        out = Boundary("east", "level", series=Series.constant(float(exact.depth[-1] + exact.bed[-1])))
    else:
        out = Boundary("east", "open")
    domain = Domain(exact.bed[None, :], cell, case.manning)
    rain = [Rain(Series.constant(case.rain))] if case.rain else []
    start = exact.depth[None, :] * 1.0
    report = simulate(
        domain,
        State(np.full_like(start, start.mean()) if not case.depth_in else start),
        options,
        Forcing(boundaries=[west, out], rain=rain),
        until=case.until,
    )
    return report, exact


def run_dam(choice: int, cells: int, options: Options) -> tuple[Report, Exact]:
    """Run the dam break of SWASHES 1 3 1 `choice`: 1 wet (Stoker), 2 dry (Ritter), 10 m long, 6 s."""
    exact = swashes(1, 3, 1, choice, cells)
    dry = 0.001 if choice == 1 else 0.0
    depth = np.where(exact.x < 5.0, 0.005, dry)  # noqa: PLR2004  # place of the dam
    report = simulate(
        Domain(np.zeros((1, cells)), 10.0 / cells, 0.0), State(depth[None, :]), options, until=6.0
    )
    return report, exact


def run_bowl(bowl: Bowl, shape: str, periods: float, options: Options) -> tuple[Report, Floats]:
    """Run water in a paraboloid for some periods; return the report and the exact depth."""
    solve = bowl.planar if shape == "planar" else bowl.radial
    period = bowl.planar_period() if shape == "planar" else bowl.radial_period()
    depth, u, v = solve(0.0)
    report = simulate(
        Domain(bowl.bed(), bowl.cell, 0.0), State.from_velocity(depth, u, v), options, until=periods * period
    )
    return report, solve(periods * period)[0]
