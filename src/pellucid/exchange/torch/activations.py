"""The PyTorch module of each activation, as (class, arguments): one of torch.nn's, or of `parts.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...activations import Activation
from ..emitters import ByName
from .writer import At, Call

MODULES: ByName[Call | None] = ByName()  # given the activation's options; None for no module at all
makes = MODULES.writes


def write_activation(at: At, x: Any, activation: Activation) -> Any:
    """y = f(x)."""
    return activated(at, x, activation.name, activation.options)


def activated(at: At, x: Any, name: str, options: dict[str, Any], suffix: bool = True) -> Any:
    """y = f(x) by the module of this activation, beside that of the layer or in its place."""
    made = MODULES[name](**options)
    if made is None:
        return x
    return at.module(made.kind, *made.args, xs=(x,), suffix=f"_{name}" if suffix else "", **made.options)


PLAIN = {
    "exponential": "Exponential", "hard_sigmoid": "nn.Hardsigmoid", "hard_silu": "nn.Hardswish",
    "hard_tanh": "nn.Hardtanh", "log_sigmoid": "nn.LogSigmoid", "mish": "nn.Mish", "relu6": "nn.ReLU6",
    "selu": "nn.SELU", "sigmoid": "nn.Sigmoid", "silu": "nn.SiLU", "softplus": "nn.Softplus",
    "softsign": "nn.Softsign", "sparse_plus": "SparsePlus", "sparse_sigmoid": "SparseSigmoid", "tanh": "nn.Tanh",
    "tanh_shrink": "nn.Tanhshrink",
}  # fmt: skip
MODULES |= {name: lambda kind=kind: Call(kind) for name, kind in PLAIN.items()}
MODULES["linear"] = lambda: None


@makes
def relu(negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Call:
    if max_value is None and threshold == 0:
        return leaky_relu(negative_slope) if negative_slope else Call("nn.ReLU")
    return Call("BentReLU", (negative_slope, max_value, threshold))


def leaky_relu(negative_slope: float = 0.2) -> Call:
    return Call("nn.LeakyReLU", (negative_slope,))


makes(leaky_relu)


@makes
def threshold(threshold: float, default_value: float) -> Call:
    return Call("nn.Threshold", (threshold, default_value))


@makes
def hard_shrink(threshold: float = 0.5) -> Call:
    return Call("nn.Hardshrink", (threshold,))


@makes
def soft_shrink(threshold: float = 0.5) -> Call:
    return Call("nn.Softshrink", (threshold,))


@makes
def elu(alpha: float = 1.0) -> Call:
    return Call("nn.ELU", (alpha,))


@makes
def celu(alpha: float = 1.0) -> Call:
    return Call("nn.CELU", (alpha,))


@makes
def gelu(approximate: bool = False) -> Call:
    return Call("nn.GELU", (), {"approximate": "tanh" if approximate else "none"})


@makes
def glu(axis: int = -1) -> Call:
    return Call("nn.GLU", (), {"dim": axis})


def along(kind: str) -> Callable[..., Call]:
    """An activation along one axis, or along several as one."""

    def make(axis: int | Sequence[int] = -1) -> Call:
        axes = [axis] if isinstance(axis, int) else list(axis)
        if len(axes) == 1:
            return Call(f"nn.{kind}", (), {"dim": axes[0]})
        return Call("AlongSeveral", (Call(f"nn.{kind}", (), {"dim": -1}), axes))

    return make


MODULES["softmax"], MODULES["log_softmax"] = along("Softmax"), along("LogSoftmax")


@makes
def sparsemax(axis: int = -1) -> Call:
    return Call("Sparsemax", (axis,))


@makes
def squareplus(b: float = 4) -> Call:
    return Call("Squareplus", (b,))
