"""The state of a run and its steps on the processor."""

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from stadtkern.hazards.flood.solver import edges, kernels
from stadtkern.hazards.flood.solver.domain import Domain, Options, State
from stadtkern.hazards.flood.solver.forcing import Forcing
from stadtkern.hazards.flood.solver.numerics import BLOCKED
from stadtkern.hazards.flood.solver.rows import BROKEN, EAST, FASTEST, LONGEST, LOWEST, SOUTH
from stadtkern.hazards.flood.solver.setup import Ground, Links, Pieces, Points, Weather, growth, sink

AnyArray = npt.NDArray[Any]
RECOVERY = 1.05  # growth of the step after one that had to be repeated


class Engine:
    """Holds depth and discharges (twice or three times), accounts, maxima; computes steps.

    Discharges along rows count southwards in here, as rows do.
    """

    device = "cpu"

    def __init__(self, domain: Domain, state: State, options: Options, forcing: Forcing) -> None:
        self.domain, self.options, self.forcing = domain, options, forcing
        self.kind = np.dtype(options.precision).type
        self.shape = domain.shape
        self.area = domain.cell**2
        self.height = min(options.tile[0], self.shape[0])
        self.width = min(options.tile[1], self.shape[1], LONGEST)
        self.wide = -(-self.shape[1] // self.width)
        self.ground = Ground.of(domain, forcing, self.kind)
        self.pieces = Pieces.of(forcing.boundaries, self.shape, self.ground.datum)
        self.weather = Weather.of(forcing, self.ground, self.kind)
        self.points = Points.of(forcing.inflows)
        self.links = Links.of(forcing.structures.links, self.ground)
        self.before = [
            self._of_breach(each.what)[each.rows, each.columns] for each in forcing.structures.breaches
        ]
        self.sinking = [True] * len(self.before)
        self._constants()
        self._arrays()
        self._accounts()
        self._begin(state)
        self._tiles()

    def _of_breach(self, what: str) -> AnyArray:
        grid: AnyArray = {
            "bed": self.ground.bed,
            "crest_west": self.ground.crest_west,
            "crest_south": self.ground.crest_south,
        }[what]
        return grid

    def _constants(self) -> None:
        options = self.options
        self.cell, self.dry, self.gravity = (
            self.kind(each) for each in (self.domain.cell, options.dry_depth, options.gravity)
        )
        self.inertial = options.scheme == "local_inertial"
        self.carry, self.theta = self.kind(not self.inertial), self.kind(options.theta)
        structures = self.forcing.structures
        self.factor = self.kind(structures.weir_coefficient * 2.0 / 3.0 * math.sqrt(2.0 * options.gravity))
        # films of water may soak in or drain: then only what is quite dry may sleep
        self.idle = 0.0 if self.weather.losses else options.dry_depth
        self.rise = self.weather.largest() + self.points.largest(self.area)

    def _arrays(self) -> None:
        copies = 3 if self.options.order == 2 else 2
        self.state = [tuple(np.zeros(self.shape, self.kind) for _ in range(3)) for _ in range(copies)]
        self.edge = np.zeros((4, 3, max(self.shape)), self.kind)
        self.edge_before = self.edge.copy()
        self.weights = np.zeros(max(self.shape))
        none, small = np.zeros((1, 1)), (1, 1)
        self.soaked = np.zeros(self.shape) if self.weather.model else none
        self.drained = np.zeros(self.shape) if self.weather.drains else none
        self.rained = np.zeros(self.shape) if self.weather.model == 2 else none  # scs
        keeps = self.options.maxima_every > 0
        self.maxima = [np.zeros(self.shape if keeps else small, self.kind) for _ in range(5)]
        self.maxima[3][:] = np.nan
        self.invalid = np.zeros(self.shape if keeps and self.inertial else small, np.uint8)

    def _accounts(self) -> None:
        self.time, self.steps, self.rejected, self.updates = 0.0, 0, 0, 0
        self.caution, self.fastest, self.seen, self.fell = 1.0, 0.0, 0.0, 0.0
        self.wall_seconds, self.initial = 0.0, 0.0
        self.through_pieces = np.zeros(len(self.pieces.boundaries))
        self.through_points = np.zeros(len(self.points.inflows))
        self.through_links = np.zeros(len(self.links.links))
        self.fields_fell = np.zeros(len(self.weather.series))
        self.running = np.zeros(len(self.links.links), np.uint8)
        self.last_step = 0.0

    def _begin(self, state: State) -> None:
        h, p, q = self.state[0]
        self.time = self.seen = float(state.time)
        if state.checkpoint is not None:
            self.restore(state.checkpoint)
            return
        blocked = self.ground.bed > BLOCKED / 2
        depth = np.asarray(state.depth)
        if depth.shape != self.shape:
            raise ValueError(f"the depth has the shape {depth.shape}, the terrain {self.shape}")
        h[:] = np.where(blocked, 0.0, depth)
        wet = h > self.dry
        for grid, given, turn in ((p, state.discharge_x, 1.0), (q, state.discharge_y, -1.0)):
            if given is not None:
                grid[:] = np.where(wet, np.asarray(given) * turn, 0.0)
        if self.inertial:  # from cells to their west and north faces
            p[:, 1:], p[:, 0] = 0.5 * (p[:, 1:] + p[:, :-1]), 0.0
            q[1:], q[0] = 0.5 * (q[1:] + q[:-1]), 0.0
        if not (np.isfinite(h).all() and np.isfinite(p).all() and np.isfinite(q).all()) or (h < 0).any():
            raise ValueError("depths must be numbers >= 0, discharges numbers, in every active cell")
        self._spread()
        self.initial = self.volume()

    def _spread(self) -> None:
        """Copy the state into its other copies: tiles that sleep must agree in all of them."""
        for other in self.state[1:]:
            for grid, source in zip(other, self.state[0], strict=True):
                grid[:] = source

    def _tiles(self) -> None:
        high = -(-self.shape[0] // self.height)
        count = high * self.wide
        self.stats = np.zeros((count, 8), self.kind)
        self.walls = self.ground.walled(self.height, self.width)
        self.awake = np.zeros(count, np.uint8)
        self.ends = self._ends()
        rows, columns = (np.concatenate(pair) for pair in zip(self.pieces.cells(), self.ends, strict=True))
        self.awake[rows // self.height * self.wide + columns // self.width] = 1
        self.was_active = np.zeros(count, np.uint8)
        h, p, q = self.state[0]
        kernels.look_all(
            self.wide, self.height, self.width, h, p, q, self.carry, self.dry, self.gravity, self.stats
        )
        self.tiles = np.arange(count, dtype=np.int64)
        self.summary = np.zeros(8)
        kernels.summary(self.stats, self.tiles, self.summary)
        self.fastest = self.fastest or float(self.summary[FASTEST])

    def _ends(self) -> tuple[AnyArray, AnyArray]:
        """Return the cells of inflows and links."""
        table = self.links.table.astype(np.int64)
        rows = np.concatenate((self.points.rows, table[:, edges.START_ROW], table[:, edges.END_ROW]))
        columns = np.concatenate(
            (self.points.columns, table[:, edges.START_COLUMN], table[:, edges.END_COLUMN])
        )
        return rows, columns

    # what a run asks for

    def proposal(self) -> float:
        """Return the time step that the state allows, s."""
        options = self.options
        wave = options.cfl * self.domain.cell / self.fastest if self.fastest > 0 else options.max_step
        return self.caution * min(wave, options.max_step, growth(self.domain, options, self.rise))

    def swiftest(self) -> tuple[int, int, str]:
        """Return row and column of the fastest wave, and how fast it is."""
        self.sync()
        h, p, q = self.state[0]
        wet = h > self.dry
        deep = np.where(wet, h, 1)
        unit = np.maximum(np.abs(p), np.abs(q)) * self.carry
        wave = np.where(wet, unit / deep + np.sqrt(self.gravity * deep), 0)
        row, column = np.unravel_index(int(np.argmax(wave)), self.shape)
        return int(row), int(column), f"a wave of {wave.max():.3g} m/s in {h[row, column]:.3g} m of water"

    def advance(self, dt: float) -> float:
        """Make a step of at most `dt` s, shorter where water would run out of a cell; return its length.

        Raises
        ------
        Collapse
            No step above `Options.min_step` works.
        """
        self._breach(self.time + dt)
        self._choose(dt)
        while True:
            dt = self._borders(dt)
            if self._flow(dt):
                break
            self.rejected += 1
            self.caution = max(self.caution * 0.7, 0.05)
            dt *= 0.5
            if dt < self.options.min_step:
                raise Collapse(dt, *self._worst())
        self._turn()
        edges.passed(*self._faces(), self.edge, dt, self.domain.cell, self.through_pieces)
        self._pour(dt)
        if self.weather.any:
            self._weather(dt)
        self._sum_up()
        self._after()
        self.fastest = float(self.summary[FASTEST])
        self.caution = min(1.0, self.caution * RECOVERY)
        self.time += dt
        self.steps += 1
        self.last_step = dt
        self.updates += self._active_cells()
        if self.options.maxima_every and self.steps % self.options.maxima_every == 0:
            self.keep_maxima()
        return dt

    def hurry(self, target: float) -> bool:  # noqa: ARG002  # for devices that can
        """Make many steps at once, at most to `target` (s), where that is possible; return whether any."""
        return False

    def keep_maxima(self) -> None:
        """Update maxima, arrival and duration."""
        if not self.options.maxima_every:
            return
        h, p, q = self.state[0]
        kernels.maxima(
            self.tiles, self.wide, self.height, self.width, h, p, q, self.kind(self.time),
            self.kind(self.time - self.seen), self.kind(self.options.arrival_depth), self.dry, self.gravity,
            self.inertial, *self.maxima, self.invalid,
        )  # fmt: skip
        self.seen = self.time

    def volume(self) -> float:
        """Return the water in the domain, m3; rows are summed one by one, so that tiles play no part."""
        self.sync()
        return math.fsum(self.state[0][0].sum(axis=1, dtype=np.float64)) * self.area

    # parts of a step

    def _breach(self, time: float) -> None:
        for k, each in enumerate(self.forcing.structures.breaches):
            if self.sinking[k] and time > each.start:
                self.sinking[k] = sink(each, self.ground, self.before[k], time)

    def _choose(self, dt: float) -> None:
        """Choose the tiles that the step has to compute."""
        raining = self._raining(dt)
        self.tiles = kernels.choose(
            self.stats, self.awake, self.wide, self.idle, self.options.order, raining, self.was_active
        )

    def _sum_up(self) -> None:
        kernels.summary(self.stats, self.tiles, self.summary)

    def _after(self) -> None:
        """Do what is left when inflows, links and weather have acted; on the processor nothing."""

    def _active_cells(self) -> int:
        return min(len(self.tiles) * self.height * self.width, self.shape[0] * self.shape[1])

    def sync(self) -> None:
        """Bring everything to this machine's memory; on the processor it is there."""

    def _raining(self, dt: float) -> bool:
        if not (self.weather.uniform or self.weather.series):
            return False
        uniform, rates = self.weather.rates(self.time, dt)
        return uniform > 0 or bool((rates > 0).any())

    def _faces(self) -> tuple[AnyArray, AnyArray, AnyArray]:
        return self.pieces.sides, self.pieces.firsts, self.pieces.lasts

    def _borders(self, dt: float, copy: int = 0) -> float:
        """Compute what passes the boundaries; shorten the step where waves are faster there than inside."""
        if not self.pieces.boundaries:
            return dt
        h, p, q = self.state[copy]
        wave = 0.0
        for _ in range(2):
            values = self.pieces.values(self.time, dt, h, self.ground.bed, self.dry)
            wave = edges.edges(
                *self._faces(), self.pieces.kinds, values, self.pieces.depths(self.time + dt), h, p, q,
                self.ground.bed, self.ground.n2, self.domain.cell, float(self.carry), self.dry,
                self.options.gravity, self.weights, self.edge,
            )  # fmt: skip
            if copy or wave * dt <= self.options.cfl * self.domain.cell:
                break
            dt = self.options.cfl * self.domain.cell / wave
        return dt

    def _flow(self, dt: float) -> bool:
        """Compute the new state of all active tiles into the last copy; return whether it is sound."""
        where = (self.tiles, self.wide, self.height, self.width)
        ground = self.ground
        tail = (
            ground.crest_west,
            ground.crest_south,
            self.walls,
            self.pieces.on,
            self.edge,
            self.kind(dt),
            self.cell,
        )
        laws = (self.dry, self.factor, self.gravity, self.stats)
        old, new = self.state[0], self.state[-1]
        bed = (ground.bed, ground.n2)
        if self.inertial:
            kernels.step_inertial(*where, *old, *bed, *new, *tail, self.theta, *laws)
        elif self.options.order == 1:
            kernels.step_first(*where, *old, *bed, *new, *tail, *laws)
        else:
            middle = self.state[1]
            kernels.step_second(*where, *old, *old, self.kind(1.0), *bed, *middle, *tail, *laws)
            if not self._sound():
                return False
            self.edge_before[:] = self.edge
            self._borders(dt, copy=1)
            kernels.step_second(*where, *middle, *old, self.kind(0.5), *bed, *new, *tail, *laws)
            self.edge[:] = 0.5 * (self.edge + self.edge_before)
        return self._sound()

    def _sound(self) -> bool:
        """Tell whether the last stage left no negative depth and only finite numbers."""
        self._sum_up()
        return bool(self.summary[LOWEST] >= 0 and not self.summary[BROKEN])

    def _turn(self) -> None:
        """Make the new state the present one."""
        self.state[0], self.state[-1] = self.state[-1], self.state[0]

    def _pour(self, dt: float) -> None:
        """Let inflows and links act on the new state."""
        h, p, q = self.state[0]
        rows, columns = self.ends
        if not rows.size:
            return
        points = self.points
        if points.inflows:
            edges.pour(
                points.rows, points.columns, points.source, points.weights, points.volumes(self.time, dt),
                h, p, q, self.area, self.through_points,
            )  # fmt: skip
        if self.links.links:
            edges.through(
                self.links.table, self.links.values(self.time, dt), self.running, h, p, q, self.ground.bed,
                dt, self.area, self.options.gravity, self.through_links,
            )  # fmt: skip
        edges.touch(
            rows,
            columns,
            self.wide,
            self.height,
            self.width,
            h,
            p,
            q,
            self.carry,
            self.dry,
            self.gravity,
            self.stats,
        )

    def _weather(self, dt: float) -> None:
        h, p, q = self.state[0]
        uniform, rates = self.weather.rates(self.time, dt)
        weather = self.weather
        kernels.weather(
            self.tiles, self.wide, self.height, self.width, h, p, q, self.ground.bed, uniform, weather.fields,
            rates, weather.model, weather.rate, weather.storage, weather.capacity, weather.drains,
            self.rained, self.soaked, self.drained, dt, self.carry, self.dry, self.gravity, self.stats,
        )  # fmt: skip
        self.fell += uniform * dt * weather.cells * self.area
        self.fields_fell += rates * dt

    def _worst(self) -> tuple[int, int, str]:
        """Return row and column of the first cell that failed, and how."""
        h, p, q = self.state[-1]
        broken = ~np.isfinite(h + p + q)
        reason = "no finite depth or velocity" if broken.any() else "water runs out faster than it comes"
        row, column = np.argwhere(broken if broken.any() else h < 0)[0]
        return int(row), int(column), reason

    # checkpoints

    def _numbers(self) -> tuple[str, ...]:
        return (
            "time", "steps", "rejected", "updates", "caution", "fastest", "seen", "fell", "wall_seconds",
            "initial", "last_step",
        )  # fmt: skip

    def _grids(self) -> dict[str, AnyArray]:
        names = ("max_depth", "max_velocity", "max_intensity", "arrival_time", "duration")
        return {
            "raw_h": self.state[0][0], "raw_p": self.state[0][1], "raw_q": self.state[0][2],
            "edge": self.edge, "soaked": self.soaked, "drained": self.drained,
            "rained": self.rained, "invalid": self.invalid,
            "through_pieces": self.through_pieces, "through_points": self.through_points,
            "through_links": self.through_links, "fields_fell": self.fields_fell, "running": self.running,
            **dict(zip(names, self.maxima, strict=True)),
        }  # fmt: skip

    def checkpoint(self) -> dict[str, AnyArray]:
        """Return all that is needed to go on bit for bit, as copies."""
        depth, x, y = self.fields()
        found = {name: np.array(getattr(self, name)) for name in self._numbers()}
        found |= {name: grid.copy() for name, grid in self._grids().items()}
        return found | {"depth": depth, "discharge_x": x, "discharge_y": y}

    def restore(self, checkpoint: dict[str, AnyArray]) -> None:
        """Go on from a checkpoint; `ValueError` if it belongs to another run."""
        for name, grid in self._grids().items():
            if (
                name not in checkpoint
                or checkpoint[name].shape != grid.shape
                or checkpoint[name].dtype != grid.dtype
            ):
                raise ValueError(
                    f'the checkpoint does not fit this run: "{name}" is missing or has another form'
                )
            grid[:] = checkpoint[name]
        for name in self._numbers():
            setattr(self, name, checkpoint[name].item())
        self._spread()

    def fields(self) -> tuple[AnyArray, AnyArray, AnyArray]:
        """Return depth (m), discharge eastwards and northwards (m2/s) at centres of cells, as new arrays."""
        rows, columns = np.indices(self.shape, sparse=True)
        return self.fields_at(rows, columns)

    def fields_at(self, rows: AnyArray, columns: AnyArray) -> tuple[AnyArray, AnyArray, AnyArray]:
        """Return what `fields` does, of some cells only."""
        self.sync()
        h, p, q = self.state[0]
        depth = h[rows, columns]
        if not self.inertial:
            return depth, p[rows, columns], -q[rows, columns]
        # discharges of the east and south faces are those of the next cells, of the boundary at the edge
        last_row, last_column = self.shape[0] - 1, self.shape[1] - 1
        east = np.where(
            columns < last_column, p[rows, np.minimum(columns + 1, last_column)], self.edge[EAST, 0, rows]
        )
        south = np.where(
            rows < last_row, q[np.minimum(rows + 1, last_row), columns], self.edge[SOUTH, 0, columns]
        )
        half = self.kind(0.5)
        return depth, half * (p[rows, columns] + east), -half * (q[rows, columns] + south)


class Collapse(Exception):
    """No time step works; the run turns it into `TimeStepCollapse`."""

    def __init__(self, step: float, row: int, column: int, reason: str) -> None:
        super().__init__(reason)
        self.step, self.row, self.column, self.reason = step, row, column, reason


def use_threads(threads: int | None) -> int:
    """Set and return how many threads kernels use from now on."""
    most = int(numba.config.NUMBA_NUM_THREADS)
    chosen = most if threads is None else max(1, min(threads, most))
    numba.set_num_threads(chosen)
    return chosen
