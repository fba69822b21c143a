"""The projections of `constraints.py`, each parameter in its place.

A norm is taken along some axes of a parameter. Neighbouring axes that are alike, kept or summed over, count as one, so
that w is (A, R, B, S, C): norms (A, B, C), each of R·S numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import Word, floats, ints, number
from .base import inline, kernel
from .functions import precise
from .gather import share, share_lines
from .updates import larger

f32 = np.float32
EPSILON = f32(1e-7)


@kernel("constraint.non_neg")
def non_neg(op: int, ctx: int, tid: int, nt: int) -> None:
    """max(w, 0). op: size, w."""
    o = ints(op, 2)
    lo, hi = share_lines(o[0], tid, nt)
    w = floats(o[1] + 4 * lo, hi - lo)
    for i in range(hi - lo):
        w[i] = larger(w[i], f32(0))


@precise
def factor(squares: Any, low: Any, high: Any, rate: Any) -> Any:
    """By what to multiply a vector: (rate · clip(‖w‖, low, high) + (1 − rate) · ‖w‖) / ‖w‖."""
    norm = np.sqrt(squares)
    cut = low if norm < low else (high if norm > high else norm)
    wanted = cut if rate == f32(1) else rate * cut + (f32(1) - rate) * norm
    return wanted / (norm + EPSILON)


@kernel("constraint.norm")
def norm(op: int, ctx: int, tid: int, nt: int) -> None:
    """Every vector's length put between bounds, or part of the way. op: w, factors, A, R, B, S, C, low, high, rate."""
    o = ints(op, 10)
    A, B, C = o[2], o[4], o[6]
    low, high, rate = f32(number(o[7])), f32(number(o[8])), f32(number(o[9]))
    first, last, lo, hi = 0, A, 0, C
    if C > 1:
        lo, hi = share_lines(C, tid, nt)
    else:
        first, last = share(A, tid, nt)
    for a in range(first, last):
        for b in range(B):
            if C == 1:
                scale_one(op, a, b, low, high, rate)
            else:
                scale_many(op, a, b, lo, hi - lo, low, high, rate)


@inline
def scale_one(op: Word, a: int, b: int, low: Any, high: Any, rate: Any) -> None:
    """The one vector at (a, b), where the last axis is summed over."""
    o = ints(op, 7)
    R, B, S = o[3], o[4], o[5]
    squares = f32(0)
    for r in range(R):
        w = floats(o[0] + 4 * ((a * R + r) * B + b) * S, S)
        for s in range(S):
            squares += w[s] * w[s]
    scale = factor(squares, low, high, rate)
    for r in range(R):
        w = floats(o[0] + 4 * ((a * R + r) * B + b) * S, S)
        for s in range(S):
            w[s] *= scale


@inline
def scale_many(op: Word, a: int, b: int, lo: int, n: int, low: Any, high: Any, rate: Any) -> None:
    """The n vectors at (a, b) from number lo of the last axis on."""
    o = ints(op, 7)
    R, B, S, C = o[3], o[4], o[5], o[6]
    f = floats(o[1] + 4 * lo, n)
    for i in range(n):
        f[i] = f32(0)
    for r in range(R):
        for s in range(S):
            w = floats(o[0] + 4 * ((((a * R + r) * B + b) * S + s) * C + lo), n)
            for i in range(n):
                f[i] += w[i] * w[i]
    for i in range(n):
        f[i] = factor(f[i], low, high, rate)
    for r in range(R):
        for s in range(S):
            w = floats(o[0] + 4 * ((((a * R + r) * B + b) * S + s) * C + lo), n)
            for i in range(n):
                w[i] *= f[i]
