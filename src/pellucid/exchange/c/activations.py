"""How each activation reads in C: a formula of one number, or a function of rows.

{0} stands for x. Functions that are named here are in `kernels`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ...activations import Activation
from ..emitters import ByName, settled
from .loops import along_last, elementwise, moved
from .writer import At, Value

FORMULAS: ByName[str] = ByName()  # of activations that go number by number, given their options
WRITTEN: dict[str, Callable[..., Value]] = {}


def write_activation(at: At, x: Value, activation: Activation) -> Value:
    """y = f(x)."""
    return WRITTEN[activation.name](at, x, **settled(activation))


PLAIN = {
    "exponential": "expf({0})", "hard_sigmoid": "hard_sigmoid({0})", "hard_silu": "{0} * hard_sigmoid({0})",
    "hard_tanh": "clip({0}, -1.0f, 1.0f)", "linear": "{0}", "log_sigmoid": "-softplus(-{0})", "mish": "mish({0})",
    "relu6": "clip({0}, 0.0f, 6.0f)", "selu": "selu({0})", "sigmoid": "sigmoid({0})", "silu": "silu({0})",
    "softplus": "softplus({0})", "softsign": "softsign({0})", "sparse_plus": "sparse_plus({0})",
    "sparse_sigmoid": "clip(({0} + 1.0f) / 2.0f, 0.0f, 1.0f)", "tanh": "tanhf({0})",
    "tanh_shrink": "{0} - tanhf({0})",
}  # fmt: skip
WITH_OPTION = ("celu", "elu", "hard_shrink", "leaky_relu", "soft_shrink", "squareplus")  # functions of x and that
FORMULAS |= {name: lambda at, formula=formula: formula for name, formula in PLAIN.items()}
FORMULAS |= {name: lambda at, name=name, **given: f"{name}({{0}}, {at.number(*given.values())})"
             for name in WITH_OPTION}  # fmt: skip


@FORMULAS.writes
def relu(at: At, negative_slope: float, max_value: float | None, threshold: float) -> str:
    if not negative_slope and max_value is None and not threshold:
        return "relu({0})"
    options = negative_slope, math.inf if max_value is None else max_value, threshold
    return f"relu_with({{0}}, {', '.join(map(at.number, options))})"


@FORMULAS.writes
def threshold(at: At, threshold: float, default_value: float) -> str:
    return f"{{0}} <= {at.number(threshold)} ? {at.number(default_value)} : {{0}}"


@FORMULAS.writes
def gelu(at: At, approximate: bool) -> str:
    return "gelu_tanh({0})" if approximate else "gelu({0})"


WRITTEN |= {name: lambda at, x, formula=formula, **options: elementwise(at, [x], formula(at, **options))
            for name, formula in FORMULAS.items()}  # fmt: skip
WRITTEN["linear"] = lambda at, x: x


def glu(at: At, x: Value, axis: int) -> Value:
    """a · σ(b) of the two halves a, b of x."""
    a, b = (moved(at, [x], lambda places, i=i: np.split(places, 2, axis=axis)[i]) for i in (0, 1))
    return elementwise(at, [a, b], "{0} * sigmoid({1})")


WRITTEN["glu"] = glu


def rows(kernel: str) -> Callable[..., Value]:
    """An activation along an axis, or along several as one."""

    def write(at: At, x: Value, axis: int | Sequence[int] = -1) -> Value:
        axes = {a % len(x.shape) for a in (axis if isinstance(axis, Sequence) else (axis,))}
        return along_last(at, x, sorted(axes), lambda moved, n: at.rows(kernel, moved, moved.shape, n))

    return write


for name in ("softmax", "log_softmax", "sparsemax"):
    WRITTEN[name] = rows(name)
