"""Convolution as a product of matrices whose rows lie where the picture has them, by tiles with tables.

    y[p, o] = b[o] + Σ_t Σ_k x[place of p + tap t + k] · W[t, k, o]

p runs over the places of the output, t over the taps: stretches of K numbers that lie next to each other in x, as the
channels of a pixel do. What a program knows once, where places and taps lie in a sample, it says in tables; borders are
laid around the picture before. The gradient of x is such a product too, of dz and W turned around; with strides it is
one for each of the phases, whose places meet the same taps.

    op: x, W, b or 0, y, mode, table of places, their number P, numbers of x and of y per sample, table of taps, their
    number T, K, numbers from one row of W to the next, columns N, groups G, and the steps from group to group in x, W,
    y. Tables are pairs of uint32, in floats: a place's in x and in y, a tap's in x and in W.
"""

from __future__ import annotations

from ..gathered_tile import make_gathered_tile
from ..intrinsics import Word, ints, words
from ..layout import ADD, SCRATCH, B
from ..tile import LANES, PANEL, ROWS
from ..transpose import transpose_block
from .base import inline, kernel
from .gather import share

full = make_gathered_tile(ROWS, 2, masked=False)
cut = make_gathered_tile(ROWS, 2, masked=True)
narrow = make_gathered_tile(ROWS, 1, masked=True)

BLOCK = 8 * ROWS  # places whose numbers stay in the first cache while the columns are gone through
SOME = 1 << 18  # floats of x and dz that stay in the second cache while W's gradient is gone through
MOST = 4096  # rows of pixels among them at most: the table has room for that many


@inline
def tile(
    a: Word, rows: Word, a_k: int, b: Word, taps: Word, b_k: int, c: Word, T: int, K: int, m: int, n: int, start: Word,
    mode: int,
) -> None:  # fmt: skip
    """Up to ROWS rows of C and PANEL of its columns, m and n of them there."""
    if n >= PANEL:
        full(a, rows, a_k, b, taps, b_k, c, T, K, m, n, start, mode)
    elif n > LANES:
        cut(a, rows, a_k, b, taps, b_k, c, T, K, m, n, start, mode)
    else:
        narrow(a, rows, a_k, b, taps, b_k, c, T, K, m, n, start, mode)


@inline
def lay_out(table: Word, m: int) -> None:
    """Let the rows that a last tile lacks be its last one."""
    rows = ints(table, 2 * (m + ROWS))
    for i in range(m, (m + ROWS - 1) // ROWS * ROWS):
        rows[2 * i], rows[2 * i + 1] = rows[2 * m - 2], rows[2 * m - 1]


@inline
def lay_out_taps(pairs_at: Word, T: int, table: Word) -> None:
    """The taps' places in bytes."""
    pairs, taps = words(pairs_at, 2 * T), ints(table, 2 * T)
    for i in range(2 * T):
        taps[i] = 4 * pairs[i]


@inline
def lay_out_places(pairs_at: Word, P: int, X: int, Y: int, first: int, m: int, table: Word) -> None:
    """Where m places from the first on lie, in bytes: P in each sample, one sample after another."""
    pairs, rows = words(pairs_at, 2 * P), ints(table, 2 * m)
    sample, p = first // P, first % P
    for i in range(m):
        rows[2 * i], rows[2 * i + 1] = 4 * (sample * X + pairs[2 * p]), 4 * (sample * Y + pairs[2 * p + 1])
        p += 1
        if p == P:
            p, sample = 0, sample + 1
    lay_out(table, m)


@kernel("conv")
def conv(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x * W + b, by places and taps."""
    o, c = ints(op, 18), ints(ctx, 64)
    P, T, K, N, G = o[6], o[10], o[11], o[13], o[14]
    M = c[B] * P
    lo, hi = share((M + ROWS - 1) // ROWS, tid, nt)
    rows, taps = c[SCRATCH], c[SCRATCH] + 16 * (BLOCK + ROWS)
    lay_out_taps(o[9], T, taps)
    for first in range(lo * ROWS, min(M, hi * ROWS), BLOCK):
        here = min(BLOCK, min(M, hi * ROWS) - first)
        lay_out_places(o[5], P, o[7], o[8], first, here, rows)
        for g in range(G):
            for j in range(0, N, PANEL):
                x, W, y = o[0] + 4 * g * o[15], o[1] + 4 * (g * o[16] + j), o[3] + 4 * (g * o[17] + j)
                start = o[2] + 4 * (g * o[17] + j) if o[2] else 0
                for i in range(0, here, ROWS):
                    tile(x, rows + 16 * i, 1, W, taps, o[12], y, T, K, min(ROWS, here - i), N - j, start, o[4])


@kernel("conv.weights")
def weights(op: int, ctx: int, tid: int, nt: int) -> None:
    """dW[t, k, o] = Σ x[place of p + tap t + k] · dz[p, o] over the places of all samples.

    op: x, dz, dW, table of taps, their number T, K, numbers from one row of W to the next, table of where a row of
    places begins in x (uint32), how many rows, places in each, numbers of x from one to the next, numbers of x and of
    dz per sample and per place, columns N, groups G, and the steps from group to group in x, dW, dz.

    Threads share out dW. A thread adds up some samples at a time, in the order of the batch."""
    o, c = ints(op, 20), ints(ctx, 64)
    T, K, lines, wide, N, G = o[4], o[5], o[8], o[9], o[13], o[14]
    X, Z, O, samples = o[11], lines * wide * o[12], o[12], c[B]
    tall, across = (T * K + ROWS - 1) // ROWS, (N + PANEL - 1) // PANEL
    lo, hi = share(G * tall * across, tid, nt)
    rows, taps = c[SCRATCH], c[SCRATCH] + 32 * ROWS
    starts, pairs = words(o[7], lines), words(o[3], 2 * T)
    together = max(1, min(SOME // (X + Z), MOST // lines))
    for first in range(0, samples, together):
        n = min(together, samples - first)
        table = ints(taps, 2 * n * lines)
        for s in range(n):
            for line in range(lines):
                table[2 * (s * lines + line)] = 4 * ((first + s) * X + starts[line])
                table[2 * (s * lines + line) + 1] = 4 * ((first + s) * Z + line * wide * O)
        for unit in range(lo, hi):
            g, i, j = unit // (tall * across), unit // across % tall * ROWS, unit % across * PANEL
            m = min(ROWS, T * K - i)
            of_tile = ints(rows, 4 * ROWS)
            for r in range(m):
                t, k = (i + r) // K, (i + r) % K
                of_tile[2 * r], of_tile[2 * r + 1] = 4 * (pairs[2 * t] + k), 4 * (pairs[2 * t + 1] + k * o[6])
            lay_out(rows, m)
            x, dW, dz = o[0] + 4 * g * o[15], o[2] + 4 * (g * o[16] + j), o[1] + 4 * (g * o[17] + j)
            tile(x, rows, o[10], dz, taps, O, dW, n * lines, wide, m, N - j, 0, ADD if first else 0)


@kernel("conv.turned")
def turned(op: int, ctx: int, tid: int, nt: int) -> None:
    """Each tap of W turned about its diagonal, the last tap first: for the way back. op: W, to, taps, a tap's rows and
    columns in W, and numbers from one row to the next where it goes: whole cache lines, as whole vectors are stored."""
    o = ints(op, 6)
    taps, I, O, row = o[2], o[3], o[4], o[5]
    lo, hi = share(taps, tid, nt)
    for t in range(lo, hi):
        for i in range(0, I, LANES):
            for j in range(0, O, LANES):
                W, to = o[0] + 4 * (t * I * O + i * O + j), o[1] + 4 * ((taps - 1 - t) * O * row + j * row + i)
                transpose_block(W, O, min(LANES, I - i), min(LANES, O - j), to, row)
