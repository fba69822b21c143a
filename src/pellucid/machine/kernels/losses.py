"""The losses of `losses/`: a value for each sample, and dL/dy beside it.

Each kernel gets `slope`, by how much a sample's own value counts in the loss: its weight over the number of samples.
"""

from __future__ import annotations

import numpy as np

from ..layout import B, LOSS, NOT_FINITE, PENALTY, SHARED, STATUS
from ..memory import doubles, floats, ints
from .base import kernel
from .functions import exp, log
from .gather import share, share_lines

f32 = np.float32
SUM, MEAN_WITH_WEIGHTS = 1, 2  # reductions; 0 is the sum over the batch size


@kernel("loss.slope")
def slope(op: int, ctx: int, tid: int, nt: int) -> None:
    """How much each value counts. op: weights or 0, slope, values per sample, weights per sample, reduction."""
    o, c = ints(op, 8), ints(ctx, 64)
    inner = o[2]
    n = c[B] * inner
    s = floats(o[1], n)
    scale = f32(1.0 / n) if o[4] == 0 or (o[4] == MEAN_WITH_WEIGHTS and o[0] == 0) else f32(1)
    if o[0] == 0:
        for i in range(n):
            s[i] = scale
        return
    each = o[3]
    w = floats(o[0], c[B] * each)
    repeated = inner // each
    total = 0.0
    for i in range(n):
        s[i] = w[i // repeated]
        total += s[i]
    if o[4] == MEAN_WITH_WEIGHTS:
        scale = f32(1.0 / total) if total != 0.0 else f32(0)
    for i in range(n):
        s[i] *= scale


@kernel("loss.total")
def total(op: int, ctx: int, tid: int, nt: int) -> None:
    """L = Σ slope · value. op: values, slope, values per sample."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = c[B] * o[2]
    values, s = floats(o[0], n), floats(o[1], n)
    loss = 0.0
    for i in range(n):
        loss += np.float64(values[i]) * np.float64(s[i])
    shared = doubles(c[SHARED], 64)
    shared[LOSS], shared[PENALTY] = loss, 0.0


@kernel("loss.finite")
def finite(op: int, ctx: int, tid: int, nt: int) -> None:
    """Whether the loss and the gradient are finite; if not, the run ends before the update. op: gradient, its size."""
    o, c = ints(op, 4), ints(ctx, 64)
    lo, hi = share_lines(o[1], tid, nt)
    g = floats(o[0] + 4 * lo, hi - lo)
    spoilt = f32(0)
    for i in range(hi - lo):
        spoilt += g[i] * f32(0)  # 0, or NaN from whatever is not finite
    loss = doubles(c[SHARED], 64)[LOSS] * 0.0
    if spoilt != spoilt or loss != loss:
        ints(c[SHARED], 64)[STATUS] = NOT_FINITE


@kernel("loss.sparse_categorical_crossentropy.logits")
def sparse_categorical_crossentropy(op: int, ctx: int, tid: int, nt: int) -> None:
    """-log softmax(z)[k]. op: k, z, slope, values, dz or 0, rows per sample, classes."""
    o, c = ints(op, 8), ints(ctx, 64)
    C = o[6]
    M = c[B] * o[5]
    lo, hi = share(M, tid, nt)
    k, s, values = ints(o[0], M), floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        z = floats(o[1] + 4 * b * C, C)
        highest = z[0]
        for i in range(C):
            highest = max(highest, z[i])
        total = f32(0)
        for i in range(C):
            total += exp(z[i] - highest)
        values[b] = log(total) - (z[k[b]] - highest)
        if o[4] != 0:
            dz = floats(o[4] + 4 * b * C, C)
            share_of = s[b] / total
            for i in range(C):
                dz[i] = exp(z[i] - highest) * share_of
            dz[k[b]] -= s[b]
