"""Kernels for CUDA beside the flow: what becomes of what blocks tell, and what reads or changes cells."""

# mypy: disable-error-code="no-untyped-def"

import math

from numba import cuda

from stadtkern.compute.jit import real
from stadtkern.hazards.flood.solver.engine import RECOVERY
from stadtkern.hazards.flood.solver.kernels import after_weather
from stadtkern.hazards.flood.solver.numerics import BLOCKED

HIGH, WIDE = 8, 32  # cells of a block: a warp lies along a row
SIZE = HIGH * WIDE

# what the clock of a device holds; all float64
CLOCK = range(13)
STEP, TIME, TARGET, LEFT, CAUTION, FASTEST, SEEN, DONE, HALT, COURANT, LONGEST, SHORTEST, SLOWEST = CLOCK
FAILED, ARRIVED, SMALL = 1.0, 2.0, 3.0  # why it halts


@cuda.jit
def propose(clock):
    """Choose the length of the next step, as `Engine.proposal` and `simulation._Run` do on the processor.

    `COURANT` is the Courant number times the side of a cell, `SLOWEST` the longest step that sources allow.
    """
    if clock[HALT] != 0.0:
        return
    wave = clock[COURANT] / clock[FASTEST] if clock[FASTEST] > 0.0 else clock[LONGEST]
    dt = clock[CAUTION] * min(wave, clock[LONGEST], clock[SLOWEST])
    if dt < clock[SHORTEST]:
        clock[HALT] = SMALL
        return
    left = clock[TARGET] - clock[TIME]
    if left <= 2.0 * dt:
        dt = left if left <= dt else 0.5 * left
    clock[STEP], clock[LEFT] = dt, left


@cuda.jit
def check(total, clock):
    """Halt where a stage left a negative depth or no finite number."""
    if clock[HALT] == 0.0 and (not total[1] >= 0.0 or total[2] != 0.0):
        clock[HALT] = FAILED


@cuda.jit
def advance(total, clock):
    """Take a step as done, as `Engine.advance` does; halt at the target."""
    if clock[HALT] != 0.0:
        return
    made, target = clock[STEP], clock[TARGET]
    clock[FASTEST] = total[0]
    clock[CAUTION] = min(1.0, clock[CAUTION] * RECOVERY)
    clock[DONE] += 1.0
    time = clock[TIME] + made
    if made == clock[LEFT] or abs(target - time) <= 1e-12 * max(abs(target), 1.0):
        time = target
    clock[TIME] = time
    if time >= target:
        clock[HALT] = ARRIVED


@cuda.jit
def seen(clock, step):
    """Note when maxima were looked at, after `maxima` with the same `step`."""
    if clock[DONE] == step:
        clock[SEEN] = clock[TIME]


@cuda.jit
def wake(high, awake, was, active, first, last, idle, everywhere, clock):
    """Choose the blocks that a step computes, as `kernels.choose` does for order 2.

    Of the rows of blocks only those from `first` on and before `last`: others belong to another device.
    """
    y, x = cuda.grid(2)
    rows, columns = high.shape
    if y >= rows or x >= columns or clock[HALT] != 0.0:
        return
    if y < first or y >= last:
        active[y, x] = 0
        return
    now = everywhere or awake[y, x] != 0
    for i in range(max(y - 1, 0), min(y + 2, rows)):
        for j in range(max(x - 1, 0), min(x + 2, columns)):
            now = now or high[i, j] > idle
    active[y, x] = 1 if now or was[y, x] else 0
    was[y, x] = 1 if now else 0


@cuda.jit
def summary(fast, low, bad, active, out):
    """Sum up all blocks into `out`: fastest wave of all, lowest depth and any failure of the active ones."""
    shared = cuda.shared.array((4, SIZE), dtype=fast.dtype)
    t = cuda.threadIdx.x
    top, lowest, broken = real(0.0, out), real(1e30, out), real(0.0, out)
    k = t
    while k < fast.size:
        y, x = k // fast.shape[1], k % fast.shape[1]
        top = max(top, fast[y, x])
        if active[y, x]:
            lowest, broken = min(lowest, low[y, x]), max(broken, bad[y, x])
        k += SIZE
    shared[0, t], shared[1, t], shared[2, t] = top, -lowest, broken
    cuda.syncthreads()
    width = SIZE // 2
    while width > 0:
        if t < width:
            for m in range(3):
                shared[m, t] = max(shared[m, t], shared[m, t + width])
        cuda.syncthreads()
        width //= 2
    if t == 0:
        out[0], out[1], out[2] = shared[0, 0], -shared[1, 0], shared[2, 0]


@cuda.jit
def fetch(grid, rows, columns, out):
    """Read some cells."""
    k = cuda.grid(1)
    if k < rows.size:
        out[k] = grid[rows[k], columns[k]]


@cuda.jit
def put(grid, rows, columns, values):
    """Write some cells."""
    k = cuda.grid(1)
    if k < rows.size:
        grid[rows[k], columns[k]] = values[k]


@cuda.jit
def maxima(
    h,
    p,
    q,
    active,
    clock,
    step,
    arrival_depth,
    dry,
    g,
    staggered,
    depth,
    velocity,
    intensity,
    arrival,
    duration,
    invalid,
):
    """Keep the largest values, see `kernels.maxima`, if the step number `step` is the last one made."""
    j, i = cuda.grid(2)
    rows, columns = h.shape
    if active[cuda.blockIdx.y, cuda.blockIdx.x] == 0 or i >= rows or j >= columns or clock[DONE] != step:
        return
    time, lasted = real(clock[TIME], dry), real(clock[TIME] - clock[SEEN], dry)
    deep, x, y = h[i, j], p[i, j], q[i, j]
    half = real(0.5, dry)
    if staggered:
        x = half * (x + p[i, min(j + 1, columns - 1)])
        y = half * (y + q[min(i + 1, rows - 1), j])
    unit = math.sqrt(x * x + y * y)
    fast = unit / deep if deep > dry else real(0.0, dry)
    depth[i, j] = max(depth[i, j], deep)
    velocity[i, j] = max(velocity[i, j], fast)
    intensity[i, j] = max(intensity[i, j], unit)
    if deep > arrival_depth:
        duration[i, j] += lasted
        if math.isnan(arrival[i, j]):
            arrival[i, j] = time
        if staggered and unit * unit > real(0.64, dry) * g * deep * deep * deep:
            invalid[i, j] = 1


@cuda.jit
def weather(
    h,
    p,
    q,
    z,
    active,
    uniform,
    fields,
    rates,
    model,
    rate,
    storage,
    capacity,
    drains,
    rained,
    soaked,
    drained,
    dt,
    carry,
):
    """Let rain fall, water soak in and drain, see `kernels.weather`."""
    j, i = cuda.grid(2)
    if active[cuda.blockIdx.y, cuda.blockIdx.x] == 0 or i >= h.shape[0] or j >= h.shape[1]:
        return
    if z[i, j] > BLOCKED / 2:
        return
    rain = uniform
    for n in range(rates.size):
        rain += fields[n, i, j] * rates[n]
    rain *= dt
    so_far = 0.0
    if model == 2:
        so_far = rained[i, j]
        rained[i, j] += rain
    a = rate[i, j] if rate.size > 1 else rate[0, 0]
    b = storage[i, j] if storage.size > 1 else storage[0, 0]
    most = (capacity[i, j] if capacity.size > 1 else capacity[0, 0]) * dt
    before = soaked[i, j] if model else 0.0
    depth, lost, gone, keep = after_weather(h[i, j], rain, model, a, b, before, so_far, most, dt)
    if model:
        soaked[i, j] += lost
    if drains:
        drained[i, j] += gone
    if carry > 0 and keep < 1.0:
        p[i, j] *= real(keep, carry)
        q[i, j] *= real(keep, carry)
    h[i, j] = depth
