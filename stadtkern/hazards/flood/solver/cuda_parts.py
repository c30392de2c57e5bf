"""Strips of a domain, each on a device of its own."""

from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import cuda

from stadtkern.hazards.flood.solver import cuda_blocks
from stadtkern.hazards.flood.solver.cuda_blocks import HIGH, SIZE, WIDE
from stadtkern.hazards.flood.solver.rows import EAST, NORTH, SOUTH, WEST

AnyArray = npt.NDArray[Any]
HALO = 2  # rows of a neighbour that a stage reads: second order and local inertia look two cells far


def strips(rows: int, count: int) -> list[tuple[int, int]]:
    """Return first and last row (not included) of up to `count` strips that begin with a row of blocks."""
    high = -(-rows // HIGH)
    count = min(count, high)
    bounds = [high * k // count * HIGH for k in range(count)] + [rows]
    return list(pairwise(bounds))


class Part:
    """The rows `first` to `last` of a domain, and a row of blocks of each neighbour, on one device.

    The neighbours' rows are never computed here: what a step reads of them is brought before it.
    """

    def __init__(self, device: int, first: int, last: int, shape: tuple[int, int]) -> None:
        self.number, self.first, self.last, self.shape = device, first, last, shape
        self.begin, self.end = max(first - HIGH, 0), min(last + HIGH, shape[0])
        size = self.end - self.begin
        self.blocks = (-(-shape[1] // WIDE), -(-size // HIGH))
        own = (first - self.begin) // HIGH
        self.own_blocks = (own, own + -(-(last - first) // HIGH))

    def device(self) -> AbstractContextManager[Any]:
        """Return what makes its device the present one."""
        device: AbstractContextManager[Any] = cuda.gpus[self.number]
        return device

    def cut(self, grid: AnyArray) -> AnyArray:
        """Return its rows of a grid; what is one value for all cells stays it."""
        return np.ascontiguousarray(grid[self.begin : self.end]) if grid.shape == self.shape else grid

    def own(self, there: Any) -> Any:  # noqa: ANN401  # an array on a device
        """Return the rows of an array there that belong to nobody else."""
        return there[self.first - self.begin : self.last - self.begin]

    def along_edges(self, values: AnyArray) -> AnyArray:
        """Return its share of values along the edges of the domain, shape (4, ..., longest edge)."""
        size = self.end - self.begin
        found = np.zeros((*values.shape[:-1], max(size, self.shape[1])), values.dtype)
        for side in (WEST, EAST):
            found[side, ..., :size] = values[side, ..., self.begin : self.end]
        for side, is_here in ((NORTH, self.begin == 0), (SOUTH, self.end == self.shape[0])):
            if is_here:
                found[side, ..., : self.shape[1]] = values[side, ..., : self.shape[1]]
        return found

    def load(self, engine: Any) -> None:  # noqa: ANN401  # `CudaEngine`, which imports this
        """Bring all that an engine has of these rows to the device."""
        kind, weather = engine.kind, engine.weather
        by_blocks = (self.blocks[1], self.blocks[0])
        with self.device():
            self.ground = {name: cuda.to_device(self.cut(getattr(engine.ground, name))) for name in GROUND}
            self.sets = [tuple(cuda.to_device(self.cut(grid)) for grid in each) for each in engine.state]
            self.losses = [
                cuda.to_device(self.cut(each)) for each in (engine.rained, engine.soaked, engine.drained)
            ]
            self.laws = [
                cuda.to_device(self.cut(each)) for each in (weather.rate, weather.storage, weather.capacity)
            ]
            fields = weather.fields if len(weather.fields) else np.zeros((1, *self.shape), kind)
            self.rain = cuda.to_device(np.ascontiguousarray(fields[:, self.begin : self.end]))
            self.most = [cuda.to_device(self.cut(each)) for each in (*engine.maxima, engine.invalid)]
            self.on = cuda.to_device(self.along_edges(engine.pieces.on))
            self.was, self.active = (cuda.to_device(np.ones(by_blocks, np.uint8)) for _ in range(2))
            self.told = [cuda.to_device(np.zeros(by_blocks, kind)) for _ in range(4)]
            self.total = cuda.to_device(np.zeros(3, kind))
            self.clock = cuda.to_device(np.zeros(len(cuda_blocks.CLOCK)))
            self._wake(engine, np.zeros(by_blocks, np.uint8))
            self._special(*engine.special)

    def _wake(self, engine: Any, awake: AnyArray) -> None:  # noqa: ANN401
        rows, columns = (
            np.concatenate(pair) for pair in zip(engine.pieces.cells(), engine.ends, strict=True)
        )
        here = (rows >= self.first) & (rows < self.last)
        awake[(rows[here] - self.begin) // HIGH, columns[here] // WIDE] = 1
        self.awake = cuda.to_device(awake)

    def _special(self, rows: AnyArray, columns: AnyArray) -> None:
        """Keep which cells the processor needs to see."""
        here = (rows >= self.first) & (rows < self.last)
        self.special = (rows[here], columns[here])
        self.special_there = (
            cuda.to_device(np.ascontiguousarray(rows[here] - self.begin)),
            cuda.to_device(np.ascontiguousarray(columns[here])),
        )

    def fetch(self, copy: int, state: tuple[AnyArray, ...]) -> None:
        """Bring the special cells of a copy of the state to the processor."""
        rows, columns = self.special
        if not rows.size:
            return
        with self.device():
            for grid, there in zip(state, self.sets[copy], strict=True):
                values = cuda.device_array(rows.size, grid.dtype)
                cuda_blocks.fetch[in_line(rows.size)](there, *self.special_there, values)
                grid[rows, columns] = values.copy_to_host()

    def put(self, state: tuple[AnyArray, ...]) -> None:
        """Send the special cells of the present state to the device."""
        rows, columns = self.special
        if not rows.size:
            return
        with self.device():
            for grid, there in zip(state, self.sets[0], strict=True):
                values = cuda.to_device(np.ascontiguousarray(grid[rows, columns]))
                cuda_blocks.put[in_line(rows.size)](there, *self.special_there, values)

    def told_own(self) -> list[Any]:
        """Return what its own blocks told."""
        return [each[slice(*self.own_blocks)] for each in self.told]


GROUND = ("bed", "n2", "crest_west", "crest_south")


def in_line(size: int) -> tuple[int, int]:
    """Return blocks and threads for so many items."""
    return max(-(-size // SIZE), 1), SIZE


def copy_rows(source: Part, target: Part, first: int, last: int, pairs: list[tuple[Any, Any]]) -> None:
    """Copy rows (of the domain) of arrays from one device to another, by the memory of the processor.

    Few rows go, and so it works whether or not devices can reach each other.
    """
    for there, here in pairs:
        with source.device():
            values = there[first - source.begin : last - source.begin].copy_to_host()
        with target.device():
            here[first - target.begin : last - target.begin].copy_to_device(values)


def exchange(parts: list[Part], copy: int) -> None:
    """Bring the rows that a stage reads of a copy of the state from neighbours."""
    for north, south in pairwise(parts):
        pairs = list(zip(north.sets[copy], south.sets[copy], strict=True))
        middle = south.first
        copy_rows(north, south, max(middle - HALO, north.first), middle, pairs)
        back = [(there, here) for here, there in pairs]
        copy_rows(south, north, middle, min(middle + HALO, south.last), back)


def exchange_depths(parts: list[Part]) -> None:
    """Bring how deep neighbouring blocks are, which may wake blocks here."""
    for north, south in pairwise(parts):
        own = slice(north.own_blocks[1] - 1, north.own_blocks[1])
        with north.device():
            values = north.told[2][own].copy_to_host()
        with south.device():
            south.told[2][south.own_blocks[0] - 1 : south.own_blocks[0]].copy_to_device(values)
            values = south.told[2][south.own_blocks[0] : south.own_blocks[0] + 1].copy_to_host()
        with north.device():
            north.told[2][north.own_blocks[1] : north.own_blocks[1] + 1].copy_to_device(values)
