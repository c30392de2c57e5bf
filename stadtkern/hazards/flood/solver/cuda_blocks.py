"""Kernels for CUDA beside the flow: what becomes of what blocks tell, and what reads or changes cells."""

# mypy: disable-error-code="no-untyped-def"

import math

from numba import cuda

from stadtkern.compute.jit import real
from stadtkern.hazards.flood.solver.kernels import after_weather
from stadtkern.hazards.flood.solver.numerics import BLOCKED

HIGH, WIDE = 8, 32  # cells of a block: a warp lies along a row
SIZE = HIGH * WIDE


@cuda.jit
def wake(high, awake, was, active, idle, everywhere):
    """Choose the blocks that a step computes, as `kernels.choose` does for order 2."""
    y, x = cuda.grid(2)
    rows, columns = high.shape
    if y >= rows or x >= columns:
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
    time,
    lasted,
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
    """Keep the largest values, see `kernels.maxima`."""
    j, i = cuda.grid(2)
    rows, columns = h.shape
    if active[cuda.blockIdx.y, cuda.blockIdx.x] == 0 or i >= rows or j >= columns:
        return
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
