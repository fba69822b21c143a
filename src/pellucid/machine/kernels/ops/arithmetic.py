"""Ops of two operands, number by number, and what flows back to the first of them and to the second."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import double
from ..double import f64
from ..functions import HALF, INFINITY, ONE, ZERO, choose, f32, precise
from ..mapped import mapped

NAN = f32(np.nan)


@precise
def power(x: Any, y: Any) -> Any:
    """xʸ = e^(y·ln x), in float64, which leaves float32 all its digits; of a negative x, if y is a whole number."""
    a = abs(x)
    inside = (a > ZERO) & (a < INFINITY)
    t = f64(0) if a == ONE else f64(y) * double.log(f64(choose(inside, a, ONE)))
    found = f32(double.exp(min(max(t, f64(-200)), f64(200))))
    grows = (a == INFINITY) == (y > ZERO)
    found = choose(inside, found, choose(grows, INFINITY, ZERO))
    half = f32(np.floor(y * HALF))
    odd = y - half - half == ONE
    negative = (x < ZERO) | (ONE / x < ZERO)  # -0, too
    whole = (np.floor(y) == y) | (y == INFINITY) | (y == -INFINITY)
    found = choose(negative & odd & whole, -found, choose(negative & inside & (not whole), NAN, found))
    found = choose((x == x) & (y == y), found, NAN)
    return choose((y == ZERO) | (x == ONE), ONE, found)


@precise
def larger(a: Any, b: Any) -> Any:
    """NaN, as in NumPy, is larger than all."""
    return a if a >= b or a != a else b


@precise
def smaller(a: Any, b: Any) -> Any:
    return a if a <= b or a != a else b


for _name, _function in {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "divide.2": lambda dy, y, b: -dy * y / b,
    "divide_no_nan": lambda a, b: choose(b == ZERO, ZERO, a / choose(b == ZERO, ONE, b)),
    "divide_no_nan.2": lambda dy, y, b: choose(b == ZERO, ZERO, -dy * y / choose(b == ZERO, ONE, b)),
    "hypot": lambda a, b: f32(np.sqrt(f64(a) * f64(a) + f64(b) * f64(b))),
    "hypot.grad": lambda dy, a, y: dy * a / y,
    "power": lambda a, b: power(a, b),
    "power.1": lambda dy, a, b: dy * choose(b == ZERO, ZERO, b * power(a, choose(b == ZERO, ONE, b) - ONE)),
    "power.2": lambda dy, y, a: dy * y * choose(a > ZERO, f32(double.log(f64(choose(a > ZERO, a, ONE)))), ZERO),
    "maximum": lambda a, b: larger(a, b),
    "minimum": lambda a, b: smaller(a, b),
    "chosen": lambda dy, a, b: dy * choose(a > b, ONE, choose(a == b, HALF, ZERO)),
}.items():
    mapped(f"op.{_name}")(_function)
