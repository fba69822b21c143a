"""Dense: y = xW + b and its gradients, by tiles.     x (M, I)   W (I, O)   b (O,)   y (M, O)   M rows of the batch"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import Word, claim, floats, ints
from ..layout import ADD, LAST, NOT_FINITE, SCRATCH, SCRATCH_FLOATS, SHARED, STATUS, B
from ..tile import PANEL, ROWS
from .base import inline, kernel
from .gather import share, share_lines
from .matmul import pack, pack_transposed, panel, product

f32 = np.float32

LARGE = 1 << 17  # numbers in B beyond which it is packed
BLOCK = 8 * ROWS
DEEP = SCRATCH_FLOATS // 2 // PANEL  # rows of a packed panel, at most
MANY = 8  # panels packed at a time, at most
FEW = 16  # rows of C below which packing does not pay
STRETCH = (
    512  # rows of x and dz at a time, on the way to dW: all of their columns that a thread needs stay in the cache
)


@inline
def my_part(M: int, N: int, tid: int, nt: int, columns: bool) -> Any:
    """(first row, last + 1, first column, last + 1) of C that fall to this thread."""
    if columns:
        lo, hi = share((N + PANEL - 1) // PANEL, tid, nt)
        return 0, M, lo * PANEL, min(N, hi * PANEL)
    lo, hi = share((M + ROWS - 1) // ROWS, tid, nt)
    return lo * ROWS, min(M, hi * ROWS), 0, N


@inline
def by_columns(M: int, N: int, nt: int) -> bool:
    """Whether threads share out C's columns rather than its rows: all then read A, and each its own columns of B; the
    smaller of the two had better be read by all."""
    return ROWS * nt > M or (M <= N and (N % (PANEL * nt) == 0 or 4 * PANEL * nt <= N))


@inline
def multiply(
    a: Word, a_row: int, a_k: int, b: Word, b_k: int, c: Word, N: int, K: int, start: Word, mode: int, scratch: Word,
    i0: int, i1: int, j0: int, j1: int,
) -> None:  # fmt: skip
    """Rows i0 to i1, columns j0 to j1 of C (M, N) = A·B, B's rows lying b_k apart."""
    if i1 <= i0 or j1 <= j0:
        return
    a, c = a + 4 * i0 * a_row, c + 4 * i0 * N
    if K * N <= LARGE or i1 - i0 < FEW:
        here = start + 4 * j0 if start else start
        for i in range(0, i1 - i0, BLOCK):  # rows of A that stay in the cache for all columns
            ai, ci, m = a + 4 * i * a_row, c + 4 * (i * N + j0), min(BLOCK, i1 - i0 - i)
            product(ai, a_row, a_k, b + 4 * j0, b_k, ci, N, m, j1 - j0, K, here, mode)
        return
    for k in range(0, K, DEEP):
        depth = min(DEEP, K - k)
        width = panels(depth)
        for j in range(j0, j1, width):
            n = min(width, j1 - j)
            for q in range(0, n, PANEL):
                pack(b + 4 * (k * b_k + j + q), b_k, depth, min(PANEL, n - q), scratch + 4 * q * depth)
            here, how = part(start + 4 * j if start else start, mode, k, k + depth == K)
            by_panels(a + 4 * k * a_k, a_row, a_k, scratch, depth, c + 4 * j, N, i1 - i0, n, here, how)


@inline
def panels(depth: int) -> int:
    """How many columns, in whole panels of so many rows, are packed at a time: as the scratch memory has room for."""
    return PANEL * max(1, min(MANY, SCRATCH_FLOATS // (PANEL * depth)))


@inline
def by_panels(
    a: Word, a_row: int, a_k: int, packed: Word, K: int, c: Word, c_row: int, M: int, n: int, start: Word, mode: int
) -> None:
    """C[:M, :n] = A·B, with B packed in panels: a tile's rows of A meet them all, while those rows are in the cache."""
    for i in range(0, M, ROWS):
        for j in range(0, n, PANEL):
            here = start + 4 * j if start else start
            ai, ci, bj = a + 4 * i * a_row, c + 4 * (i * c_row + j), packed + 4 * j * K
            panel(ai, a_row, a_k, bj, PANEL, ci, c_row, min(ROWS, M - i), min(PANEL, n - j), K, here, mode)


@inline
def part(start: Word, mode: int, k: int, last: bool) -> tuple[Word, int]:
    """(start, mode) for one stretch of k: the bias comes with the first, or the last; the activation with the last."""
    how = mode if last else mode & ADD
    here = start if (last if mode & LAST else k == 0) else 0
    return (here, how) if k == 0 else (here, how | ADD)


@kernel("dense")
def forward(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: x, W, b, y, I, O, rows per sample, mode."""
    o, c = ints(op, 8), ints(ctx, 64)
    I, O, M = o[4], o[5], c[B] * o[6]
    i0, i1, j0, j1 = my_part(M, O, tid, nt, by_columns(M, O, nt))
    multiply(o[0], I, 1, o[1], O, o[3], O, I, o[2], o[7], c[SCRATCH], i0, i1, j0, j1)


@kernel("dense.weights")
def weights(op: int, ctx: int, tid: int, nt: int) -> None:
    """dW = xᵀ·dz. op: x, dz, dW, I, O, rows per sample.

    Threads share out dW's rows, each a stretch of the vector that the optimizer, too, will give to the same thread.
    """
    o, c = ints(op, 6), ints(ctx, 64)
    I, O, M = o[3], o[4], c[B] * o[5]
    i0, i1, j0, j1 = my_part(I, O, tid, nt, ROWS * nt > I)
    for k in range(0, max(M, 1), STRETCH):  # of no rows, too, dW is 0
        x, dz, depth = o[0] + 4 * k * I, o[1] + 4 * k * O, min(STRETCH, M - k)
        multiply(x, 1, I, dz, O, o[2], O, depth, 0, ADD if k else 0, c[SCRATCH], i0, i1, j0, j1)


@kernel("dense.bias")
def bias(op: int, ctx: int, tid: int, nt: int) -> None:
    """db = Σ dz over the rows. op: dz, db, O, rows per sample."""
    o, c = ints(op, 4), ints(ctx, 64)
    O, M = o[2], c[B] * o[3]
    lo, hi = share_lines(O, tid, nt)
    db = floats(o[1] + 4 * lo, hi - lo)
    for j in range(hi - lo):
        db[j] = 0
    for i in range(M):
        dz = floats(o[0] + 4 * (i * O + lo), hi - lo)
        for j in range(hi - lo):
            db[j] += dz[j]


@kernel("dense.inputs")
def inputs(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dz·Wᵀ. op: dz, W, dx, I, O, rows per sample, y or 0: where x is y = max(z, 0), it goes on to dL/dz."""
    o, c = ints(op, 8), ints(ctx, 64)
    I, O, M = o[3], o[4], c[B] * o[5]
    i0, i1, j0, j1 = my_part(M, I, tid, nt, by_columns(M, I, nt))
    if i1 <= i0:
        return
    for k in range(0, O, DEEP):
        depth = min(DEEP, O - k)
        width = panels(depth)
        for j in range(j0, j1, width):
            n, at = min(width, j1 - j), 4 * (i0 * I + j)
            for q in range(0, n, PANEL):
                W, to = o[1] + 4 * ((j + q) * O + k), c[SCRATCH] + 4 * q * depth
                pack_transposed(W, O, depth, min(PANEL, n - q), to)
            dz = o[0] + 4 * (i0 * O + k)
            by_panels(dz, O, 1, c[SCRATCH], depth, o[2] + at, I, i1 - i0, n, 0, ADD if k else 0)
            if o[6] != 0 and k + depth == O:
                rectify_grad(o[2] + at, o[6] + at, i1 - i0, n, I)


@inline
def rectify_grad(dx: Word, y: Word, M: int, n: int, stride: int) -> None:
    """dx = 0 where y = max(·, 0) is 0; a NaN stays one."""
    for i in range(M):
        d, out = floats(dx + 4 * i * stride, n), floats(y + 4 * i * stride, n)
        for j in range(n):
            d[j] = d[j] if out[j] > f32(0) else d[j] * f32(0)


# The gradient of W and its update in one go ----------------------------------------------------------------------
# op: x, dz, packed dz or 0, I, O, rows per sample, and then what the update's rule needs.

OF_DENSE = 6
DENSE_ENOUGH = 64  # rows of x from which on packing its columns pays
HALF = SCRATCH_FLOATS // 2  # the gradient's rows lie in the first, x's columns in the second
TILES = 4  # at most, that use a panel of dz in turn, where it comes from beyond the second-level cache


@inline
def weights_part(op: Word, ctx: Word, tid: int, nt: int) -> Any:
    """(first row, last + 1, first column, last + 1) of W that are this thread's: rows, since two threads that write to
    neighbouring columns take the cache lines from each other. Packs dz, where that is asked for."""
    o, c = ints(op, 6), ints(ctx, 64)
    I, O, M = o[3], o[4], c[B] * o[5]
    i0, i1, j0, j1 = my_part(I, O, tid, nt, ROWS * nt > I)
    if o[2] != 0:
        for j in range(j0, j1, PANEL):
            pack(o[1] + 4 * j, O, M, min(PANEL, j1 - j), o[2] + 4 * j * M)
    return i0, i1, j0, j1


@inline
def rows_at_once(op: Word, ctx: Word, n: int) -> int:
    """How many rows of dW, n numbers in each, are computed before they are used."""
    o, c = ints(op, 6), ints(ctx, 64)
    M = c[B] * o[5]
    return ROWS if o[2] == 0 else ROWS * max(1, min(TILES, HALF // (ROWS * max(n, M))))


@inline
def rows_of_gradient(op: Word, ctx: Word, i: int, i1: int, j0: int, j1: int, slots: int) -> Any:
    """Leave the next rows of dW = xᵀ·dz, from row i on, columns j0 to j1, in the scratch memory, row after row. Where W
    is large, the cache lines of it and of so many slots, which the update is about to write to, come meanwhile.

    Returns (stretches, numbers in each, numbers from one to the next in W): all in one, where whole rows are asked for.
    """
    o, c = ints(op, 6), ints(ctx, 64)
    I, O, M = o[3], o[4], c[B] * o[5]
    n, scratch = j1 - j0, c[SCRATCH]
    m = min(rows_at_once(op, ctx, n), i1 - i)
    x, x_k, x_tile = o[0] + 4 * i, I, 1
    if DENSE_ENOUGH <= M <= HALF // ROWS:
        x, x_k, x_tile = scratch + 4 * HALF, ROWS, M
        for r in range(0, m, ROWS):
            pack_columns(o[0] + 4 * (i + r), I, M, min(ROWS, m - r), x + 4 * r * M)
    for j in range(j0, j1, PANEL):
        if o[2] != 0:
            claim_rows(op + 8 * OF_DENSE, i * O + j, O, m, slots)
        dz, dz_k = (o[2] + 4 * j * M, PANEL) if o[2] != 0 else (o[1] + 4 * j, O)
        for r in range(0, m, ROWS):
            to = scratch + 4 * (r * n + j - j0)
            panel(x + 4 * r * x_tile, 1, x_k, dz, dz_k, to, n, min(ROWS, m - r), min(PANEL, j1 - j), M, 0, 0)
    return (1, m * n, O) if n == O else (m, n, O)


@inline
def claim_rows(own: Word, first: int, O: int, m: int, slots: int) -> None:
    """Claim a panel of m rows of W and the slots, at words 3 and 5, 6, ... of the rule's own operands."""
    o = ints(own, 8)
    for s in range(slots + 1):
        vector = o[3] if s == 0 else o[4 + s]
        for r in range(m):
            at = vector + 4 * (first + r * O)
            for line in range(0, 4 * PANEL, 64):
                claim(at + line)


@inline
def pack_columns(x: Word, stride: int, M: int, m: int, to: Word) -> None:
    """m columns of x (M, ...) to rows of ROWS floats, one after another."""
    if m == ROWS:
        for k in range(M):
            source, target = floats(x + 4 * k * stride, ROWS), floats(to + 4 * k * ROWS, ROWS)
            for r in range(ROWS):
                target[r] = source[r]
        return
    for k in range(M):
        source, target = floats(x + 4 * k * stride, m), floats(to + 4 * k * ROWS, m)
        for r in range(m):
            target[r] = source[r]


@kernel("dense.bounded")
def bounded(op: int, ctx: int, tid: int, nt: int) -> None:
    """Whether dW = xᵀ·dz is sure to be finite, as x and dz are finite and far from overflowing; if not, the run ends.

    op: x, dz, I, O, rows per sample."""
    o, c = ints(op, 5), ints(ctx, 64)
    M = c[B] * o[4]
    large = beyond(o[0], M * o[2], f32(1e15), tid, nt) + beyond(o[1], M * o[3], f32(1e15), tid, nt)
    if large > 0:
        ints(c[SHARED], 64)[STATUS] = NOT_FINITE


@inline
def beyond(address: Word, n: int, limit: Any, tid: int, nt: int) -> int:
    """How many of this thread's numbers are larger than the limit, or NaN."""
    lo, hi = share_lines(n, tid, nt)
    x = floats(address + 4 * lo, hi - lo)
    count = 0
    for i in range(hi - lo):
        count += 0 if abs(x[i]) <= limit else 1
    return count
