"""The penalties of `regularizers.py`: their sums in float64, added to the loss, and their gradients."""

from __future__ import annotations

import numpy as np

from ..intrinsics import doubles, floats, ints, number
from ..layout import LOSS, SHARED
from .base import kernel
from .functions import sign
from .gather import share, share_lines
from .sums import total

f32 = np.float32


@kernel("penalty.sums")
def sums(op: int, ctx: int, tid: int, nt: int) -> None:
    """l1 · Σ |w| + l2 · Σ w² of each block. op: size, w, sums, numbers in a block, l1, l2."""
    o = ints(op, 6)
    size, block = o[0], o[3]
    count = (size + block - 1) // block
    l1, l2, found = number(o[4]), number(o[5]), doubles(o[2], count)
    lo, hi = share(count, tid, nt)
    for k in range(lo, hi):
        n = min(block, size - k * block)
        w = floats(o[1] + 4 * k * block, n)
        lengths, squares = 0.0, 0.0
        for i in range(n):
            x = np.float64(w[i])
            lengths += abs(x)
            squares += x * x
        found[k] = l1 * lengths + l2 * squares


@kernel("penalty.grad")
def grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """g ← g + l1 · sign(w) + 2 · l2 · w. op: size, w, g, l1, l2."""
    o = ints(op, 5)
    lo, hi = share_lines(o[0], tid, nt)
    w, g = floats(o[1] + 4 * lo, hi - lo), floats(o[2] + 4 * lo, hi - lo)
    l1, l2 = f32(number(o[3])), f32(2.0 * number(o[4]))
    for i in range(hi - lo):
        g[i] += l1 * sign(w[i]) + l2 * w[i]


@kernel("penalty.total")
def add(op: int, ctx: int, tid: int, nt: int) -> None:
    """L ← L + Σ sums; for one thread. op: sums, how many."""
    o, c = ints(op, 2), ints(ctx, 64)
    doubles(c[SHARED], 64)[LOSS] += total(o[0], o[1])


# Orthogonality: u (n, K) are the rows, or columns, of a matrix, at length 1. In w they begin `apart` floats from each
# other, and their numbers lie `next` floats from each other.


@kernel("orthogonal.units")
def units(op: int, ctx: int, tid: int, nt: int) -> None:
    """u, uᵀ and the lengths; 1 for a row of zeros. op: w, u, uᵀ, lengths, n, K, apart, next."""
    o = ints(op, 8)
    n, K, stride = o[4], o[5], o[7]
    lengths = floats(o[3], n)
    lo, hi = share(n, tid, nt)
    for i in range(lo, hi):
        w, u = floats(o[0] + 4 * i * o[6], K * stride), floats(o[1] + 4 * i * K, K)
        columns = floats(o[2] + 4 * i, n * K)
        squares = f32(0)
        for j in range(K):
            squares += w[j * stride] * w[j * stride]
        length = np.sqrt(squares) if squares != f32(0) else f32(1)
        lengths[i] = length
        for j in range(K):
            u[j] = w[j * stride] / length
            columns[j * n] = u[j]


@kernel("orthogonal.signs")
def signs(op: int, ctx: int, tid: int, nt: int) -> None:
    """The penalty of each row, factor / pairs · Σ |uᵢ · uⱼ| / 2, and the signs.
    op: products (n, n), sums, n, factor / pairs."""
    o = ints(op, 4)
    n, found, factor = o[2], doubles(o[1], o[2]), number(o[3])
    lo, hi = share(n, tid, nt)
    for i in range(lo, hi):
        products = floats(o[0] + 4 * i * n, n)
        products[i] = f32(0)
        lengths = 0.0
        for j in range(n):
            lengths += np.float64(abs(products[j]))
            products[j] = sign(products[j])
        found[i] = factor * lengths / 2.0


@kernel("orthogonal.grad")
def orthogonal_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dw = (h − (h · u) u) / length with h = factor / pairs · (signs · u), added to g.
    op: signs · u, u, lengths, g, n, K, apart, next, factor / pairs."""
    o = ints(op, 9)
    n, K, stride, factor = o[4], o[5], o[7], f32(number(o[8]))
    lengths = floats(o[2], n)
    lo, hi = share(n, tid, nt)
    for i in range(lo, hi):
        h, u, g = floats(o[0] + 4 * i * K, K), floats(o[1] + 4 * i * K, K), floats(o[3] + 4 * i * o[6], K * stride)
        along = f32(0)
        for j in range(K):
            along += factor * h[j] * u[j]
        for j in range(K):
            g[j * stride] += (factor * h[j] - along * u[j]) / lengths[i]
