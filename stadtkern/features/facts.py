"""What is known of a loading without asking its rows."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, Self, TypeAlias

from stadtkern.features.boxes import Bounds, mercator

Kind: TypeAlias = Literal["integer", "number", "string", "boolean", "date", "date-time"]
WIDER: dict[frozenset[Kind], Kind] = {
    frozenset({"integer", "number"}): "number",
    frozenset({"date", "date-time"}): "string",
}


def common(one: Kind | None, other: Kind | None) -> Kind | None:
    """Return the kind that holds values of both; None: no value was seen yet."""
    if one is None or other is None or one == other:
        return one or other
    return WIDER.get(frozenset({one, other}), "string")


@dataclass(slots=True)
class Density:
    """How many features lie in which cell of a zoom of Web Mercator, by their centres."""

    zoom: int = 0
    cells: dict[str, int] = field(default_factory=dict)
    """Number of features by "x/y"."""

    def estimate(self, box: Bounds) -> float:
        """Return about how many features lie in a box that does not cross the 180th meridian."""
        count = 2**self.zoom
        left, top = (value * count for value in mercator(box[0], box[3]))
        right, bottom = (value * count for value in mercator(box[2], box[1]))
        found = 0.0
        for cell, number in self.cells.items():
            x, y = map(int, cell.split("/"))
            across = min(right, x + 1) - max(left, x)
            down = min(bottom, y + 1) - max(top, y)
            if across > 0 and down > 0:
                found += number * across * down
        return found


@dataclass(slots=True)
class Facts:
    """Number, place, time and properties of all features of a loading."""

    count: int = 0
    nowhere: int = 0
    """Features without a geometry."""
    bounds: Bounds | None = None
    start: str | None = None
    end: str | None = None
    geometries: list[str] = field(default_factory=list)
    """Kinds of geometry in the words of GeoJSON."""
    kinds: dict[str, Kind] = field(default_factory=dict)
    """Kind of each property."""
    titles: dict[str, str] = field(default_factory=dict)
    has_keys: bool = False
    density: Density = field(default_factory=Density)
    zooms: list[int] = field(default_factory=list)
    """How many features are drawn at zoom 0, 1, ..."""

    def as_json(self) -> dict[str, Any]:
        """Return it as the database keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Read what `as_json` gave."""
        values = dict(kept)
        if values.get("bounds"):
            values["bounds"] = tuple(values["bounds"])
        values["density"] = Density(**values.get("density", {}))
        return cls(**values)

    @property
    def is_points(self) -> bool:
        """Whether all geometries are single points."""
        return set(self.geometries) <= {"Point"}

    @property
    def span(self) -> tuple[datetime | None, datetime | None] | None:
        """The first and the last time; None: no feature has one."""
        if self.start is None and self.end is None:
            return None
        return (
            datetime.fromisoformat(self.start) if self.start else None,
            datetime.fromisoformat(self.end) if self.end else None,
        )
