"""Normalization of each sample over groups of channels.     x (P, C) of a sample, G groups of C / G channels

Sums are kept for each channel, number after number of a pixel, and joined for each group in the end. Threads share out
the samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import Word, floats, ints, number
from ..layout import SCRATCH, B
from .base import inline, kernel
from .functions import ONE, ZERO, f32
from .gather import share


@inline
def spread(of_groups: Any, to: Any, K: int) -> None:
    """For each channel the number of its group."""
    for i in range(len(to)):
        to[i] = of_groups[i // K]


@inline
def level_of(x_at: Word, level: Any, mean: Any, P: int, C: int, K: int) -> None:
    """μ of each group, and for each channel that of its group."""
    for i in range(C):
        level[i] = ZERO
    for p in range(P):
        x = floats(x_at + 4 * p * C, C)
        for i in range(C):
            level[i] += x[i]
    for g in range(C // K):
        total = ZERO
        for i in range(g * K, (g + 1) * K):
            total += level[i]
        mean[g] = total / f32(P * K)
    spread(mean, level, K)


@kernel("group_norm")
def group_norm(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = γ·(x − μ)·r + β with r = 1/sqrt(σ² + ε). op: x, γ, β, μ, r, y, P, C, G, ε."""
    o, c = ints(op, 10), ints(ctx, 64)
    P, C, G, epsilon = o[6], o[7], o[8], f32(number(o[9]))
    K = C // G
    gamma, beta = floats(o[1], C), floats(o[2], C)
    level, factor = floats(c[SCRATCH], C), floats(c[SCRATCH] + 4 * C, C)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        at, mean, r = o[0] + 4 * b * P * C, floats(o[3] + 4 * b * G, G), floats(o[4] + 4 * b * G, G)
        level_of(at, level, mean, P, C, K)
        for i in range(C):
            factor[i] = ZERO
        for p in range(P):
            x = floats(at + 4 * p * C, C)
            for i in range(C):
                d = x[i] - level[i]
                factor[i] += d * d
        for g in range(G):
            squares = ZERO
            for i in range(g * K, (g + 1) * K):
                squares += factor[i]
            r[g] = ONE / np.sqrt(squares / f32(P * K) + epsilon)
        for i in range(C):
            factor[i] = gamma[i] * r[i // K]
        for p in range(P):
            x, y = floats(at + 4 * p * C, C), floats(o[5] + 4 * (b * P + p) * C, C)
            for i in range(C):
                y[i] = (x[i] - level[i]) * factor[i] + beta[i]


@kernel("group_norm.grad")
def group_norm_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """Σ dy·x̂ and Σ dy of each sample and channel; dx = r·(g − mean(g) − x̂·mean(g·x̂)) with g = dy·γ.

    op: dy, x, γ, μ, r, dx or 0, Σ dy·x̂, Σ dy, P, C, G."""
    o, c = ints(op, 11), ints(ctx, 64)
    P, C, G = o[8], o[9], o[10]
    K = C // G
    gamma = floats(o[2], C)
    level, factor = floats(c[SCRATCH], C), floats(c[SCRATCH] + 4 * C, C)
    shift, slope = floats(c[SCRATCH] + 8 * C, C), floats(c[SCRATCH] + 12 * C, C)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        mean, r = floats(o[3] + 4 * b * G, G), floats(o[4] + 4 * b * G, G)
        slopes, sums = floats(o[6] + 4 * b * C, C), floats(o[7] + 4 * b * C, C)
        spread(mean, level, K)
        spread(r, factor, K)
        for i in range(C):
            slopes[i], sums[i] = ZERO, ZERO
        for p in range(P):
            dy, x = floats(o[0] + 4 * (b * P + p) * C, C), floats(o[1] + 4 * (b * P + p) * C, C)
            for i in range(C):
                sums[i] += dy[i]
                slopes[i] += dy[i] * ((x[i] - level[i]) * factor[i])
        if o[5] != 0:
            for g in range(G):
                of_g, of_gx = ZERO, ZERO
                for i in range(g * K, (g + 1) * K):
                    of_g += gamma[i] * sums[i]
                    of_gx += gamma[i] * slopes[i]
                for i in range(g * K, (g + 1) * K):
                    shift[i] = r[g] * of_g / f32(P * K)
                    slope[i] = r[g] * r[g] * of_gx / f32(P * K)
                    factor[i] = r[g] * gamma[i]
            for p in range(P):
                dy, x = floats(o[0] + 4 * (b * P + p) * C, C), floats(o[1] + 4 * (b * P + p) * C, C)
                dx = floats(o[5] + 4 * (b * P + p) * C, C)
                for i in range(C):
                    dx[i] = dy[i] * factor[i] - shift[i] - (x[i] - level[i]) * slope[i]
