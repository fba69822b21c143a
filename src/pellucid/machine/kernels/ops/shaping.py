"""Numbers moved."""

from __future__ import annotations

from ...intrinsics import floats, ints, words
from ...layout import B
from ..base import kernel
from ..functions import ZERO
from ..gather import share

COPY, ADD = 0, 1


@kernel("op.moved")
def moved(op: int, ctx: int, tid: int, nt: int) -> None:
    """y[j + k] = x[i + k], k < n, for many i and j; or y = 0 and then y[j + k] += x[i + k], as places may come twice.

    op: x, y, the i and j in turn (uint32), how many pairs, n, numbers per sample of x and of y, whether for each
    sample, COPY or ADD."""
    o, c = ints(op, 9), ints(ctx, 64)
    n = o[4]
    pairs = words(o[2], 2 * o[3])
    lo, hi = share(c[B] if o[7] != 0 else 1, tid, nt)
    for b in range(lo, hi):
        if o[8] == ADD:
            y = floats(o[1] + 4 * b * o[6], o[6])
            for i in range(o[6]):
                y[i] = ZERO
        for p in range(o[3]):
            x = floats(o[0] + 4 * (b * o[5] + pairs[2 * p]), n)
            y = floats(o[1] + 4 * (b * o[6] + pairs[2 * p + 1]), n)
            if o[8] == ADD:
                for i in range(n):
                    y[i] += x[i]
            else:
                for i in range(n):
                    y[i] = x[i]


@kernel("op.turned")
def turned(op: int, ctx: int, tid: int, nt: int) -> None:
    """y (M, B, n) = x (B, M, n), so that each of M rows goes through the whole batch; or the reverse. op: x, y, M, n,
    whether the reverse."""
    o, c = ints(op, 5), ints(ctx, 64)
    M, n, samples = o[2], o[3], c[B]
    lo, hi = share(samples, tid, nt)
    for b in range(lo, hi):
        for m in range(M):
            apart, together = 4 * (b * M + m) * n, 4 * (m * samples + b) * n
            x = floats(o[0] + (together if o[4] != 0 else apart), n)
            y = floats(o[1] + (apart if o[4] != 0 else together), n)
            for i in range(n):
                y[i] = x[i]
