"""Design storms."""

from pathlib import Path

import numpy as np
import pytest

from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.forcing.storms import block, euler2, read_depths

MINUTES = np.array([5.0, 10, 15, 20, 30, 45, 60]) * 60
HUNDRED_YEARS = np.array([14.4, 21.6, 26.8, 30.9, 37.5, 45.0, 51.0])
"""Heights in mm of KOSTRA-DWD-2010R, cell 49011, return period 100 years."""


def test_an_euler_storm_of_one_hour_has_the_known_order() -> None:
    """The same numbers as other programs give for this cell (kostra2010R, README)."""
    storm = euler2(MINUTES, HUNDRED_YEARS, 3600.0)
    heights = storm.values[:-1] * 300 * 1000
    expected = [4.1, 5.2, 7.2, 14.4, 3.3, 3.3, 2.5, 2.5, 2.5, 2.0, 2.0, 2.0]
    np.testing.assert_allclose(heights, expected, atol=1e-9)


@pytest.mark.parametrize("minutes", [5, 15, 35, 60])
def test_the_whole_height_falls(minutes: int) -> None:
    storm = euler2(MINUTES, HUNDRED_YEARS, minutes * 60.0, start=600.0)
    total = storm.mean(0.0, 7200.0) * 7200 * 1000
    assert total == pytest.approx(np.interp(minutes * 60, np.append(0, MINUTES), np.append(0, HUNDRED_YEARS)))
    assert storm.at(599.0) == 0
    assert storm.at(600.0 + minutes * 60) == 0


def test_a_block_storm_is_even() -> None:
    storm = block(36.0, 3600.0)
    assert storm.at(1800.0) == pytest.approx(1e-5)
    assert storm.at(3600.0) == 0


def test_heights_that_fall_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "kostra.csv"
    path.write_text("duration_min,depth_mm\n5,10\n10,9\n")
    with pytest.raises(BadScenario, match="heights decrease"):
        read_depths(path, "key")
