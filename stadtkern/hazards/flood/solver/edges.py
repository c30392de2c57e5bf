"""What passes the boundaries, and the cells where water comes in, goes out or passes under something."""

import math
from typing import Any

from numba import njit

from stadtkern.compute.jit import OPTIONS
from stadtkern.hazards.flood.solver.numerics import BLOCKED, Real, speed
from stadtkern.hazards.flood.solver.rows import (
    EAST,
    FASTEST,
    FIRST_COLUMN,
    FIRST_ROW,
    HIGHEST,
    LAST_COLUMN,
    LAST_ROW,
    NORTH,
    WEST,
    Grid,
    Row,
)

WALL, OPEN, LEVEL, DISCHARGE, NORMAL_DEPTH, RATING = range(6)
CULVERT, WEIR, GATE, PUMP = range(4)
LAW, START_ROW, START_COLUMN, END_ROW, END_COLUMN, SPAN, HEIGHT, INVERT, COEFFICIENT, ONE_WAY, ON, OFF = (
    range(12)
)
LOW = 0.1  # m above the lowest cell of a dry piece of boundary: water enters there


@njit(**OPTIONS)
def cell_at(side: int, at: int, rows: int, columns: int) -> tuple[int, int]:
    """Return row and column of the cell at a face of the boundary."""
    if side == WEST:
        return at, 0
    if side == EAST:
        return at, columns - 1
    if side == NORTH:
        return 0, at
    return rows - 1, at


@njit(**OPTIONS)
def entering(unit: float, h: float, u: float, g: float) -> tuple[float, float]:
    """Return depth and velocity of water that comes in with `unit` m2/s; inside are h and u (inwards).

    The wave that leaves keeps u - 2 c (Riemann invariant), so 2 c^3 + w c^2 = g q with w = u - 2 c inside;
    water enters at critical depth if it would else be faster.
    """
    w = u - 2.0 * math.sqrt(g * h)
    critical = (g * unit) ** (1.0 / 3.0)
    c = abs(w) + critical
    for _ in range(60):
        change = (c * c * (2.0 * c + w) - g * unit) / (2.0 * c * (3.0 * c + w))
        c -= change
        if abs(change) < 1e-14 * c:
            break
    c = max(c, critical)
    depth = c * c / g
    return depth, unit / depth


@njit(**OPTIONS)
def conveyance(h: float, n2: float) -> float:
    """Return h^(5/3) / n, h^1.5 where there is no friction: how water shares itself out."""
    if h <= 0.0:
        return 0.0
    return h ** (5.0 / 3.0) / math.sqrt(n2) if n2 > 0.0 else h * math.sqrt(h)


@njit(**OPTIONS)
def level_face(h: float, u: float, bed: float, level: float, g: float) -> tuple[float, float]:
    """Return depth and velocity (inwards) at a face with a given level, outgoing invariant as inside."""
    c = math.sqrt(g * h)
    if h > 0.0 and u < -c:  # leaves faster than any wave: the level outside is not felt
        return h, u
    depth = max(level - bed, 0.0)
    wave = math.sqrt(g * depth)
    return depth, min(u - 2.0 * c + 2.0 * wave, wave)


@njit(**OPTIONS)
def share_out(h: Grid, z: Grid, n2: Grid, side: int, first: int, last: int, dry: float, weights: Row) -> None:
    """Share a boundary out: by conveyance where wet, else evenly over its lowest cells. Adds up to 1."""
    rows, columns = h.shape
    total, lowest = 0.0, 1e30
    for at in range(first, last):
        i, j = cell_at(side, at, rows, columns)
        lowest = min(lowest, z[i, j])
        n = n2[i, j] if n2.size > 1 else n2[0, 0]
        weights[at] = conveyance(h[i, j], n) if h[i, j] > dry and z[i, j] < BLOCKED / 2 else 0.0
        total += weights[at]
    if total == 0.0 and lowest < BLOCKED / 2:
        for at in range(first, last):
            i, j = cell_at(side, at, rows, columns)
            weights[at] = 1.0 if z[i, j] <= lowest + LOW else 0.0
            total += weights[at]
    for at in range(first, last):
        weights[at] = weights[at] / total if total > 0.0 else 0.0


@njit(**OPTIONS)
def falling(h: float, u: float, g: float) -> tuple[float, float]:
    """Return depth and velocity (inwards) at a free edge: critical, unless the water is faster already.

    The wave that reaches the edge keeps u - 2 c; critical outflow has u = -c.
    """
    c = math.sqrt(g * h)
    if u <= -c:
        return h, u
    edge = max(2.0 * c - u, 0.0) / 3.0
    return edge * edge / g, -edge


@njit(**OPTIONS)
def face_state(
    kind: int, value: float, h: float, u: float, bed: float, n2: float, g: float
) -> tuple[float, float]:
    """Return depth and velocity (inwards) at a face of a boundary.

    `value`: level for LEVEL; m2/s inwards for DISCHARGE and RATING; slope for NORMAL_DEPTH.
    """
    if kind == LEVEL:
        return level_face(h, u, bed, value, g)  # type: ignore[no-any-return]  # numba
    if kind == OPEN:
        return falling(h, u, g)  # type: ignore[no-any-return]  # numba
    if kind == NORMAL_DEPTH:
        return h, (-math.sqrt(value / n2) * h ** (2.0 / 3.0) if n2 > 0.0 else -math.sqrt(g * h))
    if value > 0.0:
        return entering(value, h, u, g)  # type: ignore[no-any-return]  # numba
    if h <= 0.0:
        return 0.0, 0.0
    # no edge draws water faster than it falls off one
    return h, max(value / h, min(u, -math.sqrt(g * h)))


@njit(**OPTIONS)
def edges(
    sides: Row,
    firsts: Row,
    lasts: Row,
    kinds: Row,
    values: Row,
    depths: Row,
    h: Grid,
    p: Grid,
    q: Grid,
    z: Grid,
    n2: Grid,
    cell: float,
    carry: float,
    dry: float,
    g: float,
    weights: Row,
    edge: Any,
) -> float:
    """Compute what passes all boundaries: (water, momentum across, momentum along) per face, into `edge`.

    Return the fastest wave there, m/s. `carry` is 0 where the scheme knows no advection, else 1.

    `values` are m3/s inwards through the piece for DISCHARGE and RATING. Water and momentum count in the
    direction of growing columns and rows.
    """
    rows, columns = h.shape
    fastest = 0.0
    for k in range(sides.size):
        side, kind = sides[k], kinds[k]
        if kind in (DISCHARGE, RATING):  # numba knows tuples
            share_out(h, z, n2, side, firsts[k], lasts[k], dry, weights)
        inward = 1.0 if side in (WEST, NORTH) else -1.0
        for at in range(firsts[k], lasts[k]):
            i, j = cell_at(side, at, rows, columns)
            wet = h[i, j] > dry
            depth = h[i, j] if wet else 0.0
            inverse = carry / depth if wet else 0.0
            x, y = p[i, j] * inverse, q[i, j] * inverse
            across, along = (x, y) if side in (WEST, EAST) else (y, x)
            value = values[k]
            if kind in (DISCHARGE, RATING):
                value = value * weights[at] / cell
            if z[i, j] > BLOCKED / 2:
                edge[side, 0, at], edge[side, 1, at], edge[side, 2, at] = 0.0, 0.0, 0.0
                continue
            n = n2[i, j] if n2.size > 1 else n2[0, 0]
            deep, u = face_state(kind, value, depth, inward * across, z[i, j], n, g)
            if depths[k] > 0.0 and value > 0.0 and kind == DISCHARGE:
                deep, u = depths[k], value / depths[k]
            fastest = max(fastest, abs(u) + math.sqrt(g * deep))
            water = inward * deep * u
            edge[side, 0, at] = water
            edge[side, 1, at] = deep * u * u + 0.5 * g * deep * deep
            edge[side, 2, at] = water * along if u < 0.0 else 0.0
    return fastest


@njit(**OPTIONS)
def mean_level(h: Grid, z: Grid, side: int, first: int, last: int, dry: float) -> float:
    """Return the mean level of the wet cells along a piece of boundary; NaN where all is dry."""
    rows, columns = h.shape
    total, count = 0.0, 0
    for at in range(first, last):
        i, j = cell_at(side, at, rows, columns)
        if h[i, j] > dry:
            total += float(h[i, j]) + float(z[i, j])
            count += 1
    return total / count if count else math.nan


@njit(**OPTIONS)
def passed(sides: Row, firsts: Row, lasts: Row, edge: Any, dt: float, cell: float, account: Row) -> None:
    """Add what came in through each piece of boundary to its account, m3."""
    for k in range(sides.size):
        side = sides[k]
        inward = 1.0 if side in (WEST, NORTH) else -1.0
        total = 0.0
        for at in range(firsts[k], lasts[k]):
            total += float(edge[side, 0, at])
        account[k] += inward * total * dt * cell


@njit(**OPTIONS)
def pour(
    cell_row: Row,
    cell_column: Row,
    source: Row,
    weights: Row,
    volumes: Row,
    h: Grid,
    p: Grid,
    q: Grid,
    area: float,
    account: Row,
) -> None:
    """Put the volume of each source (m3) into its cells, by weight; take out no more than there is."""
    for k in range(cell_row.size):
        i, j = cell_row[k], cell_column[k]
        before = h[i, j]
        change(h, p, q, i, j, volumes[source[k]] * weights[k] / area)
        account[source[k]] += (float(h[i, j]) - float(before)) * area


@njit(**OPTIONS)
def change(h: Grid, p: Grid, q: Grid, i: int, j: int, depth: float) -> None:
    """Add a depth to a cell; what leaves takes its momentum along."""
    before = h[i, j]
    after = max(before + depth, 0.0)
    if depth < 0.0 and before > 0.0:
        p[i, j] *= after / before
        q[i, j] *= after / before
    h[i, j] = after


@njit(**OPTIONS)
def orifice(
    head_up: float, head_down: float, width: float, height: float, coefficient: float, g: float
) -> float:
    """Return m3/s through an opening; heads in m above its sill, `head_up` the higher one.

    Free surface: weir 2/3 C' b sqrt(2 g) H^1.5 with C' = 0.577 (broad crest), drowned after Villemonte
    (1947). Inlet drowned (H > 1.5 D): C A sqrt(2 g dH), dH down to the water behind or to half the opening.
    Between (D < H < 1.5 D) the smaller one.
    """
    if head_up <= 0.0 or height <= 0.0:
        return 0.0
    part = max(head_down, 0.0) / head_up
    free = 0.577 * 2.0 / 3.0 * width * math.sqrt(2.0 * g) * head_up**1.5
    free *= (1.0 - part**1.5) ** 0.385 if part < 1.0 else 0.0
    if head_up <= height:
        return free  # type: ignore[no-any-return]  # numba
    full = (
        coefficient * width * height * math.sqrt(2.0 * g * max(head_up - max(head_down, 0.5 * height), 0.0))
    )
    return full if head_up > 1.5 * height else min(free, full)


@njit(**OPTIONS)
def wanted(link: Row, value: float, up: float, down: float, g: float) -> float:
    """Return m3/s from the higher to the lower level (both m) by the law of a culvert, a weir or a gate."""
    sill = link[INVERT]
    high, low = up - sill, down - sill
    if link[LAW] == WEIR:
        if high <= 0.0:
            return 0.0
        part = max(low, 0.0) / high
        drowned = (1.0 - part**1.5) ** 0.385 if part < 1.0 else 0.0
        return link[COEFFICIENT] * 2.0 / 3.0 * link[SPAN] * math.sqrt(2.0 * g) * high**1.5 * drowned  # type: ignore[no-any-return]  # numba
    height = value if link[LAW] == GATE else link[HEIGHT]
    return orifice(high, low, link[SPAN], height, link[COEFFICIENT], g)  # type: ignore[no-any-return]  # numba


@njit(**OPTIONS)
def through(
    links: Grid,
    values: Row,
    running: Row,
    h: Grid,
    p: Grid,
    q: Grid,
    z: Grid,
    dt: float,
    area: float,
    g: float,
    account: Row,
) -> None:
    """Let water pass all links, one after the other.

    In a step no more passes than there is, and no more than makes both levels equal (pumps aside).
    """
    for k in range(links.shape[0]):
        link = links[k]
        i, j, m, n = int(link[START_ROW]), int(link[START_COLUMN]), int(link[END_ROW]), int(link[END_COLUMN])
        if link[LAW] == PUMP:
            running[k] = h[i, j] > (link[OFF] if running[k] else link[ON])
            volume = max(values[k], 0.0) * dt if running[k] else 0.0
        else:
            rise = float(h[i, j]) + float(z[i, j]) - float(h[m, n]) - float(z[m, n])
            if rise < 0.0:
                if link[ONE_WAY] > 0.0:
                    continue
                i, j, m, n = m, n, i, j
            up, down = float(h[i, j]) + float(z[i, j]), float(h[m, n]) + float(z[m, n])
            volume = wanted(link, values[k], up, down, g) * dt
            volume = min(volume, 0.5 * (up - down) * area)
        before = float(h[i, j])
        change(h, p, q, i, j, -volume / area)
        moved = before - float(h[i, j])
        change(h, p, q, m, n, moved)
        forward = i == int(link[START_ROW]) and j == int(link[START_COLUMN])
        account[k] += (moved if forward else -moved) * area


@njit(**OPTIONS)
def touch(
    cell_row: Row,
    cell_column: Row,
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
    """Let the tiles know of cells whose water was changed."""
    rows, columns = h.shape
    for k in range(cell_row.size):
        i, j = cell_row[k], cell_column[k]
        tile = stats[i // height * wide + j // width]
        depth = h[i, j]
        tile[FASTEST] = max(tile[FASTEST], speed(depth, carry * p[i, j], carry * q[i, j], dry, g))
        tile[HIGHEST] = max(tile[HIGHEST], depth)
        if i % height == 0:
            tile[FIRST_ROW] = max(tile[FIRST_ROW], depth)
        if i % height == height - 1 or i == rows - 1:
            tile[LAST_ROW] = max(tile[LAST_ROW], depth)
        if j % width == 0:
            tile[FIRST_COLUMN] = max(tile[FIRST_COLUMN], depth)
        if j % width == width - 1 or j == columns - 1:
            tile[LAST_COLUMN] = max(tile[LAST_COLUMN], depth)
