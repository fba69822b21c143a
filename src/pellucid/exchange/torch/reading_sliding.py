"""How PyTorch's convolutions and pools become layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ... import layers as L
from ... import ops
from ...arrays import Shape
from ...layers.channels import FIRST
from ...wiring import Tensor
from ..sliding import POOLED, Border, meant, padding_of, size_of, slid
from .reader import Use, reads

CONVOLUTIONS = {"nn.Conv1d": L.Conv1D, "nn.Conv2d": L.Conv2D, "nn.Conv3d": L.Conv3D}
MAX = {1: L.MaxPooling1D, 2: L.MaxPooling2D, 3: L.MaxPooling3D}
MEAN = {1: L.AveragePooling1D, 2: L.AveragePooling2D, 3: L.AveragePooling3D}
FUNCTIONS = "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d"


def both(padding: Any, axes: int) -> Border:
    """PyTorch's border: as much after as before."""
    return each(padding, axes), each(padding, axes)


def each(value: Any, axes: int) -> Shape:
    """A number for each axis."""
    found = tuple(value) if isinstance(value, Sequence) else (value,)
    return found * axes if len(found) == 1 else found


@reads(*CONVOLUTIONS)
def convolution(use: Use, x: Tensor) -> Tensor:
    m, axes, kind = use.module, int(use.told[-2]), CONVOLUTIONS[use.told]
    if m.padding_mode != "zeros":
        use.refuse("a border of zeros", m.padding_mode)
    kernel, strides, dilation = each(m.kernel_size, axes), each(m.stride, axes), each(m.dilation, axes)
    padding = m.padding
    if not isinstance(padding, str):
        x, padding = slid(use, x, kernel, strides, dilation, both(padding, axes), kind.paddings)
    given = {"kernel": m.weight.permute(*range(2, axes + 2), 1, 0), **({} if m.bias is None else {"bias": m.bias})}
    return use.layer(
        kind, x, weights=given, filters=m.out_channels, kernel_size=kernel, strides=strides, padding=padding,
        data_format=FIRST, dilation_rate=dilation, groups=m.groups, use_bias=m.bias is not None,
    )  # fmt: skip


@reads("nn.MaxPool1d", "nn.MaxPool2d", "nn.MaxPool3d")
def max_pool(use: Use, x: Tensor) -> Tensor:
    m, axes = use.module, int(use.told[-2])
    return largest(use, axes, x, m.kernel_size, m.stride, m.padding, m.dilation, m.ceil_mode, m.return_indices)


@reads("nn.AvgPool1d", "nn.AvgPool2d", "nn.AvgPool3d")
def average_pool(use: Use, x: Tensor) -> Tensor:
    m, axes = use.module, int(use.told[-2])
    divisor = getattr(m, "divisor_override", None)
    return mean(use, axes, x, m.kernel_size, m.stride, m.padding, m.ceil_mode, m.count_include_pad, divisor)


@reads(*FUNCTIONS)
def pool(use: Use, x: Tensor, *args: Any, **options: Any) -> Tensor:
    return (largest if use.told.startswith("max") else mean)(use, int(use.told[-2]), x, *args, **options)


def largest(
    use: Use, axes: int, x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor:  # fmt: skip
    if max(each(dilation, axes)) > 1 or return_indices:
        use.refuse("windows without gaps, and the largest alone", "dilation, or return_indices=True")
    kernel, strides = each(kernel_size, axes), each(stride or kernel_size, axes)
    border = both(padding, axes)
    x, found = slid(use, x, kernel, strides, (1,) * axes, border, POOLED, ceil_mode, -math.inf)
    return use.layer(MAX[axes], x, pool_size=kernel, strides=strides, padding=found, data_format=FIRST)


def mean(
    use: Use, axes: int, x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: Any = None,
) -> Tensor:  # fmt: skip
    if divisor_override is not None:
        use.refuse("means, divided by the numbers that they are of", f"divisor_override={divisor_override}")
    kernel, strides = each(kernel_size, axes), each(stride or kernel_size, axes)
    x, found = meant(use, x, kernel, strides, both(padding, axes), count_include_pad, ceil_mode)
    return use.layer(MEAN[axes], x, pool_size=kernel, strides=strides, padding=found, data_format=FIRST)


@reads("MeanPool")
def mean_pool(use: Use, x: Tensor) -> Tensor:
    m = use.module
    size, axes = size_of(use, x, len(m.kernel)), len(m.kernel)
    found = padding_of(size, m.kernel, m.stride, (1,) * axes, (m.before, m.after), POOLED)
    if found is None:
        use.refuse("the border of padding='same'", f"{m.before} before and {m.after} after")
    return use.layer(MEAN[axes], x, pool_size=m.kernel, strides=m.stride, padding=found, data_format=FIRST)


@reads("nn.AdaptiveAvgPool1d", "nn.AdaptiveAvgPool2d", "nn.AdaptiveAvgPool3d", "nn.AdaptiveMaxPool1d",
       "nn.AdaptiveMaxPool2d", "nn.AdaptiveMaxPool3d")  # fmt: skip
def adaptive(use: Use, x: Tensor) -> Any:
    return whole(use, x, use.module.output_size)


@reads("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
       "adaptive_max_pool2d", "adaptive_max_pool3d")  # fmt: skip
def whole(use: Use, x: Tensor, output_size: Any) -> Any:
    """The mean, or the largest, of all of a sample."""
    axes = int(use.told[-2])
    size_of(use, x, axes)
    if set(each(output_size, axes)) != {1}:
        use.refuse("one number for each channel", f"output_size={output_size}")
    operation = ops.max if "max" in use.told.lower() else ops.mean
    return use.operate(operation, x, axis=list(range(2, axes + 2)), keepdims=True)


@reads("nn.ZeroPad1d", "nn.ZeroPad2d", "nn.ZeroPad3d", "nn.ConstantPad1d", "nn.ConstantPad2d", "nn.ConstantPad3d")
def padded(use: Use, x: Tensor) -> Any:
    return pad(use, x, use.module.padding, value=use.module.value)


@reads("pad")
def pad(use: Use, x: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    n = len(x.sample) + 1
    if mode != "constant" or len(pad) > 2 * (n - 1) or min(pad, default=0) < 0:
        use.refuse("a border of one number around samples", f"mode={mode!r}, pad={tuple(pad)}")
    widths = [(0, 0)] * (n - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    return use.operate(ops.pad, x, pad_width=widths, constant_values=float(value or 0.0))
