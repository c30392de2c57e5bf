"""A run on a CUDA device: the state stays there; boundaries, inflows and links are computed on the processor.

Per step the cells along boundaries and of inflows and links come to the processor and go back, and three
numbers (fastest wave, lowest depth, whether all is finite) come with them.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import cuda

from stadtkern.hazards.flood.solver import cuda_blocks, cuda_kernels, edges
from stadtkern.hazards.flood.solver.cuda_blocks import HIGH, SIZE, WIDE
from stadtkern.hazards.flood.solver.domain import Domain, Options, State
from stadtkern.hazards.flood.solver.engine import Engine
from stadtkern.hazards.flood.solver.forcing import Forcing
from stadtkern.hazards.flood.solver.numerics import speed
from stadtkern.hazards.flood.solver.rows import BROKEN, FASTEST, LOWEST

AnyArray = npt.NDArray[Any]


def available() -> bool:
    """Tell whether there is a CUDA device (or its simulator)."""
    try:
        return bool(cuda.is_available())
    except Exception:  # noqa: BLE001  # errors of numba for drivers share no base; then there is no device
        return False


class CudaEngine(Engine):
    """An `Engine` whose arrays of the whole domain are on the device; those here follow when asked for."""

    device = "cuda"

    def __init__(self, domain: Domain, state: State, options: Options, forcing: Forcing) -> None:
        super().__init__(domain, state, options, forcing)
        self.blocks = (-(-self.shape[1] // WIDE), -(-self.shape[0] // HIGH))
        by_blocks = (self.blocks[1], self.blocks[0])
        self.on_device: dict[str, Any] = {
            name: cuda.to_device(getattr(self.ground, name))
            for name in ("bed", "n2", "crest_west", "crest_south")
        }
        self.sets = [tuple(cuda.to_device(grid) for grid in each) for each in self.state]
        self.losses = [cuda.to_device(each) for each in (self.rained, self.soaked, self.drained)]
        weather = self.weather
        self.laws = [cuda.to_device(each) for each in (weather.rate, weather.storage, weather.capacity)]
        self.rain_fields = cuda.to_device(
            weather.fields if len(weather.fields) else np.zeros((1, 1, 1), self.kind)
        )
        self.most = [cuda.to_device(each) for each in (*self.maxima, self.invalid)]
        self.on = cuda.to_device(self.pieces.on)
        awake = np.zeros(by_blocks, np.uint8)
        rows, columns = (np.concatenate(pair) for pair in zip(self.pieces.cells(), self.ends, strict=True))
        awake[rows // HIGH, columns // WIDE] = 1
        self.block_awake = cuda.to_device(awake)
        self.block_was, self.block_active = (cuda.to_device(np.ones(by_blocks, np.uint8)) for _ in range(2))
        self.told = [cuda.to_device(np.zeros(by_blocks, self.kind)) for _ in range(4)]
        self.total = cuda.to_device(np.zeros(3, self.kind))
        self.special = self._special()
        self.special_on_device = [cuda.to_device(each) for each in self.special]
        self._look()

    def _special(self) -> tuple[AnyArray, AnyArray]:
        """Return the cells that the processor needs to see: along boundaries, of inflows and links."""
        pieces = self.pieces
        found = [
            edges.cell_at(pieces.sides[k], at, *self.shape)
            for k in range(len(pieces.boundaries))
            for at in range(pieces.firsts[k], pieces.lasts[k])
        ]
        both = np.array(found, dtype=np.int64).reshape((-1, 2))
        cells = np.unique(np.concatenate((both, np.stack(self.ends, axis=1))), axis=0)
        return np.ascontiguousarray(cells[:, 0]), np.ascontiguousarray(cells[:, 1])

    def _grid(self, size: int) -> tuple[int, int]:
        return max(-(-size // SIZE), 1), SIZE

    def _fetch(self, copy: int) -> None:
        """Bring the special cells of a copy of the state here."""
        rows, columns = self.special
        if not rows.size:
            return
        for grid, there in zip(self.state[copy], self.sets[copy], strict=True):
            values = cuda.device_array(rows.size, self.kind)
            cuda_blocks.fetch[self._grid(rows.size)](there, *self.special_on_device, values)
            grid[rows, columns] = values.copy_to_host()

    def _put(self) -> None:
        """Send the special cells of the present state to the device."""
        rows, columns = self.special
        for grid, there in zip(self.state[0], self.sets[0], strict=True):
            values = cuda.to_device(np.ascontiguousarray(grid[rows, columns]))
            cuda_blocks.put[self._grid(rows.size)](there, *self.special_on_device, values)

    def _look(self) -> None:
        shape = (self.blocks, (WIDE, HIGH))
        cuda_kernels.look[shape](*self.sets[0], self.carry, self.dry, self.gravity, *self.told)

    def _choose(self, dt: float) -> None:
        everywhere = self._raining(dt)
        high = self.told[2]
        grid = (-(-high.shape[0] // 16), -(-high.shape[1] // 16))
        cuda_blocks.wake[grid, (16, 16)](
            high, self.block_awake, self.block_was, self.block_active, self.kind(self.idle), everywhere
        )

    def _breach(self, time: float) -> None:
        moving = any(self.sinking) and any(time > each.start for each in self.forcing.structures.breaches)
        super()._breach(time)
        if moving:
            for each in {breach.what for breach in self.forcing.structures.breaches}:
                self.on_device[each].copy_to_device(getattr(self.ground, each))

    def _borders(self, dt: float, copy: int = 0) -> float:
        if self.pieces.boundaries:
            self._fetch(copy)
        return super()._borders(dt, copy)

    def _flow(self, dt: float) -> bool:
        shape = (self.blocks, (WIDE, HIGH))
        there = self.on_device
        bed = (there["bed"], there["n2"])
        walls = (there["crest_west"], there["crest_south"], self.on)
        size = (self.kind(dt), self.cell)
        laws = (self.dry, self.factor, self.gravity, *self.told)
        old, new = self.sets[0], self.sets[-1]
        edge = cuda.to_device(self.edge)
        if self.inertial:
            cuda_kernels.local_inertial[shape](
                *old, *bed, *new, *walls, edge, self.block_active, *size, self.theta, *laws
            )
        elif self.options.order == 1:
            cuda_kernels.first_order[shape](*old, *bed, *new, *walls, edge, self.block_active, *size, *laws)
        else:
            middle, one = self.sets[1], self.kind(1.0)
            cuda_kernels.second_order[shape](
                *old, *old, one, *bed, *middle, *walls, edge, self.block_active, *size, *laws
            )
            if not self._sound():
                return False
            self.edge_before[:] = self.edge
            self._borders(dt, copy=1)
            edge = cuda.to_device(self.edge)
            cuda_kernels.second_order[shape](
                *middle, *old, self.kind(0.5), *bed, *new, *walls, edge, self.block_active, *size, *laws
            )
            self.edge[:] = 0.5 * (self.edge + self.edge_before)
        return self._sound()

    def _sum_up(self) -> None:
        fast, low, _, bad = self.told
        cuda_blocks.summary[1, SIZE](fast, low, bad, self.block_active, self.total)
        self.summary[FASTEST], self.summary[LOWEST], self.summary[BROKEN] = self.total.copy_to_host()

    def _turn(self) -> None:
        super()._turn()
        self.sets[0], self.sets[-1] = self.sets[-1], self.sets[0]

    def _pour(self, dt: float) -> None:
        if not self.ends[0].size:
            return
        self._fetch(0)
        super()._pour(dt)
        self._put()

    def _after(self) -> None:
        """Let the device know of waves and depths that inflows and links made."""
        rows, columns = self.ends
        if rows.size:
            h, p, q = (grid[rows, columns] for grid in self.state[0])
            fast = [
                speed(*each, self.dry, self.gravity)
                for each in zip(h, self.carry * p, self.carry * q, strict=True)
            ]
            self.summary[FASTEST] = max(self.summary[FASTEST], *fast)

    def _weather(self, dt: float) -> None:
        uniform, rates = self.weather.rates(self.time, dt)
        weather = self.weather
        shape = (self.blocks, (WIDE, HIGH))
        cuda_blocks.weather[shape](
            *self.sets[0], self.on_device["bed"], self.block_active, uniform, self.rain_fields,
            cuda.to_device(rates), weather.model, *self.laws, weather.drains, *self.losses, dt, self.carry,
        )  # fmt: skip
        self.fell += uniform * dt * weather.cells * self.area
        self.fields_fell += rates * dt
        self._look()

    def _active_cells(self) -> int:
        return self.shape[0] * self.shape[1]

    def keep_maxima(self) -> None:
        """Update maxima, arrival and duration on the device."""
        if not self.options.maxima_every:
            return
        cuda_blocks.maxima[(self.blocks, (WIDE, HIGH))](
            *self.sets[0], self.block_active, self.kind(self.time), self.kind(self.time - self.seen),
            self.kind(self.options.arrival_depth), self.dry, self.gravity, self.inertial, *self.most,
        )  # fmt: skip
        self.seen = self.time

    def sync(self) -> None:
        """Bring everything here."""
        if not hasattr(self, "most"):
            return  # still being set up: everything is here
        for here, there in zip(self.state[0], self.sets[0], strict=True):
            here[:] = there.copy_to_host()
        for here, there in zip((self.rained, self.soaked, self.drained), self.losses, strict=True):
            here[:] = there.copy_to_host()
        for here, there in zip((*self.maxima, self.invalid), self.most, strict=True):
            here[:] = there.copy_to_host()

    def _worst(self) -> tuple[int, int, str]:
        for here, there in zip(self.state[-1], self.sets[-1], strict=True):
            here[:] = there.copy_to_host()
        return super()._worst()
