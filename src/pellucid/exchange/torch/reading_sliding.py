"""How PyTorch's convolutions and pools become layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ...arrays import Shape
from ...layers.channels import FIRST
from ...wiring import Tensor
from .. import sliding
from .reader import Use, reads

LARGEST, MEANS = map(sliding.by_axes, ("AdaptiveMaxPooling{}D", "AdaptiveAveragePooling{}D"))
FUNCTIONS = "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d"


def both(padding: Any, axes: int) -> sliding.Border:
    """PyTorch's border: as much after as before."""
    return each(padding, axes), each(padding, axes)


def each(value: Any, axes: int) -> Shape:
    """A number for each axis."""
    found = tuple(value) if isinstance(value, Sequence) else (value,)
    return found * axes if len(found) == 1 else found


@reads("nn.Conv1d", "nn.Conv2d", "nn.Conv3d")
def convolution(use: Use, x: Tensor) -> Tensor:
    m, axes = use.module, int(use.told[-2])
    if m.padding_mode != "zeros":
        use.refuse("a border of zeros", m.padding_mode)
    kernel, strides, dilation = each(m.kernel_size, axes), each(m.stride, axes), each(m.dilation, axes)
    padding, depthwise = m.padding, 1 < m.groups == m.in_channels and axes in sliding.DEPTHWISE
    kinds = sliding.POOLED if depthwise else sliding.CONVOLUTIONS[axes].paddings
    if not isinstance(padding, str):
        x, padding = sliding.slid(use, x, kernel, strides, dilation, both(padding, axes), kinds)
    given = {"kernel": m.weight.permute(*range(2, axes + 2), 1, 0), **({} if m.bias is None else {"bias": m.bias})}
    if depthwise:
        M = m.out_channels // m.groups
        given["kernel"] = m.weight.unflatten(0, (m.groups, M)).squeeze(2).permute(*range(2, axes + 2), 0, 1)
        return use.layer(
            sliding.DEPTHWISE[axes], x, weights=given, kernel_size=kernel, strides=strides, padding=padding,
            depth_multiplier=M, data_format=FIRST, dilation_rate=dilation, use_bias=m.bias is not None,
        )  # fmt: skip
    return use.layer(
        sliding.CONVOLUTIONS[axes], x, weights=given, filters=m.out_channels, kernel_size=kernel, strides=strides,
        padding=padding, data_format=FIRST, dilation_rate=dilation, groups=m.groups, use_bias=m.bias is not None,
    )  # fmt: skip


@reads("nn.ConvTranspose1d", "nn.ConvTranspose2d", "nn.ConvTranspose3d")
def transposed(use: Use, x: Tensor) -> Tensor:
    m, axes = use.module, int(use.told[-2])
    kernel, strides, dilation = each(m.kernel_size, axes), each(m.stride, axes), each(m.dilation, axes)
    more = each(m.output_padding, axes)
    if m.groups != 1 or any(a >= s for a, s in zip(more, strides, strict=True)):
        use.refuse("one group, and an output_padding below the stride", f"groups={m.groups}, output_padding={more}")
    size = sliding.size_of(use, x, axes)
    kind, options, cut = sliding.laid(size, kernel, strides, dilation, both(m.padding, axes), more)
    given = {"kernel": m.weight.permute(*range(2, axes + 2), 1, 0), **({} if m.bias is None else {"bias": m.bias})}
    y = use.layer(
        kind, x, weights=given, filters=m.out_channels, data_format=FIRST, use_bias=m.bias is not None, **options
    )
    return cropped(use, y, list(zip(*cut, strict=True)))


def cropped(use: Use, x: Tensor, borders: Sequence[Sequence[int]]) -> Tensor:
    """x, its channels first, without these borders."""
    inner = (slice(b, n - a) for (b, a), n in zip(borders, x.sample[1:], strict=True))
    y: Tensor = use.operate(ops.get_item, x, (slice(None), slice(None), *inner)) if any(map(any, borders)) else x
    return y


@reads("nn.Upsample")
def up_sampling(use: Use, x: Tensor) -> Tensor:
    m, axes = use.module, len(x.sample) - 1
    factors = each(m.scale_factor or 0.5, axes)
    sizes = tuple(int(f) for f in factors)
    bilinear = m.mode == "bilinear" and not m.align_corners
    if sizes != factors or not (m.mode == "nearest" or bilinear) or axes not in (1, 2, 3):
        use.refuse("copies or bilinear means, whole numbers of times as large", f"{m}")
    return sliding.enlarged(use, x, sizes, bilinear)


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
    return sliding.largest(use, x, kernel, strides, both(padding, axes), ceil_mode)


def mean(
    use: Use, axes: int, x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: Any = None,
) -> Tensor:  # fmt: skip
    if divisor_override is not None:
        use.refuse("means, divided by the numbers that they are of", f"divisor_override={divisor_override}")
    kernel, strides = each(kernel_size, axes), each(stride or kernel_size, axes)
    return sliding.mean(use, x, kernel, strides, both(padding, axes), count_include_pad, ceil_mode)


@reads("MeanPool")
def mean_pool(use: Use, x: Tensor) -> Tensor:
    m = use.module
    size, axes = sliding.size_of(use, x, len(m.kernel)), len(m.kernel)
    found = sliding.padding_of(size, m.kernel, m.stride, (1,) * axes, (m.before, m.after), sliding.POOLED)
    if found is None:
        use.refuse("the border of padding='same'", f"{m.before} before and {m.after} after")
    return sliding.pooled(use, sliding.MEAN, x, m.kernel, m.stride, found)


@reads("nn.AdaptiveAvgPool1d", "nn.AdaptiveAvgPool2d", "nn.AdaptiveAvgPool3d", "nn.AdaptiveMaxPool1d",
       "nn.AdaptiveMaxPool2d", "nn.AdaptiveMaxPool3d")  # fmt: skip
def adaptive(use: Use, x: Tensor) -> Any:
    return whole(use, x, use.module.output_size)


@reads("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
       "adaptive_max_pool2d", "adaptive_max_pool3d")  # fmt: skip
def whole(use: Use, x: Tensor, output_size: Any) -> Any:
    """The mean, or the largest, of all of a sample, or of each of its parts."""
    axes = int(use.told[-2])
    sliding.size_of(use, x, axes)
    sizes = each(output_size, axes)
    if set(sizes) != {1}:
        known = [n if m is None else m for n, m in zip(x.sample[1:], sizes, strict=True)]
        kinds = LARGEST if "max" in use.told.lower() else MEANS
        return use.layer(kinds[axes], x, output_size=known, data_format=FIRST)
    operation = ops.max if "max" in use.told.lower() else ops.mean
    return use.operate(operation, x, axis=list(range(2, axes + 2)), keepdims=True)


@reads("nn.ZeroPad1d", "nn.ZeroPad2d", "nn.ZeroPad3d", "nn.ConstantPad1d", "nn.ConstantPad2d", "nn.ConstantPad3d")
def padded(use: Use, x: Tensor) -> Any:
    return pad(use, x, use.module.padding, value=use.module.value)


@reads("pad")
def pad(use: Use, x: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    n = len(x.sample) + 1
    if mode == "constant" and len(pad) == 2 * (n - 2) and max(pad, default=0) <= 0:
        return cropped(use, x, [(-pad[i], -pad[i + 1]) for i in range(len(pad) - 2, -1, -2)])
    if mode != "constant" or len(pad) > 2 * (n - 1) or min(pad, default=0) < 0:
        use.refuse("a border of one number around samples", f"mode={mode!r}, pad={tuple(pad)}")
    widths = [(0, 0)] * (n - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    return use.operate(ops.pad, x, pad_width=widths, constant_values=float(value or 0.0))
