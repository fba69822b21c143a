"""How convolutions and pools read in ONNX, which has the channels behind the batch; `transposing.py` leaves out what
turns them there and back between one and the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ... import layers as L
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


def single(at: At, op: str, x: str, *rest: str, **attributes: Any) -> str:
    """An operator that ONNX Runtime has in single precision only."""
    dtype = at.writing.dtype
    y = at.op(op, at.cast(x, dtype, "float32"), *rest, **attributes)
    return at.cast(y, "float32", dtype)


@writes(L.Conv1D, L.Conv2D, L.Conv3D)
def convolution(at: At) -> str:
    z = convolved(at, "kernel", *["bias"] * at.layer.use_bias)
    return write_activation(replace(at, xs=[z], shapes=(at.out_shape,)), at.layer.activation)


def convolved(at: At, *names: str) -> str:
    """z, from the kernel and the bias of these names."""
    window, told = slid(at)
    given = []
    for name in names:
        path = f"{at.path}/{name}"
        array = at.writing.p[path]
        array = array.transpose(-1, -2, *range(array.ndim - 2)) if array.ndim > 1 else array
        given.append(at.writing.array(array, path, "float32"))
    told |= {"dilations": window.dilation, "group": at.layer.groups}
    return channels_first(at, lambda x: single(at, "Conv", x, *given, **told))


@writes(L.MaxPooling1D, L.MaxPooling2D, L.MaxPooling3D)
def max_pooling(at: At) -> str:
    return channels_first(at, lambda x: at.op("MaxPool", x, **slid(at)[1]))


@writes(L.AveragePooling1D, L.AveragePooling2D, L.AveragePooling3D)
def average_pooling(at: At) -> str:
    told = slid(at)[1] | {"count_include_pad": 0}
    return channels_first(at, lambda x: single(at, "AveragePool", x, **told))
