"""Activations that multiply by a gate between 0 and 1: silu, mish, gelu, hard_silu, glu."""

from __future__ import annotations

from typing import Any

from ..intrinsics import floats, ints
from ..layout import B
from .base import kernel
from .elementwise import backward, forward
from .functions import HALF, ONE, TWO, ZERO, choose, exp, f32, normal, precise, sigmoid
from .gather import share

SIXTH, ROOT, CUBIC = f32(1 / 6), f32(0.7978845608), f32(0.044715)  # ROOT: √(2/π)


@forward("silu")
def silu(x: Any) -> Any:
    return x * sigmoid(x)


@backward("silu")
def silu_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * sigmoid(x) * (ONE + x * sigmoid(-x))


@precise
def mish_gate(x: Any) -> Any:
    """tanh(log(1 + eˣ)) = n / (n + 2) with n = eˣ(eˣ + 2); above zero both are divided by e²ˣ."""
    e = exp(-abs(x))
    n = choose(x > ZERO, ONE + TWO * e, e * (e + TWO))
    return n / (n + TWO * choose(x > ZERO, e * e, ONE))


@forward("mish")
def mish(x: Any) -> Any:
    return x * mish_gate(x)


@backward("mish")
def mish_grad(dy: Any, x: Any, y: Any) -> Any:
    t = mish_gate(x)
    return dy * (t + x * (ONE - t * t) * sigmoid(x))


@precise
def tanh_gate(x: Any) -> Any:
    """gelu's approximate gate and its slope."""
    x = min(max(x, f32(-30)), f32(30))
    s = x * x
    u, du = ROOT * x * (ONE + CUBIC * s), ROOT * (ONE + f32(3) * CUBIC * s)
    gate = sigmoid(u + u)
    return gate, gate * sigmoid(-(u + u)) * TWO * du


@forward("gelu")
def gelu(x: Any) -> Any:
    return x * normal(x)[0]


@backward("gelu")
def gelu_grad(dy: Any, x: Any, y: Any) -> Any:
    gate, slope = normal(x)
    return dy * (gate + x * slope)


@forward("gelu.approximate")
def gelu_approximate(x: Any) -> Any:
    return x * tanh_gate(x)[0]


@backward("gelu.approximate")
def gelu_approximate_grad(dy: Any, x: Any, y: Any) -> Any:
    gate, slope = tanh_gate(x)
    return dy * (gate + x * slope)


@forward("hard_silu")
def hard_silu(x: Any) -> Any:
    return x * min(max(x * SIXTH + HALF, ZERO), ONE)


@backward("hard_silu")
def hard_silu_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * (min(max(x * SIXTH + HALF, ZERO), ONE) + x * SIXTH * choose(abs(x) < f32(3), ONE, ZERO))


@kernel("glu")
def glu(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = a·σ(b) for rows x = (a, b). op: x, y, rows per sample, numbers in a."""
    o, c = ints(op, 4), ints(ctx, 64)
    n = o[3]
    lo, hi = share(c[B] * o[2], tid, nt)
    for row in range(lo, hi):
        a, b, y = floats(o[0] + 8 * row * n, n), floats(o[0] + 8 * row * n + 4 * n, n), floats(o[1] + 4 * row * n, n)
        for i in range(n):
            y[i] = a[i] * sigmoid(b[i])


@kernel("glu.grad")
def glu_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """da = dy·σ(b), db = dy·a·σ(b)·(1 - σ(b)). op: dy, x, dx, rows per sample, numbers in a."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[4]
    lo, hi = share(c[B] * o[3], tid, nt)
    for row in range(lo, hi):
        dy = floats(o[0] + 4 * row * n, n)
        a, b = floats(o[1] + 8 * row * n, n), floats(o[1] + 8 * row * n + 4 * n, n)
        da, db = floats(o[2] + 8 * row * n, n), floats(o[2] + 8 * row * n + 4 * n, n)
        for i in range(n):
            s = sigmoid(b[i])
            da[i] = dy[i] * s
            db[i] = dy[i] * a[i] * s * (ONE - s)
