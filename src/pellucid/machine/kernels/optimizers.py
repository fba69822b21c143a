"""The update rules of `optimizers/`, each one loop over the vectors."""

from __future__ import annotations

import numpy as np

from ..layout import RATE, T
from ..memory import floats, ints, number
from .base import kernel
from .gather import share_lines

f32 = np.float32


@kernel("adam")
def adam(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: w, g, m, v, their size, β₁, β₂, ε, steps per update."""
    o, c = ints(op, 10), ints(ctx, 64)
    lo, hi = share_lines(o[4], tid, nt)
    n = hi - lo
    w, g, m, v = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n), floats(o[3] + 4 * lo, n)
    beta_1, beta_2, t = number(o[5]), number(o[6]), float(c[T] // o[8] + 1)
    alpha = f32(number(c[RATE]) * np.sqrt(1.0 - beta_2**t) / (1.0 - beta_1**t))
    epsilon, a, b = f32(number(o[7])), f32(1.0 - beta_1), f32(1.0 - beta_2)
    for i in range(n):
        m[i] += a * (g[i] - m[i])
        v[i] += b * (g[i] * g[i] - v[i])
        w[i] -= alpha * m[i] / (np.sqrt(v[i]) + epsilon)
