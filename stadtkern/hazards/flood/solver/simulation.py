"""Running a simulation."""

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from stadtkern.hazards.flood.solver.domain import Domain, Options, State
from stadtkern.hazards.flood.solver.forcing import Forcing
from stadtkern.hazards.flood.solver.report import (
    Cancelled,
    Mass,
    Maxima,
    Observer,
    Progress,
    Report,
    Snapshot,
    TimeStepCollapse,
)

if TYPE_CHECKING:
    from stadtkern.hazards.flood.solver.engine import Collapse, Engine

PROGRESS_EVERY = 1.0
CANCEL_EVERY = 0.1


def simulate(  # noqa: PLR0913  # what may be left out is named
    domain: Domain,
    state: State,
    options: Options | None = None,
    forcing: Forcing | None = None,
    *,
    until: float,
    observers: Sequence[Observer] = (),
    progress: Callable[[Progress], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Report:
    """Run the water from `state.time` to `until` (s) and report.

    Observers are called at their times from `state.time` on, at `state.time` itself only by a run that begins
    anew.

    Raises
    ------
    ValueError
        What was given does not fit together; nothing was computed.
    TimeStepCollapse
        Says where, when and why; carries a checkpoint.
    Cancelled
        `cancel` returned True (asked about ten times a second); carries a checkpoint.
    RuntimeError
        `device` is "cuda" and there is none.
    """
    options, forcing = options or Options(), forcing or Forcing()
    forcing.check(domain)
    if not (math.isfinite(until) and until >= state.time):
        raise ValueError(f"a run cannot end at {until} s when it begins at {state.time} s")
    from stadtkern.hazards.flood.solver.engine import use_threads  # noqa: PLC0415  # numba takes seconds to import

    threads = use_threads(options.threads)
    run = _Run(engine_for(options)(domain, state, options, forcing), until, observers, progress, cancel)
    run.go(fresh=state.checkpoint is None)
    return run.report(threads)


def engine_for(options: Options) -> "type[Engine]":
    """Return what computes the steps on the device that the options name.

    Raises
    ------
    RuntimeError
        It is "cuda" and there is none.
    """
    from stadtkern.hazards.flood.solver.engine import Engine  # noqa: PLC0415  # numba takes seconds to import

    if options.device == "cpu":
        return Engine
    from stadtkern.hazards.flood.solver.cuda import (  # noqa: PLC0415  # only who asks needs CUDA
        CudaEngine,
        available,
    )

    if available():
        return CudaEngine
    if options.device == "cuda":
        raise RuntimeError('no CUDA device was found: install the driver, or choose device "cpu" or "auto"')
    return Engine


class _Run:
    """A run on its way."""

    def __init__(
        self,
        engine: "Engine",
        until: float,
        observers: Sequence[Observer],
        progress: Callable[[Progress], None] | None,
        cancel: Callable[[], bool] | None,
    ) -> None:
        self.engine, self.until, self.observers = engine, until, observers
        self.progress, self.cancel = progress, cancel
        self.began, self.begin_time = time.perf_counter(), engine.time
        self.earlier = engine.wall_seconds
        self.told = self.asked = self.began

    def go(self, *, fresh: bool) -> None:
        """Make all steps."""
        engine = self.engine
        targets = sorted(
            {float(t) for each in self.observers for t in each.times if engine.time < t <= self.until}
        )
        if fresh:
            self._observe(engine.time)
        for target in [*targets, self.until]:
            while engine.time < target:
                if not engine.hurry(target):
                    self._step(target)
                self._talk()
            self._observe(target) if target in targets else None
            targets = [each for each in targets if each > target]
        engine.keep_maxima()
        engine.wall_seconds = self.earlier + time.perf_counter() - self.began

    def _step(self, target: float) -> None:
        """Make one step; the last ones before a target share out what is left, so that none is tiny."""
        from stadtkern.hazards.flood.solver.engine import Collapse  # noqa: PLC0415  # numba takes seconds to import

        engine, left = self.engine, target - self.engine.time
        dt = engine.proposal()
        if dt < engine.options.min_step:
            raise self._collapse(Collapse(dt, *engine.swiftest()))
        if left <= 2 * dt:
            dt = left if left <= dt else 0.5 * left
        try:
            made = engine.advance(dt)
        except Collapse as error:
            raise self._collapse(error) from None
        if made == left or abs(target - engine.time) <= 1e-12 * max(abs(target), 1.0):
            engine.time = target

    def _talk(self) -> None:
        """Ask whether to go on, tell how far it is."""
        now = time.perf_counter()
        if self.cancel and now - self.asked >= CANCEL_EVERY:
            self.asked = now
            if self.cancel():
                raise Cancelled(self.engine.time, self.checkpoint())
        if self.progress and now - self.told >= PROGRESS_EVERY:
            self.told = now
            self.progress(self._how_far(now))

    def _how_far(self, now: float) -> Progress:
        engine, spent = self.engine, now - self.began
        done = engine.time - self.begin_time
        return Progress(
            time=engine.time,
            until=self.until,
            step=engine.steps,
            time_step=engine.last_step,
            wall_seconds=self.earlier + spent,
            remaining_seconds=spent / done * (self.until - engine.time) if done > 0 else math.inf,
            active_share=len(engine.tiles) / len(engine.stats),
        )

    def checkpoint(self) -> dict[str, npt.NDArray[Any]]:
        """Return the checkpoint of now."""
        self.engine.wall_seconds = self.earlier + time.perf_counter() - self.began
        return self.engine.checkpoint()

    def _observe(self, at: float) -> None:
        """Show the water to those who want to see it now."""
        wanting = [each for each in self.observers if at in each.times]
        if not wanting:
            return
        self.engine.keep_maxima()
        whole: Snapshot | None = None
        for each in wanting:
            if each.cells is not None:
                each.call(self._snapshot(each.cells))
                continue
            whole = whole or self._snapshot(None)
            each.call(whole)

    def _snapshot(self, cells: tuple[npt.NDArray[Any], npt.NDArray[Any]] | None) -> Snapshot:
        engine = self.engine
        depth, x, y = engine.fields() if cells is None else engine.fields_at(*cells)
        u, v = velocities(depth, x, y, engine.options.dry_depth)
        return Snapshot(engine.time, engine.steps, depth, u, v, self.checkpoint)

    def _collapse(self, error: "Collapse") -> TimeStepCollapse:
        engine = self.engine
        cell, rows = engine.domain.cell, engine.shape[0]
        return TimeStepCollapse(
            time=engine.time,
            step=error.step,
            row=error.row,
            column=error.column,
            x=(error.column + 0.5) * cell,
            y=(rows - error.row - 0.5) * cell,
            reason=error.reason,
            checkpoint=self.checkpoint(),
        )

    def report(self, threads: int) -> Report:
        """Return the report of a run that came to its end."""
        engine = self.engine
        checkpoint = self.engine.checkpoint()
        depth, x, y = (checkpoint[name] for name in ("depth", "discharge_x", "discharge_y"))
        u, v = velocities(depth, x, y, engine.options.dry_depth)
        kept = engine.options.maxima_every > 0
        invalid = engine.invalid.astype(bool) if engine.invalid.size > 1 else np.zeros(engine.shape, bool)
        return Report(
            state=State.from_checkpoint(checkpoint),
            velocity_x=u,
            velocity_y=v,
            maxima=Maxima(*[*engine.maxima, invalid]) if kept else None,
            mass=self._mass(),
            steps=engine.steps,
            rejected_steps=engine.rejected,
            cell_updates=engine.updates,
            wall_seconds=engine.wall_seconds,
            device=engine.device,
            threads=threads,
            checkpoint=checkpoint,
        )

    def _mass(self) -> Mass:
        engine = self.engine
        area, forcing = engine.area, engine.forcing
        fields = [float(grid.sum(dtype=np.float64)) * area for grid in engine.weather.fields]
        return Mass(
            initial=engine.initial,
            final=engine.volume(),
            rain=engine.fell + sum((a * b for a, b in zip(fields, engine.fields_fell, strict=True)), 0.0),
            infiltration=float(engine.soaked.sum()) * area,
            drainage=float(engine.drained.sum()) * area,
            boundaries=_named("boundary", engine.pieces.boundaries, engine.through_pieces),
            inflows=_named("inflow", forcing.inflows, engine.through_points),
            links=_named("link", forcing.structures.links, engine.through_links),
        )


def _named(kind: str, things: Sequence[Any], volumes: npt.NDArray[np.float64]) -> dict[str, float]:
    """Return volumes by name; what has none, or one that is taken, is numbered."""
    named: dict[str, float] = {}
    for number, (each, volume) in enumerate(zip(things, volumes, strict=True), 1):
        name = each.name if each.name and each.name not in named else f"{each.name or kind} {number}"
        named[name] = float(volume)
    return named


def velocities(
    depth: npt.NDArray[Any], x: npt.NDArray[Any], y: npt.NDArray[Any], dry: float
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return velocities from discharges per width; 0 where dry."""
    wet = depth > dry
    deep = np.where(wet, depth, 1)
    return np.where(wet, x / deep, 0).astype(depth.dtype), np.where(wet, y / deep, 0).astype(depth.dtype)
