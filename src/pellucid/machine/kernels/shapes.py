"""Numbers moved: the axes of a sample in another order, a row repeated, a parameter stretched; and rows summed up."""

from __future__ import annotations

from ..intrinsics import floats, ints
from ..layout import B
from .base import kernel
from .gather import share, share_lines


@kernel("strided")
def strided(op: int, ctx: int, tid: int, nt: int) -> None:
    """y[i, j, ...] = x[i·s₀ + j·s₁ + ...], for each sample or once.

    op: x, y, whether for each sample, numbers in x, axes of y, and for each of those its size and s."""
    o, c = ints(op, 30), ints(ctx, 64)
    axes = o[4]
    n, step = o[3 + 2 * axes], o[4 + 2 * axes]  # of the last axis
    rows = 1
    for a in range(axes - 1):
        rows *= o[5 + 2 * a]
    lo, hi = share(rows * (c[B] if o[2] != 0 else 1), tid, nt)
    for row in range(lo, hi):
        rest, start = row, 0
        for a in range(axes - 2, -1, -1):
            size = o[5 + 2 * a]
            start += rest % size * o[6 + 2 * a]
            rest //= size
        x, y = floats(o[0] + 4 * (rest * o[3] + start), n * step + 1), floats(o[1] + 4 * row * n, n)
        for i in range(n):
            y[i] = x[i * step]


@kernel("summed")
def summed(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = Σ x over rows, for each sample or once. op: x, y, whether for each sample, rows, numbers in a row."""
    o, c = ints(op, 8), ints(ctx, 64)
    rows, n = o[3], o[4]
    lo, hi = share_lines(n, tid, nt)
    m = hi - lo
    for b in range(c[B] if o[2] != 0 else 1):
        y = floats(o[1] + 4 * (b * n + lo), m)
        for i in range(m):
            y[i] = 0
        for row in range(rows):
            x = floats(o[0] + 4 * ((b * rows + row) * n + lo), m)
            for i in range(m):
                y[i] += x[i]
