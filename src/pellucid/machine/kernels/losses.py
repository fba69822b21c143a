"""What all losses share: how much each value counts, their sum, and whether anything in the step was not finite.

Each loss's own kernel gets `slope`, by how much a value counts in the loss: its weight over the number of values.
"""

from __future__ import annotations

import numpy as np

from ..intrinsics import Word, doubles, floats, ints
from ..intrinsics import number as number_of
from ..layout import ALL, LOSS, NOT_FINITE, SHARED, STATUS, B
from .base import inline, kernel
from .gather import share_lines

f32 = np.float32
SUM, MEAN_WITH_WEIGHTS = 1, 2  # reductions; 0 is the sum over the batch size


@kernel("loss.slope")
def slope(op: int, ctx: int, tid: int, nt: int) -> None:
    """How much each value counts; where nothing does, 0.

    op: weights or 0, slope, values per sample, weights per sample, reduction, class numbers or 0, the one that does not
    count, a factor, a mask or 0, mask's numbers per sample, where several processes share the batch a place for the
    number to divide by, else 0: it is summed over all of them first.
    """
    o, c = ints(op, 11), ints(ctx, 64)
    inner, reduction = o[2], o[4]
    n = c[B] * inner
    s, number = floats(o[1], n), np.float64(c[ALL] * inner)
    if o[0] == 0:
        for i in range(n):
            s[i] = f32(1)
    else:
        repeated = inner // o[3]
        w = floats(o[0], n // repeated)
        for i in range(n):
            s[i] = w[i // repeated]
    if o[5] != 0:
        k, number = ints(o[5], n), np.float64(0)
        for i in range(n):
            counts = k[i] != o[6]
            s[i] = s[i] if counts else f32(0)
            number += 1.0 if counts else 0.0
    if o[8] != 0:
        stretched = inner // o[9]
        mask, number = floats(o[8], n // stretched), np.float64(0)
        for i in range(n):
            counts = mask[i // stretched] != f32(0)
            if o[5] != 0:
                counts = counts and ints(o[5], n)[i] != o[6]
            s[i] = s[i] if counts else f32(0)
            number += 1.0 if counts else 0.0
    if reduction == MEAN_WITH_WEIGHTS and (o[0] != 0 or o[5] != 0 or o[8] != 0):
        number = np.float64(0)
        for i in range(n):
            number += np.float64(s[i])
    if o[10] != 0:
        doubles(o[10], 1)[0] = number
        return
    scale = f32(1) if reduction == SUM else (f32(1.0 / number) if number != 0.0 else f32(0))
    scale *= f32(number_of(o[7]))
    for i in range(n):
        s[i] *= scale


@kernel("loss.divide")
def divide(op: int, ctx: int, tid: int, nt: int) -> None:
    """How much each value counts, over the number of all. op: slope, values per sample, the number, a factor."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = c[B] * o[1]
    s, number = floats(o[0], n), doubles(o[2], 1)[0]
    scale = f32(1.0 / number) if number != 0.0 else f32(0)
    scale *= f32(number_of(o[3]))
    for i in range(n):
        s[i] *= scale


@kernel("loss.signs")
def signs(op: int, ctx: int, tid: int, nt: int) -> None:
    """Labels -1 and 1 from a batch of labels that are all 0 or 1; others as they are. op: t, to, numbers per sample."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = c[B] * o[2]
    t, to = floats(o[0], n), floats(o[1], n)
    others = 0
    for i in range(n):
        others += 0 if (t[i] == f32(0)) or (t[i] == f32(1)) else 1
    for i in range(n):
        to[i] = f32(2) * t[i] - f32(1) if others == 0 else t[i]


@inline
def weighted(values: Word, slope: Word, n: int) -> float:
    """Σ slope · value."""
    v, s = floats(values, n), floats(slope, n)
    total = 0.0
    for i in range(n):
        total += np.float64(v[i]) * np.float64(s[i])
    return total


@kernel("loss.total")
def total(op: int, ctx: int, tid: int, nt: int) -> None:
    """L = Σ slope · value. op: values, slope, values per sample, whether L counts already something."""
    o, c = ints(op, 4), ints(ctx, 64)
    loss = weighted(o[0], o[1], c[B] * o[2])
    shared = doubles(c[SHARED], 64)
    shared[LOSS] = shared[LOSS] + loss if o[3] != 0 else loss


@kernel("loss.finite")
def finite(op: int, ctx: int, tid: int, nt: int) -> None:
    """Whether the loss and the gradient are finite; if not, the run ends before the update. op: gradient, its size."""
    o, c = ints(op, 4), ints(ctx, 64)
    lo, hi = share_lines(o[1], tid, nt)
    g = floats(o[0] + 4 * lo, hi - lo)
    spoilt = f32(0)
    for i in range(hi - lo):
        spoilt += g[i] * f32(0)  # 0, or NaN from whatever is not finite
    loss = doubles(c[SHARED], 64)[LOSS] * 0.0 if tid == 0 else 0.0  # which thread 0 wrote
    if spoilt != spoilt or loss != loss:
        ints(c[SHARED], 64)[STATUS] = NOT_FINITE
