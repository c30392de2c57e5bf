"""What a simulation tells: on the way, at its end, when it fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from stadtkern.hazards.flood.solver.domain import Array, State


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The water at one time, as observers see it; arrays are copies, shape (rows, columns).

    Parameters
    ----------
    depth : array
        m.
    velocity_x, velocity_y : array
        Eastwards and northwards, m/s; 0 where dry.
    checkpoint : callable
        Returns all that a run has in memory as a dict of arrays, see `State.from_checkpoint`.
    """

    time: float
    step: int
    depth: Array
    velocity_x: Array
    velocity_y: Array
    checkpoint: Callable[[], dict[str, npt.NDArray[Any]]]


@dataclass(frozen=True, slots=True, eq=False)
class Observer:
    """Wants to see the water at times (s): the run ends a step exactly there and calls with a `Snapshot`.

    With `cells` (rows, columns) the arrays of the snapshot have the shape (n,) and hold these cells only:
    cheap enough for gauges at short intervals.
    """

    times: Sequence[float]
    call: Callable[[Snapshot], None]
    cells: tuple[npt.NDArray[np.integer[Any]], npt.NDArray[np.integer[Any]]] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; given to the callback `progress` about once a second."""

    time: float
    until: float
    step: int
    time_step: float
    wall_seconds: float
    remaining_seconds: float
    active_share: float


@dataclass(frozen=True, slots=True, eq=False)
class Maxima:
    """Largest values over time, shape (rows, columns).

    Parameters
    ----------
    depth, velocity, intensity : array
        m, m/s, m2/s (velocity times depth, of the same moment).
    arrival_time : array
        Seconds until the depth first passed `Options.arrival_depth`; NaN where never.
    duration : array
        Seconds with more than that depth.
    invalid : boolean array
        Where the local inertial scheme met a Froude number above 0.8, outside of what it may be used for.
    """

    depth: Array
    velocity: Array
    intensity: Array
    arrival_time: Array
    duration: Array
    invalid: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Mass:
    """Where the water came from and went, m3, since the start of the run (or of the run it resumes).

    `boundaries` and `inflows` are positive into the domain; `infiltration`, `drainage` are losses; `links`
    holds what passed each link from start to end (no change of the total).
    """

    initial: float
    final: float
    rain: float
    infiltration: float
    drainage: float
    boundaries: dict[str, float]
    inflows: dict[str, float]
    links: dict[str, float]

    @property
    def error(self) -> float:
        """Return what is there too much, m3."""
        gains = self.initial + self.rain + sum(self.boundaries.values()) + sum(self.inflows.values())
        return self.final - (gains - self.infiltration - self.drainage)

    @property
    def error_relative(self) -> float:
        """Return the error as a share of all water that was ever in the domain."""
        gains = [*self.boundaries.values(), *self.inflows.values()]
        total = self.initial + self.rain + sum(each for each in gains if each > 0)
        return self.error / total if total > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The end of a run."""

    state: State
    velocity_x: Array
    velocity_y: Array
    maxima: Maxima | None
    mass: Mass
    steps: int
    rejected_steps: int
    cell_updates: int
    wall_seconds: float
    device: str
    threads: int
    checkpoint: dict[str, npt.NDArray[Any]] = field(default_factory=dict, repr=False)

    @property
    def cell_updates_per_second(self) -> float:
        """Return cells of active tiles per second and step."""
        return self.cell_updates / self.wall_seconds if self.wall_seconds > 0 else 0.0


class Cancelled(Exception):
    """The callback `cancel` said yes; `checkpoint` goes on from there."""

    def __init__(self, time: float, checkpoint: dict[str, npt.NDArray[Any]]) -> None:
        super().__init__(f"cancelled at {time:g} s")
        self.time = time
        self.checkpoint = checkpoint


class TimeStepCollapse(Exception):
    """The time step became too small to go on: where, when and why; `checkpoint` is the last good state."""

    def __init__(  # noqa: PLR0913  # all that a person needs to find the place
        self,
        *,
        time: float,
        step: float,
        row: int,
        column: int,
        x: float,
        y: float,
        reason: str,
        checkpoint: dict[str, npt.NDArray[Any]],
    ) -> None:
        super().__init__(
            f"time step of {step:.3g} s at {time:.6g} s is too small to go on: {reason} in row {row}, "
            f"column {column} ({x:g} m east of the west edge, {y:g} m north of the south edge)"
        )
        self.time, self.step, self.row, self.column, self.x, self.y = time, step, row, column, x, y
        self.reason, self.checkpoint = reason, checkpoint
