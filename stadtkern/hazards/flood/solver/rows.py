"""Sweeps over the rows of a tile.

Buffers are on the stack (`compute.jit.stack`) and hold a row of a tile with what surrounds it. `at` says
where in a buffer a row begins, so that one buffer holds several rows in turn.
"""

import math
from typing import Any

from numba import njit

from stadtkern.compute.jit import SWEEP, prefetch, real
from stadtkern.hazards.flood.solver.numerics import Real, faces, flux, rub, weir

Grid = Any  # two-dimensional array inside kernels
Row = Any  # one-dimensional array inside kernels

LONGEST = 256  # columns of a tile at most
WEST, EAST, NORTH, SOUTH = range(4)
FASTEST, LOWEST, HIGHEST, FIRST_ROW, LAST_ROW, FIRST_COLUMN, LAST_COLUMN, BROKEN = range(8)


@njit(**SWEEP)
def load(
    h: Grid,
    p: Grid,
    q: Grid,
    z: Grid,
    on: Grid,
    row: int,
    c0: int,
    count: int,
    dry: Real,
    bh: Row,
    bu: Row,
    bv: Row,
    bz: Row,
    at: int,
) -> None:
    """Read `count` cells of a row from column `c0` on: depth (0 where dry), velocities, bed.

    What lies outside of the domain mirrors what lies inside, so that edges are walls; at a boundary (`on`) it
    only repeats it: what passes there is put in its place later.
    """
    zero, one = real(0.0, h), real(1.0, h)
    rows, columns = h.shape
    line = row
    if row < 0:
        line = min(-1 - row, rows - 1)
    elif row >= rows:
        line = max(2 * rows - 1 - row, 0)
    first, last = max(c0, 0), min(c0 + count, columns)
    to = at - c0
    size, start = last - first, to + first
    # compilers make vector code only where they see that no index is negative: hence these views
    ih, ip, iq, iz = h[line, first:last], p[line, first:last], q[line, first:last], z[line, first:last]
    oh, ou, ov, oz = bh[start:], bu[start:], bv[start:], bz[start:]
    for j in range(size):
        depth = ih[j]
        wet = depth > dry
        inverse = one / (depth if wet else one)
        inverse = inverse if wet else zero
        oh[j] = depth if wet else zero
        ou[j] = ip[j] * inverse
        ov[j] = iq[j] * inverse
        oz[j] = iz[j]
    if line != row:
        side = NORTH if row < 0 else SOUTH
        for j in range(first, last):
            if on[side, j] == 0:
                bv[to + j] = -bv[to + j]
    for j in range(c0, first):
        turn = one if on[WEST, line] else -one
        _repeat(bh, bu, bv, bz, to + j, to + min(-1 - j, columns - 1), turn)
    for j in range(last, c0 + count):
        turn = one if on[EAST, line] else -one
        _repeat(bh, bu, bv, bz, to + j, to + max(2 * columns - 1 - j, 0), turn)


@njit(**SWEEP)
def fetch(grid: Grid, row: int, c0: int, count: int) -> None:
    """Ask memory for a row before it is read: processors look ahead only within a page of memory."""
    if row < grid.shape[0]:
        line = grid[row, c0 : c0 + count]
        for j in range(0, count, 64 // grid.itemsize):
            prefetch(line, j, 0)


@njit(**SWEEP)
def fetch_to_write(grid: Grid, row: int, c0: int, count: int) -> None:
    """Ask memory for a row before it is written."""
    line = grid[row, c0 : c0 + count]
    for j in range(0, count, 64 // grid.itemsize):
        prefetch(line, j, 1)


@njit(**SWEEP)
def _repeat(bh: Row, bu: Row, bv: Row, bz: Row, to: int, source: int, turn: Real) -> None:
    """Repeat a cell outside of the west or east edge."""
    bh[to], bu[to], bv[to], bz[to] = bh[source], turn * bu[source], bv[source], bz[source]


@njit(**SWEEP)
def sweep(
    hl: Row,
    ul: Row,
    vl: Row,
    zl: Row,
    at: int,
    hr: Row,
    ur: Row,
    vr: Row,
    zr: Row,
    to: int,
    count: int,
    g: Real,
    f: Row,
    fl: Row,
    fr: Row,
    ft: Row,
    out: int,
) -> None:
    """Compute the fluxes of a row of faces between states at `at` and at `to`, into buffers from `out`."""
    lh, lu, lv, lz = hl[at:], ul[at:], vl[at:], zl[at:]
    rh, ru, rv, rz = hr[to:], ur[to:], vr[to:], zr[to:]
    of, ol, right, ot = f[out:], fl[out:], fr[out:], ft[out:]
    for j in range(count):
        of[j], ol[j], right[j], ot[j] = flux(lh[j], lu[j], lv[j], lz[j], rh[j], ru[j], rv[j], rz[j], g)


@njit(**SWEEP)
def dam_x(
    crest: Row,
    c0: int,
    count: int,
    h: Row,
    u: Row,
    v: Row,
    z: Row,
    at: int,
    factor: Real,
    g: Real,
    f: Row,
    fl: Row,
    fr: Row,
    ft: Row,
) -> None:
    """Put flow over walls in place of the fluxes of a row of west faces; `at` is the cell west of them."""
    for j in range(count):
        k = at + j
        top = crest[c0 + j]
        if top > z[k] and top > z[k + 1]:
            f[j], fl[j], fr[j], ft[j] = weir(
                h[k], u[k], v[k], z[k], h[k + 1], u[k + 1], v[k + 1], z[k + 1], top, factor, g
            )


@njit(**SWEEP)
def dam_y(
    crest: Row,
    c0: int,
    count: int,
    h: Row,
    u: Row,
    v: Row,
    z: Row,
    at: int,
    to: int,
    factor: Real,
    g: Real,
    f: Row,
    fl: Row,
    fr: Row,
    ft: Row,
    out: int,
) -> None:
    """Put the flow over walls in the place of the fluxes of a row of south faces."""
    for j in range(count):
        k, m, o = at + j, to + j, out + j
        top = crest[c0 + j]
        if top > z[k] and top > z[m]:
            f[o], fl[o], fr[o], ft[o] = weir(h[k], v[k], u[k], z[k], h[m], v[m], u[m], z[m], top, factor, g)


@njit(**SWEEP)
def edge_x(on: Grid, edge: Any, side: int, row: int, f: Row, momentum: Row, ft: Row, at: int) -> None:
    """Put what passes a boundary in the west or east in its place."""
    if on[side, row]:
        f[at], momentum[at], ft[at] = edge[side, 0, row], edge[side, 1, row], edge[side, 2, row]


@njit(**SWEEP)
def edge_y(
    on: Grid, edge: Any, side: int, c0: int, count: int, f: Row, momentum: Row, ft: Row, at: int
) -> None:
    """Put what passes a boundary in the north or south in its place."""
    for j in range(count):
        if on[side, c0 + j]:
            f[at + j], momentum[at + j] = edge[side, 0, c0 + j], edge[side, 1, c0 + j]
            ft[at + j] = edge[side, 2, c0 + j]


@njit(**SWEEP)
def rebuild_x(
    bh: Row,
    bu: Row,
    bv: Row,
    bz: Row,
    at: int,
    count: int,
    g: Real,
    lh: Row,
    lu: Row,
    lv: Row,
    lz: Row,
    rh: Row,
    ru: Row,
    rv: Row,
    rz: Row,
    push: Row,
) -> None:
    """Reconstruct a row along x: states at west (l) and east (r) faces, push of the bed within the cell."""
    half = real(0.5, bh) * g
    west = at - 1
    xh, xu, xv, xz = bh[west:], bu[west:], bv[west:], bz[west:]
    for j in range(count):
        a, b, c, d, e, i, m, n = faces(
            xh[j], xu[j], xv[j], xz[j], xh[j + 1], xu[j + 1], xv[j + 1], xz[j + 1],
            xh[j + 2], xu[j + 2], xv[j + 2], xz[j + 2],
        )  # fmt: skip
        lh[j], lu[j], lv[j], lz[j] = a, b, c, d
        rh[j], ru[j], rv[j], rz[j] = e, i, m, n
        push[j] = half * (a + e) * (n - d)  # Audusse et al. 2004, eq. 4.3


@njit(**SWEEP)
def rebuild_y(
    bh: Row,
    bu: Row,
    bv: Row,
    bz: Row,
    before: int,
    at: int,
    after: int,
    count: int,
    g: Real,
    lh: Row,
    lu: Row,
    lv: Row,
    lz: Row,
    rh: Row,
    ru: Row,
    rv: Row,
    rz: Row,
    push: Row,
    out: int,
) -> None:
    """Reconstruct a row along y: states at north (l) and south (r, from `out`) faces, push (from `out`)."""
    half = real(0.5, bh) * g
    nh, nu, nv, nz = bh[before:], bu[before:], bv[before:], bz[before:]
    xh, xu, xv, xz = bh[at:], bu[at:], bv[at:], bz[at:]
    sh, su, sv, sz = bh[after:], bu[after:], bv[after:], bz[after:]
    oh, ou, ov, oz, op = rh[out:], ru[out:], rv[out:], rz[out:], push[out:]
    for j in range(count):
        a, b, c, d, e, i, m, n = faces(
            nh[j], nv[j], nu[j], nz[j], xh[j], xv[j], xu[j], xz[j], sh[j], sv[j], su[j], sz[j]
        )
        lh[j], lu[j], lv[j], lz[j] = a, b, c, d
        oh[j], ou[j], ov[j], oz[j] = e, i, m, n
        op[j] = half * (a + e) * (n - d)


@njit(**SWEEP)
def flatten(
    crest: Grid,
    row: int,
    c0: int,
    step: int,
    count: int,
    bh: Row,
    bu: Row,
    bv: Row,
    bz: Row,
    at: int,
    lh: Row,
    lu: Row,
    lv: Row,
    lz: Row,
    rh: Row,
    ru: Row,
    rv: Row,
    rz: Row,
    push: Row,
    out: int,
) -> None:
    """Take back the reconstruction in cells with a wall on a face: both sides of it are not one water.

    `step` is 1 for walls on west faces (along x), 0 for walls on south faces (along y).
    """
    zero = real(0.0, bh)
    rows, columns = crest.shape
    if not 0 <= row < rows:
        return
    for j in range(count):
        column = c0 + j
        if not 0 <= column < columns:
            continue
        k, o = at + j, out + j
        own = crest[row, column] > bz[k]
        if step == 1:
            other = column + 1 < columns and crest[row, column + 1] > bz[k]
        else:
            other = row > 0 and crest[row - 1, column] > bz[k]
        if own or other:
            across, along = (bu[k], bv[k]) if step == 1 else (bv[k], bu[k])
            lh[j], lu[j], lv[j], lz[j] = bh[k], across, along, bz[k]
            rh[o], ru[o], rv[o], rz[o] = bh[k], across, along, bz[k]
            push[o] = zero


@njit(**SWEEP)
def friction(
    nh: Row,
    np_: Row,
    nq: Row,
    n2: Row,
    count: int,
    dt: Real,
    dry: Real,
    g: Real,
    fastest: Row,
    lowest: Row,
    highest: Row,
    broken: Row,
) -> None:
    """Apply friction to a new row; keep column by column what the tile has to tell."""
    for j in range(count):
        h = nh[j]
        p, q, wave = rub(h, np_[j], nq[j], n2[j], dt, dry, g)
        np_[j], nq[j] = p, q
        fastest[j] = max(fastest[j], wave)
        lowest[j] = min(lowest[j], h)
        highest[j] = max(highest[j], h)
        broken[j] += (h + p + q) - (h + p + q)  # 0, but NaN from what is no finite number


@njit(**SWEEP)
def store(grid: Grid, row: int, c0: int, values: Row, count: int) -> None:
    """Write a row."""
    line = grid[row, c0 : c0 + count]
    for j in range(count):
        line[j] = values[j]


@njit(**SWEEP)
def roughness(n2: Grid, row: int, c0: int, count: int, buffer: Row) -> None:
    """Read n squared of a row, or of all cells where `n2` is one value."""
    if n2.size == 1:
        value = n2[0, 0]
        for j in range(count):
            buffer[j] = value
        return
    line = n2[row, c0 : c0 + count]
    for j in range(count):
        buffer[j] = line[j]


@njit(**SWEEP)
def tell(
    stats: Row, count: int, first: Real, last: Real, fastest: Row, lowest: Row, highest: Row, broken: Row
) -> None:
    """Sum up a tile: fastest wave, lowest and highest depth, highest depths along its edges, any failure."""
    top, low, high, bad = fastest[0], lowest[0], highest[0], broken[0]
    for j in range(1, count):
        top = max(top, fastest[j])
        low = min(low, lowest[j])
        high = max(high, highest[j])
        bad += broken[j]
    stats[FASTEST], stats[LOWEST], stats[HIGHEST] = top, low, high
    stats[FIRST_ROW], stats[LAST_ROW] = first, last
    stats[FIRST_COLUMN], stats[LAST_COLUMN] = highest[0], highest[count - 1]
    stats[BROKEN] = bad if not math.isnan(bad) else real(1.0, bad)


@njit(**SWEEP)
def largest(values: Row, count: int) -> Real:
    """Return the largest of a row."""
    most = values[0]
    for j in range(1, count):
        most = max(most, values[j])
    return most
