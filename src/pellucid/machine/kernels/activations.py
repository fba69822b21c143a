"""The activations of `activations/`, and under each its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..layout import B
from ..memory import floats, ints
from .base import inline, kernel
from .elementwise import backward, forward
from .functions import exp
from .gather import share

f32 = np.float32


@inline
def relu(x: Any, slope: Any, largest: Any, threshold: Any) -> Any:
    above = min(max(x, f32(0)), largest) if x == x else x
    return slope * (x - threshold) if x <= threshold else above


@inline
def relu_grad(dy: Any, x: Any, y: Any, slope: Any, largest: Any, threshold: Any) -> Any:
    above = f32(1) if (x > f32(0)) and (x < largest) or largest == f32(np.inf) else f32(0)
    return dy * (above if x > threshold else slope)


@inline
def plain_relu_grad(dy: Any, x: Any, y: Any, p: Any, q: Any, r: Any) -> Any:
    """Of max(x, 0), from y alone: the tile rectifies z before it is ever stored."""
    return dy if y > f32(0) else dy * f32(0)


forward("relu", relu)
backward("relu", relu_grad)
backward("dense.relu", plain_relu_grad)


@kernel("softmax")
def softmax(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = eˣ / Σ eˣ over the last axis. op: x, y, rows per sample, numbers per row."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[3]
    lo, hi = share(c[B] * o[2], tid, nt)
    for b in range(lo, hi):
        x, y = floats(o[0] + 4 * b * n, n), floats(o[1] + 4 * b * n, n)
        highest = x[0]
        for i in range(n):
            highest = max(highest, x[i])
        total = f32(0)
        for i in range(n):
            y[i] = exp(x[i] - highest)
            total += y[i]
        for i in range(n):
            y[i] /= total


@kernel("softmax.grad")
def softmax_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = y·(dy - Σ dy·y). op: dy, x, y, dx, rows per sample, numbers per row."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[5]
    lo, hi = share(c[B] * o[4], tid, nt)
    for b in range(lo, hi):
        dy, y, dx = floats(o[0] + 4 * b * n, n), floats(o[2] + 4 * b * n, n), floats(o[3] + 4 * b * n, n)
        along = f32(0)
        for i in range(n):
            along += dy[i] * y[i]
        for i in range(n):
            dx[i] = y[i] * (dy[i] - along)
