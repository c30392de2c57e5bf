"""The spatial functions of CQL2 (21-065r2 sections 7.4 and 7.5)."""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Q
from shapely.errors import ShapelyError
from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

from stadtkern.base.errors import BadInput
from stadtkern.features.boxes import parts
from stadtkern.features.collections import GEOMETRY
from stadtkern.standards.ogc.crs import System, box_from, geometry_from
from stadtkern.standards.ogc.errors import BadParameter

LOOKUPS: Mapping[str, tuple[str, str]] = {
    "s_intersects": ("intersects", "intersects"),
    "s_equals": ("equals", "equals"),
    "s_disjoint": ("disjoint", "disjoint"),
    "s_touches": ("touches", "touches"),
    "s_within": ("within", "contains"),
    "s_contains": ("contains", "within"),
    "s_overlaps": ("overlaps", "overlaps"),
    "s_crosses": ("crosses", "crosses"),
}
"""Lookup where the property stands first, and where it stands second."""
MOST_CORNERS = 10_000
CORNERS_OF_BOX = 4


def spatial(name: str, args: Sequence[Any], path: str, system: System) -> Q:
    """Return the condition of a spatial function on the field `path`."""
    if name not in LOOKUPS:
        raise BadParameter(f"filter: {name[:40]!r} is not offered here")
    first, second = args
    swapped = not _is_place(first, path)
    if swapped:
        first, second = second, first
    if not _is_place(first, path) or _is_place(second, path):
        raise BadParameter(f"filter: {name} compares {GEOMETRY} with a shape that is written out")
    if name == "s_intersects" and isinstance(second, dict) and "bbox" in second:
        condition = Q()
        for part in parts(_box(second["bbox"], system)):
            condition |= Q(**{f"{path}__meets_box": part})
        return condition
    wanted = GEOSGeometry(memoryview(shapely.to_wkb(geometry_of(second, system))), srid=4326)
    return Q(**{f"{path}__{LOOKUPS[name][int(swapped)]}": wanted})


def _is_place(node: Any, path: str) -> bool:  # noqa: ANN401  # JSON
    return isinstance(node, dict) and node.get("property") in {GEOMETRY, path}


def _box(values: Any, system: System) -> tuple[float, float, float, float]:  # noqa: ANN401  # JSON
    given = values if isinstance(values, list) else []
    numbers = [float(value) for value in given if isinstance(value, int | float)]
    if len(numbers) == CORNERS_OF_BOX + 2:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != CORNERS_OF_BOX:
        raise BadParameter("filter: a box has 4 or 6 numbers")
    return box_from(numbers, system, "filter")


def geometry_of(node: Any, system: System) -> BaseGeometry:  # noqa: ANN401  # JSON
    """Return a shape that is written out in an expression, as longitude and latitude.

    Raises
    ------
    BadParameter
        if it is no shape, or not one on the earth.
    """
    if isinstance(node, dict) and "bbox" in node:
        west, south, east, north = _box(node["bbox"], system)
        if west > east:
            return shapely.union(box(west, south, 180, north), box(-180, south, east, north))
        return box(west, south, east, north)
    try:
        found = shapely.force_2d(shape(node))
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise BadParameter("filter: a shape is expected, such as POINT(14.7 51.9)") from error
    if shapely.get_num_coordinates(found) > MOST_CORNERS:
        raise BadParameter(f"filter: the shape has more than {MOST_CORNERS} corners")
    try:
        found = geometry_from(found, system)
    except BadInput as error:
        raise BadParameter(f"filter: {error}") from error
    west, south, east, north = shapely.bounds(found)
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004  # degrees
        raise BadParameter("filter: the shape does not lie on the earth")
    return found if found.is_valid else shapely.make_valid(found)
