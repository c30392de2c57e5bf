"""Kernels for CUDA that compute flow: one thread per cell, all physics from `numerics`.

A block of cells that is dry, with dry blocks around it, ends at once (`active`).
"""

# mypy: disable-error-code="no-untyped-def"

import math

from numba import cuda

from stadtkern.compute.jit import real
from stadtkern.hazards.flood.solver.cuda_blocks import HALT, SIZE, STEP, WIDE
from stadtkern.hazards.flood.solver.numerics import faces, flux, inertial, rub, speed, weir
from stadtkern.hazards.flood.solver.rows import EAST, NORTH, SOUTH, WEST


@cuda.jit(device=True)
def tell(tell_fast, tell_low, tell_high, tell_bad, shared, fast, low, high, bad):
    """Leave the largest of each value (lowest depth: smallest) of a block at the place of the block."""
    t = cuda.threadIdx.y * WIDE + cuda.threadIdx.x
    shared[0, t], shared[1, t], shared[2, t], shared[3, t] = fast, -low, high, bad
    cuda.syncthreads()
    width = SIZE // 2
    while width > 0:
        if t < width:
            for k in range(4):
                shared[k, t] = max(shared[k, t], shared[k, t + width])
        cuda.syncthreads()
        width //= 2
    if t == 0:
        y, x = cuda.blockIdx.y, cuda.blockIdx.x
        tell_fast[y, x], tell_low[y, x] = shared[0, 0], -shared[1, 0]
        tell_high[y, x], tell_bad[y, x] = shared[2, 0], shared[3, 0]


@cuda.jit
def look(h, p, q, carry, dry, g, fast, low, high, bad):
    """Tell of all blocks, from the state as it is."""
    shared = cuda.shared.array((4, SIZE), dtype=h.dtype)
    j, i = cuda.grid(2)
    top, depth, deep, broken = real(0.0, dry), real(1e30, dry), real(0.0, dry), real(0.0, dry)
    if i < h.shape[0] and j < h.shape[1]:
        depth = h[i, j]
        deep = depth
        top = speed(depth, carry * p[i, j], carry * q[i, j], dry, g)
    tell(fast, low, high, bad, shared, top, depth, deep, broken)


@cuda.jit(device=True)
def state_at(h, p, q, z, on, i, j, dry):
    """Return depth (0 where dry), velocities and bed of a cell; outside of the domain as `rows.load` does."""
    rows, columns = h.shape
    m, n, turn_u, turn_v = i, j, real(1.0, dry), real(1.0, dry)
    if i < 0 or i >= rows:
        m = min(-1 - i, rows - 1) if i < 0 else max(2 * rows - 1 - i, 0)
        if on[NORTH if i < 0 else SOUTH, min(max(j, 0), columns - 1)] == 0:
            turn_v = real(-1.0, dry)
    if j < 0 or j >= columns:
        n = min(-1 - j, columns - 1) if j < 0 else max(2 * columns - 1 - j, 0)
        if on[WEST if j < 0 else EAST, m] == 0:
            turn_u = real(-1.0, dry)
    depth = h[m, n]
    wet = depth > dry
    inverse = real(1.0, dry) / (depth if wet else real(1.0, dry))
    inverse = inverse if wet else real(0.0, dry)
    depth = depth if wet else real(0.0, dry)
    return depth, turn_u * (p[m, n] * inverse), turn_v * (q[m, n] * inverse), z[m, n]


@cuda.jit(device=True)
def walled(crest, i, j, z_left, z_right):
    """Return the crest of the wall on the west or south face of a cell, -inf where none is above the bed."""
    if crest.size == 1 or i < 0 or j < 0 or i >= crest.shape[0] or j >= crest.shape[1]:
        return -math.inf
    top = crest[i, j]
    return top if top > z_left and top > z_right else -math.inf


@cuda.jit(device=True)
def face_x(h, p, q, z, on, edge, crest, i, j, dry, factor, g):
    """Return what passes the west face of the cell (i, j), which may lie one beyond the last column."""
    columns = h.shape[1]
    hl, ul, vl, zl = state_at(h, p, q, z, on, i, j - 1, dry)
    hr, ur, vr, zr = state_at(h, p, q, z, on, i, j, dry)
    top = walled(crest, i, j, zl, zr)
    if top > -math.inf:
        f, left, right, along = weir(hl, ul, vl, zl, hr, ur, vr, zr, top, factor, g)
    else:
        f, left, right, along = flux(hl, ul, vl, zl, hr, ur, vr, zr, g)
    if j == 0 and on[WEST, i]:
        return edge[WEST, 0, i], left, edge[WEST, 1, i], edge[WEST, 2, i]
    if j == columns and on[EAST, i]:
        return edge[EAST, 0, i], edge[EAST, 1, i], right, edge[EAST, 2, i]
    return f, left, right, along


@cuda.jit(device=True)
def face_y(h, p, q, z, on, edge, crest, i, j, dry, factor, g):
    """Return what passes the north face of the cell (i, j), which may lie one beyond the last row."""
    rows = h.shape[0]
    hl, ul, vl, zl = state_at(h, p, q, z, on, i - 1, j, dry)
    hr, ur, vr, zr = state_at(h, p, q, z, on, i, j, dry)
    top = walled(crest, i - 1, j, zl, zr)
    if top > -math.inf:
        f, left, right, along = weir(hl, vl, ul, zl, hr, vr, ur, zr, top, factor, g)
    else:
        f, left, right, along = flux(hl, vl, ul, zl, hr, vr, ur, zr, g)
    if i == 0 and on[NORTH, j]:
        return edge[NORTH, 0, j], left, edge[NORTH, 1, j], edge[NORTH, 2, j]
    if i == rows and on[SOUTH, j]:
        return edge[SOUTH, 0, j], edge[SOUTH, 1, j], right, edge[SOUTH, 2, j]
    return f, left, right, along


@cuda.jit(device=True)
def finish(h, p, q, n2, to_h, to_p, to_q, i, j, dt, dry, g):
    """Apply friction, write the cell, return the fastest wave and whether all is finite (0) or not (1)."""
    p, q, fast = rub(h, p, q, n2, dt, dry, g)
    to_h[i, j], to_p[i, j], to_q[i, j] = h, p, q
    total = h + p + q
    bad = real(0.0, h) if total - total == real(0.0, h) else real(1.0, h)
    return fast, bad


@cuda.jit
def first_order(
    h,
    p,
    q,
    z,
    n2,
    to_h,
    to_p,
    to_q,
    crest_west,
    crest_south,
    on,
    edge,
    active,
    clock,
    dx,
    dry,
    factor,
    g,
    fast,
    low,
    high,
    bad,
):
    """Compute a first-order step, see `tiles.first_order`."""
    shared = cuda.shared.array((4, SIZE), dtype=h.dtype)
    j, i = cuda.grid(2)
    if active[cuda.blockIdx.y, cuda.blockIdx.x] == 0 or clock[HALT] != 0.0:
        return
    dt = real(clock[STEP], dry)
    top, depth, broken = real(0.0, dry), real(1e30, dry), real(0.0, dry)
    deep = real(0.0, dry)
    if i < h.shape[0] and j < h.shape[1]:
        lam = dt / dx
        west = face_x(h, p, q, z, on, edge, crest_west, i, j, dry, factor, g)
        east = face_x(h, p, q, z, on, edge, crest_west, i, j + 1, dry, factor, g)
        north = face_y(h, p, q, z, on, edge, crest_south, i, j, dry, factor, g)
        south = face_y(h, p, q, z, on, edge, crest_south, i + 1, j, dry, factor, g)
        depth = h[i, j] - lam * ((east[0] - west[0]) + (south[0] - north[0]))
        x = p[i, j] - lam * ((east[1] - west[2]) + (south[3] - north[3]))
        y = q[i, j] - lam * ((east[3] - west[3]) + (south[1] - north[2]))
        rough = n2[i, j] if n2.size > 1 else n2[0, 0]
        top, broken = finish(depth, x, y, rough, to_h, to_p, to_q, i, j, dt, dry, g)
        deep = depth
    tell(fast, low, high, bad, shared, top, depth, deep, broken)


@cuda.jit(device=True)
def rebuilt(h, p, q, z, on, crest_west, crest_south, i, j, along_x, dry):
    """Return the states at both faces of a cell along x or y, see `numerics.faces` and `rows.flatten`."""
    m, n = (0, 1) if along_x else (1, 0)
    hb, ub, vb, zb = state_at(h, p, q, z, on, i - m, j - n, dry)
    hc, uc, vc, zc = state_at(h, p, q, z, on, i, j, dry)
    ha, ua, va, za = state_at(h, p, q, z, on, i + m, j + n, dry)
    if not along_x:
        ub, vb, uc, vc, ua, va = vb, ub, vc, uc, va, ua
    inside = i >= 0 and j >= 0 and i < h.shape[0] and j < h.shape[1]
    if crest_west.size > 1 and inside:
        if along_x:
            flat = crest_west[i, j] > zc or (j + 1 < h.shape[1] and crest_west[i, j + 1] > zc)
        else:
            flat = crest_south[i, j] > zc or (i > 0 and crest_south[i - 1, j] > zc)
        if flat:
            return hc, uc, vc, zc, hc, uc, vc, zc
    return faces(hb, ub, vb, zb, hc, uc, vc, zc, ha, ua, va, za)


@cuda.jit(device=True)
def between(left, right, g):
    """Return the flux between the far face of one cell and the near face of the next."""
    return flux(left[4], left[5], left[6], left[7], right[0], right[1], right[2], right[3], g)


@cuda.jit
def second_order(
    h,
    p,
    q,
    base_h,
    base_p,
    base_q,
    part,
    z,
    n2,
    to_h,
    to_p,
    to_q,
    crest_west,
    crest_south,
    on,
    edge,
    active,
    clock,
    dx,
    dry,
    factor,
    g,
    fast,
    low,
    high,
    bad,
):
    """Compute a stage of second order, see `tiles.second_order`."""
    shared = cuda.shared.array((4, SIZE), dtype=h.dtype)
    j, i = cuda.grid(2)
    if active[cuda.blockIdx.y, cuda.blockIdx.x] == 0 or clock[HALT] != 0.0:
        return
    dt = real(clock[STEP], dry)
    top, depth, broken = real(0.0, dry), real(1e30, dry), real(0.0, dry)
    deep = real(0.0, dry)
    rows, columns = h.shape
    if i < rows and j < columns:
        lam, half_g = dt / dx, real(0.5, dry) * g
        mine = rebuilt(h, p, q, z, on, crest_west, crest_south, i, j, True, dry)
        east = between(mine, rebuilt(h, p, q, z, on, crest_west, crest_south, i, j + 1, True, dry), g)
        west = between(rebuilt(h, p, q, z, on, crest_west, crest_south, i, j - 1, True, dry), mine, g)
        push_x = half_g * (mine[0] + mine[4]) * (mine[7] - mine[3])
        mine = rebuilt(h, p, q, z, on, crest_west, crest_south, i, j, False, dry)
        south = between(mine, rebuilt(h, p, q, z, on, crest_west, crest_south, i + 1, j, False, dry), g)
        north = between(rebuilt(h, p, q, z, on, crest_west, crest_south, i - 1, j, False, dry), mine, g)
        push_y = half_g * (mine[0] + mine[4]) * (mine[7] - mine[3])
        bed = z[i, j]
        if walled(crest_west, i, j, bed, z[i, max(j - 1, 0)]) > -math.inf or (j == 0 and on[WEST, i]):
            west = face_x(h, p, q, z, on, edge, crest_west, i, j, dry, factor, g)
        if walled(crest_west, i, j + 1, bed, z[i, min(j + 1, columns - 1)]) > -math.inf or (
            j == columns - 1 and on[EAST, i]
        ):
            east = face_x(h, p, q, z, on, edge, crest_west, i, j + 1, dry, factor, g)
        if walled(crest_south, i - 1, j, bed, z[max(i - 1, 0), j]) > -math.inf or (i == 0 and on[NORTH, j]):
            north = face_y(h, p, q, z, on, edge, crest_south, i, j, dry, factor, g)
        if walled(crest_south, i, j, bed, z[min(i + 1, rows - 1), j]) > -math.inf or (
            i == rows - 1 and on[SOUTH, j]
        ):
            south = face_y(h, p, q, z, on, edge, crest_south, i + 1, j, dry, factor, g)
        keep = real(1.0, dry) - part
        depth = keep * base_h[i, j] + part * (h[i, j] - lam * ((east[0] - west[0]) + (south[0] - north[0])))
        x = keep * base_p[i, j] + part * (
            p[i, j] - lam * ((east[1] - west[2]) + (south[3] - north[3]) + push_x)
        )
        y = keep * base_q[i, j] + part * (
            q[i, j] - lam * ((east[3] - west[3]) + (south[1] - north[2]) + push_y)
        )
        rough = n2[i, j] if n2.size > 1 else n2[0, 0]
        rough = rough if part < real(1.0, dry) else real(0.0, dry)
        top, broken = finish(depth, x, y, rough, to_h, to_p, to_q, i, j, dt, dry, g)
        deep = depth
    tell(fast, low, high, bad, shared, top, depth, deep, broken)


@cuda.jit(device=True)
def slow(h, d, z, n2, crest, on, edge, side_l, side_r, i, j, m, n, at, lam, dt, theta, dry, factor, g):
    """Return the new discharge of the face before cell (i, j) along (m, n); `at` counts along the edge."""
    rows, columns = h.shape
    zero = real(0.0, dry)
    if i - m < 0 or j - n < 0:
        return edge[side_l, 0, at] if on[side_l, at] else zero
    if i >= rows or j >= columns:
        return edge[side_r, 0, at] if on[side_r, at] else zero
    hl, zl, hr, zr = h[i - m, j - n], z[i - m, j - n], h[i, j], z[i, j]
    top = walled(crest, i - m, j, zl, zr)
    if top > -math.inf:
        return weir(hl, zero, zero, zl, hr, zero, zero, zr, top, factor, g)[0]
    rough = n2[0, 0]
    if n2.size > 1:
        rough = real(0.5, dry) * (n2[i - m, j - n] + n2[i, j])
    if i + m >= rows or j + n >= columns:
        after = edge[side_r, 0, at] if on[side_r, at] else zero
    else:
        after = d[i + m, j + n]
    return inertial(d[i - m, j - n], d[i, j], after, hl, zl, hr, zr, rough, lam, dt, theta, dry, g)


@cuda.jit
def local_inertial(
    h,
    x,
    y,
    z,
    n2,
    to_h,
    to_x,
    to_y,
    crest_west,
    crest_south,
    on,
    edge,
    active,
    clock,
    dx,
    theta,
    dry,
    factor,
    g,
    fast,
    low,
    high,
    bad,
):
    """Compute a step of the local inertial scheme, see `inertial.inertial_step`."""
    shared = cuda.shared.array((4, SIZE), dtype=h.dtype)
    j, i = cuda.grid(2)
    if active[cuda.blockIdx.y, cuda.blockIdx.x] == 0 or clock[HALT] != 0.0:
        return
    dt = real(clock[STEP], dry)
    top, depth, broken = real(0.0, dry), real(1e30, dry), real(0.0, dry)
    deep = real(0.0, dry)
    if i < h.shape[0] and j < h.shape[1]:
        lam = dt / dx
        west = slow(
            h, x, z, n2, crest_west, on, edge, WEST, EAST, i, j, 0, 1, i, lam, dt, theta, dry, factor, g
        )
        east = slow(
            h, x, z, n2, crest_west, on, edge, WEST, EAST, i, j + 1, 0, 1, i, lam, dt, theta, dry, factor, g
        )
        north = slow(
            h, y, z, n2, crest_south, on, edge, NORTH, SOUTH, i, j, 1, 0, j, lam, dt, theta, dry, factor, g
        )
        south = slow(
            h,
            y,
            z,
            n2,
            crest_south,
            on,
            edge,
            NORTH,
            SOUTH,
            i + 1,
            j,
            1,
            0,
            j,
            lam,
            dt,
            theta,
            dry,
            factor,
            g,
        )
        depth = h[i, j] - lam * ((east - west) + (south - north))
        to_h[i, j], to_x[i, j], to_y[i, j] = depth, west, north
        top = math.sqrt(g * (depth if depth > dry else real(0.0, dry)))
        broken = real(0.0, dry) if depth - depth == real(0.0, dry) else real(1.0, dry)
        deep = depth
    tell(fast, low, high, bad, shared, top, depth, deep, broken)
