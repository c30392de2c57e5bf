"""At which zoom a feature is drawn first, so that a tile stays small however many features there are.

At each zoom a tile is a grid of `CELLS` by `CELLS` cells; the first feature in a cell stands for those behind
it. What is large enough to be seen as an area is always drawn.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from stadtkern.features.facts import Density

CELLS = 32
LAST = 14
"""From the zoom after this one all features are drawn."""
VISIBLE = 1 / 64
"""Share of a tile's edge from which on a feature is drawn as what it is."""
DENSITY_ZOOM = 14
MOST_CELLS = 1024

Floats = NDArray[np.float64]


class Thinning:
    """Gives features their zoom, in the order they come; one for each loading."""

    def __init__(self) -> None:
        self.taken: list[set[int]] = [set() for _zoom in range(LAST + 1)]
        self.density: Counter[tuple[int, int]] = Counter()
        self.zooms: Counter[int] = Counter()

    def take(self, bounds: Floats) -> NDArray[np.int16]:
        """Return the zoom of each feature.

        Parameters
        ----------
        bounds
            west, south, east, north in degrees, shape (features, 4); NaN where there is no geometry.
        """
        west, south = squared(bounds[:, 0], bounds[:, 1])
        east, north = squared(bounds[:, 2], bounds[:, 3])
        x, y = (west + east) / 2, (south + north) / 2
        size = np.maximum(east - west, south - north)
        somewhere = np.isfinite(x)
        zooms = np.zeros(len(bounds), dtype=np.int16)
        large = _zoom_of_size(size)
        for at in np.flatnonzero(somewhere):
            zooms[at] = min(int(large[at]), self._free(float(x[at]), float(y[at])))
        self._count(x[somewhere], y[somewhere], zooms[somewhere])
        return zooms

    def _free(self, x: float, y: float) -> int:
        """Return the first zoom at which nobody stands in the cell yet, and take it from there on."""
        codes = _codes(x, y)
        low, high = 0, LAST + 1
        while low < high:  # a cell that is taken has all cells around it taken
            middle = (low + high) // 2
            if codes[middle] in self.taken[middle]:
                low = middle + 1
            else:
                high = middle
        for zoom in range(low, LAST + 1):
            self.taken[zoom].add(codes[zoom])
        return low

    def _count(self, x: Floats, y: Floats, zooms: NDArray[np.int16]) -> None:
        count = 2**DENSITY_ZOOM
        cells = zip((x * count).astype(int).tolist(), (y * count).astype(int).tolist(), strict=True)
        self.density.update(cells)
        self.zooms.update(zooms.tolist())

    def summary(self) -> tuple[Density, list[int]]:
        """Return the density in at most `MOST_CELLS` cells, and how many features are drawn at each zoom."""
        zoom, cells = DENSITY_ZOOM, self.density
        while len(cells) > MOST_CELLS:
            zoom -= 1
            wider: Counter[tuple[int, int]] = Counter()
            for (x, y), number in cells.items():
                wider[x // 2, y // 2] += number
            cells = wider
        density = Density(zoom, {f"{x}/{y}": number for (x, y), number in cells.items()})
        drawn = np.cumsum([self.zooms[zoom] for zoom in range(LAST + 2)])
        return density, [int(number) for number in drawn]


def squared(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Return places on the square of Web Mercator: 0 to 1 eastwards, 0 to 1 southwards."""
    limit = 85.0511287798066
    latitude = np.clip(latitude, -limit, limit)
    return longitude / 360 + 0.5, 0.5 - np.arcsinh(np.tan(np.radians(latitude))) / (2 * np.pi)


def _zoom_of_size(size: Floats) -> NDArray[np.int16]:
    """Return the first zoom at which a feature of this size is drawn as what it is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        zoom = np.ceil(np.log2(VISIBLE / size))
    return np.nan_to_num(np.clip(zoom, 0, LAST + 1), nan=LAST + 1).astype(np.int16)


def _codes(x: float, y: float) -> list[int]:
    """Return the number of the cell of a place for each zoom."""
    count = CELLS << LAST
    across, down = int(x * count), int(y * count)
    return [(down >> steps) * count + (across >> steps) for steps in range(LAST, -1, -1)]
