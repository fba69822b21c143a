"""Kernels that do the same to every number: y = f(x) and dx = f'(dy, x, y)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..layout import B
from ..memory import floats, ints, number
from .base import kernel
from .gather import share_lines

f32 = np.float32


def forward(name: str, f: Any) -> None:
    """The kernel of y = f(x, p, q, r). op: x, y, numbers per sample, p, q, r."""

    @kernel(name)
    def run(op: int, ctx: int, tid: int, nt: int) -> None:
        o = ints(op, 8)
        lo, hi = share_lines(ints(ctx, 64)[B] * o[2], tid, nt)
        n = hi - lo
        x, y = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n)
        p, q, r = f32(number(o[3])), f32(number(o[4])), f32(number(o[5]))
        for i in range(n):
            y[i] = f(x[i], p, q, r)


def backward(name: str, f: Any) -> None:
    """The kernel of dx = f(dy, x, y, p, q, r). op: dy, x, y, dx, numbers per sample, p, q, r."""

    @kernel(f"{name}.grad")
    def run(op: int, ctx: int, tid: int, nt: int) -> None:
        o = ints(op, 8)
        lo, hi = share_lines(ints(ctx, 64)[B] * o[4], tid, nt)
        n = hi - lo
        dy, x, y, dx = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n), floats(o[3] + 4 * lo, n)
        p, q, r = f32(number(o[5])), f32(number(o[6])), f32(number(o[7]))
        for i in range(n):
            dx[i] = f(dy[i], x[i], y[i], p, q, r)
