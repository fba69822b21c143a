"""How operators are read whose window slides over pictures, channels first, and those that lay borders around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ... import ops
from ...arrays import Array, Shape
from ...layers.channels import FIRST
from ...layers.sliding import window_over
from ...wiring import Tensor
from .. import sliding
from .reader import Use, reads

CROPPING = sliding.by_axes("Cropping{}D")


def listed(use: Use, name: str, axes: int) -> Shape:
    """An attribute with a number for each axis, 1 where it is left out."""
    found = tuple(use.options.get(name, (1,) * axes))
    if len(found) != axes or min(found) < 1:
        use.refuse(f"{name} of {axes} numbers from 1 on", str(found))
    return found


def border_of(use: Use, size: Shape, kernel: Shape, strides: Shape, dilation: Shape) -> sliding.Border:
    """The border that the attributes say, in either of their ways."""
    axes, how = len(size), use.options.get("auto_pad", b"NOTSET").decode()
    if how in ("SAME_UPPER", "SAME_LOWER"):
        window = window_over(use.name, size, kernel, strides, dilation, "same")
        ends = window.before, window.after
        return ends if how == "SAME_UPPER" else (ends[1], ends[0])
    pads = tuple(use.options.get("pads", (0,) * 2 * axes)) if how == "NOTSET" else (0,) * 2 * axes
    if how not in ("NOTSET", "VALID") or len(pads) != 2 * axes or min(pads) < 0:
        use.refuse(f"borders of {2 * axes} numbers from 0 on", f"auto_pad={how}, pads={pads}")
    return pads[:axes], pads[axes:]


def room(use: Use, size: Shape, border: sliding.Border, kernel: Shape, dilation: Shape) -> None:
    """Refuse windows that do not fit into what they slide over, and borders of too many numbers."""
    whole = tuple(map(sum, zip(border[0], size, border[1], strict=True)))
    use.fits([*use.tensor().sample[:1], *whole])
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    if any(span > n for span, n in zip(spans, whole, strict=True)):
        use.refuse(f"windows within {' x '.join(map(str, whole))} numbers", " x ".join(map(str, spans)))


@reads("Conv")
def convolution(use: Use) -> Tensor:
    x, W = use.tensor(), use.constant(1)
    axes, groups = W.ndim - 2, use.options.get("group", 1)
    if axes not in sliding.CONVOLUTIONS or not W.size:
        use.refuse("a kernel of three to five axes", f"one of shape {W.shape}")
    size, kernel = sliding.size_of(use, x, axes), W.shape[2:]
    strides, dilation = listed(use, "strides", axes), listed(use, "dilations", axes)
    if groups < 1 or W.shape[1] * groups != x.sample[0] or W.shape[0] % groups:
        use.refuse(f"a kernel for {x.sample[0]} channels in {groups} groups", f"one of shape {W.shape}")
    border = border_of(use, size, kernel, strides, dilation)
    room(use, size, border, kernel, dilation)
    weights = {"kernel": W.transpose(*range(2, W.ndim), 1, 0), **bias_of(use, W.shape[0])}
    if 1 < groups == x.sample[0] and axes in sliding.DEPTHWISE:
        x, padding = sliding.slid(use, x, kernel, strides, dilation, border, sliding.POOLED)
        M = W.shape[0] // groups
        weights["kernel"] = W.reshape(groups, M, *kernel).transpose(*range(2, W.ndim), 0, 1)
        return use.weighted(
            sliding.DEPTHWISE[axes], x, weights, kernel_size=kernel, strides=strides, padding=padding,
            depth_multiplier=M, data_format=FIRST, dilation_rate=dilation, use_bias="bias" in weights,
        )  # fmt: skip
    kind = sliding.CONVOLUTIONS[axes]
    x, padding = sliding.slid(use, x, kernel, strides, dilation, border, kind.paddings)
    if max(strides) > 1 and max(dilation) > 1:
        use.refuse("strides or dilations of 1", "both above")
    return use.weighted(
        kind, x, weights, filters=W.shape[0], kernel_size=kernel, strides=strides, padding=padding, data_format=FIRST,
        dilation_rate=dilation, groups=groups, use_bias="bias" in weights,
    )  # fmt: skip


def bias_of(use: Use, filters: int) -> dict[str, Array]:
    """The bias of a convolution, if it has one."""
    if use.value(2) is None:
        return {}
    bias = use.constant(2)
    if bias.shape != (filters,):
        use.refuse(f"{filters} biases", f"an array {bias.shape}")
    return {"bias": bias}


@reads("ConvTranspose")
def transposed(use: Use) -> Tensor:
    x, W = use.tensor(), use.constant(1)
    axes, groups = W.ndim - 2, use.options.get("group", 1)
    if axes not in sliding.TRANSPOSED or not W.size or groups != 1 or "output_shape" in use.options:
        use.refuse("a kernel of three to five axes, one group, and no output_shape", f"a kernel of shape {W.shape}")
    size, kernel = sliding.size_of(use, x, axes), W.shape[2:]
    if W.shape[0] != x.sample[0] or use.options.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        use.refuse(f"a kernel for {x.sample[0]} channels, and pads", f"one of shape {W.shape}, or auto_pad")
    strides, dilation = listed(use, "strides", axes), listed(use, "dilations", axes)
    border, more = border_of(use, size, kernel, strides, dilation), use.options.get("output_padding", [0] * axes)
    if len(more) != axes or not all(0 <= m < s for m, s in zip(more, strides, strict=True)):
        use.refuse(f"{axes} numbers of output_padding below the strides", str(more))
    if max(strides) > 1 and max(dilation) > 1:
        use.refuse("strides or dilations of 1", "both above")
    use.fits([W.shape[1], *((n + 1) * s + k * d for n, s, k, d in zip(size, strides, kernel, dilation, strict=True))])
    kind, options, cut = sliding.laid(size, kernel, strides, dilation, border, tuple(more))
    weights = {"kernel": W.transpose(*range(2, W.ndim), 1, 0), **bias_of(use, W.shape[1])}
    y = use.weighted(kind, x, weights, filters=W.shape[1], data_format=FIRST, use_bias="bias" in weights, **options)
    if not any(map(any, cut)):
        return y
    pairs = tuple(zip(*cut, strict=True))
    return use.layer(CROPPING[axes], y, cropping=pairs if axes > 1 else pairs[0], data_format=FIRST)


@reads("Resize")
def resized(use: Use) -> Tensor:
    """Pictures a whole number of times as large."""
    x = use.tensor()
    scales, n = use.constant(2) if use.value(2) is not None else np.zeros(0), len(x.sample) + 1
    how = [use.options.get(name, default).decode() for name, default in (
        ("mode", b"nearest"), ("coordinate_transformation_mode", b"half_pixel"), ("nearest_mode", b"round_prefer_floor")
    )]  # fmt: skip
    nearest = how[0] == "nearest" and how[1:] == ["asymmetric", "floor"]
    bilinear = how[0] == "linear" and how[1] in ("half_pixel", "pytorch_half_pixel") and n == 4
    times = tuple(int(s) for s in scales)
    if len(times) != n or times[:2] != (1, 1) or (scales != times).any() or not (nearest or bilinear) or n > 5:
        use.refuse("copies or bilinear means, whole numbers of times as large", f"{how}, scales {scales.tolist()}")
    use.fits([x.sample[0], *(m * t for m, t in zip(x.sample[1:], times[2:], strict=True))])
    return sliding.enlarged(use, x, times[2:], bilinear)


def windows(use: Use) -> tuple[Shape, Shape, sliding.Border]:
    """(kernel, strides, border) of a pool."""
    axes = len(use.tensor().sample) - 1
    if axes not in sliding.MAX or "kernel_shape" not in use.options:
        use.refuse("samples of channels and up to three axes, and a window", f"a shape {(None, *use.tensor().sample)}")
    kernel, strides = listed(use, "kernel_shape", axes), listed(use, "strides", axes)
    if max(listed(use, "dilations", axes)) > 1:
        use.refuse("windows without gaps", "dilations")
    size = sliding.size_of(use, use.tensor(), axes)
    border = border_of(use, size, kernel, strides, (1,) * axes)
    room(use, size, border, kernel, (1,) * axes)
    return kernel, strides, border


@reads("MaxPool")
def max_pool(use: Use) -> Tensor:
    """The numbers alone: of a node whose second output is read, that output is missing, and refused by its name."""
    return sliding.largest(use, use.tensor(), *windows(use), bool(use.options.get("ceil_mode")))


@reads("AveragePool")
def average_pool(use: Use) -> Tensor:
    counted, up = bool(use.options.get("count_include_pad")), bool(use.options.get("ceil_mode"))
    return sliding.mean(use, use.tensor(), *windows(use), counted, up)


@reads("GlobalAveragePool", "GlobalMaxPool")
def whole(use: Use) -> Tensor:
    x = use.tensor()
    if len(x.sample) < 2:
        use.refuse("samples of channels and an axis more", f"a shape {(None, *x.sample)}")
    operation = ops.max if use.op == "GlobalMaxPool" else ops.mean
    return use.operate(operation, x, axis=list(range(2, len(x.sample) + 1)), keepdims=True)


@reads("Pad")
def pad(use: Use) -> Tensor:
    x, mode, n = use.tensor(), use.options.get("mode", b"constant").decode(), len(use.tensor().sample) + 1
    pads, axes = use.whole(1, "pads"), use.whole(3, "axes", list(range(n)))
    widths: list[Sequence[int]] = [(0, 0)] * n
    if len(pads) == 2 * len(axes) and all(-n <= a < n for a in axes):
        for axis, before, after in zip(axes, pads, pads[len(axes) :], strict=False):
            widths[axis] = before, after
    else:
        use.refuse(f"two numbers for each of {n} axes", f"pads={pads}, axes={axes}")
    if mode not in ("constant", "edge", "reflect") or any(widths[0]) or min(pads, default=0) < 0:
        use.refuse("a border around samples: of one number, their edge, or mirrored", f"mode={mode!r}, pads={pads}")
    use.fits([before + size + after for (before, after), size in zip(widths[1:], x.sample, strict=True)])
    if mode == "constant":
        return use.operate(ops.pad, x, pad_width=widths, constant_values=use.number(2, 0.0))
    if mode == "reflect" or max(pads) <= 1:
        return use.operate(ops.pad, x, pad_width=widths, mode="symmetric" if mode == "edge" else mode)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            places = np.arange(-before, x.sample[axis - 1] + after).clip(0, x.sample[axis - 1] - 1)
            x = use.operate(ops.take, x, places, axis=axis)
    return x
