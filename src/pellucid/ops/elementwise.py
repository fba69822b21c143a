"""Ops of one operand, number by number.     x (...), y (...)"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..layers.merging import scaled
from ..program import Buffer, CannotLower, Program
from .base import Operation, op

MATH = "keras.src.ops.math"


def simple(forward: Any, gradient: Any, formula: str, name: str = "", keras: str = "", module: str = "") -> Operation:
    """The op of a function of NumPy's; gradient(x, y) is dy/dx, None where there is none."""

    def compute(x: Any) -> Any:
        return forward(x)

    compute.__name__ = name or forward.__name__
    compute.__doc__ = f"y = {formula}."
    made = op(1, keras, module or "keras.src.ops.numpy")(compute)
    if gradient is not None:
        made.gradient(lambda dy, y, x: dy * gradient(x, y))
    return made


exp = simple(np.exp, lambda x, y: y, "eˣ")
expm1 = simple(np.expm1, lambda x, y: y + 1, "eˣ − 1")
log = simple(np.log, lambda x, y: 1 / x, "ln x")
log1p = simple(np.log1p, lambda x, y: 1 / (1 + x), "ln(1 + x)")
log2 = simple(np.log2, lambda x, y: 1 / (x * np.log(2)), "log₂ x")
log10 = simple(np.log10, lambda x, y: 1 / (x * np.log(10)), "log₁₀ x")
sqrt = simple(np.sqrt, lambda x, y: 0.5 / y, "√x")
rsqrt = simple(lambda x: 1 / np.sqrt(x), lambda x, y: -0.5 * y / x, "1 / √x", "rsqrt", module=MATH)
square = simple(np.square, lambda x, y: 2 * x, "x²")
reciprocal = simple(lambda x: 1 / np.asarray(x), lambda x, y: -y * y, "1 / x", "reciprocal")
sin = simple(np.sin, lambda x, y: np.cos(x), "sin x")
cos = simple(np.cos, lambda x, y: -np.sin(x), "cos x")
tan = simple(np.tan, lambda x, y: 1 + y * y, "tan x")
arctan = simple(np.arctan, lambda x, y: 1 / (1 + x * x), "arctan x")
sinh = simple(np.sinh, lambda x, y: np.cosh(x), "sinh x")
cosh = simple(np.cosh, lambda x, y: np.sinh(x), "cosh x")
absolute = simple(np.abs, lambda x, y: np.sign(x), "|x|, whose gradient at 0 is 0", "absolute")
negative = simple(np.negative, lambda x, y: -1, "−x")
sign = simple(np.sign, None, "−1, 0 or 1, as x is below, at or above 0; no gradient flows")
floor = simple(np.floor, None, "the whole number at or below x; no gradient flows")
ceil = simple(np.ceil, None, "the whole number at or above x; no gradient flows")
isnan = simple(np.isnan, None, "whether x is NaN")
isfinite = simple(np.isfinite, None, "whether x is finite")
isinf = simple(np.isinf, None, "whether x is infinite")
zeros_like = simple(np.zeros_like, None, "0, in the shape of x", "zeros_like")
ones_like = simple(np.ones_like, None, "1, in the shape of x", "ones_like")
abs = absolute


@negative.lowers
def lower_negative(code: Program, x: Buffer) -> Buffer:
    if not x.each:
        raise CannotLower("op 'negative' on what has no batch")
    code.back(lambda dy, wanted: scaled(code, dy, -1.0))
    return scaled(code, x, -1.0)


@op()
def round(x: Any, decimals: int = 0) -> Any:
    """y = x to so many decimals, halves to the even neighbour. No gradient flows.

    >>> round([0.5, 1.5, 2.26], 1)
    array([0.5, 1.5, 2.3], dtype=float32)
    """
    return np.round(x, decimals)


@op()
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """y = x, held between x_min and x_max. Outside, no gradient flows.

    >>> clip([-1.0, 0.5, 2.0], 0.0, 1.0)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return np.clip(x, x_min, x_max)


@clip.gradient
def clip_grad(dy: Array, y: Array, x: Array, x_min: Any, x_max: Any) -> Any:
    return dy * ((x >= x_min) & (x <= x_max))


@op(1, module="keras.src.ops.core")
def cast(x: Any, dtype: str) -> Any:
    """y = x as another kind of number. In a model, whatever has decimals is of the model's own dtype.

    >>> cast([1.5, 2.5], "int32")
    array([1, 2], dtype=int32)
    """
    x = np.asarray(x)
    return x if x.dtype.kind == "f" and np.dtype(dtype).kind == "f" and x.dtype.itemsize == 8 else x.astype(dtype)


@cast.gradient
def cast_grad(dy: Array, y: Array, x: Array, dtype: str) -> Array:
    return dy.astype(x.dtype)


@op(1, module="keras.src.ops.core")
def stop_gradient(variable: Any) -> Any:
    """y = x, and no gradient flows.

    >>> stop_gradient([1.0])
    array([1.], dtype=float32)
    """
    return np.asarray(variable)
