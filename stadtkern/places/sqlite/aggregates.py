"""The spatial SQL aggregates; NULL rows are passed over, and no rows give NULL."""

import logging
from collections.abc import Iterable

import shapely
from shapely.geometry.base import BaseGeometry

from stadtkern.places.sqlite.blobs import Bounds, bounds, dump, load

logger = logging.getLogger(__name__)


class Extent:
    """The box around all geometries, as the text "west south east north"."""

    def __init__(self) -> None:
        self.box: Bounds | None = None

    def step(self, blob: bytes | None) -> None:
        """Take one row."""
        box = bounds(blob)
        if box and self.box:
            (w1, s1, e1, n1), (w2, s2, e2, n2) = self.box, box
            box = (min(w1, w2), min(s1, s2), max(e1, e2), max(n1, n2))
        self.box = box or self.box

    def finalize(self) -> str | None:
        """Give the result."""
        return self.box and " ".join(map(repr, self.box))


class _Gathering:
    """Keeps all geometries and makes one of them."""

    def __init__(self) -> None:
        self.parts: list[BaseGeometry] = []

    def step(self, blob: bytes | None) -> None:
        """Take one row."""
        if blob is not None:
            try:
                self.parts.append(load(blob))
            except ValueError as error:
                logger.error("SQL aggregate %s failed: %s", type(self).__name__, error)  # noqa: TRY400  # the traceback goes with the error
                raise

    def finalize(self) -> bytes | None:
        """Give the result."""
        return dump(self.made(self.parts), shapely.get_srid(self.parts[0])) if self.parts else None

    @staticmethod
    def made(parts: list[BaseGeometry]) -> BaseGeometry:
        """Return one geometry made of `parts`."""
        raise NotImplementedError


class Union(_Gathering):
    """All geometries dissolved into one."""

    made = staticmethod(shapely.union_all)


class Collect(_Gathering):
    """All geometries side by side: a multi-geometry where all are of one kind, else a collection."""

    @staticmethod
    def made(parts: list[BaseGeometry]) -> BaseGeometry:
        """Return the collection of `parts`."""
        match {part.geom_type for part in parts}:
            case kinds if kinds == {"Point"}:
                return shapely.multipoints(parts)
            case kinds if kinds == {"LineString"}:
                return shapely.multilinestrings(parts)
            case kinds if kinds == {"Polygon"}:
                return shapely.multipolygons(parts)
        return shapely.geometrycollections(parts)


class MakeLine(_Gathering):
    """A line along all points in the order of the rows."""

    @staticmethod
    def made(parts: list[BaseGeometry]) -> BaseGeometry:
        """Return the line through the corners of `parts`."""
        corners: Iterable[object] = shapely.get_coordinates(parts, include_z=any(shapely.has_z(parts)))
        return shapely.linestrings(corners)


AGGREGATES: dict[str, type] = {"Collect": Collect, "Extent": Extent, "GUnion": Union, "MakeLine": MakeLine}
