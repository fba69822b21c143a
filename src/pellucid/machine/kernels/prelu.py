"""PReLU: y = max(x, 0) + alpha·min(x, 0).     x (B, n)   alpha (n,)   y (B, n)"""

from __future__ import annotations

from ..intrinsics import floats, ints
from ..layout import B
from .base import kernel
from .functions import ONE, ZERO, choose
from .gather import share, share_lines


@kernel("prelu")
def prelu(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: x, alpha, y, numbers per sample."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = o[3]
    alpha = floats(o[1], n)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        x, y = floats(o[0] + 4 * b * n, n), floats(o[2] + 4 * b * n, n)
        for i in range(n):
            y[i] = max(x[i], ZERO) + alpha[i] * min(x[i], ZERO)


@kernel("prelu.grad")
def prelu_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """The slope is 1 above zero, alpha below. op: dy, x, alpha, dx, numbers per sample."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[4]
    alpha = floats(o[2], n)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        dy, x, dx = floats(o[0] + 4 * b * n, n), floats(o[1] + 4 * b * n, n), floats(o[3] + 4 * b * n, n)
        for i in range(n):
            dx[i] = dy[i] * (choose(x[i] > ZERO, ONE, ZERO) + alpha[i] * choose(x[i] < ZERO, ONE, ZERO))


@kernel("prelu.slopes")
def slopes(op: int, ctx: int, tid: int, nt: int) -> None:
    """dalpha = Σ dy·min(x, 0) over the batch. op: dy, x, dalpha, numbers per sample."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = o[3]
    lo, hi = share_lines(n, tid, nt)
    m = hi - lo
    dalpha = floats(o[2] + 4 * lo, m)
    for i in range(m):
        dalpha[i] = 0
    for b in range(c[B]):
        dy, x = floats(o[0] + 4 * (b * n + lo), m), floats(o[1] + 4 * (b * n + lo), m)
        for i in range(m):
            dalpha[i] += dy[i] * min(x[i], ZERO)
