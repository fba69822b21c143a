"""Windows as others say where they slide, with a border of any size, and as `padding` says it here.

Where no padding has that border, it is laid around by the op `pad`. What enters has its channels first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import layers as L
from .. import ops
from ..arrays import Shape
from ..errors import ShapeError
from ..layers.channels import FIRST
from ..layers.sliding import window_over
from ..wiring import Tensor

POOLED = ("valid", "same")  # paddings of pools
Border = tuple[Shape, Shape]  # (before, after), along each axis


def by_axes(name: str) -> dict[int, Any]:
    """The layers of a kind, by how many axes they slide along.

    >>> by_axes("DepthwiseConv{}D") == {1: L.DepthwiseConv1D, 2: L.DepthwiseConv2D}
    True
    """
    return {n: getattr(L, name.format(n)) for n in (1, 2, 3) if hasattr(L, name.format(n))}


CONVOLUTIONS, DEPTHWISE, TRANSPOSED = map(by_axes, ("Conv{}D", "DepthwiseConv{}D", "Conv{}DTranspose"))
MAX, MEAN, UP_SAMPLING = map(by_axes, ("MaxPooling{}D", "AveragePooling{}D", "UpSampling{}D"))


def padding_of(
    size: Shape, kernel: Shape, strides: Shape, dilation: Shape, border: Border, kinds: Sequence[str]
) -> str | None:
    """Which of these paddings has this border over a sample of this size, if any does."""
    for padding in kinds:
        try:
            window = window_over("", size, kernel, strides, dilation, padding)
        except ShapeError:  # a window that "valid" has no room for
            continue
        if (window.before, window.after) == border:
            return padding
    return None


def filling(size: Shape, kernel: Shape, strides: Shape, dilation: Shape, border: Border, up: bool) -> Border:
    """The border that windows meet: less after where a last place would begin beyond it; up: with such a place where it
    begins in the sample, or before it."""
    before, after = border
    found = []
    for n, k, s, d, b, a in zip(size, kernel, strides, dilation, before, after, strict=True):
        span, whole = (k - 1) * d + 1, b + n + a
        places = max(whole - span, 0) // s + 1
        if up and (whole - span) % s and places * s < n + b:
            places += 1
        found.append(max((places - 1) * s + span - b - n, 0))
    return before, tuple(found)


def size_of(use: Any, x: Tensor, axes: int) -> Shape:
    """The size of a sample, which has its channels first."""
    if len(x.sample) != axes + 1:
        use.refuse(f"samples of channels and {axes} axes more", f"a shape {(None, *x.sample)}")
    return x.sample[1:]


def bordered(use: Any, x: Tensor, border: Border, fill: float = 0.0) -> Tensor:
    """x with a border around its samples."""
    widths = [(0, 0), (0, 0), *zip(*border, strict=True)]
    return use.operate(ops.pad, x, pad_width=widths, constant_values=fill) if any(map(any, widths)) else x


def without_border(x: Tensor, fill: float) -> tuple[Tensor, Border]:
    """(x, border): where x is samples that a border of this number was laid around, those without it. The largest of a
    window is the same where its border is the samples' own edge, one number wide."""
    n, layer = len(x.sample) - 1, x.node.layer
    options = layer.options if getattr(layer, "operation", None) is ops.pad else {}
    widths = options.get("pad_width", [(0, 0)] * (n + 2))
    edge = options.get("mode") == "symmetric" and max(map(max, widths)) <= 1 and fill == -math.inf
    if any(map(any, widths[:2])) or not (edge or options.get("constant_values") == fill):
        return x, ((0,) * n, (0,) * n)
    before, after = zip(*widths[2:], strict=True)
    return x.node.inputs[0], (before, after)


def slid(
    use: Any, x: Tensor, kernel: Shape, strides: Shape, dilation: Shape, border: Border, kinds: Sequence[str],
    up: bool = False, fill: float = 0.0,
) -> tuple[Tensor, str]:  # fmt: skip
    """(x, padding) as a layer takes them, whose window slides over x with this border, of `fill`."""
    size = size_of(use, x, len(kernel))
    inner, laid = without_border(x, fill)
    before, after = (tuple(map(sum, zip(a, b, strict=True))) for a, b in zip(laid, border, strict=True))
    met = filling(inner.sample[1:], kernel, strides, dilation, (before, after), up)
    found = padding_of(inner.sample[1:], kernel, strides, dilation, met, kinds)
    if found is not None:
        return inner, found
    return bordered(use, x, filling(size, kernel, strides, dilation, border, up), fill), "valid"


def largest(use: Any, x: Tensor, kernel: Shape, strides: Shape, border: Border, up: bool) -> Tensor:
    """The largest of each window."""
    x, padding = slid(use, x, kernel, strides, (1,) * len(kernel), border, POOLED, up, -math.inf)
    return pooled(use, MAX, x, kernel, strides, padding)


def mean(use: Any, x: Tensor, kernel: Shape, strides: Shape, border: Border, counted: bool, up: bool) -> Tensor:
    """The mean of each window; counted: whether the border is."""
    size, still = size_of(use, x, len(kernel)), (1,) * len(kernel)
    met = filling(size, kernel, strides, still, border, up)
    beyond = any(a > b for a, b in zip(met[1], border[1], strict=True))  # which nobody counts
    if counted and any(map(any, border)):
        if beyond:
            use.refuse("a border that all windows stay within", "one that the last reach beyond")
        return pooled(use, MEAN, bordered(use, x, met), kernel, strides, "valid")
    found = padding_of(size, kernel, strides, still, met, POOLED)
    told = "the border of padding='same', or one that counts", f"{met[0]} before and {met[1]} after"
    return pooled(use, MEAN, x, kernel, strides, found or use.refuse(*told))


def pooled(use: Any, kinds: dict[int, Any], x: Tensor, kernel: Shape, strides: Shape, padding: str) -> Tensor:
    """What a pool of these kinds gives."""
    options = {"pool_size": kernel, "strides": strides, "padding": padding, "data_format": FIRST}
    return use.layer(kinds[len(kernel)], x, **options)  # type: ignore[no-any-return]


def enlarged(use: Any, x: Tensor, times: Shape, bilinear: bool) -> Tensor:
    """Pictures so many times as large: copies, or bilinear means."""
    if len(times) == 1:
        return use.operate(ops.repeat, x, times[0], axis=2)  # type: ignore[no-any-return]
    more = {"interpolation": "bilinear"} if bilinear else {}
    return use.layer(UP_SAMPLING[len(times)], x, size=times, data_format=FIRST, **more)  # type: ignore[no-any-return]


def laid(
    size: Shape, kernel: Shape, strides: Shape, dilation: Shape, border: Border, more: Shape
) -> tuple[Any, dict[str, Any], Border]:
    """(layer, options, border): how a transposed convolution cuts this border off what comes out of samples of
    this size, with `more` numbers after; and what must be cut off behind it."""
    kind = TRANSPOSED[len(size)]
    ends = zip(size, kernel, strides, dilation, *border, more, strict=True)
    wanted = tuple((n - 1) * s + (k - 1) * d + 1 - b - a + m for n, k, s, d, b, a, m in ends)
    shared = {"kernel_size": kernel, "strides": strides, "dilation_rate": dilation}
    for padding, added in (("valid", None), ("same", None), ("same", more)):
        window = kind(1, **shared, padding=padding, output_padding=added).window(size)
        if (window.before, window.size) == (border[0], wanted):
            return kind, {**shared, "padding": padding, "output_padding": added}, ((0,) * len(size), (0,) * len(size))
    return kind, {**shared, "padding": "valid", "output_padding": more}, border
