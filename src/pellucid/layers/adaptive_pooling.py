"""Adaptive pooling: the largest, or the mean, of each of a given number of parts.     x (B, *D, C)   y (B, *M, C)

Along an axis of n numbers, part i of m reaches from ⌊i·n / m⌋ to ⌈(i + 1)·n / m⌉: parts may overlap.
Source: He, Zhang, Ren & Sun, "Spatial pyramid pooling in deep convolutional networks", arXiv:1406.4729 (2014)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Unpack

import numpy as np

from ..arrays import Array, Arrays, Shape
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .channels import Channels
from .pooling import lower_pools
from .sliding import offsets, per_axis

Part = tuple[slice, ...]


def parts(size: Shape, places: Shape) -> list[Part]:
    """What each place meets, along every axis.

    >>> parts((5,), (2,))
    [(slice(0, 3, None),), (slice(2, 5, None),)]
    """
    axes = [[slice(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for n, m in zip(size, places, strict=True)]
    return list(product(*axes))


def adaptive_max(x: Array, met: list[Part]) -> Array:
    """y (B, places, C)."""
    return np.stack([pixels(x, part).max(axis=1) for part in met], axis=1)


def adaptive_max_grad(dy: Array, x: Array, met: list[Part]) -> Array:
    dx = np.zeros_like(x)
    for i, part in enumerate(met):
        within, of_part = pixels(x, part), dx[:, *part]
        taken = np.zeros_like(within)  # the first of several that are the largest takes it all
        np.put_along_axis(taken, within.argmax(axis=1)[:, None], dy[:, i, None], axis=1)
        of_part += taken.reshape(of_part.shape)
    return dx


def adaptive_average(x: Array, met: list[Part]) -> Array:
    """y (B, places, C)."""
    return np.stack([pixels(x, part).mean(axis=1) for part in met], axis=1)


def adaptive_average_grad(dy: Array, x: Array, met: list[Part]) -> Array:
    dx = np.zeros_like(x)
    for i, part in enumerate(met):
        of_part = dx[:, *part]
        each = dy[:, i] / np.prod(of_part.shape[1:-1]).astype(dy.dtype)
        of_part += each.reshape(len(dy), *[1] * (x.ndim - 2), -1)
    return dx


def pixels(x: Array, part: Part) -> Array:
    """A part of x as (B, P, C)."""
    found = x[:, *part]
    return found.reshape(len(x), int(np.prod(found.shape[1:-1])), x.shape[-1])


class AdaptivePooling(Channels, Layer):
    """What adaptive pools over one, two and three axes have in common."""

    def __init__(
        self, output_size: int | Sequence[int], data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.output_size = per_axis(self.where("output_size"), output_size, self.axes)
        self.keep_data_format(data_format)

    def output_shape_for(self, shape: Shape) -> Shape:
        _, channels = self.split(shape)
        return self.joined(self.output_size, channels)

    def met(self, size: Shape) -> list[Part]:
        """What each place of the output meets in a sample of this size."""
        return parts(size, self.output_size)

    def placed(self, y: Array) -> Array:
        """y (B, places, C) as it is given out."""
        return self.as_given(y.reshape(len(y), *self.output_size, y.shape[-1]))

    def in_a_row(self, dy: Array) -> Array:
        """dy as (B, places, C)."""
        dy = self.last(dy)
        return dy.reshape(len(dy), int(np.prod(self.output_size)), dy.shape[-1])

    def lower_parts(self, code: Program, x: Buffer, kernel: str) -> Buffer:
        """Emit what a kernel of pools makes of the parts."""
        x = self.lower_last(code, x)
        size = x.shape[:-1]
        pools = [offsets([np.arange(at.start, at.stop) for at in part], size) for part in self.met(size)]
        return self.lower_as_given(code, lower_pools(code, x, self.output_size, pools, kernel))


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest number of each part."""

    formula = "y = max x over the part"
    formula_back = "dx = dy where x is the first largest of the part, else 0"
    cached = ("x",)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        return self.placed(adaptive_max(x, self.met(x.shape[1:-1]))), x

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x = cache
        return self.as_given(adaptive_max_grad(self.in_a_row(dy), x, self.met(x.shape[1:-1]))), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        return self.lower_parts(code, x, "pool.max")


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean of each part."""

    formula = "y = mean x over the part"
    formula_back = "dx = Σ dy / n over the parts that meet x, of n numbers each"
    cached = ("x",)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        return self.placed(adaptive_average(x, self.met(x.shape[1:-1]))), x

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x = cache
        return self.as_given(adaptive_average_grad(self.in_a_row(dy), x, self.met(x.shape[1:-1]))), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        return self.lower_parts(code, x, "pool.mean")


@layers.add()
class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The largest number of each of `output_size` parts: x (B, steps, C), y (B, output_size, C), y = max x.

    >>> AdaptiveMaxPooling1D(2)([[[1.0], [5.0], [3.0], [2.0]]]).ravel()
    array([5., 3.], dtype=float32)
    """

    axes = 1


@layers.add()
class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The largest number of each part of a picture, `output_size` of them along height and width: x (B, height, width,
    C), y (B, *output_size, C), y = max x.

    >>> AdaptiveMaxPooling2D((1, 2))([[[[1.0], [5.0]], [[3.0], [2.0]]]]).ravel()
    array([3., 5.], dtype=float32)
    """

    axes = 2


@layers.add()
class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The largest number of each part of a volume: x (B, depth, height, width, C), y (B, *output_size, C), y = max x.

    >>> AdaptiveMaxPooling3D(1)([[[[[1.0], [5.0]], [[3.0], [2.0]]]]]).ravel()
    array([5.], dtype=float32)
    """

    axes = 3


@layers.add()
class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The mean of each of `output_size` parts: x (B, steps, C), y (B, output_size, C), y = Σ x / n.

    >>> AdaptiveAveragePooling1D(2)([[[1.0], [5.0], [3.0], [2.0]]]).ravel()
    array([3. , 2.5], dtype=float32)
    """

    axes = 1


@layers.add()
class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The mean of each part of a picture, `output_size` of them along height and width: x (B, height, width, C),
    y (B, *output_size, C), y = Σ x / n.

    >>> AdaptiveAveragePooling2D((1, 2))([[[[1.0], [5.0]], [[3.0], [2.0]]]]).ravel()
    array([2. , 3.5], dtype=float32)
    """

    axes = 2


@layers.add()
class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The mean of each part of a volume: x (B, depth, height, width, C), y (B, *output_size, C), y = Σ x / n.

    >>> AdaptiveAveragePooling3D(1)([[[[[1.0], [5.0]], [[3.0], [2.0]]]]]).ravel()
    array([2.75], dtype=float32)
    """

    axes = 3
