"""Ops that make one number of each row, and dx of the row from dy and y.     x (..., n), y (...)

op: x, y, rows, n, whether for each sample; and on the way back: dy, x, y, dx, and the same three.
Each is a second kernel, `.batch`, of rows that go through the whole batch, n numbers of each sample: op: x, y, rows, n.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...intrinsics import floats, ints
from ...layout import B
from ..base import inline, kernel
from ..functions import INFINITY, ONE, TWO, ZERO, choose, exp, f32, highest, log
from ..gather import share


def reduced(name: str) -> Callable[[Any], Any]:
    """Decorator: the kernel of y = f(x, n)."""

    def add(function: Any) -> Any:
        f = inline(function)

        @kernel(f"op.{name}")
        def run(op: int, ctx: int, tid: int, nt: int) -> None:
            o, c = ints(op, 5), ints(ctx, 64)
            n = o[3]
            lo, hi = share(o[2] * (c[B] if o[4] != 0 else 1), tid, nt)
            y = floats(o[1] + 4 * lo, hi - lo)
            for row in range(hi - lo):
                y[row] = f(floats(o[0] + 4 * (lo + row) * n, n), n)

        @kernel(f"op.{name}.batch")
        def through(op: int, ctx: int, tid: int, nt: int) -> None:
            o = ints(op, 4)
            n = o[3] * ints(ctx, 64)[B]
            lo, hi = share(o[2], tid, nt)
            y = floats(o[1] + 4 * lo, hi - lo)
            for row in range(hi - lo):
                y[row] = f(floats(o[0] + 4 * (lo + row) * n, n), n)

        return f

    return add


def reduced_grad(name: str) -> Callable[[Any], Any]:
    """Decorator: the kernel of f(dy, x, y, dx, n), which writes dx."""

    def add(function: Any) -> Any:
        f = inline(function)

        @kernel(f"op.{name}.grad")
        def run(op: int, ctx: int, tid: int, nt: int) -> None:
            o, c = ints(op, 7), ints(ctx, 64)
            n = o[5]
            lo, hi = share(o[4] * (c[B] if o[6] != 0 else 1), tid, nt)
            dy, y = floats(o[0] + 4 * lo, hi - lo), floats(o[2] + 4 * lo, hi - lo)
            for row in range(hi - lo):
                at = 4 * (lo + row) * n
                f(dy[row], floats(o[1] + at, n), y[row], floats(o[3] + at, n), n)

        @kernel(f"op.{name}.batch.grad")
        def through(op: int, ctx: int, tid: int, nt: int) -> None:
            o = ints(op, 6)
            n = o[5] * ints(ctx, 64)[B]
            lo, hi = share(o[4], tid, nt)
            dy, y = floats(o[0] + 4 * lo, hi - lo), floats(o[2] + 4 * lo, hi - lo)
            for row in range(hi - lo):
                at = 4 * (lo + row) * n
                f(dy[row], floats(o[1] + at, n), y[row], floats(o[3] + at, n), n)

        return f

    return add


@reduced("sum")
def total(x: Any, n: int) -> Any:
    found = ZERO
    for i in range(n):
        found += x[i]
    return found


@reduced_grad("sum")
def total_grad(dy: Any, x: Any, y: Any, dx: Any, n: int) -> None:
    for i in range(n):
        dx[i] = dy


@reduced("mean")
def mean(x: Any, n: int) -> Any:
    return total(x, n) / f32(n)


@reduced_grad("mean")
def mean_grad(dy: Any, x: Any, y: Any, dx: Any, n: int) -> None:
    for i in range(n):
        dx[i] = dy / f32(n)


@reduced("var")
def variance(x: Any, n: int) -> Any:
    m, found = mean(x, n), ZERO
    for i in range(n):
        found += (x[i] - m) * (x[i] - m)
    return found / f32(n)


@reduced_grad("var")
def variance_grad(dy: Any, x: Any, y: Any, dx: Any, n: int) -> None:
    m = mean(x, n)
    for i in range(n):
        dx[i] = dy * (x[i] - m) * (TWO / f32(n))


@reduced("std")
def deviation(x: Any, n: int) -> Any:
    return np.sqrt(variance(x, n))


@reduced_grad("std")
def deviation_grad(dy: Any, x: Any, y: Any, dx: Any, n: int) -> None:
    variance_grad(dy / (TWO * y), x, y, dx, n)


@inline
def spoilt(x: Any, n: int) -> bool:
    """Whether there is a NaN among the numbers."""
    found = 0
    for i in range(n):
        found += 1 if x[i] != x[i] else 0
    return found > 0


@reduced("max")
def largest(x: Any, n: int) -> Any:
    return choose(spoilt(x, n), f32(np.nan), highest(x, n))


@reduced("min")
def smallest(x: Any, n: int) -> Any:
    least = INFINITY
    for i in range(n):
        least = min(least, x[i])
    return choose(spoilt(x, n), f32(np.nan), least)


@reduced_grad("max")
def largest_grad(dy: Any, x: Any, y: Any, dx: Any, n: int) -> None:
    """Those that are equally large share dy."""
    count = ZERO
    for i in range(n):
        count += choose(x[i] == y, ONE, ZERO)
    for i in range(n):
        dx[i] = dy * choose(x[i] == y, ONE, ZERO) / count


reduced_grad("min")(largest_grad.py_func)


@reduced("prod")
def product(x: Any, n: int) -> Any:
    found = ONE
    for i in range(n):
        found *= x[i]
    return found


@reduced_grad("prod")
def product_grad(dy: Any, x: Any, y: Any, dx: Any, n: int) -> None:
    """dy · the product of the others: where one number is 0, of all others; where two are, 0."""
    zeros, rest = 0, ONE
    for i in range(n):
        zeros += 1 if x[i] == ZERO else 0
        rest *= choose(x[i] == ZERO, ONE, x[i])
    for i in range(n):
        zero = x[i] == ZERO
        others = rest if zero else rest / x[i]
        dx[i] = dy * (others if zeros == (1 if zero else 0) else ZERO)


@reduced("logsumexp")
def logsumexp(x: Any, n: int) -> Any:
    most, found = highest(x, n), ZERO
    most = choose(abs(most) < INFINITY, most, ZERO)
    for i in range(n):
        found += exp(x[i] - most)
    return log(found) + most


@reduced_grad("logsumexp")
def logsumexp_grad(dy: Any, x: Any, y: Any, dx: Any, n: int) -> None:
    for i in range(n):
        dx[i] = dy * exp(x[i] - y)


@reduced("any")
def some(x: Any, n: int) -> Any:
    found = ZERO
    for i in range(n):
        found = max(found, choose(x[i] != ZERO, ONE, ZERO))
    return found


@reduced("all")
def every(x: Any, n: int) -> Any:
    found = ONE
    for i in range(n):
        found = min(found, choose(x[i] != ZERO, ONE, ZERO))
    return found


@inline
def beyond(a: Any, b: Any) -> Any:
    """Whether a is larger than b, or the first NaN."""
    return (a > b) | ((a != a) & (b == b))


@reduced("argmax")
def place_of_largest(x: Any, n: int) -> Any:
    at = 0
    for i in range(1, n):
        at = i if beyond(x[i], x[at]) else at
    return f32(at)


@reduced("argmin")
def place_of_smallest(x: Any, n: int) -> Any:
    at = 0
    for i in range(1, n):
        at = i if beyond(-x[i], -x[at]) else at
    return f32(at)


@kernel("op.cumsum")
def cumsum(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = the sums of each row up to each place, or from it on. op: x, y, rows, n, whether for each sample, whether
    from it on."""
    o, c = ints(op, 6), ints(ctx, 64)
    n = o[3]
    lo, hi = share(o[2] * (c[B] if o[4] != 0 else 1), tid, nt)
    for row in range(lo, hi):
        x, y = floats(o[0] + 4 * row * n, n), floats(o[1] + 4 * row * n, n)
        found = ZERO
        for i in range(n):
            j = n - 1 - i if o[5] != 0 else i
            found += x[j]
            y[j] = found
