"""Compiled drivers: steps over the active tiles, sources and losses, maxima. Tiles run in parallel.

No thread adds up what others write: sums stay per cell or per face, what tiles tell are largest and lowest
values. So results are the same for any number of threads and any tiling.
"""

from typing import Any

import numpy as np
from numba import njit, prange

from stadtkern.compute.jit import OPTIONS, real
from stadtkern.hazards.flood.solver.inertial import inertial_step
from stadtkern.hazards.flood.solver.numerics import BLOCKED, Real, speed
from stadtkern.hazards.flood.solver.rows import (
    BROKEN,
    FASTEST,
    FIRST_COLUMN,
    FIRST_ROW,
    HIGHEST,
    LAST_COLUMN,
    LAST_ROW,
    LOWEST,
    Grid,
    Row,
)
from stadtkern.hazards.flood.solver.tiles import first_order, second_order

PARALLEL: dict[str, Any] = {"error_model": "numpy", "cache": True, "parallel": True}


@njit(**PARALLEL)
def step_first(
    tiles: Row,
    wide: int,
    height: int,
    width: int,
    h: Grid,
    p: Grid,
    q: Grid,
    z: Grid,
    n2: Grid,
    to_h: Grid,
    to_p: Grid,
    to_q: Grid,
    crest_west: Grid,
    crest_south: Grid,
    walls: Row,
    on: Grid,
    edge: Grid,
    dt: Real,
    dx: Real,
    dry: Real,
    factor: Real,
    g: Real,
    stats: Grid,
) -> None:
    """Compute a first-order step of all active tiles, of `height` x `width` cells and `wide` in a row."""
    rows, columns = h.shape
    for k in prange(tiles.size):
        tile = tiles[k]
        r0, c0 = tile // wide * height, tile % wide * width
        r1, c1 = min(r0 + height, rows), min(c0 + width, columns)
        first_order(
            h, p, q, z, n2, to_h, to_p, to_q, crest_west, crest_south, walls[tile] != 0, on, edge,
            r0, r1, c0, c1, dt, dx, dry, factor, g, stats[tile],
        )  # fmt: skip


@njit(**PARALLEL)
def step_second(
    tiles: Row,
    wide: int,
    height: int,
    width: int,
    h: Grid,
    p: Grid,
    q: Grid,
    base_h: Grid,
    base_p: Grid,
    base_q: Grid,
    part: Real,
    z: Grid,
    n2: Grid,
    to_h: Grid,
    to_p: Grid,
    to_q: Grid,
    crest_west: Grid,
    crest_south: Grid,
    walls: Row,
    on: Grid,
    edge: Grid,
    dt: Real,
    dx: Real,
    dry: Real,
    factor: Real,
    g: Real,
    stats: Grid,
) -> None:
    """Compute a stage of second order of all active tiles, see `tiles.second_order`."""
    rows, columns = h.shape
    for k in prange(tiles.size):
        tile = tiles[k]
        r0, c0 = tile // wide * height, tile % wide * width
        r1, c1 = min(r0 + height, rows), min(c0 + width, columns)
        second_order(
            h, p, q, base_h, base_p, base_q, part, z, n2, to_h, to_p, to_q, crest_west, crest_south,
            walls[tile] != 0, on, edge, r0, r1, c0, c1, dt, dx, dry, factor, g, stats[tile],
        )  # fmt: skip


@njit(**PARALLEL)
def step_inertial(
    tiles: Row,
    wide: int,
    height: int,
    width: int,
    h: Grid,
    x: Grid,
    y: Grid,
    z: Grid,
    n2: Grid,
    to_h: Grid,
    to_x: Grid,
    to_y: Grid,
    crest_west: Grid,
    crest_south: Grid,
    walls: Row,
    on: Grid,
    edge: Grid,
    dt: Real,
    dx: Real,
    theta: Real,
    dry: Real,
    factor: Real,
    g: Real,
    stats: Grid,
) -> None:
    """Compute a step of the local inertial scheme of all active tiles."""
    rows, columns = h.shape
    for k in prange(tiles.size):
        tile = tiles[k]
        r0, c0 = tile // wide * height, tile % wide * width
        r1, c1 = min(r0 + height, rows), min(c0 + width, columns)
        inertial_step(
            h, x, y, z, n2, to_h, to_x, to_y, crest_west, crest_south, walls[tile] != 0, on, edge,
            r0, r1, c0, c1, dt, dx, theta, dry, factor, g, stats[tile],
        )  # fmt: skip


@njit(**OPTIONS)
def choose(stats: Grid, awake: Row, wide: int, idle: float, order: int, everywhere: bool, before: Row) -> Row:
    """Return the tiles that the next step has to compute, in order.

    A tile is computed if it holds water that moves, if water stands at its border (order 2: anywhere in a
    tile beside it, two stages reach further), if it did in the step before (so that both copies of the state
    agree once it fell dry), or if a source is in it (`awake`).
    """
    count = stats.shape[0]
    now = np.zeros(count, dtype=np.uint8)
    high = count // wide
    for t in range(count):
        if everywhere or awake[t]:
            now[t] = 1
        if stats[t, HIGHEST] <= idle:
            continue
        now[t] = 1
        i, j = t // wide, t % wide
        if order == 2:
            for m in range(max(i - 1, 0), min(i + 2, high)):
                for n in range(max(j - 1, 0), min(j + 2, wide)):
                    now[m * wide + n] = 1
            continue
        if i > 0 and stats[t, FIRST_ROW] > idle:
            now[t - wide] = 1
        if i < high - 1 and stats[t, LAST_ROW] > idle:
            now[t + wide] = 1
        if j > 0 and stats[t, FIRST_COLUMN] > idle:
            now[t - 1] = 1
        if j < wide - 1 and stats[t, LAST_COLUMN] > idle:
            now[t + 1] = 1
    tiles = np.empty(count, dtype=np.int64)
    size = 0
    for t in range(count):
        if now[t] or before[t]:
            tiles[size] = t
            size += 1
        before[t] = now[t]
    return tiles[:size]


@njit(**OPTIONS)
def look(
    h: Grid, p: Grid, q: Grid, r0: int, r1: int, c0: int, c1: int, carry: Real, dry: Real, g: Real, stats: Row
) -> None:
    """Tell of a tile what `rows.tell` does, from the state as it is.

    `carry` is 0 where discharges do not make waves faster (local inertial scheme), else 1.
    """
    zero = real(0.0, h)
    top, low, high = zero, h[r0, c0], zero
    first = last = left = right = zero
    bad = zero
    for i in range(r0, r1):
        for j in range(c0, c1):
            depth = h[i, j]
            top = max(top, speed(depth, carry * p[i, j], carry * q[i, j], dry, g))
            low, high = min(low, depth), max(high, depth)
            first = max(first, depth) if i == r0 else first
            last = max(last, depth) if i == r1 - 1 else last
            left = max(left, depth) if j == c0 else left
            right = max(right, depth) if j == c1 - 1 else right
            if not np.isfinite(depth + p[i, j] + q[i, j]):
                bad = real(1.0, h)
    stats[FASTEST], stats[LOWEST], stats[HIGHEST] = top, low, high
    stats[FIRST_ROW], stats[LAST_ROW], stats[FIRST_COLUMN], stats[LAST_COLUMN] = first, last, left, right
    stats[BROKEN] = bad


@njit(**PARALLEL)
def look_all(
    wide: int,
    height: int,
    width: int,
    h: Grid,
    p: Grid,
    q: Grid,
    carry: Real,
    dry: Real,
    g: Real,
    stats: Grid,
) -> None:
    """Tell of all tiles."""
    rows, columns = h.shape
    for tile in prange(stats.shape[0]):
        r0, c0 = tile // wide * height, tile % wide * width
        look(h, p, q, r0, min(r0 + height, rows), c0, min(c0 + width, columns), carry, dry, g, stats[tile])


@njit(**OPTIONS)
def summary(stats: Grid, tiles: Row, out: Row) -> None:
    """Sum up all tiles into `out`: fastest wave of all, lowest depth and any failure of the active ones."""
    out[FASTEST], out[LOWEST], out[BROKEN] = 0.0, 1e30, 0.0
    for t in range(stats.shape[0]):
        out[FASTEST] = max(out[FASTEST], stats[t, FASTEST])
    for k in range(tiles.size):
        out[LOWEST] = min(out[LOWEST], stats[tiles[k], LOWEST])
        out[BROKEN] = max(out[BROKEN], stats[tiles[k], BROKEN])


@njit(**OPTIONS)
def soak(
    model: int, h: Real, rate: Real, storage: Real, cumulative: float, rained: float, rain: float, dt: float
) -> float:
    """Return how deep water soaks in during a step, at most what is there (m).

    Models: 0 none; 1 constant capacity; 2 SCS curve number, from the rain so far (USDA NEH-630, ch. 10); 3
    Green & Ampt (1911), implicit in the depth that soaked in so far.
    """
    if model == 1:
        want = rate * dt
    elif model == 2:
        want = rain - (excess(rained + rain, storage) - excess(rained, storage))
    elif model == 3:
        full = rate * dt
        gap = full - cumulative
        want = 0.5 * (gap + np.sqrt(gap * gap + 4.0 * full * (cumulative + storage)))
    else:
        want = 0.0
    return max(min(want, h), 0.0)  # type: ignore[no-any-return]  # numba


@njit(**OPTIONS)
def excess(rain: float, storage: float) -> float:
    """Return what runs off of all rain so far (m), with an initial loss of a fifth of the storage."""
    left = rain - 0.2 * storage
    return left * left / (left + storage) if left > 0.0 else 0.0


@njit(**OPTIONS)
def after_weather(
    h: float,
    rain: float,
    model: int,
    rate: float,
    storage: float,
    soaked: float,
    rained: float,
    most: float,
    dt: float,
) -> tuple[float, float, float, float]:
    """Return depth, what soaked in, what drained (at most `most`; all m), and the share of momentum kept."""
    depth = h + rain
    lost = soak(model, depth, rate, storage, soaked, rained, rain, dt)
    gone = max(min(most, depth - lost), 0.0)
    keep = max(0.0, 1.0 - (lost + gone) / depth) if depth > 0.0 and h > 0.0 else 1.0
    return depth - lost - gone, lost, gone, keep


@njit(**PARALLEL)
def weather(
    tiles: Row,
    wide: int,
    height: int,
    width: int,
    h: Grid,
    p: Grid,
    q: Grid,
    z: Grid,
    uniform: float,
    fields: Any,
    rates: Row,
    model: int,
    rate: Grid,
    storage: Grid,
    capacity: Grid,
    drains: bool,
    rained: Grid,
    soaked: Grid,
    drained: Grid,
    dt: float,
    carry: Real,
    dry: Real,
    g: Real,
    stats: Grid,
) -> None:
    """Let rain fall, water soak in and drain, in all active tiles; tell of them anew.

    Rain is `uniform` (m/s) plus the sum of `fields` (n, rows, columns) times `rates` (n). What is lost takes
    its momentum along. `rained` (SCS), `soaked`, `drained` add up per cell, in m.
    """
    rows, columns = h.shape
    for k in prange(tiles.size):
        tile = tiles[k]
        r0, c0 = tile // wide * height, tile % wide * width
        r1, c1 = min(r0 + height, rows), min(c0 + width, columns)
        for i in range(r0, r1):
            for j in range(c0, c1):
                if z[i, j] > BLOCKED / 2:
                    continue
                rain = uniform
                for n in range(rates.size):
                    rain += fields[n, i, j] * rates[n]
                rain *= dt
                if model == 2:
                    rained[i, j] += rain
                if model == 0 and not drains:
                    h[i, j] += rain
                    continue
                a = rate[i, j] if rate.size > 1 else rate[0, 0]
                b = storage[i, j] if storage.size > 1 else storage[0, 0]
                most = (capacity[i, j] if capacity.size > 1 else capacity[0, 0]) * dt
                so_far = rained[i, j] - rain if model == 2 else 0.0
                gone_before = soaked[i, j] if model else 0.0
                depth, lost, gone, keep = after_weather(
                    h[i, j], rain, model, a, b, gone_before, so_far, most, dt
                )
                if model:
                    soaked[i, j] += lost
                if drains:
                    drained[i, j] += gone
                if carry > 0 and keep < 1.0:
                    p[i, j] *= real(keep, h)
                    q[i, j] *= real(keep, h)
                h[i, j] = depth
        look(h, p, q, r0, r1, c0, c1, carry, dry, g, stats[tile])


@njit(**PARALLEL)
def maxima(
    tiles: Row,
    wide: int,
    height: int,
    width: int,
    h: Grid,
    p: Grid,
    q: Grid,
    time: Real,
    lasted: Real,
    arrival_depth: Real,
    dry: Real,
    g: Real,
    staggered: bool,
    depth: Grid,
    velocity: Grid,
    intensity: Grid,
    arrival: Grid,
    duration: Grid,
    invalid: Grid,
) -> None:
    """Keep the largest values; `lasted` is the time since they were last looked at.

    `staggered` says that p and q belong to west and north faces (local inertial scheme); only then are cells
    marked as `invalid` where the Froude number is above 0.8.
    """
    half = real(0.5, h)
    rows, columns = h.shape
    for k in prange(tiles.size):
        tile = tiles[k]
        r0, c0 = tile // wide * height, tile % wide * width
        r1, c1 = min(r0 + height, rows), min(c0 + width, columns)
        for i in range(r0, r1):
            for j in range(c0, c1):
                deep = h[i, j]
                wet = deep > dry
                x, y = p[i, j], q[i, j]
                if staggered:
                    x = half * (x + p[i, min(j + 1, columns - 1)])
                    y = half * (y + q[min(i + 1, rows - 1), j])
                unit = np.sqrt(x * x + y * y)
                fast = unit / (deep if wet else real(1.0, h))
                fast = fast if wet else real(0.0, h)
                depth[i, j] = max(depth[i, j], deep)
                velocity[i, j] = max(velocity[i, j], fast)
                intensity[i, j] = max(intensity[i, j], unit)
                flooded = deep > arrival_depth
                duration[i, j] += lasted if flooded else real(0.0, h)
                first = flooded and np.isnan(arrival[i, j])
                arrival[i, j] = time if first else arrival[i, j]
                if staggered and flooded and unit * unit > real(0.64, h) * g * deep * deep * deep:
                    invalid[i, j] = 1
