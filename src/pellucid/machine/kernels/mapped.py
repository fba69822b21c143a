"""Kernels that compute y = f(a, b, c) number by number, of operands that are stretched to fit one another.

Each operand says how far apart its neighbours lie along every axis: 0 along an axis that it is stretched over. So a
number, an array that is the same for all samples and a row of each sample's need no copies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..intrinsics import Word, floats, ints
from ..layout import SCRATCH, B
from .base import inline, kernel
from .functions import precise
from .gather import share, share_lines

CHUNK = 1024  # numbers that are computed at a time
ONCE, EACH, FLAT = 0, 1, 2  # one sample only; every sample; every sample, and no operand jumps anywhere


@inline
def in_line(x: Word, step: int, n: int, scratch: Word) -> Word:
    """Where n numbers, `step` apart from x on, lie side by side: where they are, or copied."""
    if step == 1:
        return x
    source, target = floats(x, (n - 1) * step + 1), floats(scratch, n)
    for i in range(n):
        target[i] = source[i * step]
    return scratch


def mapped(name: str) -> Callable[[Any], Any]:
    """Decorator: the kernel of y = f(a, ...), f of one to three numbers.

    op: a, b, c, y, how far apart the samples of a, b and c lie, whether for each sample, axes, and for each of those
    its size and the steps of a, b and c along it. Operands that f does not take repeat another.
    """

    def add(function: Any) -> Any:
        f, arguments = precise(function), function.__code__.co_argcount

        @kernel(name)
        def run(op: int, ctx: int, tid: int, nt: int) -> None:
            o, c = ints(op, 30), ints(ctx, 64)
            flat, axes = o[7] == FLAT, o[8]
            last = 5 + 4 * axes
            n, rows = o[last], c[B] if o[7] != ONCE else 1
            for axis in range(9, last, 4):
                rows *= o[axis]
            lo, hi = share_lines(rows * n, tid, nt) if flat else share(rows, tid, nt)
            first, end = (0, 1) if flat else (lo, hi)
            start, stop = (lo, hi) if flat else (0, n)
            for row in range(first, end):
                rest, at, bt, ct = row, 0, 0, 0
                for axis in range(last - 4, 8, -4):
                    place = rest % o[axis]
                    rest //= o[axis]
                    at, bt, ct = at + place * o[axis + 1], bt + place * o[axis + 2], ct + place * o[axis + 3]
                at, bt, ct = at + rest * o[4], bt + rest * o[5], ct + rest * o[6]
                for i in range(start, stop, CHUNK):
                    m = min(CHUNK, stop - i)
                    sa, sb, sc, scratch = o[last + 1], o[last + 2], o[last + 3], c[SCRATCH]
                    u = floats(in_line(o[0] + 4 * (at + i * sa), sa, m, scratch), m)
                    v = floats(in_line(o[1] + 4 * (bt + i * sb), sb, m, scratch + 4 * CHUNK), m)
                    w = floats(in_line(o[2] + 4 * (ct + i * sc), sc, m, scratch + 8 * CHUNK), m)
                    y = floats(o[3] + 4 * (row * n + i), m)
                    for j in range(m):
                        y[j] = f(*(u[j], v[j], w[j])[:arguments])

        return f

    return add
