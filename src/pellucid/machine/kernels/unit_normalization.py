"""UnitNormalization: y = x / ‖x‖, row by row."""

from __future__ import annotations

import numpy as np

from ..intrinsics import floats, ints
from ..layout import B
from .base import kernel
from .functions import f32
from .gather import share

SHORTEST = f32(1e-12)  # a shorter row is divided by this instead


@kernel("unit_normalization")
def unit_norm(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: x, y, ‖x‖, rows per sample, numbers per row."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[4]
    M = c[B] * o[3]
    lo, hi = share(M, tid, nt)
    lengths = floats(o[2], M)
    for b in range(lo, hi):
        x, y = floats(o[0] + 4 * b * n, n), floats(o[1] + 4 * b * n, n)
        squares = f32(0)
        for i in range(n):
            squares += x[i] * x[i]
        lengths[b] = length = max(np.sqrt(squares), SHORTEST)
        for i in range(n):
            y[i] = x[i] / length


@kernel("unit_normalization.grad")
def unit_norm_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = (dy − y·Σ dy·y) / ‖x‖; below SHORTEST the divisor is constant. op: dy, y, ‖x‖, dx, rows, numbers per row."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[5]
    M = c[B] * o[4]
    lo, hi = share(M, tid, nt)
    lengths = floats(o[2], M)
    for b in range(lo, hi):
        dy, y, dx = floats(o[0] + 4 * b * n, n), floats(o[1] + 4 * b * n, n), floats(o[3] + 4 * b * n, n)
        along = f32(0)
        for i in range(n):
            along += dy[i] * y[i]
        along = along if lengths[b] > SHORTEST else f32(0)
        for i in range(n):
            dx[i] = (dy[i] - y[i] * along) / lengths[b]
