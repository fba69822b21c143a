"""Pooling: the largest, or the mean, of what a window meets.     x (B, *D, C)   y (B, *D′, C)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 9.3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..program import Buffer, CannotLower, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .channels import Channels
from .sliding import Window, per_axis, window_over

WIDEST = 1 << 16  # channels that the kernels have room for


def max_pool(x: Array, window: Window) -> Array:
    """y from x with its borders, which are −∞."""
    y = np.full((len(x), *window.places, x.shape[-1]), -np.inf, x.dtype)
    for _, at in window.taps():
        np.maximum(y, x[at], out=y)
    return y


def max_pool_grad(dy: Array, x: Array, y: Array, window: Window) -> Array:
    dx, left = np.zeros_like(x), dy.copy()
    for _, at in window.taps():
        taken = np.where(x[at] == y, left, 0)  # the first of several that are the largest takes it all
        dx[at] += taken
        left -= taken
    return dx


def average_pool(x: Array, window: Window) -> Array:
    """y from x with its borders of zeros, which do not count."""
    y = np.zeros((len(x), *window.places, x.shape[-1]), x.dtype)
    for _, at in window.taps():
        y += x[at]
    return y / met(window, x)


def average_pool_grad(dy: Array, x: Array, window: Window) -> Array:
    dx, each = np.zeros_like(x), dy / met(window, x)
    for _, at in window.taps():
        dx[at] += each
    return dx


def met(window: Window, x: Array) -> Array:
    """How many numbers within the borders each place meets."""
    inside = window.with_border(np.ones((1, *window.size, 1), x.dtype))
    return np.asarray(sum(inside[at] for _, at in window.taps()))


def pools(window: Window) -> list[Array]:
    """For each place of the window, the pixels of the sample that it meets."""
    inside = np.pad(
        np.arange(int(np.prod(window.size))).reshape(window.size),
        list(zip(window.before, window.after, strict=True)), constant_values=-1,
    ).ravel()  # fmt: skip
    met = inside[window.place_offsets()[:, None] + window.tap_offsets()]
    return [of_place[of_place >= 0] for of_place in met]


def lower_pools(code: Program, x: Buffer, places: Shape, pooled: list[Array], kernel: str, back: str = "") -> Buffer:
    """Emit y (*places, C), each what a kernel of pools makes of some pixels, and the way back, another's if told so."""
    C = x.shape[-1]
    if C > WIDEST:
        raise CannotLower(f"pools of {C} channels")
    y = code.buffer((*places, C))
    ends = np.cumsum([len(pool) for pool in pooled])
    table = [code.constant(part.astype("uint32").view("float32")) for part in (ends, np.concatenate(pooled) * C)]
    code.emit(kernel, x, y, *table, len(pooled), C, x.size, y.size)

    def undo(dy: Buffer, wanted: bool) -> Buffer:
        dx = code.buffer(x.shape)
        code.emit(f"{back or kernel}.grad", dy, x, y, dx, *table, len(pooled), C, x.size, y.size)
        return dx

    code.back(undo)
    return y


class Pooling(Channels, Layer):
    """What pools over one, two and three axes have in common."""

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.pool_size = per_axis(self.where("pool_size"), pool_size, self.axes)
        self.strides = self.pool_size if strides is None else per_axis(self.where("strides"), strides, self.axes)
        self.padding = checks.one_of(self.where("padding"), padding, ("valid", "same"))
        self.keep_data_format(data_format)

    def window(self, size: Shape) -> Window:
        """How the pool slides over a sample of this size."""
        return window_over(self.name, size, self.pool_size, self.strides, (1,) * self.axes, self.padding)

    def output_shape_for(self, shape: Shape) -> Shape:
        size, channels = self.split(shape)
        return self.joined(self.window(size).places, channels)


class MaxPooling(Pooling):
    """The largest number of each window."""

    formula = "y = max x over the window"
    formula_back = "dx = dy where x is the first largest of the window, else 0"
    cached = ("x", "y")

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        window = self.window(x.shape[1:-1])
        y = max_pool(window.with_border(x, -np.inf), window)
        return self.as_given(y), (x, y)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, y = cache
        window = self.window(x.shape[1:-1])
        dx = max_pool_grad(self.last(dy), window.with_border(x, -np.inf), y, window)
        return self.as_given(window.without_border(dx)), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        x = self.lower_last(code, x)
        window = self.window(x.shape[:-1])
        return self.lower_as_given(code, lower_pools(code, x, window.places, pools(window), "pool.max"))


class AveragePooling(Pooling):
    """The mean of each window."""

    formula = "y = mean x over the window"
    formula_back = "dx = Σ dy / n over the windows that meet x, of n numbers each"
    cached = ("x",)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        window = self.window(x.shape[1:-1])
        return self.as_given(average_pool(window.with_border(x), window)), x

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        window = self.window(cache.shape[1:-1])
        dx = average_pool_grad(self.last(dy), window.with_border(cache), window)
        return self.as_given(window.without_border(dx)), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        x = self.lower_last(code, x)
        window = self.window(x.shape[:-1])
        return self.lower_as_given(code, lower_pools(code, x, window.places, pools(window), "pool.mean"))


@layers.add("MaxPool1D")
class MaxPooling1D(MaxPooling):
    """The largest of `pool_size` steps: x (B, steps, C), y (B, steps′, C).

    >>> MaxPooling1D()([[[1.0], [3.0], [2.0], [0.0]]]).ravel()
    array([3., 2.], dtype=float32)
    """

    axes = 1


@layers.add("MaxPool2D")
class MaxPooling2D(MaxPooling):
    """The largest of each window of a picture: x (B, height, width, C), y (B, height′, width′, C).

    Windows stand `strides` apart, side by side unless told otherwise. With padding="same" there are size / strides of
    them, rounded up, and what lies outside the picture does not count. The gradient goes to the first of several equal
    ones, as in PyTorch and TensorFlow.

    >>> MaxPooling2D()([[[[1.0], [3.0]], [[2.0], [0.0]]]]).ravel()
    array([3.], dtype=float32)
    """

    axes = 2


@layers.add("MaxPool3D")
class MaxPooling3D(MaxPooling):
    """The largest of each window of a volume: x (B, depth, height, width, C), y (B, depth′, height′, width′, C).

    >>> MaxPooling3D()([[[[[1.0], [3.0]], [[2.0], [0.0]]], [[[5.0], [3.0]], [[2.0], [0.0]]]]]).ravel()
    array([5.], dtype=float32)
    """

    axes = 3


@layers.add("AvgPool1D")
class AveragePooling1D(AveragePooling):
    """The mean of `pool_size` steps: x (B, steps, C), y (B, steps′, C).

    >>> AveragePooling1D()([[[1.0], [3.0], [2.0], [0.0]]]).ravel()
    array([2., 1.], dtype=float32)
    """

    axes = 1


@layers.add("AvgPool2D")
class AveragePooling2D(AveragePooling):
    """The mean of each window of a picture: x (B, height, width, C), y (B, height′, width′, C), as `MaxPooling2D` but
    for what is taken. What lies outside the picture does not count; PyTorch counts it as zeros unless told otherwise.

    >>> AveragePooling2D()([[[[1.0], [3.0]], [[2.0], [0.0]]]]).ravel()
    array([1.5], dtype=float32)
    """

    axes = 2


@layers.add("AvgPool3D")
class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume: x (B, depth, height, width, C), y (B, depth′, height′, width′, C).

    >>> AveragePooling3D()([[[[[1.0], [3.0]], [[2.0], [0.0]]], [[[5.0], [3.0]], [[2.0], [0.0]]]]]).ravel()
    array([2.], dtype=float32)
    """

    axes = 3
