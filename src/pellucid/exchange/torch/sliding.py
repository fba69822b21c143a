"""How convolutions and pools are written for PyTorch, which has the channels first, and as much border before as after:
more of it is laid around by a module of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ... import layers as L
from ...arrays import Shape
from ...layers.channels import LAST
from ...layers.sliding import Window
from ..convolving import ALONG
from .activations import activated
from .layers import unusual
from .writer import At, writes


def plain(sizes: Shape) -> int | Shape:
    """One number where all are the same."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def slid(at: At) -> tuple[int, int, Window]:
    """(axes, channels, window) of a layer whose window slides over what enters."""
    size, channels = at.layer.split(at.shape)
    return len(size), channels, at.layer.window(size)


def entered(at: At) -> Any:
    """What enters, its channels first."""
    n = at.ndim
    return at.x if at.layer.data_format != LAST else at.turned(at.x, (0, n - 1, *range(1, n - 1)), "_first")


def left(at: At, y: Any) -> Any:
    """What leaves, its channels where the user has them."""
    n = at.ndim
    return y if at.layer.data_format != LAST else at.turned(y, (0, *range(2, n), 1), "_last")


def laid_around(at: At, x: Any, window: Window, fill: float = 0.0) -> tuple[Any, Shape]:
    """(x, padding): with a border around it, where PyTorch's modules cannot say it; else what they are told."""
    if window.before == window.after:
        return x, window.before
    borders = list(zip(window.before, window.after, strict=True))
    return around(at, x, borders, fill, "_border"), (0,) * len(borders)


def around(at: At, x: Any, borders: Sequence[tuple[int, int]], fill: float = 0.0, suffix: str = "") -> Any:
    """x, its channels first, with these borders; below 0 they are cut off."""
    widths = [n for pair in list(borders)[::-1] for n in pair]  # PyTorch begins at the last axis
    kind, value = ("Zero", ()) if fill == 0 else ("Constant", (fill,))
    return at.module(f"nn.{kind}Pad{len(borders)}d", tuple(widths), *value, xs=(x,), suffix=suffix)


def convolved(at: At, filters: int, groups: int, use_bias: bool, suffix: str = "") -> Any:
    """What the filters of a window give, channels first."""
    layer = at.layer
    axes, channels, window = slid(at)
    x, padding = laid_around(at, entered(at), window)
    told = unusual({
        "stride": (plain(layer.strides), 1), "padding": (plain(padding), 0),
        "dilation": (plain(layer.dilation_rate), 1), "groups": (groups, 1), "bias": (use_bias, True),
    })  # fmt: skip
    given = channels, filters, plain(layer.kernel_size)
    return at.module(f"nn.Conv{axes}d", *given, xs=(x,), suffix=suffix, **told)


def ended(at: At, y: Any) -> Any:
    """A convolution's activation, and its channels where the user has them."""
    name, options = at.layer.activation.name, at.layer.activation.options
    if name in ALONG:
        return activated(at, left(at, y), name, options)
    return left(at, activated(at, y, name, options))


@writes(L.Conv1D, L.Conv2D, L.Conv3D)
def convolution(at: At) -> Any:
    layer = at.layer
    return ended(at, convolved(at, layer.filters, layer.groups, layer.use_bias))


@writes(L.MaxPooling1D, L.MaxPooling2D, L.MaxPooling3D)
def max_pooling(at: At) -> Any:
    axes, _, window = slid(at)
    x, padding = laid_around(at, entered(at), window, -math.inf)
    kernel = at.layer.pool_size
    told = unusual({"stride": (plain(at.layer.strides), plain(kernel)), "padding": (plain(padding), 0)})
    return left(at, at.module(f"nn.MaxPool{axes}d", plain(kernel), xs=(x,), **told))


@writes(L.AveragePooling1D, L.AveragePooling2D, L.AveragePooling3D)
def average_pooling(at: At) -> Any:
    axes, _, window = slid(at)
    x, kernel, strides = entered(at), at.layer.pool_size, at.layer.strides
    if window.before != window.after:
        ends = window.before, window.after
        return left(at, at.module("MeanPool", kernel, strides, *ends, xs=(x,)))
    told = unusual({
        "stride": (plain(strides), plain(kernel)), "padding": (plain(window.before), 0),
        "count_include_pad": (not window.has_border, True),
    })  # fmt: skip
    return left(at, at.module(f"nn.AvgPool{axes}d", plain(kernel), xs=(x,), **told))
