"""How convolutions and pools read in ONNX, which has the channels behind the batch; `transposing.py` leaves out what
turns them there and back between one and the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ... import layers as L
from ...arrays import Array
from ...layers.channels import LAST
from ...layers.sliding import Window
from .activations import write_activation
from .writer import At, writes


def slid(at: At) -> tuple[Window, dict[str, Any]]:
    """The window of a layer that slides over what enters, and what ONNX is told of it."""
    size, _ = at.layer.split(at.shape)
    window = at.layer.window(size)
    told = {"kernel_shape": window.kernel, "strides": window.strides, "pads": (*window.before, *window.after)}
    return window, told


def channels_first(at: At, write: Callable[[str], str]) -> str:
    """What `write` makes of what enters with its channels first, its channels where the user has them."""
    n = len(at.shape) + 1
    if at.layer.data_format != LAST:
        return write(at.x)
    y = write(at.transposed(at.x, [0, n - 1, *range(1, n - 1)]))
    return at.transposed(y, [0, *range(2, n), 1])


def weight(at: At, name: str, array: Array) -> str:
    """The name of a parameter as ONNX has it, in single precision."""
    return at.writing.array(array, f"{at.path}/{name}", "float32")


def turned(at: At, name: str) -> Array:
    """A kernel with its last two axes first, in the other order: (O, I, *window) of (*window, I, O)."""
    W = at.writing.p[f"{at.path}/{name}"]
    return W.transpose(-1, -2, *range(W.ndim - 2))


def product(at: At, op: str, kernel: str, told: dict[str, Any]) -> str:
    """z, from a kernel and the layer's bias, if it has one."""
    given = [kernel, *([weight(at, "bias", at.writing.p[f"{at.path}/bias"])] if at.layer.use_bias else [])]
    return channels_first(at, lambda x: at.in_single(op, x, *given, **told))


def convolved(at: At, name: str = "kernel") -> str:
    """z, from the kernel of this name."""
    window, told = slid(at)
    told |= {"dilations": window.dilation, "group": at.layer.groups}
    return product(at, "Conv", weight(at, name, turned(at, name)), told)


def activated(at: At, z: str) -> str:
    """The layer's activation."""
    return write_activation(replace(at, xs=[z], shapes=(at.out_shape,)), at.layer.activation)


@writes(L.Conv1D, L.Conv2D, L.Conv3D)
def convolution(at: At) -> str:
    return activated(at, convolved(at))


@writes(L.MaxPooling1D, L.MaxPooling2D, L.MaxPooling3D)
def max_pooling(at: At) -> str:
    return channels_first(at, lambda x: at.op("MaxPool", x, **slid(at)[1]))


@writes(L.AveragePooling1D, L.AveragePooling2D, L.AveragePooling3D)
def average_pooling(at: At) -> str:
    told = slid(at)[1] | {"count_include_pad": 0}
    return channels_first(at, lambda x: at.in_single("AveragePool", x, **told))
