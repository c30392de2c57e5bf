"""A synthetic Neisse valley at Guben and Gubin, for training and tests only.

It is built from a few facts, no survey. The Lausitzer Neisse flows north between the two towns on a slope of
about 0.4 per mille, about 50 m wide within dikes; at the gauge Guben 2 alarm level A1 is 460 cm, the floods
of August 2010 and June 2013 reached 627 cm and 601 cm (Landkreis Spree-Neisse, PM 216/10; guben-online.de
2013). Here 460 cm is the top of the banks, the crests of the dikes lie half a metre above 627 cm, and all
else (heights above sea level, course, houses) is made up.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from stadtkern.hazards.flood.terrain.grid import Array, Grid
from stadtkern.hazards.flood.terrain.vectors import touched

CRS = "EPSG:25833"
WEST, SOUTH, SIZE = 474_000.0, 5_753_000.0, 5_000.0
SLOPE = 0.0004
BANK = 46.0
"""m, height of the banks at the southern edge."""
ALARM, FLOOD_2010, FLOOD_2013 = 4.60, 6.27, 6.01
"""m above the zero of the gauge."""
CHANNEL_DEPTH, HALF_WIDTH, BANK_SLOPE = 3.4, 25.0, 2.0
DIKE_DISTANCE, DIKE_CREST, DIKE_HALF_TOP, DIKE_SLOPE = 150.0, FLOOD_2010 + 0.5 - ALARM, 2.0, 3.0
N_CHANNEL, N_GROUND = 0.033, 0.045


@dataclass(frozen=True, slots=True)
class Valley:
    """The valley on a grid."""

    grid: Grid
    bed: Array
    """Shape (rows, columns), m."""
    mannings_n: Array
    dikes: tuple[shapely.LineString, shapely.LineString]
    """Western (Guben) and eastern (Gubin) dike."""
    houses: tuple[shapely.Polygon, ...]


def river_x(y: Array | float) -> Array:
    """Return the easting of the middle of the river at a northing, m."""
    along = (np.asarray(y) - SOUTH) / SIZE
    return np.asarray(WEST + 0.55 * SIZE + 180.0 * np.sin(2 * np.pi * 1.5 * along))


def bank(y: Array | float) -> Array:
    """Return the height of the banks at a northing, m."""
    return np.asarray(BANK - SLOPE * (np.asarray(y) - SOUTH))


def gauge_zero(y: float) -> float:
    """Return the zero of a gauge at a northing, m: 460 cm above it is the top of the banks."""
    return float(bank(y)) - ALARM


def dike(side: float) -> shapely.LineString:
    """Return the crest of a dike; `side` is -1 for the west, 1 for the east."""
    y = np.linspace(SOUTH, SOUTH + SIZE, 201)
    return shapely.LineString(np.column_stack([river_x(y) + side * DIKE_DISTANCE, y]))


def valley(cell: float = 10.0) -> Valley:
    """Build the valley, 5 km by 5 km, with cells of `cell` m."""
    count = round(SIZE / cell)
    grid = Grid(CRS, WEST, SOUTH + SIZE, cell, count, count)
    x, y = np.meshgrid(WEST + (np.arange(count) + 0.5) * cell, SOUTH + SIZE - (np.arange(count) + 0.5) * cell)
    offset = x - river_x(y)
    distance = np.abs(offset)
    top = bank(y)
    bed = np.where(offset < 0, top + land_west(distance), top + land_east(distance))
    inner = distance < DIKE_DISTANCE
    bed[inner] = top[inner]
    channel = np.clip((distance - HALF_WIDTH) / BANK_SLOPE, 0.0, CHANNEL_DEPTH) - CHANNEL_DEPTH
    bed = np.where(inner, bed + channel, bed)
    dikes = (dike(-1.0), dike(1.0))
    to_crest = np.abs(distance - DIKE_DISTANCE)
    bed = np.fmax(bed, top + DIKE_CREST - np.clip(to_crest - DIKE_HALF_TOP, 0.0, None) / DIKE_SLOPE)
    crest = touched(dikes, grid)
    bed[crest] = (top + DIKE_CREST)[crest]
    n = np.where(distance < HALF_WIDTH + BANK_SLOPE * CHANNEL_DEPTH, N_CHANNEL, N_GROUND)
    return Valley(grid, bed, n, dikes, houses())


def land_west(distance: Array) -> Array:
    """Return the ground of Guben above the banks: flat for 1.4 km, then the rising edge of the valley, m."""
    return np.asarray(
        0.2 + 0.3 * np.sin(distance / 130.0) ** 2 + np.clip(distance - 1400.0, 0.0, None) * 0.02
    )


def land_east(distance: Array) -> Array:
    """Return the ground of Gubin above the banks: a narrow meadow, then hills, m."""
    return np.asarray(0.2 + np.clip(distance - 500.0, 0.0, 1500.0) * 0.025)


def houses() -> tuple[shapely.Polygon, ...]:
    """Return made-up blocks of houses on the western side, 40 m by 25 m, with streets between them."""
    found = []
    for y in np.arange(SOUTH + 1800.0, SOUTH + 3200.0, 60.0):
        for distance in np.arange(260.0, 900.0, 80.0):
            x = float(river_x(y)) - distance
            found.append(shapely.box(x - 20.0, y - 12.5, x + 20.0, y + 12.5))
    return tuple(found)
