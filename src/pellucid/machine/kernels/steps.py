"""What all optimizers share: the gradient unscaled, accumulated, clipped; weights decayed, averaged.

Each thread goes through the same part of a stretch in all of them, so that none needs to wait for another, but where
norms are taken.
"""

from __future__ import annotations

import numpy as np

from ..intrinsics import ints, number
from ..layout import RATE, T
from .base import kernel
from .gather import share_lines
from .sums import total
from .updates import due, part, within

f32 = np.float32


@kernel("gradient.unscaled")
def unscaled(op: int, ctx: int, tid: int, nt: int) -> None:
    """gradient ← scale · gradient, that of the scaled loss;  g ← gradient / scale. op: size, gradient, g, scale."""
    o = ints(op, 4)
    lo, hi = share_lines(o[0], tid, nt)
    gradient, g = part(op, 1, lo, hi - lo), part(op, 2, lo, hi - lo)
    scale = f32(number(o[3]))
    for i in range(hi - lo):
        scaled = gradient[i] * scale
        gradient[i] = scaled
        g[i] = scaled / scale


@kernel("gradient.accumulated")
def accumulated(op: int, ctx: int, tid: int, nt: int) -> None:
    """sum ← sum + x; in a step that updates g ← sum / n, sum ← 0. op: size, n, x, sum, g."""
    o, c = ints(op, 5), ints(ctx, 64)
    lo, hi = share_lines(o[0], tid, nt)
    n = hi - lo
    x, sums, g = part(op, 2, lo, n), part(op, 3, lo, n), part(op, 4, lo, n)
    steps = f32(o[1])
    if due(c[T], o[1]):
        for i in range(n):
            g[i] = (sums[i] + x[i]) / steps
            sums[i] = f32(0)
    else:
        for i in range(n):
            sums[i] += x[i]


@kernel("gradient.forgotten")
def forgotten(op: int, ctx: int, tid: int, nt: int) -> None:
    """sum ← 0 in a step that updates, for what is frozen by now. op: size, n, sum."""
    o, c = ints(op, 3), ints(ctx, 64)
    lo, hi = share_lines(o[0], tid, nt)
    sums = part(op, 2, lo, hi - lo)
    if due(c[T], o[1]):
        for i in range(hi - lo):
            sums[i] = f32(0)


@kernel("clip.value")
def clip_by_value(op: int, ctx: int, tid: int, nt: int) -> None:
    """Each number cut to ±limit. op: size, steps per update, x, g, limit."""
    o, c = ints(op, 5), ints(ctx, 64)
    lo, hi = share_lines(o[0], tid, nt)
    x, g = part(op, 2, lo, hi - lo), part(op, 3, lo, hi - lo)
    limit = f32(number(o[4]))
    if due(c[T], o[1]):
        for i in range(hi - lo):
            g[i] = within(x[i], limit)


@kernel("clip.norm")
def clip_by_norm(op: int, ctx: int, tid: int, nt: int) -> None:
    """g ← x · limit / max(‖x‖, limit). op: size, steps per update, x, g, sums of x², how many, limit."""
    o, c = ints(op, 7), ints(ctx, 64)
    if not due(c[T], o[1]):
        return
    lo, hi = share_lines(o[0], tid, nt)
    x, g = part(op, 2, lo, hi - lo), part(op, 3, lo, hi - lo)
    norm, limit = np.sqrt(total(o[4], o[5])), number(o[6])
    scale = f32(1.0) if norm <= limit else f32(limit / norm)  # NaN for a norm of NaN
    for i in range(hi - lo):
        g[i] = x[i] * scale


@kernel("decay")
def decay(op: int, ctx: int, tid: int, nt: int) -> None:
    """w ← w − lr · weight_decay · w. op: size, steps per update, weight decay, w."""
    o, c = ints(op, 4), ints(ctx, 64)
    lo, hi = share_lines(o[0], tid, nt)
    w = part(op, 3, lo, hi - lo)
    share = f32(number(o[2]) * number(c[RATE]))
    if due(c[T], o[1]):
        for i in range(hi - lo):
            w[i] -= w[i] * share


@kernel("average")
def average(op: int, ctx: int, tid: int, nt: int) -> None:
    """a ← μa + (1 − μ)w, and now and then w ← a. op: size, steps per update, w, a, μ, how often in updates, or 0."""
    o, c = ints(op, 6), ints(ctx, 64)
    lo, hi = share_lines(o[0], tid, nt)
    n = hi - lo
    w, a = part(op, 2, lo, n), part(op, 3, lo, n)
    updates = c[T] // o[1]
    momentum = number(o[4]) if updates > 0 else 0.0
    kept, new = f32(momentum), f32(1.0 - momentum)
    for i in range(n):
        a[i] = kept * a[i] + new * w[i]
    if o[5] != 0 and (updates + 1) % o[5] == 0:
        for i in range(n):
            w[i] = a[i]
