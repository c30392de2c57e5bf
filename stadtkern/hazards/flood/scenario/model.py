"""The tables of a scenario: the one place that says which keys there are and what they mean."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from stadtkern.hazards.flood.errors import BadKey
from stadtkern.hazards.flood.scenario import kinds
from stadtkern.hazards.flood.scenario.forces import (
    Basin,
    Boundary,
    Breach,
    Bridge,
    Buildings,
    Culvert,
    Drainage,
    Gate,
    Infiltration,
    Inflow,
    Pump,
    Rain,
    Wall,
)
from stadtkern.hazards.flood.scenario.kinds import key
from stadtkern.hazards.flood.scenario.rules import at_most_one, exactly_one, needs

NumberOrRaster: TypeAlias = float | Path
BOUNDS = "four numbers west, south, east, north"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the scenario is, for people who see its results."""

    title: str = key(kinds.text(), "name of the scenario, kept with its results", default="")
    description: str = key(kinds.text(), "what is assumed; kept with the results", default="")
    start: datetime | None = key(
        kinds.moment(), "date and time of second 0; needed to read forecasts of a datastream", default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """The ground: one raster, or tiles that are put together."""

    raster: Path | None = key(
        kinds.raster(),
        "heights in a projected coordinate system in metres; default: the tiles of `[[tile]]`",
        default=None,
    )
    raster_crs: str | None = key(
        kinds.epsg(), "coordinate system of a raster whose file does not say it, such as ASC", default=None
    )
    crs: str | None = key(
        kinds.epsg(),
        "coordinate system of the simulation; default: that of the raster or the first tile",
        default=None,
    )
    cell: float | None = key(
        kinds.number(above=0.0), "edge length of a cell; default: that of the raster", unit="m", default=None
    )
    bounds: tuple[float, float, float, float] | None = key(
        kinds.numbers(4, BOUNDS), "part of the terrain that is simulated", unit="m", default=None
    )
    resampling: Literal["auto", "average", "bilinear", "nearest", "max", "min"] = key(
        kinds.choice("auto", "average", "bilinear", "nearest", "max", "min"),
        (
            "how heights come into coarser or turned cells; auto: average into coarser, bilinear into "
            "finer cells"
        ),
        default="auto",
    )
    breaklines: Path | None = key(
        kinds.vector(), "crests of dikes and walls whose heights must survive in coarser cells", default=None
    )
    voids: Literal["refuse", "fill", "wall"] = key(
        kinds.choice("refuse", "fill", "wall"),
        (
            "cells without height: refuse the run, fill them from around (and write `filled.tif`), or let "
            "no water in"
        ),
        default="refuse",
    )
    fill_distance: float = key(
        kinds.number(above=0.0),
        "voids farther than this from known heights are not filled",
        unit="m",
        default=100.0,
    )

    def check(self) -> None:
        """Require bounds that enclose something."""
        if self.bounds and not (self.bounds[0] < self.bounds[2] and self.bounds[1] < self.bounds[3]):
            raise BadKey(
                f"bounds: {list(self.bounds)} enclose nothing; allowed: {BOUNDS}, west < east, south < north"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """Files with heights that are put together, earlier ones on top; instead of `raster` in `[terrain]`."""

    files: tuple[Path, ...] = key(
        kinds.files(), "GeoTIFF or COG, ASC (Polish NMT), XYZ (DGM1), HGT; also inside zip files"
    )
    crs: str | None = key(
        kinds.epsg(),
        "coordinate system of files that do not say theirs: ASC, XYZ other than `dgm_<zone>...`",
        default=None,
    )
    height_shift: float = key(
        kinds.number(-1000.0, 1000.0),
        "added to all heights, to bring them to one vertical datum",
        unit="m",
        default=0.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """Channels and culverts that the terrain does not show, cut into it along lines."""

    lines: Path = key(kinds.vector(), "lines to cut along")
    width: float = key(
        kinds.number(least=0.0), "width of the cut; 0: the cells that the line touches", unit="m", default=0.0
    )
    depth: float | None = key(
        kinds.number(above=0.0), "depth of the cut below the terrain", unit="m", default=None
    )
    bed: float | None = key(kinds.number(), "level of the bed", unit="m", default=None)
    bed_from: float | None = key(
        kinds.number(), "level of the bed where a line begins", unit="m", default=None
    )
    bed_to: float | None = key(kinds.number(), "level of the bed where a line ends", unit="m", default=None)
    attribute: str | None = key(
        kinds.text(64), "attribute of the lines with the level of the bed", default=None
    )

    def check(self) -> None:
        """Require one way to say how deep."""
        exactly_one(self, "depth", "bed", "bed_from", "attribute")
        if (self.bed_from is None) != (self.bed_to is None):
            raise BadKey("bed_to: belongs to bed_from; allowed: both or none of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roughness:
    """How rough the ground is: Manning's n, directly or by land cover."""

    mannings_n: NumberOrRaster | None = key(
        kinds.field(least=0.0, greatest=10.0),
        "Manning's n; 0: without friction",
        unit="s/m^(1/3)",
        default=None,
    )
    land_cover: Path | None = key(
        kinds.file(*kinds.RASTERS, *kinds.VECTORS),
        "land cover: a raster of class numbers, or polygons",
        default=None,
    )
    attribute: str | None = key(kinds.text(64), "attribute of the polygons with the class", default=None)
    table: Path | None = key(
        kinds.table(),
        "CSV `class,mannings_n`; default: the table for OSM tags and CORINE classes that comes along",
        default=None,
    )
    default_n: float = key(
        kinds.number(above=0.0, greatest=1.0),
        "Manning's n where no polygon lies",
        unit="s/m^(1/3)",
        default=0.035,
    )

    def check(self) -> None:
        """Require one source at most."""
        at_most_one(self, "mannings_n", "land_cover")
        needs(self, "attribute", "land_cover")
        needs(self, "table", "land_cover")


@dataclass(frozen=True, slots=True, kw_only=True)
class Initial:
    """Water at second 0; dry where nothing is said."""

    depth: NumberOrRaster | None = key(kinds.field(least=0.0), "depth of the water", unit="m", default=None)
    level: NumberOrRaster | None = key(
        kinds.field(), "level of the water: depth is what lies above the ground", unit="m", default=None
    )
    velocity_x: NumberOrRaster = key(kinds.field(), "velocity to the east", unit="m/s", default=0.0)
    velocity_y: NumberOrRaster = key(kinds.field(), "velocity to the north", unit="m/s", default=0.0)

    def check(self) -> None:
        """Require depth or level, not both."""
        at_most_one(self, "depth", "level")


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """How long, and when results are written."""

    end: float = key(kinds.duration(above=0.0), "how long is simulated", unit="s")
    output: float | tuple[float, ...] | None = key(
        kinds.interval_or_times(),
        "interval of the rasters or a list of times; default: only the end",
        unit="s",
        default=None,
    )
    gauge_interval: float | None = key(
        kinds.duration(above=0.0),
        "interval of gauges and sections; default: a hundredth of `end` or less",
        unit="s",
        default=None,
    )
    checkpoint: float = key(
        kinds.duration(above=0.0),
        "wall-clock time between checkpoints, from which `--resume` goes on",
        unit="s",
        default=300.0,
    )

    def check(self) -> None:
        """Require outputs within the simulated time."""
        if isinstance(self.output, tuple) and self.output[-1] > self.end:
            raise BadKey(
                f"output: {self.output[-1]:g} s lies after the end ({self.end:g} s); allowed: times up to end"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Solver:
    """The numerical scheme."""

    scheme: Literal["hllc", "local_inertial"] = key(
        kinds.choice("hllc", "local_inertial"),
        "hllc: full shallow-water equations; local_inertial: quick screening, no good for velocities",
        default="hllc",
    )
    order: Literal[1, 2] = key(kinds.choice(1, 2), "order in space and time", default=1)
    precision: Literal["float64", "float32"] = key(
        kinds.choice("float64", "float32"), "of numbers", default="float64"
    )
    cfl: float = key(kinds.number(above=0.0, greatest=0.5), "Courant number of the time step", default=0.45)

    def check(self) -> None:
        """Require order 1 of the quick scheme."""
        if self.scheme == "local_inertial" and self.order != 1:
            raise BadKey("order: 2 has no meaning for local_inertial; allowed: 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A point whose water is written as a series."""

    name: str = key(kinds.text(64), "name in `gauges.csv`")
    x: float = key(kinds.number(), "east", unit="m")
    y: float = key(kinds.number(), "north", unit="m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A line across the flow whose discharge is written as a series to `sections.csv`."""

    name: str = key(kinds.text(64), "name in `sections.csv`")
    line: tuple[tuple[float, float], ...] = key(
        kinds.line(), "the line; discharge to the right of its direction counts positive", unit="m"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardClasses:
    """How depth and velocity become classes of hazard in `hazard.tif`."""

    classes: Literal["wasserblick", "lawa", "dv", "own"] = key(
        kinds.choice("wasserblick", "lawa", "dv", "own"),
        (
            "wasserblick: depth in river floods; lawa: depth and velocity in heavy rain; dv: depth times "
            "velocity"
        ),
        default="wasserblick",
    )
    depth: tuple[float, ...] = key(
        kinds.numbers(0, "depths that increase", order=True),
        "own lower bounds of depth classes",
        unit="m",
        default=(),
    )
    velocity: tuple[float, ...] = key(
        kinds.numbers(0, "velocities that increase", order=True),
        "own lower bounds of velocity classes",
        unit="m/s",
        default=(),
    )
    depth_velocity: tuple[float, ...] = key(
        kinds.numbers(0, "products that increase", order=True),
        "own lower bounds of depth times velocity",
        unit="m2/s",
        default=(),
    )

    def check(self) -> None:
        """Require own bounds for own classes, and only for them."""
        if (self.classes == "own") != bool(self.depth or self.velocity or self.depth_velocity):
            raise BadKey(
                'classes: does not fit to own bounds; allowed: "own" with at least one of depth, velocity, '
                "depth_velocity, any other without them"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What is written besides the rasters."""

    wet: float = key(
        kinds.number(above=0.0),
        "depth from which a cell counts as flooded (arrival, duration, polygons)",
        unit="m",
        default=0.05,
    )
    series: bool = key(
        kinds.flag(), "write depth and velocity at all output times as one Zarr store", default=False
    )
    polygons: bool = key(kinds.flag(), "write depth classes as polygons (GeoPackage)", default=True)
    depth_classes: tuple[float, ...] = key(
        kinds.numbers(0, "depths that increase", order=True),
        "lower bounds of the depth classes of the polygons",
        unit="m",
        default=(0.05, 0.5, 1.0, 2.0, 4.0),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """What is uncertain, for `--ensemble N`: factors log-normal around 1, shifts normal around 0."""

    inflow: float = key(
        kinds.number(0.0, 2.0),
        "standard deviation of the logarithm of a factor on inflows and discharges",
        default=0.15,
    )
    roughness: float = key(kinds.number(0.0, 2.0), "the same for Manning's n", default=0.15)
    rain: float = key(kinds.number(0.0, 2.0), "the same for rain", default=0.15)
    level: float = key(
        kinds.number(0.0, 10.0), "standard deviation of a shift of level boundaries", unit="m", default=0.0
    )
    breach_probability: float = key(kinds.number(0.0, 1.0), "probability that a breach happens", default=1.0)
    breach_start: float = key(
        kinds.duration(), "standard deviation of a shift of the start of breaches", unit="s", default=0.0
    )
    breach_width: float = key(
        kinds.number(0.0, 2.0), "the same as inflow for the width of breaches", default=0.0
    )
    seed: int = key(kinds.whole(0, 2**32 - 1), "number that makes the draws repeatable", default=1)
    depths: tuple[float, ...] = key(
        kinds.numbers(0, "depths that increase", order=True),
        "depths whose probability of exceedance is mapped",
        unit="m",
        default=(0.05, 0.5, 1.0),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole scenario; `path` is its file, whose folder all paths in it are relative to."""

    path: Path = field(default=Path())
    about: About = field(default_factory=About)
    terrain: Terrain
    tile: tuple[Tile, ...] = ()
    burn: tuple[Burn, ...] = ()
    roughness: Roughness = field(default_factory=Roughness)
    initial: Initial = field(default_factory=Initial)
    time: Time
    solver: Solver = field(default_factory=Solver)
    boundary: tuple[Boundary, ...] = ()
    inflow: tuple[Inflow, ...] = ()
    rain: tuple[Rain, ...] = ()
    infiltration: Infiltration | None = None
    drainage: tuple[Drainage, ...] = ()
    buildings: Buildings | None = None
    wall: tuple[Wall, ...] = ()
    breach: tuple[Breach, ...] = ()
    culvert: tuple[Culvert, ...] = ()
    bridge: tuple[Bridge, ...] = ()
    gate: tuple[Gate, ...] = ()
    pump: tuple[Pump, ...] = ()
    basin: tuple[Basin, ...] = ()
    gauge: tuple[Gauge, ...] = ()
    section: tuple[Section, ...] = ()
    hazard: HazardClasses = field(default_factory=HazardClasses)
    output: Output = field(default_factory=Output)
    ensemble: Ensemble = field(default_factory=Ensemble)


TABLES: dict[str, tuple[type[Any], bool]] = {
    "about": (About, False),
    "terrain": (Terrain, False),
    "tile": (Tile, True),
    "burn": (Burn, True),
    "roughness": (Roughness, False),
    "initial": (Initial, False),
    "time": (Time, False),
    "solver": (Solver, False),
    "boundary": (Boundary, True),
    "inflow": (Inflow, True),
    "rain": (Rain, True),
    "infiltration": (Infiltration, False),
    "drainage": (Drainage, True),
    "buildings": (Buildings, False),
    "wall": (Wall, True),
    "breach": (Breach, True),
    "culvert": (Culvert, True),
    "bridge": (Bridge, True),
    "gate": (Gate, True),
    "pump": (Pump, True),
    "basin": (Basin, True),
    "gauge": (Gauge, True),
    "section": (Section, True),
    "hazard": (HazardClasses, False),
    "output": (Output, False),
    "ensemble": (Ensemble, False),
}
"""Name in the file: the class of the table, and whether it may stand several times (`[[name]]`)."""
