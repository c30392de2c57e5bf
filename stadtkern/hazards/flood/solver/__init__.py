"""Shallow water on a raster: two-dimensional floods by finite volumes.

Arrays have the shape (rows, columns) with row 0 in the north, as rasters have; cells are squares of `cell`
metres; x points east, y north. `simulate` runs a `State` on a `Domain` under a `Forcing` and answers with a
`Report`.

>>> import numpy as np
>>> from stadtkern.hazards.flood.solver import Domain, Options, State, simulate
>>> depth = np.where(np.arange(40) < 20, 1.0, 0.5) * np.ones((3, 1))
>>> report = simulate(Domain(bed=np.zeros((3, 40)), cell=1.0), State(depth), Options(threads=1), until=2.0)
>>> report.state.time
2.0
>>> abs(report.mass.error_relative) < 1e-14
True

Numba is imported when the first simulation starts, not by this package.
"""

from stadtkern.compute.series import Series
from stadtkern.hazards.flood.solver.domain import Domain, Options, State, memory_needed
from stadtkern.hazards.flood.solver.forcing import (
    Boundary,
    Breach,
    Drainage,
    Forcing,
    Infiltration,
    Inflow,
    Link,
    Rain,
    Structures,
)
from stadtkern.hazards.flood.solver.report import (
    Cancelled,
    Mass,
    Maxima,
    Observer,
    Progress,
    Report,
    Snapshot,
    TimeStepCollapse,
)
from stadtkern.hazards.flood.solver.simulation import simulate

__all__ = [
    "Boundary",
    "Breach",
    "Cancelled",
    "Domain",
    "Drainage",
    "Forcing",
    "Infiltration",
    "Inflow",
    "Link",
    "Mass",
    "Maxima",
    "Observer",
    "Options",
    "Progress",
    "Rain",
    "Report",
    "Series",
    "Snapshot",
    "State",
    "Structures",
    "TimeStepCollapse",
    "memory_needed",
    "simulate",
]
