"""Activations that turn scores into probabilities: softmax, its logarithm, sparsemax; all over the last axis.

Each kernel's op: x, y, rows per sample, numbers per row; and on the way back: dy, x, y, dx, and the same two."""

from __future__ import annotations

from ..intrinsics import floats, ints
from ..layout import B
from .base import kernel
from .functions import INFINITY, ONE, ZERO, choose, decayed, exp, f32, highest, log
from .gather import share


@kernel("softmax")
def softmax(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = eˣ / Σ eˣ."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = o[3]
    lo, hi = share(c[B] * o[2], tid, nt)
    for b in range(lo, hi):
        x, y = floats(o[0] + 4 * b * n, n), floats(o[1] + 4 * b * n, n)
        most, total = highest(x, n), f32(0)
        for i in range(n):
            y[i] = x[i] - most
        for i in range(n):  # of y alone: where x lay near y, this loop would not vectorize, and its sum would differ
            y[i] = decayed(y[i])
            total += y[i]
        for i in range(n):
            y[i] /= total


@kernel("softmax.grad")
def softmax_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = y·(dy - Σ dy·y)."""
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


@kernel("log_softmax")
def log_softmax(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x - log Σ eˣ."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = o[3]
    lo, hi = share(c[B] * o[2], tid, nt)
    for b in range(lo, hi):
        x, y = floats(o[0] + 4 * b * n, n), floats(o[1] + 4 * b * n, n)
        most, total = highest(x, n), f32(0)
        for i in range(n):
            y[i] = x[i] - most
        for i in range(n):
            total += decayed(y[i])
        whole = log(total)
        for i in range(n):
            y[i] -= whole


@kernel("log_softmax.grad")
def log_softmax_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy - eʸ·Σ dy."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[5]
    lo, hi = share(c[B] * o[4], tid, nt)
    for b in range(lo, hi):
        dy, y, dx = floats(o[0] + 4 * b * n, n), floats(o[2] + 4 * b * n, n), floats(o[3] + 4 * b * n, n)
        total = f32(0)
        for i in range(n):
            total += dy[i]
        for i in range(n):
            dx[i] = dy[i] - exp(y[i]) * total


@kernel("sparsemax")
def sparsemax(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = max(x - τ, 0) with Σ y = 1. τ is found from below: among the entries above it, it is (Σ x - 1) / how many.

    Source: Michelot, "A finite algorithm for finding the projection of a point onto the canonical simplex of Rⁿ"
    (1986); it needs no sorting."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = o[3]
    lo, hi = share(c[B] * o[2], tid, nt)
    for b in range(lo, hi):
        x, y = floats(o[0] + 4 * b * n, n), floats(o[1] + 4 * b * n, n)
        most, τ = highest(x, n), -INFINITY
        before, count = f32(n + 2), f32(n + 1)
        while count < before:  # so that it ends, whatever rounding does
            before, count, total = count, f32(0), f32(0)
            for i in range(n):
                z = x[i] - most
                total += choose(z <= τ, ZERO, z)
                count += choose(z <= τ, ZERO, ONE)
            τ = (total - ONE) / count
        for i in range(n):
            y[i] = max(x[i] - most - τ, ZERO)


@kernel("sparsemax.grad")
def sparsemax_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy less its mean over the entries above zero; zero elsewhere."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[5]
    lo, hi = share(c[B] * o[4], tid, nt)
    for b in range(lo, hi):
        dy, y, dx = floats(o[0] + 4 * b * n, n), floats(o[2] + 4 * b * n, n), floats(o[3] + 4 * b * n, n)
        total, count = f32(0), f32(0)
        for i in range(n):
            above = choose(y[i] > ZERO, ONE, ZERO)
            total += dy[i] * above
            count += above
        mean = total / count
        for i in range(n):
            dx[i] = choose(y[i] > ZERO, ONE, ZERO) * (dy[i] - mean)
