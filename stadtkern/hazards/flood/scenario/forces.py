"""Tables of a scenario for what drives water and what stands in its way."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from stadtkern.hazards.flood.errors import BadKey
from stadtkern.hazards.flood.scenario import kinds
from stadtkern.hazards.flood.scenario.kinds import key
from stadtkern.hazards.flood.scenario.rules import exactly_one, needs, together

NumberOrRaster: TypeAlias = float | Path
Point: TypeAlias = tuple[float, float]
Line: TypeAlias = tuple[Point, ...]
Interpolation: TypeAlias = Literal["linear", "step"]
INTERPOLATION = kinds.choice("linear", "step")
BETWEEN = "between two rows of a series: linear, or the earlier value (step)"
POINT = "x, y"
INFILTRATION = {
    "constant": ("rate",),
    "scs_cn": ("curve_number",),
    "green_ampt": ("conductivity", "suction", "deficit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """What happens at an edge of the terrain, or at a part of it; elsewhere it is a wall."""

    edge: Literal["west", "east", "south", "north"] = key(
        kinds.choice("west", "east", "south", "north"), "edge of the raster"
    )
    kind: Literal["wall", "open", "level", "discharge", "normal_depth", "rating"] = key(
        kinds.choice("wall", "open", "level", "discharge", "normal_depth", "rating"),
        "wall; open: water leaves freely; level of the water; discharge into the terrain; "
        "normal_depth: uniform flow "
        "on a slope leaves; rating: discharge that leaves by level",
        default="wall",
    )
    span: tuple[float, float] | None = key(
        kinds.numbers(2, "two distances from, to that increase", order=True),
        "part of the edge: distances from its western or southern end; default: the whole edge",
        unit="m",
        default=None,
    )
    value: float | None = key(
        kinds.number(),
        "level (m), discharge (m3/s, positive into the terrain) or slope (normal_depth)",
        default=None,
    )
    series: Path | None = key(
        kinds.table(), "level or discharge as CSV `time,value`", unit="s; m or m3/s", default=None
    )
    depth: float | Path | None = key(
        kinds.either(kinds.number(above=0.0), kinds.table()),
        "discharge: depth of water that shoots in (supercritical), constant or as CSV `time,value`; "
        "default: the "
        "inflow is not faster than waves",
        unit="m",
        default=None,
    )
    datastream: Path | None = key(
        kinds.table(),
        "observations or forecast out of `stadtkern export observations`, as level or discharge",
        default=None,
    )
    datastream_key: str | None = key(kinds.text(200), "which datastream of that file", default=None)
    offset: float = key(
        kinds.number(), "added to the values of `datastream`, such as the zero of a gauge", default=0.0
    )
    factor: float = key(
        kinds.number(),
        "values of `datastream` are multiplied with it first, such as 0.01 for cm",
        default=1.0,
    )
    rating: Path | None = key(
        kinds.table(), "CSV `level,discharge` that increases", unit="m; m3/s", default=None
    )
    interpolation: Interpolation = key(INTERPOLATION, BETWEEN, default="linear")

    def check(self) -> None:
        """Require the source of values that belongs to the kind."""
        sources = ("value", "series", "datastream", "rating")
        wanted = {
            "level": sources[:3],
            "discharge": sources[:3],
            "normal_depth": sources[:1],
            "rating": sources[3:],
        }
        if allowed := wanted.get(self.kind):
            exactly_one(self, *allowed)
        for name in sources:
            if getattr(self, name) is not None and name not in (allowed or ()):
                raise BadKey(
                    f"{name}: has no meaning for kind {self.kind}; allowed: "
                    f"{', '.join(allowed or ()) or 'nothing'}"
                )
        if self.kind == "normal_depth" and (self.value or 0.0) <= 0:
            raise BadKey(f"value: {self.value:g} is no slope; allowed: a number > 0")
        needs(self, "datastream_key", "datastream")
        if self.depth is not None and self.kind != "discharge":
            raise BadKey(f"depth: has no meaning for kind {self.kind}; allowed: with kind discharge")
        if self.span and self.span[0] < 0:
            raise BadKey(f"span: {self.span[0]:g} is not allowed; allowed: distances >= 0 in metres")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inflow:
    """Water that comes in at a point or over an area, or is taken out (negative)."""

    x: float | None = key(kinds.number(), "east", unit="m", default=None)
    y: float | None = key(kinds.number(), "north", unit="m", default=None)
    polygon: Path | None = key(kinds.vector(), "area over which the inflow is spread evenly", default=None)
    value: float | None = key(kinds.number(), "constant inflow", unit="m3/s", default=None)
    series: Path | None = key(kinds.table(), "inflow as CSV `time,value`", unit="s; m3/s", default=None)
    datastream: Path | None = key(
        kinds.table(), "observations or forecast out of `stadtkern export observations`", default=None
    )
    datastream_key: str | None = key(kinds.text(200), "which datastream of that file", default=None)
    offset: float = key(kinds.number(), "added to the values of `datastream`", default=0.0)
    factor: float = key(kinds.number(), "values of `datastream` are multiplied with it first", default=1.0)
    rating: Path | None = key(
        kinds.table(),
        "CSV `level,discharge`: turns levels of `datastream` into discharge",
        unit="m; m3/s",
        default=None,
    )
    interpolation: Interpolation = key(INTERPOLATION, BETWEEN, default="linear")

    def check(self) -> None:
        """Require a place and a source."""
        together(self, "x", "y")
        exactly_one(self, "x", "polygon")
        exactly_one(self, "value", "series", "datastream")
        needs(self, "datastream_key", "datastream")
        needs(self, "rating", "datastream")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rain:
    """Rain on all open cells, or on an area; several add up."""

    value: float | None = key(
        kinds.number(least=0.0, greatest=2000.0), "constant rain", unit="mm/h", default=None
    )
    raster: Path | None = key(
        kinds.raster(),
        "rain by cell in mm/h; together with `series` the series is a factor without unit",
        unit="mm/h",
        default=None,
    )
    series: Path | None = key(kinds.table(), "rain as CSV `time,value`", unit="s; mm/h", default=None)
    storm: Literal["euler2", "block"] | None = key(
        kinds.choice("euler2", "block"), "design storm: Euler type II or block", default=None
    )
    duration: float | None = key(
        kinds.duration(above=0.0), "duration of the design storm", unit="s", default=None
    )
    depth: float | None = key(
        kinds.number(above=0.0, greatest=2000.0),
        "height of the rain over `duration` (block)",
        unit="mm",
        default=None,
    )
    depths: Path | None = key(
        kinds.table(),
        "CSV `duration_min,depth_mm`: heights of one return period, as in KOSTRA-DWD",
        default=None,
    )
    step: float = key(kinds.duration(above=0.0), "interval of the Euler storm", unit="s", default=300.0)
    start: float = key(kinds.duration(), "when the storm begins", unit="s", default=0.0)
    polygon: Path | None = key(kinds.vector(), "it rains only here", default=None)
    interpolation: Interpolation = key(INTERPOLATION, BETWEEN, default="linear")

    def check(self) -> None:
        """Require one way to say how much."""
        if not (self.raster and self.series):
            exactly_one(self, "value", "raster", "series", "storm")
        for name in ("duration", "depth", "depths"):
            needs(self, name, "storm")
        if self.storm == "block":
            exactly_one(self, "depth", "depths")
        if self.storm == "euler2" and (self.depths is None or self.depth is not None):
            raise BadKey(
                "depths: an Euler storm needs the heights of several durations; allowed: a CSV in "
                "depths, no depth"
            )
        if self.storm and self.duration is None:
            raise BadKey("duration: is missing for the storm; allowed: seconds > 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Infiltration:
    """Water that seeps into the ground."""

    model: Literal["constant", "scs_cn", "green_ampt"] = key(
        kinds.choice("constant", "scs_cn", "green_ampt"), "law of infiltration"
    )
    rate: NumberOrRaster | None = key(kinds.field(least=0.0), "constant: rate", unit="mm/h", default=None)
    curve_number: NumberOrRaster | None = key(
        kinds.field(above=0.0, greatest=100.0), "scs_cn: curve number of soil and use", default=None
    )
    conductivity: NumberOrRaster | None = key(
        kinds.field(least=0.0), "green_ampt: saturated hydraulic conductivity", unit="mm/h", default=None
    )
    suction: NumberOrRaster | None = key(
        kinds.field(least=0.0), "green_ampt: suction at the wetting front", unit="mm", default=None
    )
    deficit: NumberOrRaster | None = key(
        kinds.field(least=0.0, greatest=1.0),
        "green_ampt: water the soil can still take, as a share of its volume",
        default=None,
    )

    def check(self) -> None:
        """Require the parameters of the model, and no others."""
        for model, names in INFILTRATION.items():
            for name in names:
                missing = getattr(self, name) is None
                if model == self.model and missing:
                    raise BadKey(f"{name}: is missing for model {model}; allowed: a number or a raster")
                if model != self.model and not missing:
                    raise BadKey(
                        f"{name}: has no meaning for model {self.model}; allowed: "
                        f"{', '.join(INFILTRATION[self.model])}"
                    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drainage:
    """What the sewers take at most."""

    capacity: NumberOrRaster = key(kinds.field(least=0.0), "greatest rate", unit="mm/h")
    polygon: Path | None = key(kinds.vector(), "only here", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildings:
    """Houses: footprints that water flows around, over or slowly through."""

    polygons: Path = key(kinds.vector(), "footprints")
    mode: Literal["blocked", "raised", "roughened"] = key(
        kinds.choice("blocked", "raised", "roughened"),
        "no water inside; ground raised by `height`; rough ground",
        default="blocked",
    )
    height: float = key(kinds.number(above=0.0), "raised: by how much", unit="m", default=5.0)
    mannings_n: float = key(
        kinds.number(above=0.0, greatest=10.0), "roughened: Manning's n inside", unit="s/m^(1/3)", default=1.0
    )
    roofs: Literal["spill", "sewer"] = key(
        kinds.choice("spill", "sewer"),
        "blocked: rain on roofs runs to the cells around, or into the sewer",
        default="spill",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A wall or mobile barrier along a line, thinner than a cell; high water flows over it."""

    line: Line | None = key(kinds.line(), "course of the wall", unit="m", default=None)
    lines: Path | None = key(kinds.vector(), "courses of several walls", default=None)
    crest: float | None = key(kinds.number(), "level of the crest", unit="m", default=None)
    height: float | None = key(kinds.number(above=0.0), "height above the ground", unit="m", default=None)

    def check(self) -> None:
        """Require a course and a crest."""
        exactly_one(self, "line", "lines")
        exactly_one(self, "crest", "height")


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A dike or wall that gives way along a line, growing in depth first, then in width."""

    line: Line = key(
        kinds.line(),
        "the stretch that is gone in the end, along the crest; it begins in the middle",
        unit="m",
    )
    across: float = key(
        kinds.number(0.0),
        "how wide the dike is across the line, where its foot is wider than a cell; 0: one cell",
        unit="m",
        default=0.0,
    )
    start: float = key(kinds.duration(), "when it begins", unit="s")
    level: float = key(
        kinds.number(), "level of the ground or crest in the end; what is lower stays", unit="m"
    )
    duration: float = key(
        kinds.duration(), "how long it sinks at each place; 0: at once", unit="s", default=0.0
    )
    widening: float = key(
        kinds.duration(), "how long until it has its whole width; 0: all at once", unit="s", default=0.0
    )
    growth: Literal["linear", "cosine"] = key(
        kinds.choice("linear", "cosine"), "sinks in a straight line, or slowly at both ends", default="cosine"
    )
    what: Literal["ground", "wall"] = key(
        kinds.choice("ground", "wall"),
        "what gives way: the terrain along the line, or walls of `[[wall]]` near it",
        default="ground",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Culvert:
    """A pipe under a road or dike."""

    from_: Point = key(kinds.numbers(2, POINT), "entrance", unit="m")
    to: Point = key(kinds.numbers(2, POINT), "exit", unit="m")
    diameter: float | None = key(kinds.number(above=0.0), "of a round pipe", unit="m", default=None)
    width: float | None = key(kinds.number(above=0.0), "of a box", unit="m", default=None)
    height: float | None = key(kinds.number(above=0.0), "of a box", unit="m", default=None)
    invert_from: float | None = key(
        kinds.number(), "level of the bottom at the entrance; default: ground", unit="m", default=None
    )
    invert_to: float | None = key(
        kinds.number(), "level of the bottom at the exit; default: ground", unit="m", default=None
    )
    barrels: int = key(kinds.whole(1, 100), "how many lie side by side", default=1)
    coefficient: float = key(
        kinds.number(above=0.0, greatest=1.0), "discharge coefficient of a full pipe", default=0.6
    )
    flap: bool = key(kinds.flag(), "a flap lets water flow only towards the exit", default=False)

    def check(self) -> None:
        """Require either round or box."""
        exactly_one(self, "diameter", "width")
        together(self, "width", "height")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A bridge: free below its underside, an orifice when water reaches it, a weir over its deck."""

    line: Line = key(kinds.line(), "course of the bridge", unit="m")
    underside: float = key(kinds.number(), "level of the underside of the deck", unit="m")
    deck: float = key(kinds.number(), "level of the roadway or parapet over which water flows", unit="m")
    piers: float = key(kinds.number(0.0, 0.9), "share of the width taken by piers", default=0.0)
    coefficient: float = key(
        kinds.number(above=0.0, greatest=1.0), "discharge coefficient under the deck", default=0.8
    )

    def check(self) -> None:
        """Require a deck above its underside."""
        if self.deck <= self.underside:
            raise BadKey(
                f"deck: {self.deck:g} is not above the underside; allowed: more than {self.underside:g}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A sluice gate between two points."""

    from_: Point = key(kinds.numbers(2, POINT), "upper side", unit="m")
    to: Point = key(kinds.numbers(2, POINT), "lower side", unit="m")
    width: float = key(kinds.number(above=0.0), "clear width", unit="m")
    sill: float | None = key(kinds.number(), "level of the sill; default: ground", unit="m", default=None)
    opening: float | None = key(kinds.number(least=0.0), "constant opening", unit="m", default=None)
    series: Path | None = key(kinds.table(), "opening as CSV `time,value`", unit="s; m", default=None)
    coefficient: float = key(kinds.number(above=0.0, greatest=1.0), "discharge coefficient", default=0.6)
    interpolation: Interpolation = key(INTERPOLATION, BETWEEN, default="linear")

    def check(self) -> None:
        """Require a constant opening or a series."""
        exactly_one(self, "opening", "series")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pump:
    """A pump that lifts water from one point to another, or out of the terrain."""

    from_: Point = key(kinds.numbers(2, POINT), "where it draws", unit="m")
    to: Point | None = key(
        kinds.numbers(2, POINT), "where it pours; default: out of the terrain", unit="m", default=None
    )
    capacity: float | None = key(kinds.number(least=0.0), "constant capacity", unit="m3/s", default=None)
    series: Path | None = key(kinds.table(), "capacity as CSV `time,value`", unit="s; m3/s", default=None)
    on_above: float = key(
        kinds.number(least=0.0), "depth at its place from which it runs", unit="m", default=0.05
    )
    off_below: float = key(
        kinds.number(least=0.0), "depth at its place below which it stops", unit="m", default=0.01
    )
    interpolation: Interpolation = key(INTERPOLATION, BETWEEN, default="linear")

    def check(self) -> None:
        """Require one source of capacity, and a stop lower than the start."""
        exactly_one(self, "capacity", "series")
        if self.off_below > self.on_above:
            raise BadKey(
                f"off_below: {self.off_below:g} is more than on_above; allowed: at most {self.on_above:g}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Basin:
    """A retention basin: ground lowered inside a polygon, a dam around it, a throttled outlet."""

    polygon: Path = key(kinds.vector(), "outline")
    bottom: float | None = key(
        kinds.number(), "level of the bottom; the ground is only ever lowered", unit="m", default=None
    )
    crest: float | None = key(kinds.number(), "level of the dam on the outline", unit="m", default=None)
    outlet_from: Point | None = key(kinds.numbers(2, POINT), "where the outlet draws", unit="m", default=None)
    outlet_to: Point | None = key(kinds.numbers(2, POINT), "where the outlet pours", unit="m", default=None)
    throttle: float | None = key(kinds.number(above=0.0), "greatest outflow", unit="m3/s", default=None)

    def check(self) -> None:
        """Require a whole outlet or none."""
        together(self, "outlet_from", "outlet_to", "throttle")
        if self.bottom is None and self.crest is None and self.throttle is None:
            raise BadKey(
                "bottom: nothing is said of the basin; allowed: at least one of bottom, crest, throttle"
            )


__all__ = [
    "Basin",
    "Boundary",
    "Breach",
    "Bridge",
    "Buildings",
    "Culvert",
    "Drainage",
    "Gate",
    "Infiltration",
    "Inflow",
    "Interpolation",
    "Line",
    "Point",
    "Pump",
    "Rain",
    "Wall",
]
