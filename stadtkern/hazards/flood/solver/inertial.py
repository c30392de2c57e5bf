"""A step of a tile by the local inertial scheme: discharges live on west and north faces."""

import math

from numba import njit

from stadtkern.compute.jit import INLINE, SWEEP, real, stack
from stadtkern.hazards.flood.solver.numerics import Real, inertial, weir
from stadtkern.hazards.flood.solver.rows import (
    EAST,
    FASTEST,
    HIGHEST,
    NORTH,
    SOUTH,
    WEST,
    Grid,
    Row,
    fetch,
    fetch_to_write,
    largest,
    store,
    tell,
)


@njit(**SWEEP)
def gather(values: Grid, row: int, c0: int, count: int, buffer: Row, at: int) -> None:
    """Read `count` values of a row from column `c0` on; what lies outside repeats what is next to it."""
    rows, columns = values.shape
    line = min(max(row, 0), rows - 1)
    first, last = max(c0, 0), min(c0 + count, columns)
    to = at - c0
    inner, target = values[line, first:last], buffer[to + first :]
    for j in range(last - first):
        target[j] = inner[j]
    for j in range(c0, first):
        buffer[to + j] = values[line, 0]
    for j in range(last, c0 + count):
        buffer[to + j] = values[line, columns - 1]


@njit(**SWEEP)
def slow(
    depth: Row,
    at: int,
    bed: Row,
    to_depth: Row,
    to: int,
    to_bed: Row,
    ql: Row,
    l_at: int,
    q: Row,
    q_at: int,
    qr: Row,
    r_at: int,
    n2l: Row,
    n2l_at: int,
    n2r: Row,
    n2r_at: int,
    count: int,
    lam: Real,
    dt: Real,
    theta: Real,
    dry: Real,
    g: Real,
    out: Row,
    out_at: int,
) -> None:
    """Compute the discharges of a row of faces between cells at `at` and cells at `to`."""
    half = real(0.5, depth)
    hl, zl, hr, zr = depth[at:], bed[at:], to_depth[to:], to_bed[to:]
    before, here, after = ql[l_at:], q[q_at:], qr[r_at:]
    nl, nr, new = n2l[n2l_at:], n2r[n2r_at:], out[out_at:]
    for j in range(count):
        n2 = half * (nl[j] + nr[j])
        new[j] = inertial(
            before[j], here[j], after[j], hl[j], zl[j], hr[j], zr[j], n2, lam, dt, theta, dry, g
        )


@njit(**SWEEP)
def over(
    crest: Row,
    c0: int,
    count: int,
    h: Row,
    z: Row,
    at: int,
    to: int,
    factor: Real,
    g: Real,
    out: Row,
    out_at: int,
) -> None:
    """Put the flow over walls in its place."""
    zero = real(0.0, h)
    for j in range(count):
        k, m = at + j, to + j
        top = crest[c0 + j]
        if top > z[k] and top > z[m]:
            out[out_at + j] = weir(h[k], zero, zero, z[k], h[m], zero, zero, z[m], top, factor, g)[0]


@njit(**SWEEP)
def edge_row(on: Grid, edge: Grid, side: int, c0: int, count: int, out: Row, at: int) -> None:
    """Put what passes the north or south edge in its place: a boundary or nothing."""
    for j in range(count):
        out[at + j] = edge[side, 0, c0 + j] if on[side, c0 + j] else real(0.0, out)


@njit(**SWEEP)
def settle(
    h: Grid,
    row: int,
    c0: int,
    count: int,
    lam: Real,
    x: Row,
    y: Row,
    south: int,
    north: int,
    new: Row,
    lowest: Row,
    highest: Row,
    broken: Row,
) -> None:
    """Compute new depths of a row from what passes the faces; keep by column what the tile has to tell."""
    line, ys, yn = h[row, c0 : c0 + count], y[south:], y[north:]
    for j in range(count):
        depth = line[j] - lam * ((x[j + 1] - x[j]) + (ys[j] - yn[j]))
        new[j] = depth
        lowest[j] = min(lowest[j], depth)
        highest[j] = max(highest[j], depth)
        broken[j] += depth - depth


@njit(**INLINE)
def inertial_step(
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
    walls: bool,
    on: Grid,
    edge: Grid,
    r0: int,
    r1: int,
    c0: int,
    c1: int,
    dt: Real,
    dx: Real,
    theta: Real,
    dry: Real,
    factor: Real,
    g: Real,
    stats: Row,
) -> None:
    """Compute new discharges of all faces of a tile, then its new depths (de Almeida & Bates 2013).

    Faces at the border of a tile are computed by both tiles, alike.
    """
    bh, bz, bx = stack(h, 528), stack(h, 528), stack(h, 264)
    by, ahead, new_x, new_y = stack(h, 792), stack(h, 264), stack(h, 264), stack(h, 528)
    rough, new_h = stack(h, 528), stack(h, 264)
    lowest, highest, broken = stack(h, 264), stack(h, 264), stack(h, 264)
    rows, columns = h.shape
    count, lam, first = c1 - c0, dt / dx, real(0.0, h)
    varied = n2.size > 1
    for j in range(264):
        rough[j] = rough[264 + j] = n2[0, 0]
    for j in range(count):
        highest[j] = broken[j] = real(0.0, h)
        lowest[j] = real(1e30, h)
    here, below, north, south = 0, 264, 0, 264
    before, middle, after = 0, 264, 528
    gather(h, r0 - 1, c0 - 1, count + 2, bh, below)
    gather(z, r0 - 1, c0 - 1, count + 2, bz, below)
    gather(y, r0 - 1, c0, count, by, before)
    gather(y, r0, c0, count, by, middle)
    if varied:
        gather(n2, r0 - 1, c0 - 1, count + 2, rough, below)
    for row in range(r0, r1 + 1):
        here, below, north, south = below, here, south, north
        # now `below` is this row, `here` the one north of it: the north face of the row is computed first
        fetch(h, row + 1, c0, count)
        fetch(z, row + 1, c0, count)
        gather(h, row, c0 - 1, count + 2, bh, below)
        gather(z, row, c0 - 1, count + 2, bz, below)
        gather(y, row + 1, c0, count, by, after)
        if row + 1 == rows:
            edge_row(on, edge, SOUTH, c0, count, by, after)
        if varied:
            gather(n2, row, c0 - 1, count + 2, rough, below)
        fetch(y, row + 2, c0, count)
        fetch(x, row, c0, count)
        slow(
            bh, here + 1, bz, bh, below + 1, bz, by, before, by, middle, by, after,
            rough, here + 1, rough, below + 1, count, lam, dt, theta, dry, g, new_y, south,
        )  # fmt: skip
        if walls and row > 0:
            over(crest_south[row - 1], c0, count, bh, bz, here + 1, below + 1, factor, g, new_y, south)
        if row == 0:
            edge_row(on, edge, NORTH, c0, count, new_y, south)
        if row == rows:
            edge_row(on, edge, SOUTH, c0, count, new_y, south)
        if row > r0:
            done = row - 1
            gather(x, done, c0 - 1, count + 3, bx, 0)
            if c1 == columns:
                bx[count + 1] = edge[EAST, 0, done] if on[EAST, done] else real(0.0, h)
            for grid in (to_h, to_x, to_y):
                fetch_to_write(grid, done, c0, count)
            slow(
                bh, here, bz, bh, here + 1, bz, bx, 0, bx, 1, bx, 2,
                rough, here, rough, here + 1, count + 1, lam, dt, theta, dry, g, new_x, 0,
            )  # fmt: skip
            if walls:
                over(
                    crest_west[done],
                    c0,
                    min(count + 1, columns - c0),
                    bh,
                    bz,
                    here,
                    here + 1,
                    factor,
                    g,
                    new_x,
                    0,
                )
            if c0 == 0:
                new_x[0] = edge[WEST, 0, done] if on[WEST, done] else real(0.0, h)
            if c1 == columns:
                new_x[count] = edge[EAST, 0, done] if on[EAST, done] else real(0.0, h)
            settle(
                h,
                done,
                c0,
                count,
                lam,
                new_x,
                new_y,
                south,
                north,
                new_h,
                lowest,
                highest,
                broken,
            )
            if done == r0:
                first = largest(new_h, count)
            store(to_h, done, c0, new_h, count)
            store(to_x, done, c0, new_x, count)
            for j in range(count):
                ahead[j] = new_y[north + j]
            store(to_y, done, c0, ahead, count)
        before, middle, after = middle, after, before
    tell(stats, count, first, largest(new_h, count), highest, lowest, highest, broken)
    deepest = stats[HIGHEST]  # has the fastest wave, too
    stats[FASTEST] = math.sqrt(g * deepest) if deepest > dry else real(0.0, h)
