"""Ops of one operand, number by number.     x (...), y (...)"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument
from .base import Operation, op

MATH = "keras.src.ops.math"
WINITZKI = 3 * (4 - math.pi) / (4 * (math.pi - 3))  # 2 / πa, of his a; erfinv begins from it
_erf_of_each = np.frompyfunc(math.erf, 1, 1)  # NumPy has no error function of its own
_erfc_of_each = np.frompyfunc(math.erfc, 1, 1)


def simple(
    forward: Any, gradient: Any, back: str, formula: str, example: tuple[str, str], name: str = "", module: str = "",
    **facts: Any,
) -> Operation:  # fmt: skip
    """The op of a function of NumPy's; gradient(x, y) is dy/dx, None where there is none. back: the formula of dx.
    example: an x, and its y."""

    def compute(x: Any) -> Any:
        return forward(x)

    compute.__name__ = name or forward.__name__
    shown = f"{compute.__name__}({example[0]}){'.round(4)' if 'float' in example[1] else ''}"
    compute.__doc__ = f"y = {formula}.\n\n    >>> {shown}\n    array({example[1]})\n    "
    made = op(1, "", module or "keras.src.ops.numpy", **facts)(compute)
    if gradient is not None:
        made.gradient(f"dx = {back}")(lambda dy, y, x: dy * gradient(x, y))
    return made


def real(numbers: str, y: str) -> tuple[str, str]:
    """An example whose y has decimals."""
    return numbers, f"{y}, dtype=float32"


LN2, LN10 = math.log(2), math.log(10)

exp = simple(np.exp, lambda x, y: y, "dy·y", "eˣ", real("[0.0, 1.0]", "[1.    , 2.7183]"))
exp2 = simple(np.exp2, lambda x, y: y * LN2, "dy·y·ln 2", "2ˣ", real("[0.0, 3.0]", "[1., 8.]"))
expm1 = simple(np.expm1, lambda x, y: y + 1, "dy·(y + 1)", "eˣ − 1", real("[0.0, 1.0]", "[0.    , 1.7183]"))
log = simple(np.log, lambda x, y: 1 / x, "dy / x", "ln x", real("[1.0, 2.0]", "[0.    , 0.6931]"))
log1p = simple(np.log1p, lambda x, y: 1 / (1 + x), "dy / (1 + x)", "ln(1 + x)", real("[0.0, 1.0]", "[0.    , 0.6931]"))
log2 = simple(np.log2, lambda x, y: 1 / (x * LN2), "dy / (x·ln 2)", "log₂ x", real("[1.0, 8.0]", "[0., 3.]"))
log10 = simple(np.log10, lambda x, y: 1 / (x * LN10), "dy / (x·ln 10)", "log₁₀ x", real("[1.0, 100.0]", "[0., 2.]"))
sqrt = simple(np.sqrt, lambda x, y: 0.5 / y, "dy / (2·y)", "√x", real("[4.0, 9.0]", "[2., 3.]"))
rsqrt = simple(
    lambda x: 1 / np.sqrt(x),
    lambda x, y: -0.5 * y / x,
    "−dy·y / (2·x)",
    "1 / √x",
    real("[4.0, 16.0]", "[0.5 , 0.25]"),
    "rsqrt",
    MATH,
)
cbrt = simple(np.cbrt, lambda x, y: 1 / (3 * y * y), "dy / (3·y²)", "∛x", real("[8.0, -27.0]", "[ 2., -3.]"))
square = simple(np.square, lambda x, y: 2 * x, "dy·2·x", "x²", real("[2.0, -3.0]", "[4., 9.]"), exact=True)
reciprocal = simple(
    lambda x: 1 / np.asarray(x),
    lambda x, y: -y * y,
    "−dy·y²",
    "1 / x",
    real("[2.0, 4.0]", "[0.5 , 0.25]"),
    "reciprocal",
)
sin = simple(np.sin, lambda x, y: np.cos(x), "dy·cos x", "sin x", real("[0.0, 1.0]", "[0.    , 0.8415]"))
cos = simple(np.cos, lambda x, y: -np.sin(x), "−dy·sin x", "cos x", real("[0.0, 1.0]", "[1.    , 0.5403]"))
tan = simple(np.tan, lambda x, y: 1 + y * y, "dy·(1 + y²)", "tan x", real("[0.0, 1.0]", "[0.    , 1.5574]"))
arcsin = simple(
    np.arcsin, lambda x, y: 1 / np.sqrt(1 - x * x), "dy / √(1 − x²)", "arcsin x", real("[0.0, 1.0]", "[0.    , 1.5708]")
)
arccos = simple(
    np.arccos,
    lambda x, y: -1 / np.sqrt(1 - x * x),
    "−dy / √(1 − x²)",
    "arccos x",
    real("[1.0, 0.0]", "[0.    , 1.5708]"),
)
arctan = simple(
    np.arctan, lambda x, y: 1 / (1 + x * x), "dy / (1 + x²)", "arctan x", real("[0.0, 1.0]", "[0.    , 0.7854]")
)
sinh = simple(np.sinh, lambda x, y: np.cosh(x), "dy·cosh x", "sinh x", real("[0.0, 1.0]", "[0.    , 1.1752]"))
cosh = simple(np.cosh, lambda x, y: np.sinh(x), "dy·sinh x", "cosh x", real("[0.0, 1.0]", "[1.    , 1.5431]"))
arcsinh = simple(
    np.arcsinh,
    lambda x, y: 1 / np.sqrt(1 + x * x),
    "dy / √(1 + x²)",
    "arsinh x",
    real("[0.0, 1.0]", "[0.    , 0.8814]"),
)
arccosh = simple(
    np.arccosh, lambda x, y: 1 / np.sqrt(x * x - 1), "dy / √(x² − 1)", "arcosh x", real("[1.0, 2.0]", "[0.   , 1.317]")
)
arctanh = simple(
    np.arctanh, lambda x, y: 1 / (1 - x * x), "dy / (1 − x²)", "artanh x", real("[0.0, 0.5]", "[0.    , 0.5493]")
)
absolute = simple(
    np.abs,
    lambda x, y: np.sign(x),
    "dy·sign x",
    "|x|, whose gradient at 0 is 0",
    real("[-2.0, 3.0]", "[2., 3.]"),
    exact=True,
)
negative = simple(np.negative, lambda x, y: -1, "−dy", "−x", real("[2.0, -3.0]", "[-2.,  3.]"), exact=True)
sign = simple(
    np.sign,
    None,
    "",
    "−1, 0 or 1, as x is below, at or above 0; no gradient flows",
    real("[-2.0, 0.0]", "[-1.,  0.]"),
)
floor = simple(
    np.floor, None, "", "the whole number at or below x; no gradient flows", real("[1.5, -1.5]", "[ 1., -2.]")
)
ceil = simple(np.ceil, None, "", "the whole number at or above x; no gradient flows", real("[1.5, -1.5]", "[ 2., -1.]"))
trunc = simple(np.trunc, None, "", "x without its decimals; no gradient flows", real("[1.5, -1.5]", "[ 1., -1.]"))
isnan = simple(np.isnan, None, "", "whether x is NaN", ("[1.0, np.nan]", "[False,  True]"))
isfinite = simple(np.isfinite, None, "", "whether x is finite", ("[1.0, np.inf]", "[ True, False]"))
isinf = simple(np.isinf, None, "", "whether x is infinite", ("[1.0, np.inf]", "[False,  True]"))


@op(1, module=MATH)
def erf(x: Any) -> Any:
    """y = 2/√π · ∫₀ˣ e^(−t²) dt, the error function.

    >>> erf([0.0, 1.0]).round(4)
    array([0.    , 0.8427], dtype=float32)
    """
    x = np.asarray(x)
    return np.asarray(_erf_of_each(x)).astype(x.dtype if x.dtype.kind == "f" else "float64")


@erf.gradient("dx = dy·2/√π·e^(−x²)")
def erf_grad(dy: Array, y: Array, x: Array) -> Any:
    return dy * (2 / math.sqrt(math.pi)) * np.exp(-x * x)


@op(1, module=MATH)
def erfinv(x: Any) -> Any:
    """y, of which erf(y) = x; −∞ and ∞ at −1 and 1, NaN beyond. Newton's steps from Winitzki's approximation.

    >>> erfinv([0.0, 0.8427]).round(4)
    array([0., 1.], dtype=float32)
    """
    x = np.asarray(x)
    z = np.fabs(x, dtype="float64")
    inside = z < 1
    z = np.where(inside, z, 0.0)
    halved = np.log((1 - z) * (1 + z)) / 2
    t = halved + WINITZKI
    y = np.sqrt(np.sqrt(t * t - halved * WINITZKI * math.pi) - t)
    for _ in range(4):
        over = np.where(z < 0.5, _erf_of_each(y) - z, (1 - z) - _erfc_of_each(y)).astype("float64")
        y = y - over * math.sqrt(math.pi) / 2 * np.exp(y * y)
    beyond = np.where(np.fabs(x) == 1, math.inf, math.nan)
    return np.copysign(np.where(inside, y, beyond), x).astype(x.dtype if x.dtype.kind == "f" else "float64")


@erfinv.gradient("dx = dy·√π/2·e^(y²)")
def erfinv_grad(dy: Array, y: Array, x: Array) -> Any:
    return dy * (math.sqrt(math.pi) / 2) * np.exp(y * y)


@op()
def zeros_like(x: Any, dtype: str | None = None) -> Any:
    """y = 0, in the shape of x, and in its kind of number unless another is named. No gradient flows.

    >>> zeros_like([1.0, 2.0])
    array([0., 0.], dtype=float32)
    """
    return np.zeros_like(x, dtype)


@op()
def ones_like(x: Any, dtype: str | None = None) -> Any:
    """y = 1, in the shape of x, and in its kind of number unless another is named. No gradient flows.

    >>> ones_like([1.0, 2.0])
    array([1., 1.], dtype=float32)
    """
    return np.ones_like(x, dtype)


@op(2)
def full_like(x: Any, fill_value: Any, dtype: str | None = None) -> Any:
    """y = one value, in the shape of x, and in its kind of number unless another is named. No gradient flows.

    >>> full_like([1.0, 2.0], 7.0)
    array([7., 7.], dtype=float32)
    """
    return np.full_like(x, fill_value, dtype)


@op()
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """y = x where it is finite, `nan` where it is NaN, and posinf or neginf where it is infinite: the largest and the
    smallest number there is, unless they are given. The gradient flows where x is finite.

    >>> nan_to_num([1.0, np.nan])
    array([1., 0.], dtype=float32)
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@nan_to_num.gradient("dx = dy where x is finite")
def nan_to_num_grad(dy: Array, y: Array, x: Array, **options: Any) -> Any:
    return dy * np.isfinite(x)


abs = absolute


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


@clip.gradient("dx = dy where x_min ≤ x ≤ x_max")
def clip_grad(dy: Array, y: Array, x: Array, x_min: Any, x_max: Any) -> Any:
    return dy * (np.greater_equal(x, x_min) & np.less_equal(x, x_max))


@op(1, module="keras.src.ops.core")
def cast(x: Any, dtype: str) -> Any:
    """y = x as another kind of number: whole numbers drop the decimals, and refuse what they cannot hold. In a model,
    whatever has decimals is of the model's own dtype.

    >>> cast([1.5, 2.5], "int32")
    array([1, 2], dtype=int32)
    """
    x = np.asarray(x)
    y = x.astype(dtype)
    if y.dtype.kind in "iu" and x.dtype.kind in "iuf" and np.any(wrong := np.trunc(x) != y):
        raise InvalidArgument(f"ops.cast to {dtype}", f"numbers that {dtype} holds", x[wrong].flat[0].item())
    return y


@cast.gradient("dx = dy")
def cast_grad(dy: Array, y: Array, x: Array, dtype: str) -> Array | None:
    return dy.astype(x.dtype) if y.dtype.kind == "f" else None


@op(1, module="keras.src.ops.core")
def stop_gradient(variable: Any) -> Any:
    """y = x, and no gradient flows.

    >>> stop_gradient([1.0])
    array([1.], dtype=float32)
    """
    return np.asarray(variable)
