"""Matrix products: C = A·B by tiles.     A (M, K)   B (K, N)   C (M, N)

A is read through two strides, so that xᵀ needs no copy. B's columns must lie next to each other; where they don't (Wᵀ),
or where its rows lie so far apart that they push each other out of the cache, a panel of it is packed first.
"""

from __future__ import annotations

from ..intrinsics import Word, floats
from ..tile import LANES, PANEL, ROWS, make_tile
from ..transpose import transpose_block
from .base import inline

WIDE = 8 * LANES  # columns of C that one row alone has
SMALL = 4  # rows of the tile for what is left over

full = make_tile(ROWS, 2, masked=False)
cut = make_tile(ROWS, 2, masked=True)
narrow = make_tile(ROWS, 1, masked=True)
small_cut = make_tile(SMALL, 2, masked=True)
small_narrow = make_tile(SMALL, 1, masked=True)
row = make_tile(1, 8, masked=True)


@inline
def product(
    a: Word, a_row: int, a_k: int, b: Word, b_k: int, c: Word, c_row: int,
    M: int, N: int, K: int, start: Word, mode: int,
) -> None:  # fmt: skip
    """C[:M, :N] = A·B by tiles, panel after panel."""
    if M == 1:
        for j in range(0, N, WIDE):
            here = start + 4 * j if start else start
            row(a, a_row, a_k, b + 4 * j, b_k, c + 4 * j, c_row, K, 1, N - j, here, mode)
        return
    for j in range(0, N, PANEL):
        panel(a, a_row, a_k, b + 4 * j, b_k, c + 4 * j, c_row, M, N - j, K, start + 4 * j if start else start, mode)


@inline
def panel(
    a: Word, a_row: int, a_k: int, b: Word, b_k: int, c: Word, c_row: int,
    M: int, n: int, K: int, start: Word, mode: int,
) -> None:  # fmt: skip
    """At most PANEL columns of C, n of them there."""
    for i in range(0, M, ROWS):
        m = M - i
        ai = a + 4 * i * a_row
        ci = c + 4 * i * c_row
        if m <= SMALL:
            if n > LANES:
                small_cut(ai, a_row, a_k, b, b_k, ci, c_row, K, m, n, start, mode)
            else:
                small_narrow(ai, a_row, a_k, b, b_k, ci, c_row, K, m, n, start, mode)
        elif n >= PANEL:
            full(ai, a_row, a_k, b, b_k, ci, c_row, K, m, n, start, mode)
        elif n > LANES:
            cut(ai, a_row, a_k, b, b_k, ci, c_row, K, m, n, start, mode)
        else:
            narrow(ai, a_row, a_k, b, b_k, ci, c_row, K, m, n, start, mode)


@inline
def pack(b: Word, b_k: int, K: int, n: int, to: Word) -> None:
    """A panel of B (K, n) to rows of PANEL floats, one after another."""
    for k in range(K):
        source = floats(b + 4 * k * b_k, n)
        target = floats(to + 4 * k * PANEL, n)
        for j in range(n):
            target[j] = source[j]


@inline
def pack_transposed(b: Word, b_n: int, K: int, n: int, to: Word) -> None:
    """A panel of Bᵀ to rows of PANEL floats: B (n, K), its rows b_n apart."""
    for j in range(0, n, LANES):
        for k in range(0, K, LANES):
            block, at = b + 4 * (j * b_n + k), to + 4 * (k * PANEL + j)
            transpose_block(block, b_n, min(LANES, n - j), min(LANES, K - k), at, PANEL)
