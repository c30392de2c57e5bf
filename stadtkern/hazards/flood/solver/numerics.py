"""The numerics, cell by cell and face by face: one source for processor and CUDA.

All functions take and return scalars of one precision. `g` is gravity. A face lies between a left and a right
state (h, u, v, z): depth, velocity across the face, velocity along it, bed. Velocity components are in the
directions of growing columns and growing rows (southwards).
"""

import math
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numba import njit

from stadtkern.compute.jit import INLINE, bits_of, cache_by_content, from_bits, real

COMPILED = ("numerics", "rows", "tiles", "inertial", "edges", "kernels")
cache_by_content(Path(__file__).with_name(f"{name}.py") for name in COMPILED)

Real: TypeAlias = Any  # float32 or float64 inside kernels

BLOCKED = 1e9  # m: bed of cells that may hold no water


@njit(**INLINE)
def inverse_cbrt(x: Real) -> Real:
    """Return x^(-1/3) of a normal float > 0, relative error below 1e-12 (float32: 3e-7).

    The bits of a float are about its logarithm, which gives 3 % (Lomont 2003 for the square root); each
    Newton step of y^-3 = x doubles the digits. `x ** (-1 / 3)` takes longer than all the rest of friction.
    """
    short = np.float32(x)
    four, third = np.float32(4.0), np.float32(1.0 / 3.0)
    y = from_bits(np.int32(np.float32(1419967116.0) - np.float32(bits_of(short)) * third))
    y = y * (four - short * y * y * y) * third
    y = y * (four - short * y * y * y) * third
    y = y * (four - short * y * y * y) * third
    z = real(1.0, x) * y
    return z * (real(4.0, x) - x * z * z * z) * real(1.0 / 3.0, x)


@njit(**INLINE)
def flux(hl: Real, ul: Real, vl: Real, zl: Real, hr: Real, ur: Real, vr: Real, zr: Real, g: Real) -> Real:
    """Return what passes a face: water, momentum across as left and right cell feel it, momentum along.

    Hydrostatic reconstruction (Audusse et al. 2004, eqs. 2.9 to 2.15) makes still water stay still; the bed
    pushes with the mean of both depths, so that even flow on a slope feels all of it, too. HLLC
    (Toro 2001, ch. 10) with wave speeds of the two-rarefaction state, of a dry front where one side is dry.
    The middle wave has the sign of the flux of water, which therefore decides which `v` is carried along.
    """
    zero, half, quarter = real(0.0, hl), real(0.5, hl), real(0.25, hl)
    sill = max(zr, zl)
    a = hl - (sill - zl)  # Audusse et al. 2004, eq. 2.13, in the form that is exact where both beds are equal
    a = max(zero, a)
    b = hr - (sill - zr)
    b = max(zero, b)
    cl, cr = math.sqrt(g * a), math.sqrt(g * b)
    u_star = half * (ul + ur) + (cl - cr)  # Toro 2001, eq. 10.17
    c_star = half * (cl + cr) + quarter * (ul - ur)
    left, other = ul - cl, u_star - c_star
    left = min(other, left)
    right, other = ur + cr, u_star + c_star
    right = max(other, right)
    left = left if a > zero else ur - (cr + cr)  # Toro 2001, eqs. 10.22, 10.23
    right = right if b > zero else ul + (cl + cl)
    left = min(zero, left)
    right = max(zero, right)
    width = right - left
    tiny = real(1e-30, hl)
    share = real(1.0, hl) / (max(tiny, width))
    ql, qr = a * ul, b * ur
    hg = half * g
    ml, mr = ql * ul + hg * a * a, qr * ur + hg * b * b
    both = left * right
    water = (right * ql - left * qr + both * (b - a)) * share
    across = (right * ml - left * mr + both * (qr - ql)) * share
    along = water * (vl if water > zero else vr)
    return water, across + hg * (hl - a) * (hl + b), across + hg * (hr - b) * (hr + a), along


@njit(**INLINE)
def weir(
    hl: Real,
    ul: Real,
    vl: Real,
    zl: Real,
    hr: Real,
    ur: Real,
    vr: Real,
    zr: Real,
    crest: Real,
    factor: Real,
    g: Real,
) -> Real:  # two states and a wall
    """Return what passes a wall, in the form of `flux`.

    q = `factor` H^1.5, drowned by (1 - (H2/H1)^1.5)^0.385 (Villemonte 1947).
    """
    zero, one, half = real(0.0, hl), real(1.0, hl), real(0.5, hl)
    upper, lower = hl + zl - crest, hr + zr - crest
    upper = upper if hl > zero else zero
    lower = lower if hr > zero else zero
    forward = upper >= lower
    high, low = (upper, lower) if forward else (lower, upper)
    water = zero
    if high > zero:
        water = factor * high * math.sqrt(high)
        if low > zero:
            part = low / high
            water *= (one - part * math.sqrt(part)) ** real(0.385, hl)
        water = water if forward else -water
    hg = half * g
    if forward:
        return water, hg * hl * hl + water * ul, hg * hr * hr, water * vl
    return water, hg * hl * hl, hg * hr * hr + water * ur, water * vr


@njit(**INLINE)
def rub(h: Real, p: Real, q: Real, n2: Real, dt: Real, dry: Real, g: Real) -> Real:
    """Return both discharges after friction, and the fastest wave.

    Implicit Euler for Manning's law: q' + dt g n2 h^(-7/3) |q'| q' = q has the solution q' = 2 q / (1 +
    sqrt(1 + 4 dt g n2 h^(-7/3) |q|)), stable for any step and exact in uniform flow.
    """
    zero, one = real(0.0, h), real(1.0, h)
    wet = h > dry
    depth = h if wet else one
    inverse = one / depth
    drag = dt * g * n2 * math.sqrt(p * p + q * q) * inverse * inverse * inverse_cbrt(depth)
    keep = real(2.0, h) / (one + math.sqrt(one + real(4.0, h) * drag))
    keep = keep if wet else zero
    p, q = p * keep, q * keep
    u, v = abs(p), abs(q)
    fastest = (max(v, u)) * inverse + math.sqrt(g * depth)
    return p, q, (fastest if wet else zero)


@njit(**INLINE)
def speed(h: Real, p: Real, q: Real, dry: Real, g: Real) -> Real:
    """Return the fastest wave, as `rub` does."""
    zero, one = real(0.0, h), real(1.0, h)
    wet = h > dry
    depth = h if wet else one
    u, v = abs(p), abs(q)
    fastest = (max(v, u)) * (one / depth) + math.sqrt(g * depth)
    return fastest if wet else zero


@njit(**INLINE)
def limited(before: Real, here: Real, after: Real) -> Real:
    """Return half the limited difference across a cell (van Leer's monotonized central limiter).

    Where both differences are positive the first term holds the smallest of them and of half the mean, where
    both are negative the second one, else both are 0: no comparison, so that vectors take no detour.
    """
    zero, quarter = real(0.0, here), real(0.25, here)
    left, right = here - before, after - here
    mean = quarter * (left + right)
    low, high = min(right, left), max(right, left)
    low, high = min(mean, low), max(mean, high)
    return max(low, zero) + min(high, zero)


@njit(**INLINE)
def faces(
    hb: Real,
    ub: Real,
    vb: Real,
    zb: Real,
    h: Real,
    u: Real,
    v: Real,
    z: Real,
    ha: Real,
    ua: Real,
    va: Real,
    za: Real,
) -> Real:  # three states
    """Return the states at both faces of a cell between a cell before and one after.

    Linear in level, depth and velocities; constant where one of the three cells is dry. Answers (h, u, v, z)
    at the face before and (h, u, v, z) at the face after (Audusse et al. 2004, section 4).
    """
    zero = real(0.0, h)
    shallowest = min(hb, h)
    shallowest = min(ha, shallowest)
    wet = shallowest > zero
    level = h + z
    slope = limited(hb + zb, level, ha + za)
    dh = limited(hb, h, ha)
    du, dv = limited(ub, u, ua), limited(vb, v, va)
    slope = slope if wet else zero
    dh = dh if wet else zero
    du = du if wet else zero
    dv = dv if wet else zero
    before, after = h - dh, h + dh
    return before, u - du, v - dv, z - (slope - dh), after, u + du, v + dv, z + (slope - dh)


@njit(**INLINE)
def inertial(
    ql: Real,
    q: Real,
    qr: Real,
    hl: Real,
    zl: Real,
    hr: Real,
    zr: Real,
    n2: Real,
    lam: Real,
    dt: Real,
    theta: Real,
    dry: Real,
    g: Real,
) -> Real:  # two cells, three faces
    """Return the discharge of a face after a step without advection (de Almeida & Bates 2013, eq. 8).

    `ql`, `q`, `qr` are discharges of the face before, of this face and of the one after; `lam` is dt / dx.
    The depth of flow is from the higher bed to the higher level. A cell can give at most what it has.
    """
    zero, one, half = real(0.0, q), real(1.0, q), real(0.5, q)
    sill = max(zr, zl)
    a, b = hl - (sill - zl), hr - (sill - zr)
    rise = a - b  # difference of levels
    deep = max(b, a)
    flows = deep > dry
    deep = deep if flows else one
    inverse = one / deep
    start = theta * q + (one - theta) * half * (ql + qr)
    drag = dt * g * n2 * abs(q) * inverse * inverse * inverse_cbrt(deep)
    new = (start + g * deep * lam * rise) / (one + drag)
    new = new if flows else zero
    most = real(0.2499, q) / lam  # a bit less than a quarter: rounding must not take more than all
    least = -(hr * most)
    most = hl * most
    new = min(most, new)
    return max(least, new)
