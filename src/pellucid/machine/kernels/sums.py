"""Sums over a vector, in float64: of each block of fixed size by one thread, and then of the blocks in their order, so
that the same number comes out for every number of threads.

`sums`: one float64 for each block.
"""

from __future__ import annotations

import numpy as np

from ..intrinsics import Word, doubles, floats, ints
from ..layout import T
from .base import inline, kernel
from .gather import share
from .updates import due


@kernel("sums.squares")
def squares(op: int, ctx: int, tid: int, nt: int) -> None:
    """Σ x² of each block. op: size, steps per update, x, sums, numbers in a block."""
    o, c = ints(op, 5), ints(ctx, 64)
    if not due(c[T], o[1]):
        return
    size, block = o[0], o[4]
    count = (size + block - 1) // block
    sums = doubles(o[3], count)
    lo, hi = share(count, tid, nt)
    for k in range(lo, hi):
        n = min(block, size - k * block)
        x = floats(o[2] + 4 * k * block, n)
        found = 0.0
        for i in range(n):
            found += np.float64(x[i]) * np.float64(x[i])
        sums[k] = found


@inline
def total(sums: Word, count: int) -> float:
    """The sum of the blocks' sums."""
    s = doubles(sums, count)
    found = 0.0
    for i in range(count):
        found += s[i]
    return found
