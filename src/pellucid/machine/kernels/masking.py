"""Masks of time steps: 1 where a step counts, 0 where not."""

from __future__ import annotations

from ..intrinsics import floats, ints, number
from ..layout import B
from .base import kernel
from .functions import ZERO, f32
from .gather import share


@kernel("masking")
def masking(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x where a step has any number that is not the value, else 0. op: x, y or 0, mask, steps per sample, numbers
    per step, the value."""
    o, c = ints(op, 8), ints(ctx, 64)
    steps, n, value = o[3], o[4], f32(number(o[5]))
    lo, hi = share(c[B], tid, nt)
    for i in range(lo * steps, hi * steps):
        x, mask = floats(o[0] + 4 * i * n, n), floats(o[2] + 4 * i, 1)
        mask[0] = ZERO
        for j in range(n):
            if x[j] != value:
                mask[0] = f32(1)
        if o[1] != 0:
            y = floats(o[1] + 4 * i * n, n)
            for j in range(n):
                y[j] = x[j] if mask[0] != ZERO else ZERO


@kernel("masking.grad")
def masking_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy where a step counts. op: dy, mask, dx, steps per sample, numbers per step."""
    o, c = ints(op, 8), ints(ctx, 64)
    steps, n = o[3], o[4]
    lo, hi = share(c[B], tid, nt)
    for i in range(lo * steps, hi * steps):
        dy, mask, dx = floats(o[0] + 4 * i * n, n), floats(o[1] + 4 * i, 1), floats(o[2] + 4 * i * n, n)
        for j in range(n):
            dx[j] = dy[j] if mask[0] != ZERO else ZERO


@kernel("masking.weights")
def masking_weights(op: int, ctx: int, tid: int, nt: int) -> None:
    """The weight of each step that counts. op: mask, weights, product, steps per sample, weights per sample."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = c[B] * o[3]
    repeated = o[3] // o[4]
    mask, weights, product = floats(o[0], n), floats(o[1], n // repeated), floats(o[2], n)
    for i in range(n):
        product[i] = mask[i] * weights[i // repeated]
