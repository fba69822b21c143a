"""Muon: momentum made nearly orthogonal by Newton and Schulz steps, matrix by matrix.

The steps go on with x (N, K), the matrix or its transpose, whichever has the more rows: N ≥ K.
"""

from __future__ import annotations

import numpy as np

from ..intrinsics import Word, floats, ints, number
from ..layout import RATE, T
from .base import inline, kernel
from .gather import share, share_lines
from .sums import total
from .updates import due, part

f32 = np.float32


@inline
def matrix(address: Word, R: int, C: int, i: int) -> tuple[Word, int]:
    """(address of number 0, floats from number to number) of row i of x, read from the matrix (R, C) it is made of."""
    return (address + 4 * i * C, 1) if R >= C else (address + 4 * i, C)


@kernel("muon.momentum")
def momentum(op: int, ctx: int, tid: int, nt: int) -> None:
    """m ← μm + g;  u = g + μm, or m. op: size, steps per update, g, m, u, μ, whether to look ahead."""
    o, c = ints(op, 7), ints(ctx, 64)
    if not due(c[T], o[1]):
        return
    lo, hi = share_lines(o[0], tid, nt)
    n = hi - lo
    g, m, u = part(op, 2, lo, n), part(op, 3, lo, n), part(op, 4, lo, n)
    mu = f32(number(o[5]))
    own, further = (f32(1), mu) if o[6] != 0 else (f32(0), f32(1))
    for i in range(n):
        m[i] = mu * m[i] + g[i]
        u[i] = own * g[i] + further * m[i]


@kernel("muon.start")
def start(op: int, ctx: int, tid: int, nt: int) -> None:
    """x = u / (‖u‖ + 1e-7). op: steps per update, u, x, R, C, sums of u², how many."""
    o, c = ints(op, 7), ints(ctx, 64)
    if not due(c[T], o[0]):
        return
    R, C = o[3], o[4]
    N, K = max(R, C), min(R, C)
    norm = f32(np.sqrt(total(o[5], o[6]))) + f32(1e-7)
    lo, hi = share(N, tid, nt)
    for i in range(lo, hi):
        first, apart = matrix(o[1], R, C, i)
        u, x = floats(first, (K - 1) * apart + 1), floats(o[2] + 4 * i * K, K)
        for j in range(K):
            x[j] = u[j * apart] / norm


@kernel("muon.sum")
def weighted_sum(op: int, ctx: int, tid: int, nt: int) -> None:
    """x ← px + qy. op: size, steps per update, x, y, p, q."""
    o, c = ints(op, 6), ints(ctx, 64)
    if not due(c[T], o[1]):
        return
    lo, hi = share_lines(o[0], tid, nt)
    x, y = part(op, 2, lo, hi - lo), part(op, 3, lo, hi - lo)
    p, q = f32(number(o[4])), f32(number(o[5]))
    for i in range(hi - lo):
        x[i] = p * x[i] + q * y[i]


@kernel("muon.step")
def step(op: int, ctx: int, tid: int, nt: int) -> None:
    """w ← w − lr · scale · x, or its transpose. op: steps per update, w, x, R, C, scale."""
    o, c = ints(op, 6), ints(ctx, 64)
    if not due(c[T], o[0]):
        return
    R, C = o[3], o[4]
    N, K = max(R, C), min(R, C)
    length = f32(number(c[RATE]) * number(o[5]))
    lo, hi = share(N, tid, nt)
    for i in range(lo, hi):
        first, apart = matrix(o[1], R, C, i)
        w, x = floats(first, (K - 1) * apart + 1), floats(o[2] + 4 * i * K, K)
        for j in range(K):
            w[j * apart] -= length * x[j]
