"""The CUDA twin against the processor, in the simulator of numba where there is no device."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stadtkern.hazards.flood.solver import Domain, Options, State, simulate

ROOT = Path(__file__).parents[4]

COMPARE = """
from dataclasses import replace
import sys
import numpy as np
from stadtkern.hazards.flood.solver import *
from stadtkern.hazards.flood.solver import cuda

scheme, order, precision = sys.argv[1], int(sys.argv[2]), sys.argv[3]
y, x = np.indices((11, 37))
bed = 0.4 + 0.3 * np.sin(0.5 * x) * np.cos(0.4 * y)
active = np.ones(bed.shape, bool)
active[4:6, 15:17] = False
domain = Domain(bed, 2.0, 0.02 + 0.001 * x, active)
crest = np.full(bed.shape, -np.inf)
crest[2:9, 24] = 0.95
depth = np.where(active & (x < 20), np.maximum(0.8 - bed, 0), 0)
forcing = Forcing(
    boundaries=[Boundary("west", "discharge", series=Series.constant(3.0)), Boundary("south", "open", 3, 20)],
    rain=[Rain(Series.constant(1e-4)), Rain(Series.constant(1.0), np.full(bed.shape, 1e-5))],
    infiltration=Infiltration("green_ampt", 1e-5, 0.01), drainage=Drainage(1e-5),
    inflows=[Inflow(np.array([3]), np.array([33]), Series.constant(1.0))],
    structures=Structures(crest_west=crest, links=[Link((3, 33), (8, 5), "culvert", 0.3, 0.3)],
        breaches=[Breach(np.arange(4, 7), np.full(3, 24), 0.1, 0.3, 0.5, what="crest_west")]),
)
options = Options(scheme=scheme, order=order, precision=precision, maxima_every=1, threads=1)
state = State.from_velocity(depth, 0.4, -0.3)
until = 0.5
if sys.argv[4] != "all":
    forcing, until = Forcing(), 6.0 if sys.argv[4] == "hasty" else 2.0
    options = replace(options, maxima_every=2)
    cuda.AT_ONCE = 3
    domain = Domain(bed[:, 14:24], 2.0, 0.03, active[:, 14:24])
    state = State.from_velocity(depth[:, 14:24], 0.4, -0.3)
names = (("cpu", (0,)), ("cuda", (0,)), ("cuda", (0, 0)))
chosen = [replace(options, device=d, devices=n) for d, n in names]
if sys.argv[4] == "hasty":
    for each in chosen:
        object.__setattr__(each, "cfl", 2.5)  # no user can: steps so long that some leave no water
runs = [simulate(domain, state, each, forcing, until=until) for each in chosen]
cpu, gpu, parts = runs
assert [each.device for each in runs] == ["cpu", "cuda", "cuda"]
assert cpu.steps == gpu.steps == parts.steps, [each.steps for each in runs]
worst = 0.0
for name, grid in cpu.checkpoint.items():
    if name in ("wall_seconds", "updates"):
        continue
    other = gpu.checkpoint[name]
    assert np.array_equal(other, parts.checkpoint[name], equal_nan=other.dtype.kind == "f"), name
    assert np.array_equal(np.isnan(grid), np.isnan(other)) if grid.dtype.kind == "f" else True, name
    gap = np.nanmax(np.abs(grid.astype(float) - other.astype(float)), initial=0.0)
    worst = max(worst, float(gap))
print(worst, abs(gpu.mass.error_relative), cpu.steps, cpu.rejected_steps)
"""


@pytest.mark.parametrize(
    ("scheme", "order", "precision", "forcing", "tolerance"),
    [
        ("hllc", 2, "float64", "all", 1e-12),
        ("local_inertial", 1, "float64", "all", 1e-12),
        ("hllc", 1, "float32", "all", 1e-4),
        ("hllc", 1, "float64", "quiet", 1e-12),
        ("hllc", 2, "float64", "quiet", 1e-12),
        ("local_inertial", 1, "float64", "quiet", 1e-12),
        ("hllc", 1, "float64", "hasty", 1e-12),
    ],
)
@pytest.mark.slow
def test_devices_compute_what_the_processor_does(  # noqa: PLR0913, PLR0917  # parameters
    scheme: str, order: int, precision: str, forcing: str, tolerance: float, tmp_path: Path
) -> None:
    """One device as the processor, two strips of rows as one device, to the last bit.

    `quiet`: nothing but water acts, so the device finds its time steps by itself; `hasty`: steps fail there.
    """
    script = tmp_path / "compare.py"
    script.write_text(COMPARE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), scheme, str(order), precision, forcing],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    worst, mass, steps, rejected = (float(each) for each in done.stdout.split())
    assert steps >= 2
    assert (rejected > 0) == (forcing == "hasty")
    assert worst < tolerance
    assert mass < (1e-12 if precision == "float64" else 1e-5)


def test_a_device_that_is_not_there_is_named() -> None:
    from numba import cuda  # noqa: PLC0415  # takes seconds to import

    if cuda.is_available():
        pytest.skip("there is a CUDA device")
    domain = Domain(np.zeros((1, 2)), 1.0)
    with pytest.raises(RuntimeError, match='choose device "cpu"'):
        simulate(domain, State.from_level(domain, 1.0), Options(device="cuda"), until=1.0)
