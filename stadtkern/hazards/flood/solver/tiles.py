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
    fetch,
    fetch_to_write,
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
def balance(
    old: Grid,
    row: int,
    c0: int,
    count: int,
    lam: Real,
    xl: Row,
    xr: Row,
    y: Row,
    y_south: int,
    y_other: Row,
    y_north: int,
    new: Row,
) -> None:
    """Compute old - lam (flux out - flux in), per column.

    The east face is seen from the left (`xl` at j + 1), the west face from the right (`xr` at j); so for y.
    """
    line, south, north = old[row, c0 : c0 + count], y[y_south:], y_other[y_north:]
    for j in range(count):
        new[j] = line[j] - lam * ((xl[j + 1] - xr[j]) + (south[j] - north[j]))


@njit(**INLINE)
def first_order(
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
    walls: bool,
    on: Grid,
    edge: Grid,
    r0: int,
    r1: int,
    c0: int,
    c1: int,
    dt: Real,
    dx: Real,
    dry: Real,
    factor: Real,
    g: Real,
    stats: Row,
) -> None:
    """Compute a step of the cells r0 <= row < r1, c0 <= column < c1 from h, p, q into to_h, to_p, to_q.

    Every face along y is computed once within the tile; the fluxes of the north are kept from the row before.
    """
    bh, bu, bv, bz = stack(h, 528), stack(h, 528), stack(h, 528), stack(h, 528)
    fh, fl, fr, ft = stack(h, 264), stack(h, 264), stack(h, 264), stack(h, 264)
    gh, gl, gr, gt = stack(h, 528), stack(h, 528), stack(h, 528), stack(h, 528)
    new_h, new_p, new_q, rough = stack(h, 264), stack(h, 264), stack(h, 264), stack(h, 264)
    fastest, lowest, highest, broken = stack(h, 264), stack(h, 264), stack(h, 264), stack(h, 264)
    rows, columns = h.shape
    count, lam, first = c1 - c0, dt / dx, real(0.0, h)
    for j in range(count):
        fastest[j] = highest[j] = broken[j] = real(0.0, h)
        lowest[j] = real(1e30, h)
    here, below = 264, 0
    load(h, p, q, z, on, r0 - 1, c0 - 1, count + 2, dry, bh, bu, bv, bz, below)
    load(h, p, q, z, on, r0, c0 - 1, count + 2, dry, bh, bu, bv, bz, here)
    sweep(bh, bv, bu, bz, below + 1, bh, bv, bu, bz, here + 1, count, g, gh, gl, gr, gt, here)
    if walls and r0 > 0:
        dam_y(
            crest_south[r0 - 1],
            c0,
            count,
            bh,
            bu,
            bv,
            bz,
            below + 1,
            here + 1,
            factor,
            g,
            gh,
            gl,
            gr,
            gt,
            here,
        )
    if r0 == 0:
        edge_y(on, edge, NORTH, c0, count, gh, gr, gt, here)
    for row in range(r0, r1):
        fetch(h, row + 2, c0, count)
        fetch(z, row + 2, c0, count)
        load(h, p, q, z, on, row + 1, c0 - 1, count + 2, dry, bh, bu, bv, bz, below)
        fetch_to_write(to_h, row, c0, count)
        fetch_to_write(to_p, row, c0, count)
        fetch_to_write(to_q, row, c0, count)
        sweep(bh, bv, bu, bz, here + 1, bh, bv, bu, bz, below + 1, count, g, gh, gl, gr, gt, below)
        fetch(p, row + 2, c0, count)
        fetch(q, row + 2, c0, count)
        sweep(bh, bu, bv, bz, here, bh, bu, bv, bz, here + 1, count + 1, g, fh, fl, fr, ft, 0)
        if walls:
            dam_y(
                crest_south[row],
                c0,
                count,
                bh,
                bu,
                bv,
                bz,
                here + 1,
                below + 1,
                factor,
                g,
                gh,
                gl,
                gr,
                gt,
                below,
            )
            dam_x(
                crest_west[row],
                c0,
                min(count + 1, columns - c0),
                bh,
                bu,
                bv,
                bz,
                here,
                factor,
                g,
                fh,
                fl,
                fr,
                ft,
            )
        if row == rows - 1:
            edge_y(on, edge, SOUTH, c0, count, gh, gl, gt, below)
        if c0 == 0:
            edge_x(on, edge, WEST, row, fh, fr, ft, 0)
        if c1 == columns:
            edge_x(on, edge, EAST, row, fh, fl, ft, count)
        balance(h, row, c0, count, lam, fh, fh, gh, below, gh, here, new_h)
        balance(p, row, c0, count, lam, fl, fr, gt, below, gt, here, new_p)
        balance(q, row, c0, count, lam, ft, ft, gl, below, gr, here, new_q)
        roughness(n2, row, c0, count, rough)
        friction(new_h, new_p, new_q, rough, count, dt, dry, g, fastest, lowest, highest, broken)
        if row == r0:
            first = largest(new_h, count)
        store(to_h, row, c0, new_h, count)
        store(to_p, row, c0, new_p, count)
        store(to_q, row, c0, new_q, count)
        here, below = below, here
    tell(stats, count, first, largest(new_h, count), fastest, lowest, highest, broken)


@njit(**SWEEP)
def stage(
    old: Grid,
    base: Grid,
    row: int,
    c0: int,
    count: int,
    lam: Real,
    part: Real,
    xl: Row,
    xr: Row,
    y: Row,
    y_south: int,
    y_other: Row,
    y_north: int,
    push: Row,
    push_at: int,
    new: Row,
) -> None:
    """Compute (1 - part) base + part (old - lam (flux out - flux in + push of the bed)), per column."""
    keep = real(1.0, new) - part
    line, first = old[row, c0 : c0 + count], base[row, c0 : c0 + count]
    south, north, pushed = y[y_south:], y_other[y_north:], push[push_at:]
    for j in range(count):
        flow = (xl[j + 1] - xr[j]) + (south[j] - north[j]) + pushed[j]
        new[j] = keep * first[j] + part * (line[j] - lam * flow)


@njit(**INLINE)
def second_order(
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
    walls: bool,
    on: Grid,
    edge: Grid,
    r0: int,
    r1: int,
    c0: int,
    c1: int,
    dt: Real,
    dx: Real,
    dry: Real,
    factor: Real,
    g: Real,
    stats: Row,
) -> None:
    """Compute a stage of SSP-RK2 (Shu & Osher 1988) of the cells of a tile; `part` is 1, then 1/2.

    Rows are reconstructed one after the other; the row before is finished when its south face is known.
    Friction acts after the last stage.
    """
    bh, bu, bv, bz = stack(h, 792), stack(h, 792), stack(h, 792), stack(h, 792)
    yh, yu, yv, yz = stack(h, 264), stack(h, 264), stack(h, 264), stack(h, 264)
    sh, su, sv, sz = stack(h, 528), stack(h, 528), stack(h, 528), stack(h, 528)
    lh, lu, lv, lz = stack(h, 264), stack(h, 264), stack(h, 264), stack(h, 264)
    rh, ru, rv, rz = stack(h, 264), stack(h, 264), stack(h, 264), stack(h, 264)
    fh, fl, fr, ft = stack(h, 264), stack(h, 264), stack(h, 264), stack(h, 264)
    gh, gl, gr, gt = stack(h, 528), stack(h, 528), stack(h, 528), stack(h, 528)
    push_x, push_y, no_push = stack(h, 264), stack(h, 528), stack(h, 264)
    new_h, new_p, new_q, rough = stack(h, 264), stack(h, 264), stack(h, 264), stack(h, 264)
    fastest, lowest, highest, broken = stack(h, 264), stack(h, 264), stack(h, 264), stack(h, 264)
    rows, columns = h.shape
    count, lam, first = c1 - c0, dt / dx, real(0.0, h)
    for j in range(count):
        fastest[j] = highest[j] = broken[j] = no_push[j] = real(0.0, h)
        lowest[j] = real(1e30, h)
    before, here, after = 0, 264, 528
    this, other = 0, 264
    load(h, p, q, z, on, r0 - 2, c0 - 2, count + 4, dry, bh, bu, bv, bz, before)
    load(h, p, q, z, on, r0 - 1, c0 - 2, count + 4, dry, bh, bu, bv, bz, here)
    for row in range(r0 - 1, r1 + 1):
        fetch(h, row + 2, c0, count)
        fetch(p, row + 2, c0, count)
        fetch(q, row + 2, c0, count)
        fetch(z, row + 2, c0, count)
        load(h, p, q, z, on, row + 1, c0 - 2, count + 4, dry, bh, bu, bv, bz, after)
        rebuild_y(
            bh,
            bu,
            bv,
            bz,
            before + 2,
            here + 2,
            after + 2,
            count,
            g,
            yh,
            yu,
            yv,
            yz,
            sh,
            su,
            sv,
            sz,
            push_y,
            this,
        )
        if walls:
            flatten(
                crest_south,
                row,
                c0,
                0,
                count,
                bh,
                bu,
                bv,
                bz,
                here + 2,
                yh,
                yu,
                yv,
                yz,
                sh,
                su,
                sv,
                sz,
                push_y,
                this,
            )
        if row >= r0:
            sweep(sh, su, sv, sz, other, yh, yu, yv, yz, 0, count, g, gh, gl, gr, gt, this)
            if walls and row > 0:
                dam_y(
                    crest_south[row - 1], c0, count, bh, bu, bv, bz, before + 2, here + 2, factor, g,
                    gh, gl, gr, gt, this,
                )  # fmt: skip
            if row == 0:
                edge_y(on, edge, NORTH, c0, count, gh, gr, gt, this)
            if row == rows:
                edge_y(on, edge, SOUTH, c0, count, gh, gl, gt, this)
        if row > r0:
            done = row - 1
            for grid in (base_h, base_p, base_q):
                fetch(grid, done, c0, count)
            for grid in (to_h, to_p, to_q):
                fetch_to_write(grid, done, c0, count)
            rebuild_x(bh, bu, bv, bz, before + 1, count + 2, g, lh, lu, lv, lz, rh, ru, rv, rz, push_x)
            if walls:
                flatten(
                    crest_west, done, c0 - 1, 1, count + 2, bh, bu, bv, bz, before + 1,
                    lh, lu, lv, lz, rh, ru, rv, rz, push_x, 0,
                )  # fmt: skip
            sweep(rh, ru, rv, rz, 0, lh, lu, lv, lz, 1, count + 1, g, fh, fl, fr, ft, 0)
            if walls:
                dam_x(
                    crest_west[done], c0, min(count + 1, columns - c0), bh, bu, bv, bz, before + 1, factor, g,
                    fh, fl, fr, ft,
                )  # fmt: skip
            if c0 == 0:
                edge_x(on, edge, WEST, done, fh, fr, ft, 0)
            if c1 == columns:
                edge_x(on, edge, EAST, done, fh, fl, ft, count)
            stage(h, base_h, done, c0, count, lam, part, fh, fh, gh, this, gh, other, no_push, 0, new_h)
            stage(p, base_p, done, c0, count, lam, part, fl, fr, gt, this, gt, other, push_x, 1, new_p)
            stage(q, base_q, done, c0, count, lam, part, ft, ft, gl, this, gr, other, push_y, other, new_q)
            if part < real(1.0, h):
                roughness(n2, done, c0, count, rough)
            else:
                for j in range(count):
                    rough[j] = real(0.0, h)
            friction(new_h, new_p, new_q, rough, count, dt, dry, g, fastest, lowest, highest, broken)
            if done == r0:
                first = largest(new_h, count)
            store(to_h, done, c0, new_h, count)
            store(to_p, done, c0, new_p, count)
            store(to_q, done, c0, new_q, count)
        before, here, after = here, after, before
        this, other = other, this
    tell(stats, count, first, largest(new_h, count), fastest, lowest, highest, broken)
