"""Pictures mirrored, and parts of them, at random.   x (B, H, W, C)"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import floats, ints
from ..layout import B, T
from .base import cleared, inline, kernel
from .gather import share
from .noise import noise_key
from .random import four_words
from .recurrent_steps import copy

UP, ACROSS = 1, 2  # upside down; left to right


@kernel("mirrored")
def mirrored(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x, mirrored where u ≤ ½; dx from dy likewise. op: x, u (B,), y, H, W, C, along which axes."""
    o = ints(op, 7)
    H, W, C = o[3], o[4], o[5]
    lo, hi = share(ints(ctx, 64)[B], tid, nt)
    for b in range(lo, hi):
        how = o[6] if floats(o[1] + 4 * b, 1)[0] <= np.float32(0.5) else 0
        for i in range(H):
            row = H - 1 - i if how & UP else i
            for j in range(W):
                column = W - 1 - j if how & ACROSS else j
                copy(o[0] + 4 * ((b * H + row) * W + column) * C, o[2] + 4 * ((b * H + i) * W + j) * C, C)


@inline
def corner_of(key: int, H: int, W: int, rows: int, columns: int) -> Any:
    """The number in the picture of the first pixel of a part, which two random numbers choose."""
    w0, w1, _, _ = four_words(key, 0)
    u, v = np.float64(w0 >> np.uint64(8)) * 2.0**-24, np.float64(w1 >> np.uint64(8)) * 2.0**-24
    i: Any = min(np.int64(u * (H - rows + 1)), H - rows)
    j: Any = min(np.int64(v * (W - columns + 1)), W - columns)
    return i * W + j


@kernel("cropped")
def cropped(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x from one place on, the same in all pictures. op: x, y, H, W, C, rows and columns of y, base key, depth,
    path."""
    o, c = ints(op, 9), ints(ctx, 64)
    H, W, C, rows, columns = o[2], o[3], o[4], o[5], o[6]
    first = corner_of(noise_key(o[7], c[T], o[8], op + 8 * 9), H, W, rows, columns)
    lo, hi = share(c[B] * rows, tid, nt)
    for row in range(lo, hi):
        b, i = row // rows, row % rows
        copy(o[0] + 4 * (b * H * W + i * W + first) * C, o[1] + 4 * row * columns * C, columns * C)


@kernel("cropped.grad")
def cropped_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy from there on, else 0. op: dy, dx, and then as of cropped."""
    o, c = ints(op, 9), ints(ctx, 64)
    H, W, C, rows, columns = o[2], o[3], o[4], o[5], o[6]
    first = corner_of(noise_key(o[7], c[T], o[8], op + 8 * 9), H, W, rows, columns)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        cleared(o[1] + 4 * b * H * W * C, H * W * C)
        for i in range(rows):
            copy(o[0] + 4 * (b * rows + i) * columns * C, o[1] + 4 * (b * H * W + i * W + first) * C, columns * C)
