"""Products of matrices, one for each sample or several.     A (M, K)   B (K, N)   C (M, N)"""

from __future__ import annotations

from ...intrinsics import Word, ints
from ...layout import ADD, SCRATCH, B
from ...tile import PANEL
from ..base import inline, kernel
from ..dense import DEEP
from ..gather import share
from ..matmul import pack_transposed, panel, product


@inline
def by_rows(a: Word, a_row: int, a_k: int, b: Word, c: Word, M: int, N: int, K: int, scratch: Word) -> None:
    """C = A·B, where B (K, N) is read from the memory of Bᵀ (N, K): panels of it are turned first."""
    for k in range(0, K, DEEP):
        depth = min(DEEP, K - k)
        for j in range(0, N, PANEL):
            n = min(PANEL, N - j)
            pack_transposed(b + 4 * (j * K + k), K, depth, n, scratch)
            panel(a + 4 * k * a_k, a_row, a_k, scratch, PANEL, c + 4 * j, N, M, n, depth, 0, ADD if k else 0)


@kernel("op.matmul")
def matmul(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: A, B, C, M, N, K, whether A lies transposed, whether B does, matrices per sample, how far apart the samples
    of A and of B lie, whether for each sample."""
    o, c = ints(op, 12), ints(ctx, 64)
    M, N, K, count = o[3], o[4], o[5], o[8]
    a_row, a_k = (1, M) if o[6] != 0 else (K, 1)
    lo, hi = share(count * (c[B] if o[11] != 0 else 1), tid, nt)
    for i in range(lo, hi):
        sample, at = i // count, i % count
        a = o[0] + 4 * (sample * o[9] + at * M * K)
        b = o[1] + 4 * (sample * o[10] + at * K * N)
        to = o[2] + 4 * i * M * N
        if o[7] != 0:
            by_rows(a, a_row, a_k, b, to, M, N, K, c[SCRATCH])
        else:
            product(a, a_row, a_k, b, N, to, N, M, N, K, 0, 0)
