"""How each activation reads in C: a formula of one number, or a function of rows.

{0} stands for x. Functions that are named here are in `kernels`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ...activations import Activation
from .loops import along_last, elementwise, moved
from .writer import At, Value

WRITTEN: dict[str, Callable[..., Value]] = {}
FORMULAS: dict[str, Callable[..., str]] = {"linear": lambda at: "{0}"}  # of one number, from the options


def write_activation(at: At, x: Value, activation: Activation) -> Value:
    """y = f(x)."""
    return WRITTEN[activation.name](at, x, **activation.options)


def plain(formula: str) -> Callable[..., Value]:
    """An activation without options."""
    return lambda at, x: elementwise(at, [x], formula)


PLAIN = {
    "exponential": "expf({0})", "gelu_tanh": "gelu_tanh({0})", "hard_sigmoid": "hard_sigmoid({0})",
    "hard_silu": "{0} * hard_sigmoid({0})", "hard_tanh": "clip({0}, -1.0f, 1.0f)", "log_sigmoid": "-softplus(-{0})",
    "mish": "mish({0})", "relu6": "clip({0}, 0.0f, 6.0f)", "selu": "selu({0})", "sigmoid": "sigmoid({0})",
    "silu": "silu({0})", "softplus": "softplus({0})", "softsign": "softsign({0})",
    "sparse_plus": "sparse_plus({0})", "sparse_sigmoid": "clip(({0} + 1.0f) / 2.0f, 0.0f, 1.0f)",
    "tanh": "tanhf({0})", "tanh_shrink": "{0} - tanhf({0})",
}  # fmt: skip
WRITTEN |= {name: plain(formula) for name, formula in PLAIN.items() if name != "gelu_tanh"}
FORMULAS |= {name: lambda at, formula=formula: formula for name, formula in PLAIN.items()}
WRITTEN["linear"] = lambda at, x: x


def with_options(function: Callable[..., str]) -> Callable[..., str]:
    """Decorator: the formula of the activation of the same name, from its options."""
    FORMULAS[function.__name__] = function
    WRITTEN[function.__name__] = lambda at, x, **options: elementwise(at, [x], function(at, **options))
    return function


@with_options
def relu(at: At, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> str:
    if not negative_slope and max_value is None and not threshold:
        return "relu({0})"
    options = negative_slope, math.inf if max_value is None else max_value, threshold
    return f"relu_with({{0}}, {', '.join(map(at.number, options))})"


@with_options
def leaky_relu(at: At, negative_slope: float = 0.2) -> str:
    return f"leaky_relu({{0}}, {at.number(negative_slope)})"


@with_options
def threshold(at: At, threshold: float, default_value: float) -> str:
    return f"{{0}} <= {at.number(threshold)} ? {at.number(default_value)} : {{0}}"


@with_options
def hard_shrink(at: At, threshold: float = 0.5) -> str:
    return f"hard_shrink({{0}}, {at.number(threshold)})"


@with_options
def soft_shrink(at: At, threshold: float = 0.5) -> str:
    return f"soft_shrink({{0}}, {at.number(threshold)})"


@with_options
def elu(at: At, alpha: float = 1.0) -> str:
    return f"elu({{0}}, {at.number(alpha)})"


@with_options
def celu(at: At, alpha: float = 1.0) -> str:
    return f"celu({{0}}, {at.number(alpha)})"


@with_options
def gelu(at: At, approximate: bool = False) -> str:
    return PLAIN["gelu_tanh"] if approximate else "gelu({0})"


@with_options
def squareplus(at: At, b: float = 4) -> str:
    return f"squareplus({{0}}, {at.number(b)})"


def glu(at: At, x: Value, axis: int = -1) -> Value:
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
