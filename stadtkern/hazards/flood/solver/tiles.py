"""A step of a tile: first order, and a stage of second order."""

from numba import njit

from stadtkern.compute.jit import INLINE, SWEEP, real, stack
from stadtkern.hazards.flood.solver.numerics import Real
from stadtkern.hazards.flood.solver.rows import (
    EAST,
    NORTH,
    SOUTH,
    WEST,
    Grid,
    Row,
    dam_x,
    dam_y,
    edge_x,
    edge_y,
    flatten,
    friction,
    largest,
    load,
    rebuild_x,
    rebuild_y,
    roughness,
    store,
    sweep,
    tell,
)


@njit(**SWEEP)
def balance(old: Row, c0: int, count: int, lam: Real, xl: Row, xr: Row, y: Row, y_south: int, y_other: Row, y_north: int, new: Row) -> None:  # noqa: E501
    """Compute old - lam (flux out - flux in), per column.

    The east face is seen from the left (`xl` at j + 1), the west face from the right (`xr` at j); so for y.
    """
    for j in range(count):
        new[j] = old[c0 + j] - lam * ((xl[j + 1] - xr[j]) + (y[y_south + j] - y_other[y_north + j]))


@njit(**INLINE)
def first_order(h: Grid, p: Grid, q: Grid, z: Grid, n2: Grid, to_h: Grid, to_p: Grid, to_q: Grid, crest_west: Grid, crest_south: Grid, walls: bool, on: Grid, edge: Grid, r0: int, r1: int, c0: int, c1: int, dt: Real, dx: Real, dry: Real, factor: Real, g: Real, stats: Row) -> None:  # noqa: E501, FBT001, PLR0915
    """Compute a step of the cells r0 <= row < r1, c0 <= column < c1 from h, p, q into to_h, to_p, to_q.

    Every face along y is computed once within the tile; the fluxes of the north are kept from the row before.
    """
    bh, bu, bv, bz = stack(h, 1032), stack(h, 1032), stack(h, 1032), stack(h, 1032)
    fh, fl, fr, ft = stack(h, 516), stack(h, 516), stack(h, 516), stack(h, 516)
    gh, gl, gr, gt = stack(h, 1032), stack(h, 1032), stack(h, 1032), stack(h, 1032)
    new_h, new_p, new_q, rough = stack(h, 516), stack(h, 516), stack(h, 516), stack(h, 516)
    fastest, lowest, highest, broken = stack(h, 516), stack(h, 516), stack(h, 516), stack(h, 516)
    rows, columns = h.shape
    count, lam, first = c1 - c0, dt / dx, real(0.0, h)
    for j in range(count):
        fastest[j] = highest[j] = broken[j] = real(0.0, h)
        lowest[j] = real(1e30, h)
    here, below = 516, 0
    load(h, p, q, z, r0 - 1, c0 - 1, count + 2, dry, bh, bu, bv, bz, below)
    load(h, p, q, z, r0, c0 - 1, count + 2, dry, bh, bu, bv, bz, here)
    sweep(bh, bv, bu, bz, below + 1, bh, bv, bu, bz, here + 1, count, g, gh, gl, gr, gt, here)
    if walls and r0 > 0:
        dam_y(crest_south[r0 - 1], c0, count, bh, bu, bv, bz, below + 1, here + 1, factor, g, gh, gl, gr, gt, here)
    if r0 == 0:
        edge_y(on, edge, NORTH, c0, count, gh, gr, gt, here)
    for row in range(r0, r1):
        load(h, p, q, z, row + 1, c0 - 1, count + 2, dry, bh, bu, bv, bz, below)
        sweep(bh, bv, bu, bz, here + 1, bh, bv, bu, bz, below + 1, count, g, gh, gl, gr, gt, below)
        sweep(bh, bu, bv, bz, here, bh, bu, bv, bz, here + 1, count + 1, g, fh, fl, fr, ft, 0)
        if walls:
            dam_y(crest_south[row], c0, count, bh, bu, bv, bz, here + 1, below + 1, factor, g, gh, gl, gr, gt, below)
            dam_x(crest_west[row], c0, min(count + 1, columns - c0), bh, bu, bv, bz, here, factor, g, fh, fl, fr, ft)
        if row == rows - 1:
            edge_y(on, edge, SOUTH, c0, count, gh, gl, gt, below)
        if c0 == 0:
            edge_x(on, edge, WEST, row, fh, fr, ft, 0)
        if c1 == columns:
            edge_x(on, edge, EAST, row, fh, fl, ft, count)
        balance(h[row], c0, count, lam, fh, fh, gh, below, gh, here, new_h)
        balance(p[row], c0, count, lam, fl, fr, gt, below, gt, here, new_p)
        balance(q[row], c0, count, lam, ft, ft, gl, below, gr, here, new_q)
        roughness(n2, row, c0, count, rough)
        friction(new_h, new_p, new_q, rough, count, dt, dry, g, fastest, lowest, highest, broken)
        if row == r0:
            first = largest(new_h, count)
        store(to_h[row], c0, new_h, count)
        store(to_p[row], c0, new_p, count)
        store(to_q[row], c0, new_q, count)
        here, below = below, here
    tell(stats, count, first, largest(new_h, count), fastest, lowest, highest, broken)
