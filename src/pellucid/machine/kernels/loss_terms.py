"""Losses that add up a term f(t, y) for each output: their mean over the last axis, or their sum."""

from __future__ import annotations

from typing import Any

from ..intrinsics import floats, ints, number
from ..layout import B
from .base import kernel
from .functions import choose, exp, f32, log, log1p, precise, sign, tanh
from .gather import share

EPSILON, ALMOST_1 = f32(1e-7), f32(1 - 1e-7)
LN2 = f32(0.693147181)


def terms(name: str, value: Any, gradient: Any) -> None:
    """The kernel of the values Σ f(t, y, ...) / n, and of dy = slope · f'(t, y, ...) / n.

    op: t, y, slope, values, dy or 0, rows per sample, outputs per row, n, four options, of which f takes as many as it
    names.
    """
    arguments = value.py_func.__code__.co_argcount

    @kernel(f"loss.{name}")
    def run(op: int, ctx: int, tid: int, nt: int) -> None:
        o, c = ints(op, 12), ints(ctx, 64)
        O = o[6]
        lo, hi = share(c[B] * o[5], tid, nt)
        part = f32(1) / f32(o[7])
        p, q, r, u = f32(number(o[8])), f32(number(o[9])), f32(number(o[10])), f32(number(o[11]))
        n = hi - lo
        s, values = floats(o[2] + 4 * lo, n), floats(o[3] + 4 * lo, n)
        if O == 1:  # one loop over all rows, which vectorizes
            t, y, dy = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[4] + 4 * lo, n)
            for b in range(n):
                values[b] = value(*(t[b], y[b], p, q, r, u)[:arguments])
            if o[4] != 0:
                for b in range(n):
                    dy[b] = gradient(*(t[b], y[b], p, q, r, u)[:arguments]) * s[b]
            return
        for b in range(n):
            at = 4 * (lo + b) * O
            t, y, dy = floats(o[0] + at, O), floats(o[1] + at, O), floats(o[4] + at, O)
            total = f32(0)
            for i in range(O):
                total += value(*(t[i], y[i], p, q, r, u)[:arguments])
            values[b] = total * part
            if o[4] != 0:
                each = s[b] * part
                for i in range(O):
                    dy[i] = gradient(*(t[i], y[i], p, q, r, u)[:arguments]) * each


# Functions -----------------------------------------------------------------------------------------------------------


@precise
def at_least(x: Any, lowest: Any) -> Any:
    """max(x, lowest), and NaN for NaN."""
    return choose(x < lowest, lowest, x)


@precise
def within(x: Any, lowest: Any, highest: Any) -> Any:
    """x kept between two numbers, and NaN for NaN."""
    y = choose(x < lowest, lowest, x)
    return choose(y > highest, highest, y)


@precise
def power(x: Any, n: Any) -> Any:
    """xⁿ for x ≥ 0."""
    return choose(n == f32(0), f32(1), exp(n * log(x)))


@precise
def power_grad(x: Any, n: Any) -> Any:
    """n·xⁿ⁻¹, taken as 0 at 0, where n < 1 would make it infinite."""
    return choose((x > f32(0)) & (n > f32(0)), n * power(x, n - f32(1)), f32(0))


# Errors --------------------------------------------------------------------------------------------------------------


@precise
def squared(t: Any, y: Any) -> Any:
    return (y - t) * (y - t)


@precise
def squared_grad(t: Any, y: Any) -> Any:
    return f32(2) * (y - t)


@precise
def absolute(t: Any, y: Any) -> Any:
    return abs(y - t)


@precise
def absolute_grad(t: Any, y: Any) -> Any:
    return sign(y - t)


@precise
def percentage(t: Any, y: Any) -> Any:
    return f32(100) * abs((y - t) / at_least(abs(t), EPSILON))


@precise
def percentage_grad(t: Any, y: Any) -> Any:
    return f32(100) * sign(y - t) / at_least(abs(t), EPSILON)


@precise
def logarithmic(t: Any, y: Any) -> Any:
    e = log1p(at_least(y, EPSILON)) - log1p(at_least(t, EPSILON))
    return e * e


@precise
def logarithmic_grad(t: Any, y: Any) -> Any:
    x = at_least(y, EPSILON)
    dy = f32(2) * (log1p(x) - log1p(at_least(t, EPSILON))) / (f32(1) + x)
    return choose(y >= EPSILON, dy, f32(0))


@precise
def log_cosh(t: Any, y: Any) -> Any:
    e = abs(y - t)
    return e + log1p(exp(f32(-2) * e)) - LN2


@precise
def log_cosh_grad(t: Any, y: Any) -> Any:
    return tanh(y - t)


@precise
def huber(t: Any, y: Any, delta: Any) -> Any:
    e = abs(y - t)
    near = choose(e > delta, delta, e)
    return near * (e - near * f32(0.5))


@precise
def huber_grad(t: Any, y: Any, delta: Any) -> Any:
    return within(y - t, -delta, delta)


terms("mean_squared_error", squared, squared_grad)
terms("mean_absolute_error", absolute, absolute_grad)
terms("mean_absolute_percentage_error", percentage, percentage_grad)
terms("mean_squared_logarithmic_error", logarithmic, logarithmic_grad)
terms("log_cosh", log_cosh, log_cosh_grad)
terms("huber", huber, huber_grad)


# Counts, margins and distributions -----------------------------------------------------------------------------------


@precise
def poisson(t: Any, y: Any) -> Any:
    return y - t * log(y + EPSILON)


@precise
def poisson_grad(t: Any, y: Any) -> Any:
    return f32(1) - t / (y + EPSILON)


@precise
def hinge(t: Any, y: Any) -> Any:
    return at_least(f32(1) - t * y, f32(0))


@precise
def hinge_grad(t: Any, y: Any) -> Any:
    return choose(t * y < f32(1), -t, f32(0))


@precise
def squared_hinge(t: Any, y: Any) -> Any:
    short = at_least(f32(1) - t * y, f32(0))
    return short * short


@precise
def squared_hinge_grad(t: Any, y: Any) -> Any:
    return f32(-2) * t * at_least(f32(1) - t * y, f32(0))


@precise
def divergence(t: Any, y: Any) -> Any:
    a = within(t, EPSILON, f32(1))
    return a * log(a / within(y, EPSILON, f32(1)))


@precise
def divergence_grad(t: Any, y: Any) -> Any:
    a, b = within(t, EPSILON, f32(1)), within(y, EPSILON, f32(1))
    return choose(y == b, -a / b, f32(0))


terms("poisson", poisson, poisson_grad)
terms("hinge", hinge, hinge_grad)
terms("squared_hinge", squared_hinge, squared_hinge_grad)
terms("kl_divergence", divergence, divergence_grad)
