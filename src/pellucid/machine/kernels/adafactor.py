"""Adafactor: second moments of matrices (L, R, C) from means of g² + ε₁, r (L, R) of rows and c (L, C) of columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import Word, floats, ints, number
from ..layout import RATE, T
from .base import inline, kernel
from .functions import precise
from .gather import share, share_lines
from .sums import total
from .updates import due, larger, part

f32 = np.float32
TINY = f32(np.finfo(np.float32).tiny)


@inline
def beta(taken: int, every: int, decay: Word) -> Any:
    """β₂ = 1 − t^beta_2_decay."""
    return 1.0 - float(taken // every + 1) ** number(decay)


@precise
def direction(g: Any, v: Any) -> Any:
    """g / √v; of a row and a column of zeros, v may underflow to 0."""
    return g / np.sqrt(larger(v, TINY))


@kernel("adafactor.rows")
def rows(op: int, ctx: int, tid: int, nt: int) -> None:
    """r ← β₂r + (1 − β₂) · row means. op: rows (L·R), steps per update, g, r, C, ε₁, beta_2_decay."""
    o, c = ints(op, 7), ints(ctx, 64)
    if not due(c[T], o[1]):
        return
    lo, hi = share(o[0], tid, nt)
    C, r = o[4], floats(o[3], o[0])
    beta_2, epsilon = beta(c[T], o[1], o[6]), f32(number(o[5]))
    kept, new = f32(beta_2), f32(1.0 - beta_2)
    for i in range(lo, hi):
        g = floats(o[2] + 4 * i * C, C)
        found = f32(0)
        for j in range(C):
            found += g[j] * g[j] + epsilon
        r[i] = kept * r[i] + new * (found / f32(C))


@kernel("adafactor.columns")
def columns(op: int, ctx: int, tid: int, nt: int) -> None:
    """c ← β₂c + (1 − β₂) · column means. op: L, steps per update, g, c, R, C, ε₁, beta_2_decay."""
    o, ct = ints(op, 8), ints(ctx, 64)
    if not due(ct[T], o[1]):
        return
    R, C = o[4], o[5]
    lo, hi = share_lines(C, tid, nt)
    beta_2, epsilon = beta(ct[T], o[1], o[7]), f32(number(o[6]))
    kept, new = f32(beta_2), f32((1.0 - beta_2) / R)
    for k in range(o[0]):
        c = floats(o[3] + 4 * (k * C + lo), hi - lo)
        for j in range(hi - lo):
            c[j] *= kept
        for i in range(R):
            g = floats(o[2] + 4 * ((k * R + i) * C + lo), hi - lo)
            for j in range(hi - lo):
                c[j] += new * (g[j] * g[j] + epsilon)


@kernel("adafactor.matrix")
def matrix(op: int, ctx: int, tid: int, nt: int) -> None:
    """v = r · cᵀ / mean(r);  u = g / √v. op: L, steps per update, g, r, c, v, u, R, C."""
    o, ct = ints(op, 9), ints(ctx, 64)
    if not due(ct[T], o[1]):
        return
    R, C = o[7], o[8]
    lo, hi = share(o[0] * R, tid, nt)
    mean, at = f32(0), -1
    for i in range(lo, hi):
        k = i // R
        r, c = floats(o[3] + 4 * k * R, R), floats(o[4] + 4 * k * C, C)
        if k != at:
            mean, at = f32(0), k
            for j in range(R):
                mean += r[j]
            mean /= f32(R)
        scale = r[i - k * R] / mean
        g, v, u = floats(o[2] + 4 * i * C, C), floats(o[5] + 4 * i * C, C), floats(o[6] + 4 * i * C, C)
        for j in range(C):
            v[j] = scale * c[j]
            u[j] = direction(g[j], v[j])


@kernel("adafactor.vector")
def vector(op: int, ctx: int, tid: int, nt: int) -> None:
    """v ← β₂v + (1 − β₂)(g² + ε₁);  u = g / √v. op: size, steps per update, g, v, u, ε₁, beta_2_decay."""
    o, c = ints(op, 7), ints(ctx, 64)
    if not due(c[T], o[1]):
        return
    lo, hi = share_lines(o[0], tid, nt)
    n = hi - lo
    g, v, u = part(op, 2, lo, n), part(op, 3, lo, n), part(op, 4, lo, n)
    beta_2, epsilon = beta(c[T], o[1], o[6]), f32(number(o[5]))
    kept, new = f32(beta_2), f32(1.0 - beta_2)
    for i in range(n):
        v[i] = kept * v[i] + new * (g[i] * g[i] + epsilon)
        u[i] = direction(g[i], v[i])


@kernel("adafactor.step")
def step(op: int, ctx: int, tid: int, nt: int) -> None:
    """w ← w − max(ε₂, RMS(w)) · min(lr, 1/√t) · u, the RMS of u at most clip_threshold.
    op: size, steps per update, w, u, sums of w², sums of u², how many of each, ε₂, clip_threshold."""
    o, c = ints(op, 9), ints(ctx, 64)
    if not due(c[T], o[1]):
        return
    lo, hi = share_lines(o[0], tid, nt)
    w, u = part(op, 2, lo, hi - lo), part(op, 3, lo, hi - lo)
    w_rms, u_rms = np.sqrt(total(o[4], o[6]) / o[0]), np.sqrt(total(o[5], o[6]) / o[0])
    excess = u_rms / number(o[8])
    least, longest = number(o[7]), 1.0 / np.sqrt(float(c[T] // o[1] + 1))
    lr = number(c[RATE])
    shorter = f32(excess if excess > 1.0 else 1.0)
    length = f32((w_rms if w_rms > least else least) * (longest if longest < lr else lr))
    for i in range(hi - lo):
        w[i] -= length * (u[i] / shorter)
