"""Two arrays joined into one of their size, number by number; and blocks of rows copied, to lay arrays side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..intrinsics import floats, ints
from ..layout import B
from .base import inline, kernel
from .gather import share, share_lines


def joining(name: str) -> Callable[[Any], Any]:
    """Decorator: the kernel of y = f(a, b). op: a, b, y, how many numbers, whether for each sample."""

    def add(function: Any) -> Any:
        f = inline(function)

        @kernel(name)
        def run(op: int, ctx: int, tid: int, nt: int) -> None:
            o = ints(op, 8)
            lo, hi = share_lines(o[3] * (ints(ctx, 64)[B] if o[4] != 0 else 1), tid, nt)
            n = hi - lo
            a, b, y = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n)
            for i in range(n):
                y[i] = f(a[i], b[i])

        return f

    return add


@joining("merge.add")
def add(a: Any, b: Any) -> Any:
    return a + b


@joining("merge.subtract")
def subtract(a: Any, b: Any) -> Any:
    return a - b


@joining("merge.multiply")
def multiply(a: Any, b: Any) -> Any:
    return a * b


@joining("merge.maximum")
def maximum(a: Any, b: Any) -> Any:
    return a if a >= b or a != a else b  # NaN, as in NumPy, is larger than all


@joining("merge.minimum")
def minimum(a: Any, b: Any) -> Any:
    return a if a <= b or a != a else b


@kernel("merge.chosen")
def chosen(op: int, ctx: int, tid: int, nt: int) -> None:
    """The share of dy that goes to a where the larger was chosen: all, none, or half where both are equal.

    op: dy, a, b, da, numbers per sample."""
    o = ints(op, 8)
    lo, hi = share_lines(o[4] * ints(ctx, 64)[B], tid, nt)
    n = hi - lo
    dy, a = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n)
    b, da = floats(o[2] + 4 * lo, n), floats(o[3] + 4 * lo, n)
    for i in range(n):
        da[i] = dy[i] * (np.float32(1) if a[i] > b[i] else np.float32(0.5) if a[i] == b[i] else np.float32(0))


@kernel("merge.block")
def block(op: int, ctx: int, tid: int, nt: int) -> None:
    """n numbers out of every row of x, into every row of y. op: x, y, rows per sample, n, numbers in a row of x, the
    first of them, numbers in a row of y, the first of them."""
    o = ints(op, 8)
    n = o[3]
    lo, hi = share(o[2] * ints(ctx, 64)[B], tid, nt)
    for row in range(lo, hi):
        x, y = floats(o[0] + 4 * (row * o[4] + o[5]), n), floats(o[1] + 4 * (row * o[6] + o[7]), n)
        for i in range(n):
            y[i] = x[i]
