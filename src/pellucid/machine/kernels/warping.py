"""Pictures turned, moved or stretched, each in a way of its own.   x, y (B, H, W, C)   u, v (B,): what each was given

y at row i and column j is x at i′ = b₀·j + b₁·i + b₂, j′ = a₀·j + a₁·i + a₂, in float64 as the definition has it.
op: x or dy, u, v, y or dx, H, W, C, which way (TURN, MOVE, STRETCH), what is beyond the edges (REFLECT to NEAREST, and
NEAREST_PIXEL on top of it), the fill value.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import floats, ints, number
from ..layout import B
from .base import cleared, inline, kernel
from .double import f64, sine_and_cosine
from .gather import share

f32 = np.float32
TURN, MOVE, STRETCH = range(3)  # as layers/augmenting.py counts
REFLECT, WRAP, CONSTANT, NEAREST = range(4)
NEAREST_PIXEL = 8
HALF, ONE, FULL_TURN = f64(0.5), f64(1), f64(2 * np.pi)


@inline
def transform(way: int, u: Any, v: Any, H: int, W: int) -> Any:
    """a₀ a₁ a₂ b₀ b₁ b₂. TURN by u whole turns, MOVE down by u and to the right by v, STRETCH by 1 + u and 1 + v."""
    if way == MOVE:
        return ONE, f64(0), -(W * v), f64(0), ONE, -(H * u)
    a0, a1, b0, b1 = ONE + v, f64(0), f64(0), ONE + u
    if way == TURN:
        sine, cosine = sine_and_cosine(FULL_TURN * u)
        a0, a1, b0, b1 = cosine, -sine, sine, cosine
    x, y = HALF * (W - 1), HALF * (H - 1)
    return a0, a1, x - x * a0 - y * a1, b0, b1, y - x * b0 - y * b1


@inline
def rounded(x: Any) -> Any:
    """To the nearest whole number, of two to the even one."""
    low = np.floor(x)
    rest = x - low
    return low + ONE if rest > HALF or (rest == HALF and HALF * low != np.floor(HALF * low)) else low


@inline
def inside(at: Any, n: int, edges: int) -> Any:
    """The place within 0 to n − 1 that stands for this one."""
    if edges == WRAP:
        return at % n
    if edges == REFLECT:
        at = at % (2 * n)
        return min(at, 2 * n - 1 - at)
    return min(max(at, 0), n - 1)


@inline
def corner(k: int, row: Any, column: Any, H: int, W: int, edges: int) -> Any:
    """(the pixel, its weight) of one of the four around a place, 0 for one outside if nothing stands there."""
    top, left = np.floor(row), np.floor(column)
    down, right = row - top, column - left
    i, j = np.int64(top) + (k >> 1), np.int64(left) + (k & 1)
    in_i, in_j = inside(i, H, edges), inside(j, W, edges)
    weight = (down if k >> 1 else ONE - down) * (right if k & 1 else ONE - right)
    there = edges != CONSTANT or (in_i == i and in_j == j)
    return in_i * W + in_j, weight if there else f64(0)


@kernel("warp")
def warp(op: int, ctx: int, tid: int, nt: int) -> None:
    """y[i, j] = Σ weight·x[i′, j′] over the four pixels around, and the rest of the fill value"""
    o = ints(op, 10)
    H, W, C, edges, nearest, fill = o[4], o[5], o[6], o[8] & 7, o[8] & NEAREST_PIXEL, f32(number(o[9]))
    lo, hi = share(ints(ctx, 64)[B], tid, nt)
    for b in range(lo, hi):
        u, v = f64(floats(o[1] + 4 * b, 1)[0]), f64(floats(o[2] + 4 * b, 1)[0])
        a0, a1, a2, b0, b1, b2 = transform(o[7], u, v, H, W)
        for p in range(H * W):
            i, j = p // W, p % W
            row, column = b0 * j + b1 * i + b2, a0 * j + a1 * i + a2
            if nearest:
                row, column = rounded(row), rounded(column)
            y, rest = cleared(o[3] + 4 * (b * H * W + p) * C, C), ONE
            for k in range(4):
                pixel, weight = corner(k, row, column, H, W, edges)
                x, w = floats(o[0] + 4 * (b * H * W + pixel) * C, C), f32(weight)
                rest -= weight
                for c in range(C):
                    y[c] += w * x[c]
            for c in range(C):
                y[c] += f32(rest) * fill


@kernel("warp.grad")
def warp_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx[i′, j′] = Σ weight·dy[i, j]"""
    o = ints(op, 10)
    H, W, C, edges, nearest = o[4], o[5], o[6], o[8] & 7, o[8] & NEAREST_PIXEL
    lo, hi = share(ints(ctx, 64)[B], tid, nt)
    for b in range(lo, hi):
        u, v = f64(floats(o[1] + 4 * b, 1)[0]), f64(floats(o[2] + 4 * b, 1)[0])
        a0, a1, a2, b0, b1, b2 = transform(o[7], u, v, H, W)
        cleared(o[3] + 4 * b * H * W * C, H * W * C)
        for p in range(H * W):
            i, j = p // W, p % W
            row, column = b0 * j + b1 * i + b2, a0 * j + a1 * i + a2
            if nearest:
                row, column = rounded(row), rounded(column)
            dy = floats(o[0] + 4 * (b * H * W + p) * C, C)
            for k in range(4):
                pixel, weight = corner(k, row, column, H, W, edges)
                dx, w = floats(o[3] + 4 * (b * H * W + pixel) * C, C), f32(weight)
                for c in range(C):
                    dx[c] += w * dy[c]
