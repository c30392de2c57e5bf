"""Forcing as the kernels read it: arrays made once, and their values in a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stadtkern.compute.series import Series
from stadtkern.hazards.flood.solver import edges
from stadtkern.hazards.flood.solver.domain import Domain, Options
from stadtkern.hazards.flood.solver.forcing import (
    BOUNDARY_KINDS,
    EDGES,
    INFILTRATION_MODELS,
    LINK_LAWS,
    Boundary,
    Breach,
    Forcing,
    Inflow,
    Link,
)
from stadtkern.hazards.flood.solver.numerics import BLOCKED

AnyArray = npt.NDArray[Any]
Kind = type[np.floating[Any]]


@dataclass(slots=True)
class Ground:
    """Terrain as the kernels read it; elevations are relative to `datum` so that float32 keeps its digits."""

    bed: AnyArray
    n2: AnyArray
    crest_west: AnyArray
    crest_south: AnyArray
    datum: float

    @classmethod
    def of(cls, domain: Domain, forcing: Forcing, kind: Kind) -> "Ground":
        """Return the ground with blocked cells raised out of reach, in the precision `kind`."""
        bed = np.array(domain.bed, dtype=np.float64)
        active = (
            np.ones(bed.shape, dtype=bool) if domain.active is None else np.asarray(domain.active, dtype=bool)
        )
        datum = float(np.floor(bed[active].min())) if active.any() else 0.0
        bed -= datum
        bed[~active] = BLOCKED
        manning = np.asarray(domain.manning, dtype=np.float64)
        n2 = (manning**2).reshape((1, 1)) if manning.ndim == 0 else np.where(active, manning, 0.0) ** 2
        crests = [
            _crest(grid, bed.shape, datum, wanted=_sinks(forcing, what))
            for grid, what in (
                (forcing.structures.crest_west, "crest_west"),
                (forcing.structures.crest_south, "crest_south"),
            )
        ]
        if crests[0].size > 1 or crests[1].size > 1:
            crests = [each if each.size > 1 else np.full(bed.shape, -np.inf) for each in crests]
        west, south = (np.ascontiguousarray(each, dtype=kind) for each in crests)
        return cls(
            np.ascontiguousarray(bed, dtype=kind), np.ascontiguousarray(n2, dtype=kind), west, south, datum
        )

    def walled(self, height: int, width: int) -> AnyArray:
        """Return for each tile whether a cell has a wall on a face, its border counted on both sides."""
        rows, columns = self.bed.shape
        high, wide = -(-rows // height), -(-columns // width)
        found = np.zeros((high, wide), dtype=np.uint8)
        if self.crest_west.size == 1:
            return found.ravel()
        for i, j in np.argwhere((self.crest_west > -np.inf) | (self.crest_south > -np.inf)):
            for m in (i - 1, i, i + 1):
                for n in (j - 1, j, j + 1):
                    if 0 <= m < rows and 0 <= n < columns:
                        found[m // height, n // width] = 1
        return found.ravel()


def _sinks(forcing: Forcing, what: str) -> bool:
    return any(each.what == what for each in forcing.structures.breaches)


def _crest(grid: AnyArray | None, shape: tuple[int, ...], datum: float, *, wanted: bool) -> AnyArray:
    if grid is None:
        return np.full(shape if wanted else (1, 1), -np.inf)
    crest = np.array(grid, dtype=np.float64) - datum
    crest[np.isnan(crest)] = -np.inf
    return crest


@dataclass(slots=True)
class Pieces:
    """Pieces of boundary."""

    boundaries: Sequence[Boundary]
    sides: AnyArray
    firsts: AnyArray
    lasts: AnyArray
    kinds: AnyArray
    on: AnyArray
    datum: float
    shape: tuple[int, int]

    @classmethod
    def of(cls, boundaries: Sequence[Boundary], shape: tuple[int, int], datum: float) -> "Pieces":
        """Return the pieces that are no walls; `ValueError` if two of them overlap."""
        chosen = [each for each in boundaries if each.kind != "wall"]
        lengths = [shape[0] if each.edge in {"west", "east"} else shape[1] for each in chosen]
        on = np.zeros((4, max(shape)), dtype=np.uint8)
        for each, length in zip(chosen, lengths, strict=True):
            on[EDGES.index(each.edge), each.first : length if each.last is None else each.last] += 1
        if (on > 1).any():
            side, at = np.argwhere(on > 1)[0]
            raise ValueError(f"two boundaries share cell {at} of the {EDGES[side]} edge")
        lasts = [
            length if each.last is None else each.last for each, length in zip(chosen, lengths, strict=True)
        ]
        return cls(
            chosen,
            np.array([EDGES.index(each.edge) for each in chosen], dtype=np.int64),
            np.array([each.first for each in chosen], dtype=np.int64),
            np.array(lasts, dtype=np.int64),
            np.array([BOUNDARY_KINDS.index(each.kind) for each in chosen], dtype=np.int64),
            on,
            datum,
            shape,
        )

    def values(self, start: float, dt: float, h: AnyArray, z: AnyArray, dry: np.floating[Any]) -> AnyArray:
        """Return what `edges.edges` needs to know of each piece for a step."""
        values = np.zeros(len(self.boundaries))
        for k, each in enumerate(self.boundaries):
            if each.kind == "level" and each.series:
                values[k] = each.series.at(start + dt) - self.datum
            elif each.kind == "discharge" and each.series:
                values[k] = each.series.mean(start, start + dt)
            elif each.kind == "normal_depth":
                values[k] = each.slope
            elif each.kind == "rating" and each.rating:
                level = edges.mean_level(h, z, self.sides[k], self.firsts[k], self.lasts[k], dry)
                values[k] = 0.0 if np.isnan(level) else -max(each.rating.at(level + self.datum), 0.0)
        return values

    def depths(self, time: float) -> AnyArray:
        """Return the depth that discharge comes in with, m; 0 where the water inside decides."""
        return np.array([each.depth.at(time) if each.depth else 0.0 for each in self.boundaries])

    def cells(self) -> tuple[AnyArray, AnyArray]:
        """Return rows and columns of the cells through which water may come in."""
        found = [
            edges.cell_at(self.sides[k], at, *self.shape)
            for k, each in enumerate(self.boundaries)
            if each.kind in {"level", "discharge"}
            for at in range(self.firsts[k], self.lasts[k])
        ]
        both = np.array(found, dtype=np.int64).reshape((-1, 2))
        return both[:, 0], both[:, 1]


@dataclass(slots=True)
class Weather:
    """Rain, infiltration, drainage."""

    uniform: Sequence[Series]
    series: Sequence[Series]
    fields: AnyArray
    model: int
    rate: AnyArray
    storage: AnyArray
    capacity: AnyArray
    drains: bool
    cells: int

    @classmethod
    def of(cls, forcing: Forcing, ground: Ground, kind: Kind) -> "Weather":
        """Return rain and losses as arrays in the precision `kind`."""
        uniform = [
            Series(each.series.times, each.series.values * float(each.field), each.series.kind)
            for each in forcing.rain
            if np.ndim(each.field) == 0
        ]
        varied = [each for each in forcing.rain if np.ndim(each.field)]
        shape = (len(varied), *ground.bed.shape) if varied else (0, 1, 1)
        fields = np.zeros(shape, dtype=kind)
        for k, each in enumerate(varied):
            fields[k] = np.where(ground.bed > BLOCKED / 2, 0.0, np.nan_to_num(np.asarray(each.field)))
        soil, sewer = forcing.infiltration, forcing.drainage
        return cls(
            uniform,
            [each.series for each in varied],
            fields,
            INFILTRATION_MODELS.index(soil.model) + 1 if soil else 0,
            _grid(soil.rate if soil else 0.0, kind),
            _grid(soil.storage if soil else 0.0, kind),
            _grid(sewer.capacity if sewer else 0.0, kind),
            sewer is not None,
            int((ground.bed < BLOCKED / 2).sum()),
        )

    @property
    def any(self) -> bool:
        """Tell whether there is any weather."""
        return bool(self.uniform or self.series or self.model or self.drains)

    @property
    def losses(self) -> bool:
        """Tell whether water may leave through the ground."""
        return self.model > 0 or self.drains

    def rates(self, start: float, dt: float) -> tuple[float, AnyArray]:
        """Return the mean rain of a step: m/s everywhere, and the factor of each field."""
        uniform = sum((each.mean(start, start + dt) for each in self.uniform), 0.0)
        return uniform, np.array([each.mean(start, start + dt) for each in self.series], dtype=np.float64)

    def largest(self) -> float:
        """Return the heaviest rain that there may be, m/s."""
        fields = [
            float(self.fields[k].max(initial=0.0)) * each.largest() for k, each in enumerate(self.series)
        ]
        return sum((each.largest() for each in self.uniform), 0.0) + sum(fields)


def _grid(value: npt.ArrayLike, kind: Kind) -> AnyArray:
    grid = np.asarray(value, dtype=kind)
    return np.ascontiguousarray(grid.reshape((1, 1)) if grid.ndim == 0 else grid)


@dataclass(slots=True)
class Points:
    """Inflows into cells."""

    inflows: Sequence[Inflow]
    rows: AnyArray
    columns: AnyArray
    source: AnyArray
    weights: AnyArray

    @classmethod
    def of(cls, inflows: Sequence[Inflow]) -> "Points":
        """Return all cells of all inflows in one list, weights made to add up to 1."""
        shares = [
            np.ones(len(each.rows)) if each.weights is None else np.asarray(each.weights, dtype=np.float64)
            for each in inflows
        ]
        for each, share in zip(inflows, shares, strict=True):
            if len(share) != len(each.rows) or not share.sum() > 0 or (share < 0).any():
                raise ValueError(f'inflow "{each.name}" needs a weight >= 0 for each cell, not all 0')
        return cls(
            inflows,
            _joined([each.rows for each in inflows]),
            _joined([each.columns for each in inflows]),
            _joined([np.full(len(each.rows), k) for k, each in enumerate(inflows)]),
            np.concatenate([share / share.sum() for share in shares]) if inflows else np.zeros(0),
        )

    def volumes(self, start: float, dt: float) -> AnyArray:
        """Return what each inflow brings in a step, m3."""
        return np.array([each.series.mean(start, start + dt) * dt for each in self.inflows])

    def largest(self, area: float) -> float:
        """Return the fastest rise of a cell that there may be, m/s."""
        most = [0.0]
        for k, each in enumerate(self.inflows):
            most.append(each.series.largest() * float(self.weights[self.source == k].max()) / area)
        return max(most)


def _joined(parts: Sequence[AnyArray]) -> AnyArray:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)


@dataclass(slots=True)
class Links:
    """Culverts, weirs, gates, pumps."""

    links: Sequence[Link]
    table: AnyArray

    @classmethod
    def of(cls, links: Sequence[Link], ground: Ground) -> "Links":
        """Return the table that `edges.through` reads."""
        table = np.zeros((len(links), 12))
        for k, each in enumerate(links):
            beds = (float(ground.bed[each.start]), float(ground.bed[each.end]))
            sill = max(beds) if each.invert is None else each.invert - ground.datum
            table[k] = [
                LINK_LAWS.index(each.law), *each.start, *each.end, each.width * each.barrels, each.height,
                sill, each.coefficient, each.one_way, each.switch_on, each.switch_off,
            ]  # fmt: skip
        return cls(links, table)

    def values(self, start: float, dt: float) -> AnyArray:
        """Return opening (m) or discharge (m3/s) of each link in a step."""
        series = [each.opening if each.law == "gate" else each.series for each in self.links]
        return np.array([each.mean(start, start + dt) if each else 0.0 for each in series])


def sink(breach: Breach, ground: Ground, before: AnyArray, time: float) -> bool:
    """Lower bed or crest to what a breach has reached and return whether it is still going on.

    `before` is how bed or crest was.
    Cell k of n is reached after widening |2 k - (n - 1)| / (n - 1), counted from the middle of the list.
    """
    if time <= breach.start:
        return True
    grid = {"bed": ground.bed, "crest_west": ground.crest_west, "crest_south": ground.crest_south}[
        breach.what
    ]
    count = len(breach.rows)
    out = np.abs(2 * np.arange(count) - (count - 1)) / max(count - 1, 1)
    since = time - breach.start - breach.widening * out
    part = np.clip(since / breach.duration, 0.0, 1.0) if breach.duration > 0 else (since >= 0).astype(float)
    if breach.law == "cosine":
        part = 0.5 - 0.5 * np.cos(np.pi * part)
    goal = np.minimum(breach.level - ground.datum, before)
    grid[breach.rows, breach.columns] = before + part * (goal - before)
    return bool((part < 1.0).any())


def growth(domain: Domain, options: Options, rise: float) -> float:
    """Return the longest step in which water that rises by `rise` m/s stays within the Courant number, s.

    After dt a dry cell holds rise dt, its waves run sqrt(g rise dt): dt sqrt(g rise dt) <= cfl dx.
    """
    if rise <= 0:
        return options.max_step
    return float(float((options.cfl * domain.cell) ** 2 / (options.gravity * rise)) ** (1.0 / 3.0))
