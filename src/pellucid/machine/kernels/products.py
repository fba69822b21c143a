"""A matrix product by itself: C (M, N) = A·B, with B (K, N) and A read through two strides."""

from __future__ import annotations

from ..intrinsics import ints
from ..layout import SCRATCH, T
from .base import kernel
from .dense import by_columns, multiply, my_part
from .updates import due


@kernel("product")
def product(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: steps per update, A, floats from row to row, floats from column to column, B, C, M, N, K."""
    o, c = ints(op, 9), ints(ctx, 64)
    if not due(c[T], o[0]):
        return
    M, N, K = o[6], o[7], o[8]
    i0, i1, j0, j1 = my_part(M, N, tid, nt, by_columns(M, N, nt))
    multiply(o[1], o[2], o[3], o[4], N, o[5], N, K, 0, 0, c[SCRATCH], i0, i1, j0, j1)
