"""Normalization: y = (x − μ) / s with s = max(√σ², 1e-7).     x (B, n)   μ, σ², s (n,)   y (B, n)"""

from __future__ import annotations

import numpy as np

from ..intrinsics import floats, ints
from ..layout import B
from .base import kernel
from .functions import f32
from .gather import share, share_lines


@kernel("normalization.deviation")
def deviation(op: int, ctx: int, tid: int, nt: int) -> None:
    """s. op: σ², s, how many."""
    o = ints(op, 4)
    lo, hi = share_lines(o[2], tid, nt)
    m = hi - lo
    variance, s = floats(o[0] + 4 * lo, m), floats(o[1] + 4 * lo, m)
    for i in range(m):
        s[i] = max(np.sqrt(variance[i]), f32(1e-7))


@kernel("normalization")
def normalization(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: x, μ, s, y, numbers per sample."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[4]
    mean, s = floats(o[1], n), floats(o[2], n)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        x, y = floats(o[0] + 4 * b * n, n), floats(o[3] + 4 * b * n, n)
        for i in range(n):
            y[i] = (x[i] - mean[i]) / s[i]
