"""Uncertain input: what differs between the members of an ensemble."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stadtkern.compute.series import Series
from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.problem import Problem
from stadtkern.hazards.flood.scenario.model import Ensemble


@dataclass(frozen=True, slots=True)
class Draw:
    """The factors and shifts of one member."""

    member: int
    """1 and more."""
    inflow: float
    """Factor on inflows and discharges at boundaries."""
    roughness: float
    """Factor on Manning's n."""
    rain: float
    """Factor on rain."""
    level: float
    """Shift of level boundaries in m."""
    breach: bool
    """Whether the breaches happen."""
    breach_start: float
    """Shift of the start of breaches in s."""
    breach_width: float
    """Factor on the width of breaches."""


def draws(table: Ensemble, count: int) -> list[Draw]:
    """Draw the members; member k is the same whatever the count, so that an ensemble can be enlarged."""
    return [draw(table, member) for member in range(1, count + 1)]


def draw(table: Ensemble, member: int) -> Draw:
    """Draw one member: factors log-normal with median 1, shifts normal around 0."""
    random = np.random.default_rng([table.seed, member])
    normal = random.standard_normal(6)
    return Draw(
        member=member,
        inflow=float(np.exp(table.inflow * normal[0])),
        roughness=float(np.exp(table.roughness * normal[1])),
        rain=float(np.exp(table.rain * normal[2])),
        level=float(table.level * normal[3]),
        breach=bool(random.random() < table.breach_probability),
        breach_start=float(table.breach_start * normal[4]),
        breach_width=float(np.exp(table.breach_width * normal[5])),
    )


def changed(problem: Problem, draw: Draw) -> tuple[solver.Domain, solver.Forcing]:
    """Return terrain and forcing of a member."""
    domain = dataclasses.replace(problem.domain, manning=problem.domain.manning * draw.roughness)
    forcing = problem.forcing
    structures = dataclasses.replace(forcing.structures, breaches=breaches(forcing.structures.breaches, draw))
    return domain, dataclasses.replace(
        forcing,
        boundaries=[boundary(b, draw) for b in forcing.boundaries],
        inflows=[
            dataclasses.replace(i, series=scaled(i.series, draw.inflow)) if is_inflow(i) else i
            for i in forcing.inflows
        ],
        rain=[dataclasses.replace(r, series=scaled(r.series, draw.rain)) for r in forcing.rain],
        structures=structures,
    )


def is_inflow(inflow: solver.Inflow) -> bool:
    """Tell an inflow of the scenario from a pump, whose capacity is not uncertain."""
    return inflow.name.startswith("inflow")


def scaled(series: Series, factor: float = 1.0, shift: float = 0.0) -> Series:
    """Return a series times `factor` plus `shift`."""
    return Series(series.times, series.values * factor + shift, series.kind)


def boundary(b: solver.Boundary, draw: Draw) -> solver.Boundary:
    """Return a boundary of a member."""
    if b.series is None:
        return b
    if b.kind == "discharge":
        return dataclasses.replace(b, series=scaled(b.series, draw.inflow))
    return dataclasses.replace(b, series=scaled(b.series, shift=draw.level))


def breaches(found: Sequence[solver.Breach], draw: Draw) -> list[solver.Breach]:
    """Return the breaches of a member, shifted in time and narrower, or none."""
    if not draw.breach:
        return []
    result = []
    for b in found:
        count = len(b.rows)
        kept = int(np.clip(round(count * draw.breach_width), 1, count))
        first = (count - kept) // 2
        part = slice(first, first + kept)
        start = max(b.start + draw.breach_start, 0.0)
        result.append(dataclasses.replace(b, rows=b.rows[part], columns=b.columns[part], start=start))
    return result
