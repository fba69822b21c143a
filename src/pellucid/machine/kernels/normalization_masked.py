"""Normalization of each channel over what a mask lets count.     x (M, C, inner), a mask's number for each `last` of x

A channel's sums are one thread's, row after row, in float64, so that every number of threads gives the same bits.
"""

from __future__ import annotations

import numpy as np

from ..intrinsics import floats, ints, number
from ..layout import B
from .base import kernel
from .double import f64
from .functions import ONE, ZERO, f32
from .normalization import channels


@kernel("batch_norm.masked")
def batch_norm(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = γ·(x - μ)·r + β with r = 1/sqrt(σ² + ε), μ and σ² over the x that count.

    op: x, γ, β, mask, how many count, μ, σ², r, γ·r, y, M per sample, C, inner, last, ε.
    """
    o, c = ints(op, 15), ints(ctx, 64)
    M, C, inner, last = c[B] * o[10], o[11], o[12], o[13]
    lo, hi = channels(C, inner, tid, nt)
    n, whole = hi - lo, M * C * inner
    x, mask, y = floats(o[0], whole), floats(o[3], whole // last), floats(o[9], whole)
    gamma, beta, count = floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n), floats(o[4] + 4 * lo, n)
    mean, variance = floats(o[5] + 4 * lo, n), floats(o[6] + 4 * lo, n)
    r, factor = floats(o[7] + 4 * lo, n), floats(o[8] + 4 * lo, n)
    epsilon = f32(number(o[14]))
    for j in range(n):
        among, total = 0.0, 0.0
        for m in range(M):
            at = (m * C + lo + j) * inner
            for i in range(at, at + inner):
                counts = mask[i // last] != ZERO
                among += 1.0 if counts else 0.0
                total += f64(x[i]) if counts else 0.0
        among = max(among, 1.0)
        middle, squares = total / among, 0.0
        for m in range(M):
            at = (m * C + lo + j) * inner
            for i in range(at, at + inner):
                squares += (f64(x[i]) - middle) ** 2 if mask[i // last] != ZERO else 0.0
        count[j], mean[j], variance[j] = f32(among), f32(middle), f32(squares / among)
        r[j] = ONE / np.sqrt(variance[j] + epsilon)
        factor[j] = gamma[j] * r[j]
    for m in range(M):
        for j in range(n):
            at = (m * C + lo + j) * inner
            for i in range(at, at + inner):
                y[i] = (x[i] - mean[j]) * factor[j] + beta[j]


@kernel("batch_norm.masked.grad")
def batch_norm_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dβ = Σ dy, dγ = Σ dy·x̂, dx = γ·r·(dy - (dβ + x̂·dγ)/count where x counts).

    op: dy, x, mask, how many count, μ, r, γ·r, dγ, dβ, dx or 0, M per sample, C, inner, last.
    """
    o, c = ints(op, 14), ints(ctx, 64)
    M, C, inner, last = c[B] * o[10], o[11], o[12], o[13]
    lo, hi = channels(C, inner, tid, nt)
    n, whole = hi - lo, M * C * inner
    count, mean = floats(o[3] + 4 * lo, n), floats(o[4] + 4 * lo, n)
    r, factor = floats(o[5] + 4 * lo, n), floats(o[6] + 4 * lo, n)
    dgamma, dbeta = floats(o[7] + 4 * lo, n), floats(o[8] + 4 * lo, n)
    dy, x, mask = floats(o[0], whole), floats(o[1], whole), floats(o[2], whole // last)
    for j in range(n):
        level, slope = 0.0, 0.0
        for m in range(M):
            at = (m * C + lo + j) * inner
            for i in range(at, at + inner):
                level += f64(dy[i])
                slope += f64(dy[i]) * ((x[i] - mean[j]) * r[j])
        dbeta[j], dgamma[j] = f32(level), f32(slope)
    if o[9] == 0:
        return
    dx = floats(o[9], whole)
    for m in range(M):
        for j in range(n):
            at = (m * C + lo + j) * inner
            for i in range(at, at + inner):
                share = (dbeta[j] + (x[i] - mean[j]) * r[j] * dgamma[j]) / count[j]
                dx[i] = factor[j] * (dy[i] - (share if mask[i // last] != ZERO else ZERO))
