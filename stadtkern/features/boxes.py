"""Boxes and spans of time that features are asked for."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

Bounds: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north; degrees, WGS 84."""

WORLD: Bounds = (-180.0, -90.0, 180.0, 90.0)
MERCATOR_LIMIT = 85.0511287798066
"""Degrees of latitude where the square of Web Mercator ends."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, both included; None is open."""

    start: datetime | None
    end: datetime | None


def parts(box: Bounds) -> tuple[Bounds, ...]:
    """Return a box as boxes that do not cross the 180th meridian (RFC 7946 section 5.2)."""
    west, south, east, north = box
    if west <= east:
        return (box,)
    return (west, south, 180.0, north), (-180.0, south, east, north)


def mercator(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the place on the square of Web Mercator: 0 to 1 eastwards, 0 to 1 southwards."""
    latitude = max(-MERCATOR_LIMIT, min(latitude, MERCATOR_LIMIT))
    return longitude / 360 + 0.5, 0.5 - math.asinh(math.tan(math.radians(latitude))) / math.tau


def tile_bounds(z: int, x: int, y: int, margin: float = 0.0) -> Bounds:
    """Return the box of a tile of WebMercatorQuad, widened by `margin` tiles on each side."""
    count = 2**z

    def latitude(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / count))))

    return (
        (x - margin) / count * 360 - 180,
        latitude(y + 1 + margin),
        (x + 1 + margin) / count * 360 - 180,
        latitude(y - margin),
    )


def together(one: Bounds | None, other: Bounds | None) -> Bounds | None:
    """Return the box around both."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
