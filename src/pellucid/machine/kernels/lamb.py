"""Lamb: Adam's direction u, and the step along it as long as lr · ‖w‖, parameter by parameter."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import ints, number
from ..layout import RATE, T
from .base import kernel
from .functions import precise
from .gather import share_lines
from .optimizers import moments
from .sums import total
from .updates import due, part

f32 = np.float32


@precise
def along(m: Any, v: Any, first: Any, second: Any, epsilon: Any) -> Any:
    """m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)."""
    return m / first / (np.sqrt(v / second) + epsilon)


@kernel("lamb.direction")
def direction(op: int, ctx: int, tid: int, nt: int) -> None:
    """m, v as Adam's, and u. op: size, steps per update, g, m, v, u, β₁, β₂, ε."""
    o, c = ints(op, 9), ints(ctx, 64)
    if not due(c[T], o[1]):
        return
    lo, hi = share_lines(o[0], tid, nt)
    n = hi - lo
    g, m, v, u = part(op, 2, lo, n), part(op, 3, lo, n), part(op, 4, lo, n), part(op, 5, lo, n)
    t, beta_1, beta_2, epsilon = float(c[T] // o[1] + 1), number(o[6]), number(o[7]), f32(number(o[8]))
    a, b, first, second = f32(1.0 - beta_1), f32(1.0 - beta_2), f32(1.0 - beta_1**t), f32(1.0 - beta_2**t)
    for i in range(n):
        m[i], v[i] = moments(g[i], m[i], v[i], a, b)
        u[i] = along(m[i], v[i], first, second, epsilon)


@kernel("lamb.step")
def step(op: int, ctx: int, tid: int, nt: int) -> None:
    """w ← w − lr · ‖w‖ / ‖u‖ · u. op: size, steps per update, w, u, sums of w², sums of u², how many of each."""
    o, c = ints(op, 7), ints(ctx, 64)
    if not due(c[T], o[1]):
        return
    lo, hi = share_lines(o[0], tid, nt)
    w, u = part(op, 2, lo, hi - lo), part(op, 3, lo, hi - lo)
    w_norm, u_norm = np.sqrt(total(o[4], o[6])), np.sqrt(total(o[5], o[6]))
    ratio = w_norm / u_norm if w_norm > 0.0 and u_norm > 0.0 else 1.0
    length = f32(ratio * number(c[RATE]))
    for i in range(hi - lo):
        w[i] -= length * u[i]
