"""How fast the flood solver is, beside the memory of this machine and beside others.

    python bench/flood.py [--threads 2] [--cells 1000] [--peers [FOLDER]] [-o bench/results/flood.json]

All-wet: a dam break of 4 m on 1 m over a wavy bed, 2 m cells, Manning's n 0.03. Figures are the best of all steps of
some seconds: other programs only ever make a step longer. `--peers` installs ANUGA and Landlab into a virtual
environment (a temporary one, or FOLDER, which stays) and measures them on the same cores in the same run; without it
their figures of an earlier measurement stand beside ours, marked as such.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba import njit, prange

from stadtkern.hazards.flood.solver import Domain, Forcing, Options, State
from stadtkern.hazards.flood.solver.engine import Engine, use_threads

LIMITS = {
    ("hllc", 1, "float64"): 150.0,
    ("hllc", 1, "float32"): 250.0,
    ("hllc", 2, "float64"): 40.0,
    ("hllc", 2, "float32"): 40.0,
    ("local_inertial", 1, "float64"): 350.0,
    ("local_inertial", 1, "float32"): 350.0,
}
WORDS = {("hllc", 1): 7, ("hllc", 2): 17, ("local_inertial", 1): 7}  # read and written per cell at the least
EARLIER = {  # two threads of an AMD Zen 4, 300,000 triangles and 350,000 nodes; measured before, not by this run
    "ANUGA 4.1.0 DE0": 4.6,
    "Landlab 2.11.0 OverlandFlow": 18.5,
}
STARTER = """
import time
begin = time.perf_counter()
import numpy as np
from stadtkern.hazards.flood.solver import Domain, Options, State, simulate
depth = np.where(np.arange(300) < 150, 4.0, 1.0) * np.ones((300, 1))
simulate(Domain(np.zeros((300, 300)), 2.0), State(depth), Options(device="cpu", max_step=0.01), until=0.01)
print(time.perf_counter() - begin)
"""
LANDLAB = """
import sys, time
import numpy as np
from landlab import RasterModelGrid
from landlab.components import OverlandFlow
n = 590
grid = RasterModelGrid((n, n), xy_spacing=2.0)
x = grid.x_of_node
z = grid.add_field("topographic__elevation", 0.2 * np.sin(x / 14.0) * np.cos(grid.y_of_node / 18.0), at="node")
grid.add_field("surface_water__depth", np.where(x < n, 4.0, 1.0) - z, at="node")
grid.set_closed_boundaries_at_grid_edges(True, True, True, True)
flow = OverlandFlow(grid, mannings_n=0.03, alpha=0.5)
flow.run_one_step()
best = 1e9
for _ in range(5):
    begin = time.perf_counter()
    for _ in range(5):
        flow.run_one_step()
    best = min(best, (time.perf_counter() - begin) / 5)
print(n * n / best / 1e6)
"""
ANUGA = """
import sys, time
import numpy as np
import anuga
m = 274
domain = anuga.rectangular_cross_domain(m, m, len1=2.0 * m, len2=2.0 * m)
domain.set_flow_algorithm("DE0")
domain.set_store(False)
try:
    domain.set_compute_mode("unified")
except AttributeError:
    pass
bed = lambda x, y: 0.2 * np.sin(x / 14.0) * np.cos(y / 18.0)
domain.set_quantity("elevation", bed)
domain.set_quantity("friction", 0.03)
domain.set_quantity("stage", lambda x, y: np.where(x < m, 4.0, 1.0))
wall = anuga.Reflective_boundary(domain)
domain.set_boundary({"left": wall, "right": wall, "top": wall, "bottom": wall})
steps, begin = 0, None
for t in domain.evolve(yieldstep=0.5, finaltime=4.0):
    if begin is None:
        begin = time.perf_counter()
        continue
    steps += domain.number_of_steps
print(domain.number_of_elements * steps / (time.perf_counter() - begin) / 1e6)
"""


def figure(lines: list[dict[str, Any]], name: str, value: float, unit: str, **more: object) -> None:
    """Keep a figure and print it as a line of JSON."""
    line = {"bench": "flood", "figure": name, "value": round(value, 3), "unit": unit, **more}
    lines.append(line)
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


@njit(parallel=True)
def triad(a: Any, b: Any, c: Any, s: float) -> None:  # noqa: ANN401  # arrays
    """Compute a = b + s c (McCalpin's STREAM)."""
    for i in prange(a.size):
        a[i] = b[i] + s * c[i]


def best(work: Any, seconds: float = 3.0) -> float:  # noqa: ANN401  # a callable
    """Return the shortest time of all rounds within some seconds, s."""
    found, end = 1e9, time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        work()
        found = min(found, time.perf_counter() - begin)
    return found


def bandwidth() -> float:
    """Return GB/s of the triad on the threads in use, arrays far larger than any cache."""
    a, b, c = (np.ones(16_000_000) for _ in range(3))
    triad(a, b, c, 2.0)
    return 3 * a.nbytes / best(lambda: triad(a, b, c, 2.0)) / 1e9


def engine(cells: int, options: Options, wet: float = 1.0) -> Engine:
    """Return a dam break; only the first `wet` part of all rows holds water."""
    y, x = np.indices((cells, cells))
    bed = 0.2 * np.sin(x / 7.0) * np.cos(y / 9.0)
    depth = np.where(x < cells // 2, 4.0, 1.0) - bed
    if wet < 1.0:
        bed[int(wet * cells) :] += 20.0  # the rest lies high and dry
        depth[int(wet * cells) :] = 0.0
    return Engine(Domain(bed, 2.0, 0.03), State(depth), options, Forcing())


def seconds_per_step(run: Engine) -> float:
    """Return the time of a step, s."""
    for _ in range(3):
        run.advance(run.proposal())
    return best(lambda: run.advance(run.proposal()))


def seconds_with_maxima(run: Engine) -> float:
    """Return the time of a step where every fourth one keeps maxima, s."""

    def work() -> None:
        for _ in range(4):
            run.advance(run.proposal())

    work()
    return best(work) / 4


def rates(lines: list[dict[str, Any]], cells: int, gigabytes: float) -> dict[tuple[str, int, str], float]:
    """Measure all schemes on a wet domain; return Mcell/s."""
    found = {}
    for (scheme, order, precision), limit in LIMITS.items():
        options = Options(scheme=scheme, order=order, precision=precision, maxima_every=0, device="cpu")  # type: ignore[arg-type]  # checked by Options
        rate = cells * cells / seconds_per_step(engine(cells, options)) / 1e6
        bound = gigabytes * 1e3 / (WORDS[scheme, order] * (8 if precision == "float64" else 4))
        figure(
            lines, f"{scheme} order {order} {precision}, all wet", rate, "Mcell/s",
            limit=limit, share_of_limit=round(rate / limit, 3), bandwidth_bound=round(bound, 1),
            share_of_bound=round(rate / bound, 3),
        )  # fmt: skip
        found[scheme, order, precision] = rate
    return found


def dry_land(lines: list[dict[str, Any]], cells: int) -> None:
    """Measure what a domain costs that is 10 % wet, and what maxima cost."""
    plain = Options(maxima_every=0, device="cpu")
    full = seconds_per_step(engine(cells, plain))
    part = seconds_per_step(engine(cells, plain, wet=0.1))
    figure(lines, "10 % wet domain, share of the time of an all-wet one", part / full, "1", limit=0.2)
    kept = seconds_with_maxima(engine(cells, Options(device="cpu")))
    figure(lines, "with maxima every 4 steps, share of the time without", kept / full, "1")


def start(lines: list[dict[str, Any]]) -> None:
    """Measure the time from the start of Python to the first step; the first round fills the cache of kernels."""
    times = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", STARTER], capture_output=True, text=True, check=True)
        times.append(float(done.stdout))
    figure(lines, "start to first step, kernels compiled", min(times[1:]), "s", limit=3.0)
    figure(lines, "start to first step, first start of all (may compile)", times[0], "s")


def peers(lines: list[dict[str, Any]], ours: float, threads: int, folder: str | None) -> None:
    """Compare with ANUGA and Landlab per element and step: measured here, or as they were measured before."""
    found, source = EARLIER, "earlier measurement on an AMD Zen 4 with 2 threads, not this run"
    if folder is not None:
        with tempfile.TemporaryDirectory() as temporary:
            found, source = measured_peers(threads, Path(folder or temporary)), "this run"
    for name, rate in found.items():
        limit = 25.0 if name.startswith("ANUGA") else 6.0
        figure(lines, name, rate, "M elements/s", source=source)
        figure(lines, f"HLLC order 1 float64 beside {name}", ours / rate, "times", limit=limit, source=source)


def measured_peers(threads: int, folder: Path) -> dict[str, float]:
    """Measure the peers, installed into `folder` where they are not; leave out what does not install or run."""
    found: dict[str, float] = {}
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    for name, packages, code in (
        ("ANUGA DE0", ["anuga"], ANUGA),
        ("Landlab OverlandFlow", ["landlab", "requireit<0.6"], LANDLAB),
    ):
        try:
            subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
            done = subprocess.run(
                [python, "-c", code], capture_output=True, text=True, check=True, cwd=folder,
                env={**os.environ, "OMP_NUM_THREADS": str(threads)},
            )  # fmt: skip
            found[name] = float(done.stdout.split()[-1])
        except (subprocess.CalledProcessError, ValueError, IndexError) as error:
            sys.stderr.write(f"{name} was not measured: {error}\n")
    return found


def main() -> None:
    """Print all figures; write them to a file where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=min(2, int(numba.config.NUMBA_NUM_THREADS)))
    parser.add_argument("--cells", type=int, default=1000, help="rows and columns of the domain")
    parser.add_argument(
        "--peers", nargs="?", const="", metavar="FOLDER", help="install and measure ANUGA and Landlab"
    )
    parser.add_argument("-o", "--output", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    threads = use_threads(options.threads)
    lines: list[dict[str, Any]] = []
    load = os.getloadavg()[0]
    figure(lines, "load of the machine before (other programs)", load, "1", threads=threads)
    gigabytes = bandwidth()
    figure(lines, "STREAM triad", gigabytes, "GB/s", threads=threads)
    found = rates(lines, options.cells, gigabytes)
    dry_land(lines, options.cells)
    start(lines)
    peers(lines, found["hllc", 1, "float64"], threads, options.peers)
    if options.output:
        options.output.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
