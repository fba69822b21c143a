"""Gathering: the batch's rows out of the data, each number made a float32 and scaled on the way; and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from ..intrinsics import fetch, floats, ints, number, viewer
from ..layout import FIRST, KINDS, NOT_FINITE, OUT, ROWS, SHARED, STATUS, B
from .base import inline, kernel

AHEAD = 4096  # bytes of the rows to come that are asked for while one is converted: they lie anywhere in memory
LINE = 64


@inline
def share(n: int, tid: int, nt: int) -> Any:
    """(first, last + 1) of the n things that fall to this thread."""
    return n * tid // nt, n * (tid + 1) // nt


@inline
def share_lines(n: int, tid: int, nt: int) -> Any:
    """As `share`, cut between cache lines of 16 floats, which two threads had better not write to."""
    blocks = (n + 15) // 16
    return min(n, blocks * tid // nt * 16), min(n, blocks * (tid + 1) // nt * 16)


def _gatherer(view: Any, source_size: int) -> Any:
    def gather(op: int, ctx: int, tid: int, nt: int) -> None:
        """op: data, bytes from row to row, numbers in a row, to, scale, offset."""
        o, c = ints(op, 8), ints(ctx, 64)
        data, stride, n, to = o[0], o[1], o[2], o[3]
        scale, offset = np.float32(number(o[4])), np.float32(number(o[5]))
        plain = o[4] == 0x3FF0000000000000 and o[5] == 0  # 1.0 and 0.0
        rows = ints(c[ROWS], c[B])
        lo, hi = share(c[B], tid, nt)
        ahead = max(1, AHEAD // max(source_size * n, 1))
        for b in range(lo, hi):
            r = rows[b] if c[ROWS] != 0 else c[FIRST] + b
            if c[ROWS] != 0 and b + ahead < hi:
                soon = data + rows[b + ahead] * stride
                for byte in range(0, source_size * n, LINE):
                    fetch(soon + byte)
            source, target = view(data + r * stride, n), floats(to + 4 * b * n, n)
            if plain:
                for i in range(n):
                    target[i] = np.float32(source[i])
            else:
                for i in range(n):
                    target[i] = np.float32(source[i]) * scale + offset

    return gather


for _kind in sorted(KINDS):
    _type = types.uint8 if _kind == "bool" else getattr(types, _kind)
    kernel(f"gather.{_kind}")(_gatherer(floats if _kind == "float32" else viewer(_type), _type.bitwidth // 8))


@kernel("gather.labels")
def gather_labels(op: int, ctx: int, tid: int, nt: int) -> None:
    """Whole numbers: op: data (int64), bytes from row to row, numbers in a row, to (int64)."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[2]
    rows = ints(c[ROWS], c[B])
    for b in range(c[B]):
        r = rows[b] if c[ROWS] != 0 else c[FIRST] + b
        source, target = ints(o[0] + r * o[1], n), ints(o[3] + 8 * b * n, n)
        for i in range(n):
            target[i] = source[i]


@kernel("finite.rows")
def finite_rows(op: int, ctx: int, tid: int, nt: int) -> None:
    """Whether the batch's numbers are finite; if not, the run ends. op: numbers, how many per sample."""
    o, c = ints(op, 2), ints(ctx, 64)
    n = c[B] * o[1]
    x = floats(o[0], n)
    spoilt = np.float32(0)
    for i in range(n):
        spoilt += x[i] * np.float32(0)  # 0, or NaN from whatever is not finite
    if spoilt != spoilt:
        ints(c[SHARED], 64)[STATUS] = NOT_FINITE


@kernel("scatter")
def scatter(op: int, ctx: int, tid: int, nt: int) -> None:
    """Rows out of the program, one batch after another: op: from, numbers in a row, to."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = c[B] * o[1]
    lo, hi = share_lines(n, tid, nt)
    source, target = floats(o[0] + 4 * lo, hi - lo), floats(o[2] + 4 * (c[OUT] * o[1] + lo), hi - lo)
    for i in range(hi - lo):
        target[i] = source[i]
