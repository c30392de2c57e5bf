"""A run on CUDA devices: the state stays there; boundaries, inflows and links are computed on the processor.

Where nothing of that kind acts, the length of the steps is found on the device, too, and the processor
only looks every `AT_ONCE` steps. Else, per step, the cells along boundaries and of inflows and links come to
the processor and go back, and three numbers (fastest wave, lowest depth, whether all is finite) come with
them. Several devices share the rows of the domain; before each stage they bring each other the rows along
their borders.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import cuda

from stadtkern.hazards.flood.solver import cuda_blocks, cuda_kernels, edges
from stadtkern.hazards.flood.solver.cuda_blocks import CLOCK, FAILED, HIGH, SIZE, WIDE
from stadtkern.hazards.flood.solver.cuda_parts import Part, exchange, exchange_depths, strips
from stadtkern.hazards.flood.solver.domain import Domain, Options, State
from stadtkern.hazards.flood.solver.engine import Engine
from stadtkern.hazards.flood.solver.forcing import Forcing
from stadtkern.hazards.flood.solver.numerics import speed
from stadtkern.hazards.flood.solver.rows import BROKEN, FASTEST, LOWEST
from stadtkern.hazards.flood.solver.setup import growth

AnyArray = npt.NDArray[Any]
AT_ONCE = 32  # steps that are asked of a device at once
LONG_AGO = -1.0


def available() -> bool:
    """Tell whether there is a CUDA device (or its simulator)."""
    try:
        return bool(cuda.is_available())
    except Exception:  # noqa: BLE001  # errors of numba for drivers share no base; then there is no device
        return False


class CudaEngine(Engine):
    """An `Engine` whose arrays of the whole domain are on devices; those here follow when asked for."""

    device = "cuda"

    def __init__(self, domain: Domain, state: State, options: Options, forcing: Forcing) -> None:
        super().__init__(domain, state, options, forcing)
        missing = [each for each in options.devices if each >= len(cuda.gpus)]
        if missing:
            raise ValueError(f"there is no CUDA device {missing[0]}; there are {len(cuda.gpus)}, from 0 on")
        self.special = self._special()
        self.parts = [
            Part(device, first, last, self.shape)
            for device, (first, last) in zip(
                options.devices, strips(self.shape[0], len(options.devices)), strict=False
            )
        ]
        for part in self.parts:
            part.load(self)
        self.is_chosen = False
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

    def _look(self) -> None:
        for part in self.parts:
            with part.device():
                shape = (part.blocks, (WIDE, HIGH))
                cuda_kernels.look[shape](*part.sets[0], self.carry, self.dry, self.gravity, *part.told)

    def _set_clock(self, part: Part, **values: float) -> None:
        """Set the clock of a device; what is not named becomes 0."""
        clock = np.zeros(len(CLOCK))
        for name, value in values.items():
            clock[getattr(cuda_blocks, name)] = value
        part.clock.copy_to_device(clock)

    # steps that no device waits for

    def hurry(self, target: float) -> bool:
        """Make up to `AT_ONCE` steps without looking, if only water acts and one device has it all."""
        is_quiet = not (self.pieces.boundaries or self.ends[0].size or self.weather.any or any(self.sinking))
        if not is_quiet or len(self.parts) > 1 or self.is_chosen:
            return False
        part, options = self.parts[0], self.options
        with part.device():
            self._set_clock(
                part, TIME=self.time, TARGET=target, CAUTION=self.caution, FASTEST=self.fastest,
                SEEN=self.seen, COURANT=options.cfl * self.domain.cell, LONGEST=options.max_step,
                SHORTEST=options.min_step, SLOWEST=growth(self.domain, options, self.rise),
            )  # fmt: skip
            edge = cuda.to_device(part.along_edges(self.edge))
            for number in range(1, AT_ONCE + 1):
                self._ask(part, edge, number)
            clock = part.clock.copy_to_host()
        done = int(clock[cuda_blocks.DONE])
        if (AT_ONCE - done) % 2:
            self._turn()
        self.time, self.caution = float(clock[cuda_blocks.TIME]), float(clock[cuda_blocks.CAUTION])
        self.fastest, self.seen = float(clock[cuda_blocks.FASTEST]), float(clock[cuda_blocks.SEEN])
        self.is_chosen = clock[cuda_blocks.HALT] == FAILED
        if done:
            self.last_step = float(clock[cuda_blocks.STEP])
        self.steps += done
        self.updates += done * self._active_cells()
        return done > 0

    def _ask(self, part: Part, edge: Any, number: int) -> None:  # noqa: ANN401  # an array on a device
        """Ask a device for one more step, the `number`th since it was last looked at."""
        cuda_blocks.propose[1, 1](part.clock)
        self._wake(part, everywhere=False)
        if self.options.order == 2:  # noqa: PLR2004
            self._stage(part, edge, 1)
            self._summary(part)
            cuda_blocks.check[1, 1](part.total, part.clock)
            self._stage(part, edge, 2)
        else:
            self._stage(part, edge, 0)
        self._summary(part)
        cuda_blocks.check[1, 1](part.total, part.clock)
        cuda_blocks.advance[1, 1](part.total, part.clock)
        self._turn()
        every = self.options.maxima_every
        if every and (self.steps + number) % every == 0:
            self._keep(part, number)

    # parts of a step

    def _wake(self, part: Part, *, everywhere: bool) -> None:
        high = part.told[2]
        grid = (-(-high.shape[0] // 16), -(-high.shape[1] // 16))
        cuda_blocks.wake[grid, (16, 16)](
            high, part.awake, part.was, part.active, *part.own_blocks, self.kind(self.idle), everywhere,
            part.clock,
        )  # fmt: skip

    def _choose(self, dt: float) -> None:
        if self.is_chosen:  # a step that failed had chosen them; to choose twice would forget the step before
            self.is_chosen = False
            for part in self.parts:
                with part.device():
                    self._set_clock(part)
            return
        everywhere = self._raining(dt)
        exchange_depths(self.parts)
        for part in self.parts:
            with part.device():
                self._set_clock(part)
                self._wake(part, everywhere=everywhere)

    def _breach(self, time: float) -> None:
        moving = any(self.sinking) and any(time > each.start for each in self.forcing.structures.breaches)
        super()._breach(time)
        if not moving:
            return
        for name in {breach.what for breach in self.forcing.structures.breaches}:
            for part in self.parts:
                with part.device():
                    part.ground[name].copy_to_device(part.cut(getattr(self.ground, name)))

    def _borders(self, dt: float, copy: int = 0) -> float:
        if self.pieces.boundaries:
            for part in self.parts:
                part.fetch(copy, self.state[copy])
        return super()._borders(dt, copy)

    def _stage(self, part: Part, edge: Any, number: int) -> None:  # noqa: ANN401  # an array on a device
        """Start a stage on a device: 0 is a whole step of first order or local inertia."""
        shape = (part.blocks, (WIDE, HIGH))
        there = part.ground
        bed = (there["bed"], there["n2"])
        rest = (
            there["crest_west"], there["crest_south"], part.on, edge, part.active, part.clock, self.cell,
        )  # fmt: skip
        laws = (self.dry, self.factor, self.gravity, *part.told)
        old, new = part.sets[0], part.sets[-1]
        if self.inertial:
            cuda_kernels.local_inertial[shape](*old, *bed, *new, *rest, self.theta, *laws)
        elif number == 0:
            cuda_kernels.first_order[shape](*old, *bed, *new, *rest, *laws)
        elif number == 1:
            cuda_kernels.second_order[shape](*old, *old, self.kind(1.0), *bed, *part.sets[1], *rest, *laws)
        else:
            cuda_kernels.second_order[shape](*part.sets[1], *old, self.kind(0.5), *bed, *new, *rest, *laws)

    def _stages(self, dt: float, number: int, copy: int) -> bool:
        """Compute a stage on all devices, from a copy of the state; return whether it is sound."""
        exchange(self.parts, copy)
        for part in self.parts:
            with part.device():
                self._set_clock(part, STEP=float(self.kind(dt)))
                self._stage(part, cuda.to_device(part.along_edges(self.edge)), number)
        return self._sound()

    def _flow(self, dt: float) -> bool:
        if self.options.order == 1:
            return self._stages(dt, 0, 0)
        if not self._stages(dt, 1, 0):
            return False
        self.edge_before[:] = self.edge
        self._borders(dt, copy=1)
        sound = self._stages(dt, 2, 1)
        self.edge[:] = 0.5 * (self.edge + self.edge_before)
        return sound

    def _summary(self, part: Part) -> None:
        fast, low, _, bad = part.told_own()
        cuda_blocks.summary[1, SIZE](fast, low, bad, part.active[slice(*part.own_blocks)], part.total)

    def _sum_up(self) -> None:
        found = []
        for part in self.parts:
            with part.device():
                self._summary(part)
        for part in self.parts:
            with part.device():
                found.append(part.total.copy_to_host())
        fast, low, bad = np.array(found).T
        self.summary[FASTEST], self.summary[LOWEST], self.summary[BROKEN] = fast.max(), low.min(), bad.max()

    def _turn(self) -> None:
        super()._turn()
        for part in self.parts:
            part.sets[0], part.sets[-1] = part.sets[-1], part.sets[0]

    def _pour(self, dt: float) -> None:
        if not self.ends[0].size:
            return
        for part in self.parts:
            part.fetch(0, self.state[0])
        super()._pour(dt)
        for part in self.parts:
            part.put(self.state[0])

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
        for part in self.parts:
            with part.device():
                cuda_blocks.weather[(part.blocks, (WIDE, HIGH))](
                    *part.sets[0], part.ground["bed"], part.active, uniform, part.rain,
                    cuda.to_device(rates), weather.model, *part.laws, weather.drains, *part.losses, dt,
                    self.carry,
                )  # fmt: skip
        self.fell += uniform * dt * weather.cells * self.area
        self.fields_fell += rates * dt
        self._look()

    def _active_cells(self) -> int:
        return self.shape[0] * self.shape[1]

    def _keep(self, part: Part, step: float) -> None:
        cuda_blocks.maxima[(part.blocks, (WIDE, HIGH))](
            *part.sets[0], part.active, part.clock, step, self.kind(self.options.arrival_depth), self.dry,
            self.gravity, self.inertial, *part.most,
        )  # fmt: skip
        cuda_blocks.seen[1, 1](part.clock, step)

    def keep_maxima(self) -> None:
        """Update maxima, arrival and duration on the device."""
        if not self.options.maxima_every:
            return
        exchange(self.parts, 0)  # local inertia reads what passes the south faces from the next row
        for part in self.parts:
            with part.device():
                self._set_clock(part, TIME=self.time, SEEN=self.seen, DONE=LONG_AGO)
                self._keep(part, LONG_AGO)
        self.seen = self.time

    def sync(self) -> None:
        """Bring everything here."""
        for part in getattr(self, "parts", []):  # while being set up everything is here
            mine = slice(part.first, part.last)
            pairs = [
                *zip(self.state[0], part.sets[0], strict=True),
                *zip((self.rained, self.soaked, self.drained), part.losses, strict=True),
                *zip((*self.maxima, self.invalid), part.most, strict=True),
            ]
            with part.device():
                for here, there in pairs:
                    if here.shape == self.shape:
                        here[mine] = part.own(there).copy_to_host()

    def _worst(self) -> tuple[int, int, str]:
        for part in self.parts:
            with part.device():
                for here, there in zip(self.state[-1], part.sets[-1], strict=True):
                    here[part.first : part.last] = part.own(there).copy_to_host()
        return super()._worst()
