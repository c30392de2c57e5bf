"""What acts on the water: boundaries, rain, losses, sources, structures. All data; the solver applies it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from stadtkern.compute.series import Series
from stadtkern.hazards.flood.solver.domain import Array, Domain

Edge = Literal["west", "east", "north", "south"]
BoundaryKind = Literal["wall", "open", "level", "discharge", "normal_depth", "rating"]
InfiltrationModel = Literal["constant", "scs", "green_ampt"]
LinkLaw = Literal["culvert", "weir", "gate", "pump"]
Indices = npt.NDArray[np.integer[Any]]

EDGES = ("west", "east", "north", "south")
BOUNDARY_KINDS = ("wall", "open", "level", "discharge", "normal_depth", "rating")
INFILTRATION_MODELS = ("constant", "scs", "green_ampt")
LINK_LAWS = ("culvert", "weir", "gate", "pump")


@dataclass(frozen=True, slots=True, eq=False)
class Boundary:
    """How water passes a piece of an edge; where none is given the edge is a wall.

    Parameters
    ----------
    edge : "west", "east", "north" or "south"
    kind : str
        wall; open (water falls over a free edge, at critical depth or faster; nothing enters); level
        (`series` in m, in the datum of the bed); discharge (`series` in m3/s through the whole piece,
        positive into the domain, shared out by conveyance; with `depth` in m water that comes in faster than
        waves); normal_depth (leaves as uniform flow on `slope`); rating (leaves by `rating`: level in m ->
        m3/s). What leaves by a discharge or a rating is at most what can fall over a free edge.
    first, last : int
        Cells along the edge, `last` excluded: rows from the north for west and east, columns from the west
        for north and south; `last` None is the end.
    name : str
        Under this name the report accounts for the water.
    """

    edge: Edge
    kind: BoundaryKind
    first: int = 0
    last: int | None = None
    series: Series | None = None
    slope: float = 0.0
    rating: Series | None = None
    name: str = ""
    depth: Series | None = None

    def __post_init__(self) -> None:
        if self.edge not in EDGES:
            raise ValueError(f'edge must be one of {", ".join(EDGES)}, not "{self.edge}"')
        if self.kind not in BOUNDARY_KINDS:
            raise ValueError(
                f'kind of a boundary must be one of {", ".join(BOUNDARY_KINDS)}, not "{self.kind}"'
            )
        if self.kind in {"level", "discharge"} and self.series is None:
            raise ValueError(f"a boundary of kind {self.kind} needs a series")
        if self.kind == "normal_depth" and not self.slope > 0:
            raise ValueError("a boundary of kind normal_depth needs a slope > 0")
        if self.kind == "rating" and self.rating is None:
            raise ValueError("a boundary of kind rating needs a rating curve (level, discharge)")


@dataclass(frozen=True, slots=True, eq=False)
class Rain:
    """Rain: `field` (m/s where the field is an array, or 1) times `series`.

    With `field` = 1 the series is in m/s; with a raster of m/s the series is a factor.
    """

    series: Series
    field: Array | float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Infiltration:
    """Water that soaks into the ground.

    Parameters
    ----------
    model : "constant", "scs" or "green_ampt"
    rate : float or array
        constant: capacity in m/s. green_ampt: hydraulic conductivity K in m/s. scs: not read.
    storage : float or array
        scs: S = 25.4 mm (1000 / CN - 10), in m, initial loss 0.2 S. green_ampt: suction times moisture
        deficit, in m. constant: not read.
    """

    model: InfiltrationModel
    rate: Array | float = 0.0
    storage: Array | float = 0.0

    def __post_init__(self) -> None:
        if self.model not in INFILTRATION_MODELS:
            raise ValueError(
                f'infiltration must be one of {", ".join(INFILTRATION_MODELS)}, not "{self.model}"'
            )
        for name, value in (("rate", self.rate), ("storage", self.storage)):
            if not np.all(np.isfinite(value)) or np.any(np.asarray(value) < 0):
                raise ValueError(f"{name} of infiltration must be a number >= 0 everywhere")


@dataclass(frozen=True, slots=True, eq=False)
class Drainage:
    """What the sewers take up: capacity in m/s."""

    capacity: Array | float


@dataclass(frozen=True, slots=True, eq=False)
class Inflow:
    """A source of water: `series` in m3/s spread over cells; negative takes out, as far as there is any.

    Parameters
    ----------
    rows, columns : integer arrays, shape (n,)
    series : Series
        m3/s over all cells together.
    weights : array, shape (n,), optional
        Shares of the cells; equal if left out; made to add up to 1.
    """

    rows: Indices
    columns: Indices
    series: Series
    weights: Array | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.rows) == 0 or len(self.rows) != len(self.columns):
            raise ValueError(f'inflow "{self.name}" needs as many rows as columns, at least one')


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """Water that passes from one cell to another under or through something.

    Parameters
    ----------
    start, end : (row, column)
        Cells that are joined; water runs from the higher level to the lower one (a pump from start to end).
    law : "culvert", "weir", "gate" or "pump"
        culvert: orifice `coefficient` A sqrt(2 g dH), full when the inlet is drowned, else weir over `width`.
        weir: 2/3 `coefficient` width sqrt(2 g) H^1.5, Villemonte (1947) where drowned.
        gate: culvert whose height is `opening`(t) in m. pump: `series`(t) in m3/s, no more than there is.
    width, height : float
        Clear opening in m; a circular culvert of diameter D is given by its area: width = pi D / 4 and
        height = D.
    invert : float, optional
        Sill in m; the higher one of both beds if left out.
    coefficient : float
        Discharge coefficient.
    barrels : int
        How many such openings lie side by side.
    one_way : bool
        A flap lets water run from start to end only.
    opening : Series, optional
        gate: height of the opening in m.
    series : Series, optional
        pump: m3/s.
    switch_on, switch_off : float, optional
        pump: depth in m at its start from which it runs, and below which it stops.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    law: LinkLaw
    width: float = 1.0
    height: float = 1.0
    invert: float | None = None
    coefficient: float = 0.6
    barrels: int = 1
    one_way: bool = False
    opening: Series | None = None
    series: Series | None = None
    switch_on: float = 0.0
    switch_off: float = 0.0
    name: str = ""

    def __post_init__(self) -> None:
        if self.law not in LINK_LAWS:
            raise ValueError(f'law of a link must be one of {", ".join(LINK_LAWS)}, not "{self.law}"')
        if self.law == "gate" and self.opening is None:
            raise ValueError(f'gate "{self.name}" needs a series of its opening in m')
        if self.law == "pump" and self.series is None:
            raise ValueError(f'pump "{self.name}" needs a series in m3/s')
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f'link "{self.name}" needs a width and a height of more than 0 m')


@dataclass(frozen=True, slots=True, eq=False)
class Breach:
    """A dike that gives way: cells or faces sink to a final level.

    The breach begins at `start`. Its depth grows over `duration`, its width over `widening` from the middle
    of the list outwards (0: all at once).

    Parameters
    ----------
    rows, columns : integer arrays, shape (n,)
        Cells, in order along the dike.
    start, duration, widening : float
        Seconds.
    level : float
        Level in m to which bed or crest sinks; what is lower stays.
    law : "linear" or "cosine"
        How the crest sinks over `duration`: in a straight line, or slowly at both ends.
    what : "bed", "crest_west" or "crest_south"
        What sinks in these cells.
    """

    rows: Indices
    columns: Indices
    start: float
    level: float
    duration: float = 0.0
    widening: float = 0.0
    law: Literal["linear", "cosine"] = "linear"
    what: Literal["bed", "crest_west", "crest_south"] = "bed"
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Structures:
    """Walls between cells, links, breaches.

    Parameters
    ----------
    crest_west, crest_south : array, shape (rows, columns), optional
        Crest in m of a wall on the west or south face of a cell; -inf (or NaN) where there is none. Water
        passes only above it, as over a weir with `weir_coefficient`.
    """

    crest_west: Array | None = None
    crest_south: Array | None = None
    links: Sequence[Link] = ()
    breaches: Sequence[Breach] = ()
    weir_coefficient: float = 0.577


@dataclass(frozen=True, slots=True, eq=False)
class Forcing:
    """All that acts on the water."""

    boundaries: Sequence[Boundary] = ()
    rain: Sequence[Rain] = ()
    infiltration: Infiltration | None = None
    drainage: Drainage | None = None
    inflows: Sequence[Inflow] = ()
    structures: Structures = field(default_factory=Structures)

    def check(self, domain: Domain) -> None:
        """Raise `ValueError` where something lies outside the domain or does not have its shape."""
        for each in self.boundaries:
            length = domain.shape[0] if each.edge in {"west", "east"} else domain.shape[1]
            last = length if each.last is None else each.last
            if not 0 <= each.first < last <= length:
                raise ValueError(
                    f"boundary {each.first} to {last} is no piece of the {each.edge} edge (0 to {length})"
                )
        for name, grid in self._grids():
            if np.ndim(grid) and np.shape(grid) != domain.shape:
                raise ValueError(f"{name} has the shape {np.shape(grid)}, the terrain {domain.shape}")
        for name, rows, columns in self._cells():
            _inside(name, np.asarray(rows), np.asarray(columns), domain)

    def _grids(self) -> "list[tuple[str, Any]]":
        grids: list[tuple[str, Any]] = [("rain", each.field) for each in self.rain]
        if self.infiltration:
            grids += [("infiltration", self.infiltration.rate), ("infiltration", self.infiltration.storage)]
        if self.drainage:
            grids.append(("drainage", self.drainage.capacity))
        crests = (self.structures.crest_west, self.structures.crest_south)
        return grids + [("wall crest", each) for each in crests if each is not None]

    def _cells(self) -> "list[tuple[str, Any, Any]]":
        cells: list[tuple[str, Any, Any]] = [
            (f'inflow "{each.name}"', each.rows, each.columns) for each in self.inflows
        ]
        for link in self.structures.links:
            ends = np.array([link.start, link.end])
            cells.append((f'link "{link.name}"', ends[:, 0], ends[:, 1]))
        return cells + [
            (f'breach "{each.name}"', each.rows, each.columns) for each in self.structures.breaches
        ]


def _inside(name: str, rows: Indices, columns: Indices, domain: Domain) -> None:
    """Raise `ValueError` if a cell is outside the domain or may not hold water."""
    outside = (rows < 0) | (rows >= domain.shape[0]) | (columns < 0) | (columns >= domain.shape[1])
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        raise ValueError(
            f"{name}: row {rows[at]}, column {columns[at]} is outside the terrain {domain.shape}"
        )
    if domain.active is not None and not domain.active[rows, columns].all():
        at = int(np.flatnonzero(~domain.active[rows, columns])[0])
        raise ValueError(f"{name}: row {rows[at]}, column {columns[at]} is blocked; no water may be there")
