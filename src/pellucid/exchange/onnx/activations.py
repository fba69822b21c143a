"""How each activation reads in ONNX: one operator where there is one, else a few.

Each is a function of the step, of the name of x and of the activation's options; it returns the name of y.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...activations import Activation
from ...activations.exponential_units import SELU_ALPHA, SELU_SCALE
from ..emitters import ByName
from .writer import At

WRITTEN: ByName[str] = ByName()
writes = WRITTEN.writes


def write_activation(at: At, activation: Activation) -> str:
    """y = f(x), x being the input of the step."""
    return WRITTEN[activation.name](at, at.x, **activation.options)


def plainly(op: str, **attributes: Any) -> Callable[[At, str], str]:
    """An activation that is one operator."""
    return lambda at, x: at.op(op, x, **attributes)


WRITTEN["linear"] = lambda at, x: x
WRITTEN["exponential"] = plainly("Exp")
WRITTEN["sigmoid"] = plainly("Sigmoid")
WRITTEN["tanh"] = plainly("Tanh")


# Rectifiers ------------------------------------------------------------------------------------------------------


@writes
def relu(at: At, x: str, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> str:
    if threshold == 0.0 and max_value is None:
        return leaky_relu(at, x, negative_slope) if negative_slope else at.op("Relu", x)
    if threshold == 0.0 and not negative_slope:
        return clipped(at, x, 0.0, max_value)
    above = x if max_value is None else clipped(at, x, 0.0, max_value)
    below = at.number(0.0)
    if negative_slope:
        below = at.op("Mul", at.op("Sub", x, at.number(threshold)), at.number(negative_slope))
    return at.op("Where", at.op("LessOrEqual", x, at.number(threshold)), below, above)


def clipped(at: At, x: str, low: float, high: float | None) -> str:
    return at.op("Clip", x, at.number(low), at.number(math.inf if high is None else high))


WRITTEN["relu6"] = lambda at, x: clipped(at, x, 0.0, 6.0)
WRITTEN["hard_tanh"] = lambda at, x: clipped(at, x, -1.0, 1.0)


@writes
def leaky_relu(at: At, x: str, negative_slope: float = 0.2) -> str:
    if at.has("LeakyRelu"):
        return at.op("LeakyRelu", x, alpha=negative_slope)
    return sloped(at, x, at.number(negative_slope))


def sloped(at: At, x: str, slope: str) -> str:
    """max(x, 0) + slope · min(x, 0)."""
    zero = at.number(0.0)
    return at.op("Add", at.op("Max", x, zero), at.op("Mul", slope, at.op("Min", x, zero)))


@writes
def threshold(at: At, x: str, threshold: float, default_value: float) -> str:
    return at.op("Where", at.op("LessOrEqual", x, at.number(threshold)), at.number(default_value), x)


@writes
def hard_shrink(at: At, x: str, threshold: float = 0.5) -> str:
    return at.op("Shrink", x, lambd=threshold, bias=0.0)


@writes
def soft_shrink(at: At, x: str, threshold: float = 0.5) -> str:
    return at.op("Shrink", x, lambd=threshold, bias=threshold)


# Exponential units -----------------------------------------------------------------------------------------------


@writes
def elu(at: At, x: str, alpha: float = 1.0) -> str:
    if at.has("Elu"):
        return at.op("Elu", x, alpha=alpha)
    zero = at.number(0.0)
    bend = at.op("Sub", at.op("Exp", at.op("Min", x, zero)), at.number(1.0))
    return at.op("Add", at.op("Max", x, zero), at.op("Mul", at.number(alpha), bend))


@writes
def celu(at: At, x: str, alpha: float = 1.0) -> str:
    scaled = elu(at, at.op("Div", x, at.number(alpha)))
    return at.op("Mul", scaled, at.number(alpha))


@writes
def selu(at: At, x: str) -> str:
    if at.has("Selu"):
        return at.op("Selu", x, alpha=SELU_ALPHA, gamma=SELU_SCALE)
    return at.op("Mul", elu(at, x, SELU_ALPHA), at.number(SELU_SCALE))


# Sigmoids --------------------------------------------------------------------------------------------------------


@writes
def softsign(at: At, x: str) -> str:
    if at.has("Softsign"):
        return at.op("Softsign", x)
    return at.op("Div", x, at.op("Add", at.op("Abs", x), at.number(1.0)))


def straight(at: At, x: str, slope: float) -> str:
    """min(max(slope · x + 1/2, 0), 1)."""
    if at.has("HardSigmoid"):
        return at.op("HardSigmoid", x, alpha=slope, beta=0.5)
    return clipped(at, at.op("Add", at.op("Mul", x, at.number(slope)), at.number(0.5)), 0.0, 1.0)


WRITTEN["hard_sigmoid"] = lambda at, x: straight(at, x, 1 / 6)
WRITTEN["sparse_sigmoid"] = lambda at, x: straight(at, x, 1 / 2)


@writes
def log_sigmoid(at: At, x: str) -> str:
    return at.op("Neg", softplus(at, at.op("Neg", x)))


@writes
def tanh_shrink(at: At, x: str) -> str:
    return at.op("Sub", x, at.op("Tanh", x))


# Gates -----------------------------------------------------------------------------------------------------------


@writes
def silu(at: At, x: str) -> str:
    return at.op("Mul", x, at.op("Sigmoid", x))


@writes
def mish(at: At, x: str) -> str:
    return at.op("Mish", x) if at.has("Mish") else at.op("Mul", x, at.op("Tanh", softplus(at, x)))


@writes
def gelu(at: At, x: str, approximate: bool = False) -> str:
    if approximate or at.has("Gelu"):
        return at.op("Gelu", x, approximate="tanh" if approximate else "none")
    erf = at.in_single("Erf", at.op("Mul", x, at.number(0.5**0.5)))
    return at.op("Mul", at.op("Mul", x, at.number(0.5)), at.op("Add", erf, at.number(1.0)))


@writes
def hard_silu(at: At, x: str) -> str:
    return at.op("HardSwish", x) if at.has("HardSwish") else at.op("Mul", x, straight(at, x, 1 / 6))


@writes
def glu(at: At, x: str, axis: int = -1) -> str:
    a, b = at.writing.node(at.label, "Split", [x], 2, axis=axis, num_outputs=2)
    return at.op("Mul", a, at.op("Sigmoid", b))


# Shares that sum to 1 --------------------------------------------------------------------------------------------


def along(op: str) -> Callable[..., str]:
    """An activation that is one operator along an axis, or along several as one."""

    def write(at: At, x: str, axis: int | Sequence[int] = -1) -> str:
        axes = sorted({a % (len(at.shape) + 1) for a in (axis if isinstance(axis, Sequence) else (axis,))})
        if len(axes) == 1:
            return at.op(op, x, axis=axes[0])
        return at.along_last(x, axes, lambda rows: at.op(op, rows, axis=-1))

    return write


WRITTEN["softmax"], WRITTEN["log_softmax"] = along("Softmax"), along("LogSoftmax")


@writes
def sparsemax(at: At, x: str, axis: int = -1) -> str:
    axis = axis % (len(at.shape) + 1)

    def write(x: str) -> str:
        n, last, one = at.shape[axis - 1], at.whole(-1), at.number(1.0)
        z = at.op("Sub", x, at.op("ReduceMax", x, last))
        descending, _ = at.writing.node(at.label, "TopK", [z, at.whole(n)], 2)
        total = at.op("CumSum", descending, at.writing.array(-1, f"{at.label}/axis", np.int64))
        above = at.op("Add", at.op("Mul", at.number(np.arange(1, n + 1)), descending), one)
        stays = at.op("Cast", at.op("Greater", above, total), to=at.writing.dtype)
        sums = at.op("ReduceSum", at.op("Mul", descending, stays), last)
        tau = at.op("Div", at.op("Sub", sums, one), at.op("ReduceSum", stays, last))
        return at.op("Relu", at.op("Sub", z, tau))

    return at.along_last(x, [axis], write)


# Softened rectifiers ---------------------------------------------------------------------------------------------


@writes
def softplus(at: At, x: str) -> str:
    if at.has("Softplus"):
        return at.op("Softplus", x)
    tail = at.op("Exp", at.op("Neg", at.op("Abs", x)))
    return at.op("Add", at.op("Relu", x), at.op("Log", at.op("Add", tail, at.number(1.0))))


@writes
def squareplus(at: At, x: str, b: float = 4) -> str:
    root = at.op("Sqrt", at.op("Add", at.op("Mul", x, x), at.number(b)))
    twice = at.op("Add", root, at.op("Abs", x))
    below, above = at.op("Div", at.number(b / 2), twice), at.op("Div", twice, at.number(2.0))
    return at.op("Where", at.op("Less", x, at.number(0.0)), below, above)


@writes
def sparse_plus(at: At, x: str) -> str:
    rising = at.op("Add", clipped(at, x, -1.0, 1.0), at.number(1.0))
    bend = at.op("Div", at.op("Mul", rising, rising), at.number(4.0))
    return at.op("Where", at.op("GreaterOrEqual", x, at.number(1.0)), x, bend)
