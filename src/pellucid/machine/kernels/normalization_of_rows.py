"""Normalization of each channel over a long batch: its rows are taken in parts, which the threads share out.

    a part      its rows' own means, and the sums of their squared distances from these, while they are in the cache
    all parts   μ = Σ n·μ_part / M        σ² = Σ (squares_part + n·(μ_part - μ)²) / M

Where a part begins and ends does not depend on the number of threads, so every number of them gives the same bits.
What follows is max(·, 0) where it is rectified, and the gradient is then that behind it.

x, y, dy, dx (M, C); parts (M/R, 2, C) of R rows each. Source: Chan, Golub & LeVeque, "Updating formulae and a pairwise
algorithm for computing sample variances" (1979).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import floats, ints, number
from ..layout import ALL, B
from .base import cleared, inline, kernel
from .functions import ONE, ZERO, choose, f32
from .gather import share


@kernel("batch_norm.parts")
def parts(op: int, ctx: int, tid: int, nt: int) -> None:
    """The means of each part, and the sums of its squared distances from them. op: x, parts, M per sample, C, R."""
    o, c = ints(op, 5), ints(ctx, 64)
    M, C, R = c[B] * o[2], o[3], o[4]
    lo, hi = share((M + R - 1) // R, tid, nt)
    for part in range(lo, hi):
        mean, squares = cleared(o[1] + 8 * part * C, C), cleared(o[1] + 4 * (2 * part + 1) * C, C)
        first, last = part * R, min(M, (part + 1) * R)
        each = f32(1.0 / (last - first))
        for m in range(first, last):
            x = floats(o[0] + 4 * m * C, C)
            for j in range(C):
                mean[j] += x[j]
        for j in range(C):
            mean[j] *= each
        for m in range(first, last):
            x = floats(o[0] + 4 * m * C, C)
            for j in range(C):
                d = x[j] - mean[j]
                squares[j] += d * d


@kernel("batch_norm.joined")
def joined(op: int, ctx: int, tid: int, nt: int) -> None:
    """μ, σ², r = 1/sqrt(σ² + ε) and γ·r from the parts. op: parts, γ, μ, σ², r, γ·r, M per sample, C, R, ε."""
    o, c = ints(op, 10), ints(ctx, 64)
    M, C, R = c[B] * o[6], o[7], o[8]
    gamma, r, factor = floats(o[1], C), floats(o[4], C), floats(o[5], C)
    mean, variance = cleared(o[2], C), cleared(o[3], C)
    count, each = (M + R - 1) // R, f32(1.0 / M)
    for part in range(count):
        n, of_part = f32(min(R, M - part * R)), floats(o[0] + 8 * part * C, C)
        for j in range(C):
            mean[j] += n * of_part[j]
    for j in range(C):
        mean[j] *= each
    for part in range(count):
        n, of_part = f32(min(R, M - part * R)), floats(o[0] + 8 * part * C, C)
        squares = floats(o[0] + 4 * (2 * part + 1) * C, C)
        for j in range(C):
            d = of_part[j] - mean[j]
            variance[j] += squares[j] + n * d * d
    epsilon = f32(number(o[9]))
    for j in range(C):
        variance[j] *= each
        r[j] = ONE / np.sqrt(variance[j] + epsilon)
        factor[j] = gamma[j] * r[j]


@kernel("batch_norm.applied")
def applied(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = γ·r·(x - μ) + β. op: x, μ, γ·r, β, y, M per sample, C, whether it is rectified."""
    o, c = ints(op, 8), ints(ctx, 64)
    C, rectified = o[6], o[7] != 0
    mean, factor, beta = floats(o[1], C), floats(o[2], C), floats(o[3], C)
    lo, hi = share(c[B] * o[5], tid, nt)
    for m in range(lo, hi):
        x, y = floats(o[0] + 4 * m * C, C), floats(o[4] + 4 * m * C, C)
        for j in range(C):
            z = (x[j] - mean[j]) * factor[j] + beta[j]
            y[j] = choose(rectified & (z <= ZERO), ZERO, z)


@inline
def came(dy: Any, x: Any, mean: Any, factor: Any, beta: Any, rectified: Any) -> Any:
    """What of dy comes to where x was normalized."""
    return choose(rectified & ((x - mean) * factor + beta <= ZERO), ZERO, dy)


@kernel("batch_norm.slopes")
def slopes(op: int, ctx: int, tid: int, nt: int) -> None:
    """Σ dy and Σ dy·(x - μ) of each part. op: dy, x, μ, γ·r, β, parts, M per sample, C, R, whether it was
    rectified."""
    o, c = ints(op, 10), ints(ctx, 64)
    M, C, R, rectified = c[B] * o[6], o[7], o[8], o[9] != 0
    mean, factor, beta = floats(o[2], C), floats(o[3], C), floats(o[4], C)
    lo, hi = share((M + R - 1) // R, tid, nt)
    for part in range(lo, hi):
        level, slope = cleared(o[5] + 8 * part * C, C), cleared(o[5] + 4 * (2 * part + 1) * C, C)
        for m in range(part * R, min(M, (part + 1) * R)):
            dy, x = floats(o[0] + 4 * m * C, C), floats(o[1] + 4 * m * C, C)
            for j in range(C):
                g = came(dy[j], x[j], mean[j], factor[j], beta[j], rectified)
                level[j] += g
                slope[j] += g * (x[j] - mean[j])


@kernel("batch_norm.slopes.joined")
def slopes_joined(op: int, ctx: int, tid: int, nt: int) -> None:
    """dβ = Σ dy and dγ = Σ dy·x̂ from the parts, dβ/M, and r·dγ/M.

    op: parts, r, dγ, dβ, dβ/M, r·dγ/M, M per sample, C, R."""
    o, c = ints(op, 9), ints(ctx, 64)
    M, C, R = c[B] * o[6], o[7], o[8]
    r, dgamma, dbeta = floats(o[1], C), cleared(o[2], C), cleared(o[3], C)
    level, slope = floats(o[4], C), floats(o[5], C)
    for part in range((M + R - 1) // R):
        levels, slopes = floats(o[0] + 8 * part * C, C), floats(o[0] + 4 * (2 * part + 1) * C, C)
        for j in range(C):
            dbeta[j] += levels[j]
            dgamma[j] += slopes[j]
    each = f32(1.0 / (c[ALL] * o[6]))
    for j in range(C):
        dgamma[j] *= r[j]
        level[j] = dbeta[j] * each
        slope[j] = dgamma[j] * each * r[j]


@kernel("batch_norm.through")
def through(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = γ·r·(dy - dβ/M - x̂·dγ/M).

    op: dy, x, μ, γ·r, β, dβ/M, r·dγ/M, dx, M per sample, C, whether it was rectified."""
    o, c = ints(op, 11), ints(ctx, 64)
    C, rectified = o[9], o[10] != 0
    mean, factor, beta, level, slope = (
        floats(o[2], C), floats(o[3], C), floats(o[4], C), floats(o[5], C), floats(o[6], C)
    )  # fmt: skip
    lo, hi = share(c[B] * o[8], tid, nt)
    for m in range(lo, hi):
        dy, x, dx = floats(o[0] + 4 * m * C, C), floats(o[1] + 4 * m * C, C), floats(o[7] + 4 * m * C, C)
        for j in range(C):
            g = came(dy[j], x[j], mean[j], factor[j], beta[j], rectified)
            dx[j] = factor[j] * (g - level[j] - (x[j] - mean[j]) * slope[j])
