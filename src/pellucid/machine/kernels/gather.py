"""Gathering: the batch's rows out of the data, each number made a float32 and scaled on the way; and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from ..layout import B, FIRST, OUT, ROWS
from ..memory import floats, ints, number, viewer
from .base import inline, kernel

KINDS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "bool")


@inline
def share(n: int, tid: int, nt: int) -> Any:
    """(first, last + 1) of the n things that fall to this thread."""
    return n * tid // nt, n * (tid + 1) // nt


@inline
def share_lines(n: int, tid: int, nt: int) -> Any:
    """As `share`, cut between cache lines of 16 floats, which two threads had better not write to."""
    blocks = (n + 15) // 16
    return min(n, blocks * tid // nt * 16), min(n, blocks * (tid + 1) // nt * 16)


def _gatherer(view: Any) -> Any:
    def gather(op: int, ctx: int, tid: int, nt: int) -> None:
        """op: data, bytes from row to row, numbers in a row, to, scale, offset."""
        o, c = ints(op, 8), ints(ctx, 64)
        data, stride, n, to = o[0], o[1], o[2], o[3]
        scale, offset = np.float32(number(o[4])), np.float32(number(o[5]))
        plain = o[4] == 0x3FF0000000000000 and o[5] == 0  # 1.0 and 0.0
        rows = ints(c[ROWS], c[B])
        lo, hi = share(c[B], tid, nt)
        for b in range(lo, hi):
            r = rows[b] if c[ROWS] != 0 else c[FIRST] + b
            source, target = view(data + r * stride, n), floats(to + 4 * b * n, n)
            if plain:
                for i in range(n):
                    target[i] = np.float32(source[i])
            else:
                for i in range(n):
                    target[i] = np.float32(source[i]) * scale + offset

    return gather


for _kind in KINDS:
    _type = types.uint8 if _kind == "bool" else getattr(types, _kind)
    kernel(f"gather.{_kind}")(_gatherer(floats if _kind == "float32" else viewer(_type)))


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


@kernel("scatter")
def scatter(op: int, ctx: int, tid: int, nt: int) -> None:
    """Rows out of the program, one batch after another: op: from, numbers in a row, to."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = c[B] * o[1]
    lo, hi = share_lines(n, tid, nt)
    source, target = floats(o[0] + 4 * lo, hi - lo), floats(o[2] + 4 * (c[OUT] * o[1] + lo), hi - lo)
    for i in range(hi - lo):
        target[i] = source[i]
