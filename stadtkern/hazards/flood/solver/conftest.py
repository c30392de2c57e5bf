"""What tests of the solver share."""

from collections.abc import Callable

import numpy as np
import pytest

from stadtkern.hazards.flood.solver.exact import Floats, NoOracle, swashes


@pytest.fixture(scope="session")
def oracle() -> None:
    """Skip where the program of exact solutions does not run."""
    try:
        swashes(1, 3, 1, 1, 10)
    except NoOracle as error:
        pytest.skip(str(error))


@pytest.fixture
def hills() -> Callable[[int, int], Floats]:
    """Return terrain of smooth hills up to about a metre, without symmetry."""

    def make(rows: int, columns: int) -> Floats:
        y, x = np.indices((rows, columns)) * 0.37
        return np.asarray(0.5 + 0.3 * np.sin(x) * np.cos(0.7 * y) + 0.2 * np.sin(0.31 * x * y / 10.0 + 1.0))

    return make
