"""Ops of one operand, number by number: y = f(x), and dx = f'(dy, x, y) where a gradient flows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import double
from ..double import LN2, f64
from ..functions import HALF, INFINITY, ONE, TWO, ZERO, choose, exp, expm1, f32, log, log1p, normal, precise
from ..mapped import mapped

Function = Callable[..., Any]
HIGHEST = f32(3.4028235e38)
LN10, SQRT2, TWO_OVER_SQRT_PI = f64(2.302585092994046), f32(1.4142135623730951), f32(1.1283791670955126)
QUARTER, EIGHTH = f32(1.5707963267948966), f32(0.7853981633974483)  # of a full turn


@precise
def exp2(x: Any) -> Any:
    y = f32(double.exp(f64(min(max(x, f32(-200)), f32(200))) * LN2))
    return choose(x == x, y, x)


@precise
def log_to(x: Any, base: Any) -> Any:
    """ln x / base."""
    y = f32(double.log(f64(x)) / base)
    return choose((x > ZERO) & (x < INFINITY), y, log(x))


@precise
def sin(x: Any) -> Any:
    return f32(double.sine_and_cosine(f64(x))[0])


@precise
def cos(x: Any) -> Any:
    return f32(double.sine_and_cosine(f64(x))[1])


@precise
def tan(x: Any) -> Any:
    sine, cosine = double.sine_and_cosine(f64(x))
    return f32(sine / cosine)


@precise
def arctan(x: Any) -> Any:
    """arctan x, from an x that is moved to where |x| ≤ tan π/8. Source: Cephes (Moshier, 1989)."""
    a = abs(x)
    far, near = a > f32(2.414213562373095), a > f32(0.4142135623730951)
    z = choose(far, -ONE / a, choose(near, (a - ONE) / (a + ONE), a))
    s = z * z
    p = f32(8.05374449538e-2)
    p = p * s + f32(-1.38776856032e-1)
    p = p * s + f32(1.99777106478e-1)
    p = p * s + f32(-3.33329491539e-1)
    y = choose(far, QUARTER, choose(near, EIGHTH, ZERO)) + (p * s * z + z)
    return choose(x < ZERO, -y, choose(x == ZERO, x, y))


@precise
def arcsin(x: Any) -> Any:
    return arctan(x / np.sqrt((ONE - x) * (ONE + x)))


@precise
def arccos(x: Any) -> Any:
    return TWO * arctan(np.sqrt((ONE - x) / (ONE + x)))


@precise
def arcsinh(x: Any) -> Any:
    a = f64(min(abs(x), HIGHEST))
    y = f32(double.log(a + np.sqrt(a * a + f64(1))))
    y = choose(abs(x) < f32(1e-3), x - x * x * x * f32(1 / 6), choose(x < ZERO, -y, y))
    return choose(abs(x) < INFINITY, y, x)


@precise
def arccosh(x: Any) -> Any:
    a = f64(min(max(x, ONE), HIGHEST))
    y = f32(double.log(a + np.sqrt(a * a - f64(1))))
    return choose(x >= ONE, choose(x < INFINITY, y, x), f32(np.nan))


@precise
def arctanh(x: Any) -> Any:
    a = f64(choose(abs(x) < ONE, x, ZERO))
    y = f32(f64(0.5) * double.log((f64(1) + a) / (f64(1) - a)))
    y = choose(abs(x) < f32(1e-3), x + x * x * x * f32(1 / 3), y)
    return choose(abs(x) < ONE, y, choose(abs(x) == ONE, x * INFINITY, f32(np.nan)))


@precise
def cbrt(x: Any) -> Any:
    a = abs(x)
    y = f32(double.exp(double.log(f64(choose((a > ZERO) & (a < INFINITY), a, ONE))) / f64(3)))
    return choose((a > ZERO) & (a < INFINITY), choose(x < ZERO, -y, y), x)


@precise
def erf(x: Any) -> Any:
    """2/√π · Σ (−1)ᵏ·x²ᵏ⁺¹ / (k!·(2k + 1)) where |x| < 1; else by the normal distribution's tail."""
    s = f64(x) * f64(x)
    y = f64(0)
    for k in range(14, 0, -1):
        y = (f64(1) / f64(2 * k + 1) - y) * (s * (f64(1) / f64(k)))
    small = f32(f64(x) * (f64(1) - y)) * TWO_OVER_SQRT_PI
    tail = ONE - TWO * normal(-abs(x) * SQRT2)[0]
    return choose(abs(x) < ONE, small, choose(x < ZERO, -tail, tail))


@precise
def sinh(x: Any) -> Any:
    e = double.exp(f64(min(max(x, f32(-100)), f32(100))))
    y = choose(abs(x) < f32(1e-3), x + x * x * x * f32(1 / 6), f32(f64(0.5) * (e - f64(1) / e)))
    return choose(x == x, y, x)


@precise
def cosh(x: Any) -> Any:
    e = double.exp(f64(min(max(x, f32(-100)), f32(100))))
    return choose(x == x, f32(f64(0.5) * (e + f64(1) / e)), x)


@precise
def sign(x: Any) -> Any:
    return choose(x > ZERO, ONE, choose(x < ZERO, -ONE, x))


@precise
def truth(condition: Any) -> Any:
    """1 for true, 0 for false."""
    return choose(condition, ONE, ZERO)


DIFFERENTIABLE: dict[str, tuple[Function, Function]] = {
    "exp": (lambda x: exp(x), lambda dy, x, y: dy * y),
    "expm1": (lambda x: expm1(x), lambda dy, x, y: dy * (y + ONE)),
    "exp2": (lambda x: exp2(x), lambda dy, x, y: dy * (y * f32(LN2))),
    "log": (lambda x: log(x), lambda dy, x, y: dy * (ONE / x)),
    "log1p": (lambda x: log1p(x), lambda dy, x, y: dy * (ONE / (ONE + x))),
    "log2": (lambda x: log_to(x, LN2), lambda dy, x, y: dy * (ONE / (x * f32(LN2)))),
    "log10": (lambda x: log_to(x, LN10), lambda dy, x, y: dy * (ONE / (x * f32(LN10)))),
    "sqrt": (lambda x: np.sqrt(x), lambda dy, x, y: dy * (HALF / y)),
    "rsqrt": (lambda x: ONE / np.sqrt(x), lambda dy, x, y: dy * (-HALF * y / x)),
    "square": (lambda x: x * x, lambda dy, x, y: dy * (TWO * x)),
    "reciprocal": (lambda x: ONE / x, lambda dy, x, y: dy * (-y * y)),
    "sin": (lambda x: sin(x), lambda dy, x, y: dy * cos(x)),
    "cos": (lambda x: cos(x), lambda dy, x, y: dy * -sin(x)),
    "tan": (lambda x: tan(x), lambda dy, x, y: dy * (ONE + y * y)),
    "arctan": (lambda x: arctan(x), lambda dy, x, y: dy * (ONE / (ONE + x * x))),
    "arcsin": (lambda x: arcsin(x), lambda dy, x, y: dy * (ONE / np.sqrt(ONE - x * x))),
    "arccos": (lambda x: arccos(x), lambda dy, x, y: dy * (-ONE / np.sqrt(ONE - x * x))),
    "arcsinh": (lambda x: arcsinh(x), lambda dy, x, y: dy * (ONE / np.sqrt(ONE + x * x))),
    "arccosh": (lambda x: arccosh(x), lambda dy, x, y: dy * (ONE / np.sqrt(x * x - ONE))),
    "arctanh": (lambda x: arctanh(x), lambda dy, x, y: dy * (ONE / (ONE - x * x))),
    "cbrt": (lambda x: cbrt(x), lambda dy, x, y: dy * (ONE / (f32(3) * y * y))),
    "erf": (lambda x: erf(x), lambda dy, x, y: dy * (TWO_OVER_SQRT_PI * exp(-x * x))),
    "sinh": (lambda x: sinh(x), lambda dy, x, y: dy * cosh(x)),
    "cosh": (lambda x: cosh(x), lambda dy, x, y: dy * sinh(x)),
    "absolute": (lambda x: abs(x), lambda dy, x, y: dy * sign(x)),
    "negative": (lambda x: -x, lambda dy, x, y: -dy),
    "clip": (
        lambda x, low, high: choose(x == x, min(max(x, low), high), x),
        lambda dy, x, y: choose(x == y, dy, dy * ZERO),
    ),
}
CONSTANT: dict[str, Function] = {
    "sign": lambda x: sign(x),
    "floor": lambda x: np.floor(x),
    "ceil": lambda x: np.ceil(x),
    "trunc": lambda x: np.trunc(x),
    "full_like": lambda x, value: value,
    "round": lambda x, scale: np.rint(x * scale) / scale,
    "isnan": lambda x: truth(x != x),
    "isfinite": lambda x: truth(abs(x) < INFINITY),
    "isinf": lambda x: truth(abs(x) == INFINITY),
    "zeros_like": lambda x: ZERO,
    "ones_like": lambda x: ONE,
}
for _name, (_function, _slope) in DIFFERENTIABLE.items():
    mapped(f"op.{_name}")(_function)
    mapped(f"op.{_name}.grad")(_slope)
for _name, _function in CONSTANT.items():
    mapped(f"op.{_name}")(_function)
