"""The door to the solver: named grids in, named grids out."""

import numpy as np
import pytest

from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.hazard import hazard, run
from stadtkern.hazards.flood.progress import clock

OPTIONS = solver.Options(device="cpu", threads=1)


def test_grids_come_out_as_they_are_declared() -> None:
    """A dam break between two walls: all outputs, of the shape of the terrain, and no water lost."""
    bed = np.zeros((3, 40))
    depth = np.where(np.arange(40) < 20, 2.0, 1.0) * np.ones((3, 1))
    found = run(bed_elevation=bed, cell=2.0, until=5.0, water_depth=depth, mannings_n=0.03, options=OPTIONS)
    assert set(found) == set(hazard.outputs)
    assert {grid.shape for grid in found.values()} == {(3, 40)}
    assert found["water_depth"].sum() == pytest.approx(depth.sum(), rel=1e-12)
    assert found["velocity_x"][1, 20] > 0.5
    assert (found["max_depth"] >= found["water_depth"] - 1e-12).all()


def test_cells_without_ground_stay_dry() -> None:
    bed = np.zeros((5, 5))
    bed[2, 2] = np.nan
    found = run(bed_elevation=bed, cell=1.0, until=1.0, water_depth=1.0, options=OPTIONS)
    assert found["water_depth"][2, 2] == 0
    assert found["water_depth"].sum() == pytest.approx(24.0)


def test_without_maxima_there_are_none() -> None:
    options = solver.Options(device="cpu", threads=1, maxima_every=0)
    found = run(bed_elevation=np.zeros((4, 4)), cell=1.0, until=0.1, water_depth=1.0, options=options)
    assert set(found) == {"water_depth", "velocity_x", "velocity_y"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (3661.4, "1:01:01"), (1e5, "27:46:40"), (float("inf"), "?")]
)
def test_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
