"""Convolution within each channel: y[p, c] = b[c] + Σ_t x[place of p + tap t, c] · W[t, c], by tiles with tables.

op: x, W, b or 0, y, mode, table of places, their number P, numbers of x and of y per sample, table of taps, their
number T, channels C. Tables as in convolution.py: a place's in x and in y, a tap's in x and in W.
"""

from __future__ import annotations

from ..depthwise_tile import make_depthwise_tile
from ..intrinsics import Word, ints, words
from ..layout import ADD, SCRATCH, B
from ..tile import LANES, ROWS
from .base import inline, kernel
from .convolution import BLOCK, lay_out, lay_out_places, lay_out_taps
from .gather import share

full = make_depthwise_tile(ROWS, masked=False)
cut = make_depthwise_tile(ROWS, masked=True)


@inline
def tile(a: Word, rows: Word, b: Word, taps: Word, c: Word, T: int, m: int, n: int, start: Word, mode: int) -> None:
    """Up to ROWS rows and LANES channels, m and n of them there."""
    if n >= LANES:
        full(a, rows, b, taps, c, T, m, n, start, mode)
    else:
        cut(a, rows, b, taps, c, T, m, n, start, mode)


@kernel("depthwise")
def depthwise(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x * W + b, by places and taps."""
    o, c = ints(op, 12), ints(ctx, 64)
    P, T, C = o[6], o[10], o[11]
    M = c[B] * P
    lo, hi = share((M + ROWS - 1) // ROWS, tid, nt)
    rows, taps = c[SCRATCH], c[SCRATCH] + 16 * (BLOCK + ROWS)
    lay_out_taps(o[9], T, taps)
    for first in range(lo * ROWS, min(M, hi * ROWS), BLOCK):
        here = min(BLOCK, min(M, hi * ROWS) - first)
        lay_out_places(o[5], P, o[7], o[8], first, here, rows)
        for j in range(0, C, LANES):
            start = o[2] + 4 * j if o[2] else 0
            for i in range(0, here, ROWS):
                m = min(ROWS, here - i)
                tile(o[0] + 4 * j, rows + 16 * i, o[1] + 4 * j, taps, o[3] + 4 * j, T, m, C - j, start, o[4])


@kernel("depthwise.weights")
def weights(op: int, ctx: int, tid: int, nt: int) -> None:
    """dW[t, c] = Σ x[place of p + tap t, c] · dz[p, c] over the places of all samples: the tile with both turned about,
    taps as its rows and places as its taps.

    op: x, dz, dW, table of taps, their number T, channels C, table of where a place begins in x and in dz (in bytes,
    int64), their number P, numbers of x and of dz per sample. Threads share out dW."""
    o, c = ints(op, 10), ints(ctx, 64)
    T, C, P = o[4], o[5], o[7]
    across = (C + LANES - 1) // LANES
    lo, hi = share((T + ROWS - 1) // ROWS * across, tid, nt)
    pairs, rows = words(o[3], 2 * T), ints(c[SCRATCH], 4 * ROWS)
    for b in range(c[B]):
        for unit in range(lo, hi):
            first, j = unit // across * ROWS, unit % across * LANES
            m = min(ROWS, T - first)
            for r in range(2 * m):
                rows[r] = 4 * pairs[2 * first + r]
            lay_out(c[SCRATCH], m)
            x, dz = o[0] + 4 * (b * o[8] + j), o[1] + 4 * (b * o[9] + j)
            tile(x, c[SCRATCH], dz, o[6], o[2] + 4 * j, P, m, C - j, 0, ADD if b else 0)
