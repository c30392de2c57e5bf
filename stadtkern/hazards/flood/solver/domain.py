"""What a simulation runs on: terrain, water, settings."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]
Scheme = Literal["hllc", "local_inertial"]
Precision = Literal["float64", "float32"]
Device = Literal["auto", "cpu", "cuda"]

SCHEMES = ("hllc", "local_inertial")
PRECISIONS = ("float64", "float32")
DEVICES = ("auto", "cpu", "cuda")


def _grid(name: str, value: "Array | float", shape: tuple[int, int]) -> Array:
    """Return a grid as it is, or check that it has the shape and finite values."""
    grid = np.asarray(value)
    if grid.shape not in {(), shape}:
        raise ValueError(f"{name} has the shape {grid.shape}, the terrain {shape}")
    return grid


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """The terrain that water runs over.

    Parameters
    ----------
    bed : array, shape (rows, columns)
        Elevation of the ground in m; cells that are not `active` may hold anything, also NaN.
    cell : float
        Side of a cell in m.
    manning : float or array, shape (rows, columns)
        Roughness n in s/m^(1/3); 0 is frictionless.
    active : boolean array, shape (rows, columns), optional
        False where no water may be: outside the terrain, in a blocked building. Such cells act as walls.

    Raises
    ------
    ValueError
        Shapes differ, NaN or infinity in an active cell, negative roughness, a side that is not positive.
    """

    bed: Array
    cell: float
    manning: Array | float = 0.033
    active: Mask | None = None

    def __post_init__(self) -> None:
        bed = np.asarray(self.bed)
        if bed.ndim != 2 or 0 in bed.shape:  # noqa: PLR2004  # rows and columns
            raise ValueError(f"the bed must have rows and columns, its shape is {bed.shape}")
        if not (np.isfinite(self.cell) and self.cell > 0):
            raise ValueError(f"the side of a cell must be more than 0 m, not {self.cell}")
        active = None if self.active is None else np.asarray(self.active, dtype=bool)
        if active is not None and active.shape != bed.shape:
            raise ValueError(f"active has the shape {active.shape}, the terrain {bed.shape}")
        holes = ~np.isfinite(bed) if active is None else active & ~np.isfinite(bed)
        if holes.any():
            row, column = (int(each[0]) for each in np.nonzero(holes))
            raise ValueError(
                f"the bed has no value in {int(holes.sum())} active cells, "
                f"first at row {row}, column {column}"
            )
        manning = _grid("manning", self.manning, (bed.shape[0], bed.shape[1]))
        rough = manning if manning.ndim == 0 or active is None else manning[active]
        if not np.all(np.isfinite(rough)) or np.any(rough < 0):
            raise ValueError("Manning's n must be a number >= 0 in every active cell")

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns."""
        return (self.bed.shape[0], self.bed.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The water at one time.

    Parameters
    ----------
    depth : array, shape (rows, columns)
        Depth of water h in m, >= 0.
    discharge_x, discharge_y : array, shape (rows, columns), optional
        Discharge per width hu (eastwards) and hv (northwards) in m2/s; still water if left out.
    time : float
        Seconds since the start.
    checkpoint : dict of arrays, optional
        All that a run has in memory (`Report.checkpoint`, `Snapshot.checkpoint()`): a run that begins with it
        goes on bit for bit as if it had not been interrupted. The arrays above are then not read.
    """

    depth: Array
    discharge_x: Array | None = None
    discharge_y: Array | None = None
    time: float = 0.0
    checkpoint: dict[str, npt.NDArray[Any]] | None = None

    @classmethod
    def from_velocity(
        cls, depth: Array, velocity_x: Array | float, velocity_y: Array | float, time: float = 0.0
    ) -> "State":
        """Return the state of water of this depth (m) that moves with these velocities (m/s)."""
        return cls(depth, depth * velocity_x, depth * velocity_y, time)

    @classmethod
    def from_level(cls, domain: Domain, level: Array | float, time: float = 0.0) -> "State":
        """Return still water up to a level in m, in all active cells that lie lower."""
        depth = np.maximum(level - domain.bed, 0.0)
        return cls(np.where(np.isfinite(depth), depth, 0.0), time=time)

    @classmethod
    def from_checkpoint(cls, checkpoint: dict[str, npt.NDArray[Any]]) -> "State":
        """Return the state to go on from."""
        return cls(
            depth=checkpoint["depth"],
            discharge_x=checkpoint["discharge_x"],
            discharge_y=checkpoint["discharge_y"],
            time=float(checkpoint["time"]),
            checkpoint=checkpoint,
        )


@dataclass(frozen=True, slots=True)
class Options:
    """How to solve.

    Parameters
    ----------
    scheme : "hllc" or "local_inertial"
        Full shallow-water equations, or without advection (fast screening for slow flow).
    order : 1 or 2
        Order in space and time; the local inertial scheme has only one.
    precision : "float64" or "float32"
        Of the state; sums and accounts are always float64.
    cfl : float
        Courant number: a wave crosses at most this part of a cell in a step.
    device : "auto", "cpu" or "cuda"
        "auto" takes CUDA where a device is found.
    devices : tuple of int
        Which CUDA devices; the rows of the domain are shared out among them. One may be named several times.
    threads : int, optional
        Threads of the CPU; all cores if left out. Results do not depend on it.
    dry_depth : float
        Thinner films (m) stay where they are; their mass is kept.
    max_step : float
        Longest time step in s.
    min_step : float
        Time steps below it (s) end the run with `TimeStepCollapse`.
    theta : float
        Weight of the own face in the local inertial scheme (de Almeida & Bates 2013).
    gravity : float
        m/s2.
    maxima_every : int
        Maxima are updated every so many steps (and at the times of observers); 0: never.
    arrival_depth : float
        Depth in m from which a cell counts as flooded, for arrival time and duration.
    tile : (int, int)
        Rows and columns of a tile; dry tiles cost nothing. Results do not depend on it.
    """

    scheme: Scheme = "hllc"
    order: int = 1
    precision: Precision = "float64"
    cfl: float = 0.45
    device: Device = "auto"
    devices: tuple[int, ...] = (0,)
    threads: int | None = None
    dry_depth: float = 1e-6
    max_step: float = 60.0
    min_step: float = 1e-7
    theta: float = 0.8
    gravity: float = 9.81
    maxima_every: int = 4
    arrival_depth: float = 0.05
    tile: tuple[int, int] = (64, 128)

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise ValueError(f'scheme must be one of {", ".join(SCHEMES)}, not "{self.scheme}"')
        if self.precision not in PRECISIONS:
            raise ValueError(f'precision must be one of {", ".join(PRECISIONS)}, not "{self.precision}"')
        if self.device not in DEVICES:
            raise ValueError(f'device must be one of {", ".join(DEVICES)}, not "{self.device}"')
        if self.order not in {1, 2} or (self.scheme == "local_inertial" and self.order != 1):
            raise ValueError("order must be 1 or 2; the local inertial scheme has order 1")
        if not 0 < self.cfl <= 0.5:  # noqa: PLR2004  # stability of the unsplit scheme
            raise ValueError(f"cfl must be more than 0 and at most 0.5, not {self.cfl}")
        if not self.devices or min(self.devices) < 0:
            raise ValueError(f"devices must be numbers from 0 on, at least one, not {self.devices}")
        if min(self.tile) < 1:
            raise ValueError(f"a tile must have rows and columns, not {self.tile}")
        if not 0 < self.dry_depth <= self.arrival_depth:
            raise ValueError(
                f"dry_depth ({self.dry_depth}) must be above 0 and "
                f"at most arrival_depth ({self.arrival_depth})"
            )


def memory_needed(shape: tuple[int, int], options: Options, *, fields: int = 0) -> int:
    """Return the bytes that a run will hold at its peak.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    options : Options
        Scheme, order, precision and whether maxima are kept decide.
    fields : int
        How many rasters of forcing (rain, infiltration, drainage, roughness, crests) there are besides.
    """
    cells = shape[0] * shape[1]
    real = 8 if options.precision == "float64" else 4
    state = 1 + 3 * (3 if options.order == 2 else 2)  # noqa: PLR2004  # bed; depth and two discharges, old and new
    maxima = 5 if options.maxima_every else 0
    given = 3 * 8  # bed and depth as they came, one raster on its way out
    return cells * ((state + maxima + fields) * real + given)
