"""The penalty on a layer's output, (l1·Σ|y| + l2·Σy²) / B, and its gradient."""

from __future__ import annotations

import numpy as np

from ..intrinsics import doubles, floats, ints, number
from ..layout import ALL, LOSS, SHARED, B
from .base import kernel
from .gather import share_lines

f32 = np.float32


@kernel("activity.penalty")
def penalty(op: int, ctx: int, tid: int, nt: int) -> None:
    """L ← L + (l1·Σ|y| + l2·Σy²) / B, summed in float64. op: y, numbers per sample, l1, l2."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = c[B] * o[1]
    y = floats(o[0], n)
    absolute, squares = 0.0, 0.0
    for i in range(n):
        v = np.float64(y[i])
        absolute += abs(v)
        squares += v * v
    doubles(c[SHARED], 64)[LOSS] += (number(o[2]) * absolute + number(o[3]) * squares) / c[ALL]


@kernel("activity.grad")
def penalty_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy + (l1·sign(y) + 2·l2·y) / B. op: dy, y, y, dx, numbers per sample, l1, l2."""
    o, c = ints(op, 8), ints(ctx, 64)
    lo, hi = share_lines(c[B] * o[4], tid, nt)
    n = hi - lo
    dy, y, dx = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[3] + 4 * lo, n)
    l1, l2 = f32(number(o[5]) / c[ALL]), f32(2.0 * number(o[6]) / c[ALL])
    for i in range(n):
        sign = f32(1) if y[i] > f32(0) else (f32(-1) if y[i] < f32(0) else y[i])  # NaN stays NaN
        dx[i] = dy[i] + (l1 * sign + l2 * y[i])
