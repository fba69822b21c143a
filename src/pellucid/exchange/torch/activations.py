"""The PyTorch module of each activation, as (class, arguments): one of torch.nn's, or of `parts.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...activations import Activation
from ..emitters import ByName, settled
from .writer import At, Call

MODULES: ByName[Call | None] = ByName()  # given the activation's options; None for no module at all
makes = MODULES.writes


def write_activation(at: At, x: Any, activation: Activation, suffix: bool = True) -> Any:
    """y = f(x) by the module of this activation, beside that of the layer or in its place."""
    made = made_of(activation)
    if made is None:
        return x
    beside = f"_{activation.name}" if suffix else ""
    return at.module(made.kind, *made.args, xs=(x,), suffix=beside, **made.options)


def made_of(activation: Activation) -> Call | None:
    """The module of an activation."""
    return MODULES[activation.name](**settled(activation))


PLAIN = {  # whose arguments are the options, in their order
    "celu": "nn.CELU", "elu": "nn.ELU", "exponential": "Exponential", "hard_shrink": "nn.Hardshrink",
    "hard_sigmoid": "nn.Hardsigmoid", "hard_silu": "nn.Hardswish", "hard_tanh": "nn.Hardtanh",
    "leaky_relu": "nn.LeakyReLU", "log_sigmoid": "nn.LogSigmoid", "mish": "nn.Mish", "relu6": "nn.ReLU6",
    "selu": "nn.SELU", "sigmoid": "nn.Sigmoid", "silu": "nn.SiLU", "soft_shrink": "nn.Softshrink",
    "softplus": "nn.Softplus", "softsign": "nn.Softsign", "sparse_plus": "SparsePlus",
    "sparse_sigmoid": "SparseSigmoid", "sparsemax": "Sparsemax", "squareplus": "Squareplus", "tanh": "nn.Tanh",
    "tanh_shrink": "nn.Tanhshrink", "threshold": "nn.Threshold",
}  # fmt: skip
MODULES |= {name: lambda kind=kind, **given: Call(kind, tuple(given.values())) for name, kind in PLAIN.items()}
MODULES["linear"] = lambda: None


@makes
def relu(negative_slope: float, max_value: float | None, threshold: float) -> Call:
    if max_value is None and threshold == 0:
        return Call("nn.LeakyReLU", (negative_slope,)) if negative_slope else Call("nn.ReLU")
    return Call("BentReLU", (negative_slope, max_value, threshold))


@makes
def gelu(approximate: bool) -> Call:
    return Call("nn.GELU", (), {"approximate": "tanh" if approximate else "none"})


@makes
def glu(axis: int) -> Call:
    return Call("nn.GLU", (), {"dim": axis})


def along(kind: str) -> Callable[..., Call]:
    """An activation along one axis, or along several as one."""

    def make(axis: int | Sequence[int]) -> Call:
        axes = [axis] if isinstance(axis, int) else list(axis)
        if len(axes) == 1:
            return Call(f"nn.{kind}", (), {"dim": axes[0]})
        return Call("AlongSeveral", (Call(f"nn.{kind}", (), {"dim": -1}), axes))

    return make


MODULES["softmax"], MODULES["log_softmax"] = along("Softmax"), along("LogSoftmax")
