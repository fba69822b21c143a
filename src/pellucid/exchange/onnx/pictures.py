"""How the other layers of pictures read in ONNX: borders, copies, pools of all pixels, other convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ... import layers as L
from ...arrays import Array
from ...layers.channels import LAST
from .ops import sliced
from .sliding import activated, channels_first, product, slid, turned, weight
from .writer import At, writes


def axes_of_size(at: At) -> list[int]:
    """The axes of a picture, its channels left out."""
    first = 1 if at.layer.data_format == LAST else 2
    return list(range(first, first + at.layer.axes))


def padded(at: At, x: str, borders: Sequence[tuple[int, int]], value: float) -> str:
    """x with these borders of a value along the axes of a picture. All axes are told, the others with none: where ONNX
    Runtime moves a transposition past the padding, it takes what is told for all of them."""
    before, after = ([0] * (at.layer.axes + 2) for _ in range(2))
    for axis, (one, other) in zip(axes_of_size(at), borders, strict=True):
        before[axis], after[axis] = one, other
    return at.op("Pad", x, at.whole(*before, *after), at.number(value))


@writes(L.ZeroPadding1D, L.ZeroPadding2D, L.ZeroPadding3D)
def zero_padding(at: At) -> str:
    return padded(at, at.x, at.layer.borders, 0.0)


@writes(L.Cropping1D, L.Cropping2D, L.Cropping3D)
def cropping(at: At) -> str:
    ends = {axis: (b, at.shape[axis - 1] - a) for axis, (b, a) in zip(axes_of_size(at), at.layer.borders, strict=True)}
    return sliced(at, at.x, {axis: slice(start, stop) for axis, (start, stop) in ends.items()})


@writes(L.UpSampling1D, L.UpSampling2D, L.UpSampling3D)
def up_sampling(at: At) -> str:
    axes, x = axes_of_size(at), at.x
    if at.layer.interpolation == "nearest":
        for axis, n in zip(axes, at.layer.sizes, strict=True):
            places = np.repeat(np.arange(at.shape[axis - 1]), n)
            x = at.op("Gather", x, at.whole(*places), axis=axis) if n > 1 else x
        return x
    return summed(at, x, at.layer.matrices(tuple(at.shape[axis - 1] for axis in axes)))


def summed(at: At, x: str, matrices: Sequence[Array]) -> str:
    """Weighted sums along each axis of a picture, by how much a matrix says."""
    n = len(at.shape) + 1
    for axis, A in zip(axes_of_size(at), matrices, strict=True):
        order = [*(i for i in range(n) if i != axis), axis]
        x = at.op("MatMul", at.transposed(x, order), at.number(A.T))
        x = at.transposed(x, sorted(range(n), key=order.__getitem__))
    return x


@writes(L.GlobalAveragePooling1D, L.GlobalAveragePooling2D, L.GlobalAveragePooling3D)
def global_average(at: At) -> str:
    axes, keepdims = axes_of_size(at), int(at.layer.keepdims)
    if at.mask is None:
        return at.op("ReduceMean", at.x, at.whole(*axes), keepdims=keepdims)
    counts = at.op("Unsqueeze", at.mask, at.whole(3 - axes[0]))  # beside the channels
    x = at.op("Where", counts, at.x, at.number(0.0))
    both = x, at.cast(counts, "bool", at.writing.dtype)
    return at.op("Div", *(at.op("ReduceSum", one, at.whole(*axes), keepdims=keepdims) for one in both))


@writes(L.GlobalMaxPooling1D, L.GlobalMaxPooling2D, L.GlobalMaxPooling3D)
def global_max(at: At) -> str:
    return at.op("ReduceMax", at.x, at.whole(*axes_of_size(at)), keepdims=int(at.layer.keepdims))


@writes(L.AutoContrast)
def auto_contrast(at: At) -> str:
    (low, high), axes = at.layer.value_range, at.whole(*axes_of_size(at))
    least = at.op("ReduceMin", at.x, axes)
    span = at.op("Sub", at.op("ReduceMax", at.x, axes), least)
    uneven = at.op("Greater", span, at.number(0.0))
    share = at.op("Div", at.op("Sub", at.x, least), at.op("Where", uneven, span, at.number(1.0)))
    y = at.op("Add", at.op("Mul", share, at.number(high - low)), at.number(low))
    return at.op("Where", uneven, y, at.x)


@writes(L.DepthwiseConv1D, L.DepthwiseConv2D)
def depthwise(at: At) -> str:
    kernel, told = by_channel(at, "kernel")
    return activated(at, product(at, "Conv", kernel, told))


def by_channel(at: At, name: str) -> tuple[str, dict[str, Any]]:
    """The kernel (C·M, 1, *window) of filters of each channel's own, and what ONNX is told of them."""
    W, (window, told) = at.writing.p[f"{at.path}/{name}"], slid(at)
    C, M = W.shape[-2:]
    kernel = W.transpose(-2, -1, *range(W.ndim - 2)).reshape(C * M, 1, *W.shape[:-2])
    return weight(at, name, kernel), told | {"dilations": window.dilation, "group": C}


@writes(L.SeparableConv1D, L.SeparableConv2D)
def separable(at: At) -> str:
    V, told = by_channel(at, "depthwise_kernel")
    W = weight(at, "pointwise_kernel", turned(at, "pointwise_kernel"))
    u = channels_first(at, lambda x: at.in_single("Conv", x, V, **told))
    return activated(at, product(replace(at, xs=[u]), "Conv", W, {}))


@writes(L.Conv1DTranspose, L.Conv2DTranspose, L.Conv3DTranspose)
def transposed(at: At) -> str:
    window = at.layer.window(at.layer.split(at.shape)[0])
    axes = zip(window.before, window.size, window.places, window.strides, window.kernel, window.dilation, strict=True)
    after = [(n - 1) * s + (k - 1) * d + 1 - b - size for b, size, n, s, k, d in axes]  # below 0: what is added
    told = {
        "kernel_shape": window.kernel, "strides": window.strides, "dilations": window.dilation,
        "pads": (*window.before, *(max(0, a) for a in after)), "output_padding": [max(0, -a) for a in after],
    }  # fmt: skip
    kernel = weight(at, "kernel", turned(at, "kernel"))
    return activated(at, product(at, "ConvTranspose", kernel, told))
