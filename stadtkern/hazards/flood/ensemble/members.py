"""Running the members of an ensemble, on this machine or on a Dask cluster."""

import dataclasses
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.ensemble.draws import Draw, changed
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.problem import Problem, cores

Cancel = Callable[[], bool]
WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """What a member found."""

    draw: Draw
    max_depth: npt.NDArray[np.float32]
    """Shape (rows, columns), m."""
    arrival_time: npt.NDArray[np.float32]
    """Shape (rows, columns), s; NaN: never."""
    steps: int
    cell_updates: int
    wall_seconds: float
    mass_error_relative: float
    device: str
    error: str = ""
    """Why it has no result."""


def run_member(problem: Problem, draw: Draw) -> Result:
    """Run one member; a time step that collapses is told in the result, so that the others go on."""
    domain, forcing = changed(problem, draw)
    nothing = np.full(domain.shape, np.nan, dtype=np.float32)
    try:
        report = solver.simulate(
            domain, problem.state, problem.options, forcing, until=problem.scenario.time.end
        )
    except solver.TimeStepCollapse as error:
        return Result(draw, nothing, nothing, 0, 0, 0.0, 0.0, "", str(error))
    maxima = report.maxima
    depth = maxima.depth.astype(np.float32) if maxima else nothing
    arrival = maxima.arrival_time.astype(np.float32) if maxima else nothing
    return Result(
        draw,
        depth,
        arrival,
        report.steps,
        report.cell_updates,
        report.wall_seconds,
        report.mass.error_relative,
        report.device,
    )


def on_this_machine(
    problem: Problem, draws: Sequence[Draw], processes: int, cancel: Cancel
) -> Iterator[Result]:
    """Yield results as they come, from processes of this machine."""
    context = multiprocessing.get_context("spawn")  # threads of numba do not survive a fork
    threads = max(1, cores() // processes)
    shared = dataclasses.replace(problem, options=dataclasses.replace(problem.options, threads=threads))
    with context.Pool(processes, initializer=remember, initargs=(shared,)) as pool:
        results = pool.imap_unordered(run_remembered, draws)
        for _ in draws:
            yield next_of(results, cancel)


def next_of(results: Any, cancel: Cancel) -> Result:  # noqa: ANN401  # of multiprocessing
    """Wait for the next result; raise `solver.Cancelled` when asked to."""
    while True:
        try:
            found: Result = results.next(timeout=WAIT)
        except multiprocessing.TimeoutError:
            if cancel():
                raise solver.Cancelled(0.0, {}) from None
        else:
            return found


_remembered: list[Problem] = []


def remember(problem: Problem) -> None:
    """Keep the problem in a process, which gets it once and not with each member."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides when to stop
    _remembered[:] = [problem]


def run_remembered(draw: Draw) -> Result:
    """Run a member of the problem that the process keeps."""
    return run_member(_remembered[0], draw)


def on_cluster(problem: Problem, draws: Sequence[Draw], address: str, cancel: Cancel) -> Iterator[Result]:
    """Yield results as they come, from a Dask cluster; its workers need Stadtkern, but none of the files."""
    from distributed import Client, as_completed  # noqa: PLC0415  # heavy, and only needed here

    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise BadScenario(
            f"--workers {address}: no Dask scheduler answers there ({error}); allowed: tcp://host:port"
        ) from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise BadScenario(
                f"--workers {address}: the Dask scheduler has no workers; allowed: a cluster with workers"
            )
        shared = client.scatter(problem, broadcast=True)
        futures = [client.submit(run_member, shared, draw, pure=False) for draw in draws]
        for future in as_completed(futures):
            if cancel():
                client.cancel(futures)
                raise solver.Cancelled(0.0, {})
            yield future.result()
            future.release()
