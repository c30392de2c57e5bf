"""Classes of hazard and of depth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stadtkern.hazards.flood.output.rasters import NO_CLASS
from stadtkern.hazards.flood.scenario.model import HazardClasses
from stadtkern.hazards.flood.terrain.grid import Array, Mask

Classes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Scheme:
    """Lower bounds of classes; a cell gets the highest class that one of its quantities reaches."""

    source: str
    depth: tuple[float, ...] = ()
    """m."""
    velocity: tuple[float, ...] = ()
    """m/s."""
    depth_velocity: tuple[float, ...] = ()
    """m2/s."""


SCHEMES = {
    "wasserblick": Scheme(
        "WasserBLIcK/BfG, depth classes of flood hazard maps", depth=(0.0, 0.5, 1.0, 2.0, 4.0)
    ),
    "lawa": Scheme(
        (
            "LAWA 2018 strategy for heavy rain; depths 5, 10, 50, 100 cm, velocities 0.2, 0.5, 2 m/s as "
            "used by Ulm"
        ),
        depth=(0.05, 0.10, 0.50, 1.00),
        velocity=(0.2, 0.5, 2.0),
    ),
    "dv": Scheme(
        "BUWAL/BWW 1997, intensities of floods: weak, medium, strong by depth or depth times velocity",
        depth=(0.0, 0.5, 2.0),
        depth_velocity=(0.0, 0.5, 2.0),
    ),
}


def scheme_of(table: HazardClasses) -> Scheme:
    """Return the scheme that a scenario asks for."""
    if table.classes == "own":
        return Scheme("own classes of the scenario", table.depth, table.velocity, table.depth_velocity)
    return SCHEMES[table.classes]


def hazard_classes(  # noqa: PLR0913  # the quantities that make a hazard
    scheme: Scheme, depth: Array, velocity: Array, depth_velocity: Array, *, wet: float, active: Mask
) -> Classes:
    """Return the class of every cell: 0 dry, 1 and more by the scheme, 255 where there is no terrain.

    Parameters
    ----------
    depth, velocity, depth_velocity : greatest values, m, m/s, m2/s
    wet : depth in m below which a cell counts as dry
    """
    found = np.zeros(depth.shape, dtype=np.uint8)
    for bounds, values in (
        (scheme.depth, depth), (scheme.velocity, velocity), (scheme.depth_velocity, depth_velocity)
    ):  # fmt: skip
        if bounds:
            found = np.maximum(found, class_of(values, bounds))
    found[~(depth >= wet)] = 0
    found[~active] = NO_CLASS
    return found


def class_of(values: Array, bounds: Sequence[float]) -> Classes:
    """Return how many of the lower bounds each value reaches."""
    return np.searchsorted(np.asarray(bounds), np.nan_to_num(values), side="right").astype(np.uint8)
