"""One step of a recurrent layer, for one sample, and the way back: loops over numbers that lie next to each other.

a: its gates, H numbers each. s: hU, and on the way back what goes back to that. h: the state, which moves on. c0, c1:
the memory before the step and after it. dh, dc: what comes back to the states; dh then is what does not come through
hU. w: room for H numbers. g and k: which activations.
"""

from __future__ import annotations

from typing import Any

from ..intrinsics import Word, floats
from .base import inline
from .functions import HALF, ONE, ZERO, choose, f32, precise

SIXTH = f32(1 / 6)
FLAT = f32(8)  # beyond which tanh is 1 but for 2e-7
TANH, SIGMOID, LINEAR, RELU, HARD_SIGMOID = range(5)  # as layers/recurring.py counts them


@precise
def hyperbolic(x: Any) -> Any:
    """tanh x within 4e-7, x·P(x²)/Q(x²): without the exponential it takes a third of the time, and a recurrent layer
    takes five of them for each unit and step. P and Q were fitted to tanh(x)/x for x from 0 to 8, by least squares
    weighted until the relative error was even, 7e-9."""
    u = min(max(x, -FLAT), FLAT)
    s = u * u
    p = f32(1.5230687432e-08)
    p = p * s + f32(2.1894856510e-05)
    p = p * s + f32(3.5716098875e-03)
    p = p * s + f32(1.3444507994e-01)
    p = p * s + ONE
    q = f32(8.5225569062e-07)
    q = q * s + f32(3.4113112882e-04)
    q = q * s + f32(2.6164488141e-02)
    q = q * s + f32(4.6777835318e-01)
    q = q * s + ONE
    return choose(x == x, u * p / q, x)


@precise
def logistic(x: Any) -> Any:
    """1 / (1 + e⁻ˣ) = (tanh(x/2) + 1)/2"""
    return HALF * hyperbolic(HALF * x) + HALF


@inline
def copy(source: Word, target: Word, n: int) -> None:
    """n numbers; zeros from the address 0."""
    to = floats(target, n)
    if source == 0:
        for j in range(n):
            to[j] = ZERO
        return
    x = floats(source, n)
    for j in range(n):
        to[j] = x[j]


@inline
def add(source: Word, target: Word, n: int) -> None:
    """Add n numbers to others."""
    x, to = floats(source, n), floats(target, n)
    for j in range(n):
        to[j] += x[j]


@inline
def curve(kind: int, at: Word, n: int) -> None:
    """y = f(x) in the place of x."""
    x = floats(at, n)
    if kind == TANH:
        for j in range(n):
            x[j] = hyperbolic(x[j])
    elif kind == SIGMOID:
        for j in range(n):
            x[j] = logistic(x[j])
    elif kind == RELU:
        for j in range(n):
            x[j] = choose(x[j] <= ZERO, ZERO, x[j])
    elif kind == HARD_SIGMOID:
        for j in range(n):
            x[j] = min(max(x[j] * SIXTH + HALF, ZERO), ONE)


@inline
def slope(kind: int, at: Word, d: Word, n: int) -> None:
    """d·f′(x) in the place of d, from y = f(x)."""
    y, to = floats(at, n), floats(d, n)
    if kind == TANH:
        for j in range(n):
            to[j] *= ONE - y[j] * y[j]
    elif kind == SIGMOID:
        for j in range(n):
            to[j] *= y[j] * (ONE - y[j])
    elif kind == RELU:
        for j in range(n):
            to[j] *= choose(y[j] > ZERO, ONE, ZERO)
    elif kind == HARD_SIGMOID:
        for j in range(n):
            to[j] *= choose(y[j] > ZERO, choose(y[j] < ONE, SIXTH, ZERO), ZERO)


@inline
def times(a: Word, b: Word, to: Word, n: int) -> None:
    """a·b, number by number."""
    x, y, z = floats(a, n), floats(b, n), floats(to, n)
    for j in range(n):
        z[j] = x[j] * y[j]


# One step, and under it the way back -------------------------------------------------------------------------------


@inline
def simple_step(a: Word, s: Word, h: Word, c0: Word, c1: Word, H: int, g: int, k: int) -> None:
    """h = g(a + hU)"""
    add(s, a, H)
    curve(g, a, H)
    copy(a, h, H)


@inline
def simple_step_grad(
    a: Word, s: Word, h: Word, c0: Word, c1: Word, dh: Word, dc: Word, w: Word, H: int, g: int, k: int
) -> None:
    """ds = dh·g′"""
    slope(g, a, dh, H)
    copy(dh, s, H)
    copy(s, a, H)
    copy(0, dh, H)


@inline
def lstm_step(a: Word, s: Word, h: Word, c0: Word, c1: Word, H: int, g: int, k: int) -> None:
    """i, f, o = s(a + hU), k = g(a + hU), c′ = f·c + i·k, h = o·g(c′)"""
    add(s, a, 4 * H)
    curve(k, a, 2 * H)
    curve(g, a + 8 * H, H)
    curve(k, a + 12 * H, H)
    times(a, a + 8 * H, c1, H)
    f, c, new = floats(a + 4 * H, H), floats(c0, H), floats(c1, H)
    for j in range(H):
        new[j] += f[j] * c[j]
    copy(c1, h, H)
    curve(g, h, H)
    times(h, a + 12 * H, h, H)


@inline
def lstm_step_grad(
    a: Word, s: Word, h: Word, c0: Word, c1: Word, dh: Word, dc: Word, w: Word, H: int, g: int, k: int
) -> None:
    """dc += dh·o·g′(c′), then ds of i = dc·k·s′, f = dc·c·s′, k = dc·i·g′, o = dh·g(c′)·s′, and dc·f goes on"""
    copy(c1, w, H)
    curve(g, w, H)
    times(dh, w, s + 12 * H, H)
    times(dh, a + 12 * H, dh, H)
    slope(g, w, dh, H)
    add(dh, dc, H)
    copy(0, dh, H)
    times(dc, a + 8 * H, s, H)
    times(dc, c0, s + 4 * H, H)
    times(dc, a, s + 8 * H, H)
    times(dc, a + 4 * H, dc, H)
    slope(k, a, s, 2 * H)
    slope(g, a + 8 * H, s + 8 * H, H)
    slope(k, a + 12 * H, s + 12 * H, H)
    copy(s, a, 4 * H)


@inline
def moved_on(a: Word, h: Word, H: int) -> None:
    """h = z·h + (1 − z)·k"""
    z, new, old = floats(a, H), floats(a + 8 * H, H), floats(h, H)
    for j in range(H):
        old[j] = z[j] * old[j] + (ONE - z[j]) * new[j]


@inline
def gru_step(a: Word, s: Word, h: Word, c0: Word, c1: Word, H: int, g: int, k: int) -> None:
    """z, r = s(a + hU), k = g(a + r·hU), h = z·h + (1 − z)·k; the hU that r is multiplied by is kept"""
    add(s, a, 2 * H)
    curve(k, a, 2 * H)
    copy(s + 8 * H, c0, H)
    times(a + 4 * H, s + 8 * H, s, H)
    add(s, a + 8 * H, H)
    curve(g, a + 8 * H, H)
    moved_on(a, h, H)


@inline
def gru_step_grad(
    a: Word, s: Word, h: Word, c0: Word, c1: Word, dh: Word, dc: Word, w: Word, H: int, g: int, k: int
) -> None:
    """da of z = dh·(h − k)·s′, k = dh·(1 − z)·g′, r = da of k·hU·s′; ds likewise, but of k times r; dh·z goes on"""
    z, new, old, d, to = floats(a, H), floats(a + 8 * H, H), floats(h, H), floats(dh, H), floats(s, H)
    for j in range(H):
        to[j] = old[j] - new[j]
    times(dh, s, s, H)
    slope(k, a, s, H)
    away = floats(w, H)
    for j in range(H):
        away[j] = d[j] - d[j] * z[j]
    slope(g, a + 8 * H, w, H)
    times(dh, a, dh, H)
    times(w, c0, s + 4 * H, H)
    slope(k, a + 4 * H, s + 4 * H, H)
    times(w, a + 4 * H, s + 8 * H, H)
    copy(s, a, 2 * H)
    copy(w, a + 8 * H, H)


@inline
def gru_before_early(a: Word, s: Word, h: Word, rh: Word, H: int, k: int) -> None:
    """z, r = s(a + hU), and r·h, which is multiplied next; of a step that does not count, it is not asked for"""
    add(a, s, 2 * H)
    curve(k, s, 2 * H)
    times(s + 4 * H, h, rh, H)


@inline
def gru_before(a: Word, s: Word, h: Word, c0: Word, c1: Word, H: int, g: int, k: int) -> None:
    """k = g(a + (r·h)U), h = z·h + (1 − z)·k"""
    copy(s, a, 2 * H)
    add(s + 8 * H, a + 8 * H, H)
    curve(g, a + 8 * H, H)
    moved_on(a, h, H)


@inline
def gru_before_early_grad(a: Word, s: Word, dh: Word, H: int, g: int, there: bool) -> None:
    """da of k = dh·(1 − z)·g′, which comes back to r·h next; 0 of a step that does not count"""
    if not there:
        copy(0, s + 8 * H, H)
        return
    z, d, to = floats(a, H), floats(dh, H), floats(s + 8 * H, H)
    for j in range(H):
        to[j] = d[j] - d[j] * z[j]
    slope(g, a + 8 * H, s + 8 * H, H)


@inline
def gru_before_grad(
    a: Word, s: Word, h: Word, c0: Word, c1: Word, dh: Word, dc: Word, w: Word, H: int, g: int, k: int
) -> None:
    """da of z = dh·(h − k)·s′, r = dc·h·s′; dh·z + dc·r goes on. dc: what has come back to r·h"""
    z, r, new, old = floats(a, H), floats(a + 4 * H, H), floats(a + 8 * H, H), floats(h, H)
    d, back, of_z, of_r = floats(dh, H), floats(dc, H), floats(s, H), floats(s + 4 * H, H)
    for j in range(H):
        of_z[j] = d[j] * (old[j] - new[j])
        of_r[j] = back[j] * old[j]
        d[j] = d[j] * z[j] + back[j] * r[j]
    slope(k, a, s, 2 * H)
    copy(s, a, 3 * H)


@inline
def no_early(a: Word, s: Word, h: Word, rh: Word, H: int, k: int) -> None:
    """Before the last product, where all are of h."""


@inline
def no_early_grad(a: Word, s: Word, dh: Word, H: int, g: int, there: bool) -> None:
    """On the way back."""
