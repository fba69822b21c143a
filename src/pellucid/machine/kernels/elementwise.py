"""Kernels that do the same to every number: y = f(x) and dx = f'(dy, x, y), each with up to three options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..intrinsics import floats, ints, number
from ..layout import B
from .base import kernel
from .functions import f32, precise
from .gather import share_lines


def forward(name: str) -> Callable[[Any], Any]:
    """Decorator: the kernel of y = f(x, ...). op: x, y, numbers per sample, p, q, r: f takes as many as it names."""

    def add(function: Any) -> Any:
        f, arguments = precise(function), function.__code__.co_argcount

        @kernel(name)
        def run(op: int, ctx: int, tid: int, nt: int) -> None:
            o = ints(op, 8)
            lo, hi = share_lines(ints(ctx, 64)[B] * o[2], tid, nt)
            n = hi - lo
            x, y = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n)
            p, q, r = f32(number(o[3])), f32(number(o[4])), f32(number(o[5]))
            for i in range(n):
                y[i] = f(*(x[i], p, q, r)[:arguments])

        return f

    return add


def backward(name: str) -> Callable[[Any], Any]:
    """Decorator: the kernel of dx = f(dy, x, y, ...). op: dy, x, y, dx, numbers per sample, p, q, r."""

    def add(function: Any) -> Any:
        f, arguments = precise(function), function.__code__.co_argcount

        @kernel(f"{name}.grad")
        def run(op: int, ctx: int, tid: int, nt: int) -> None:
            o = ints(op, 8)
            lo, hi = share_lines(ints(ctx, 64)[B] * o[4], tid, nt)
            n = hi - lo
            dy, x = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n)
            y, dx = floats(o[2] + 4 * lo, n), floats(o[3] + 4 * lo, n)
            p, q, r = f32(number(o[5])), f32(number(o[6])), f32(number(o[7]))
            for i in range(n):
                dx[i] = f(*(dy[i], x[i], y[i], p, q, r)[:arguments])

        return f

    return add
