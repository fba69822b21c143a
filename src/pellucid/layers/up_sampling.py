"""Up-sampling: pictures as many times as large.     x (B, *D, C)   y (B, *D·size, C)
Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285 (2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .channels import LAST, Channels
from .resampling import INTERPOLATIONS, lower_resampled, matrix, resampled, resampled_grad
from .sliding import per_axis


def repeated(x: Array, size: Shape) -> Array:
    """y (B, *D·size, C): each number as often as `size` says, along each axis."""
    for axis, n in enumerate(size, 1):
        x = np.repeat(x, n, axis=axis)
    return x


def repeated_grad(dy: Array, size: Shape) -> Array:
    for axis, n in enumerate(size, 1):
        dy = dy.reshape(*dy.shape[:axis], dy.shape[axis] // n, n, *dy.shape[axis + 1 :]).sum(axis=axis + 1)
    return dy  # each number entered the loss that often


class UpSampling(Channels, Layer):
    """What up-sampling over one, two and three axes has in common."""

    formula = "y = x, each number as often as size says"
    formula_back = "dx = Σ dy over the copies"
    interpolation = "nearest"
    size: Any

    def keep_size(self, value: Any, data_format: str | None) -> None:
        """Keep the constructor's arguments."""
        self.sizes = per_axis(self.where("size"), value, self.axes)
        self.size = self.sizes if self.axes > 1 else self.sizes[0]
        self.keep_data_format(data_format)

    def output_shape_for(self, shape: Shape) -> Shape:
        size, channels = self.split(shape)
        return self.joined(tuple(n * m for n, m in zip(size, self.sizes, strict=True)), channels)

    def matrices(self, size: Shape) -> list[Array]:
        """For each axis of a sample of this size, by how much which numbers make which."""
        return [matrix(n, n * m, self.interpolation) for n, m in zip(size, self.sizes, strict=True)]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        nearest = self.interpolation == "nearest"
        y = repeated(x, self.sizes) if nearest else resampled(x, self.matrices(x.shape[1:-1]))
        return self.as_given(y), x.shape[1:-1]

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        dy, nearest = self.last(dy), self.interpolation == "nearest"
        dx = repeated_grad(dy, self.sizes) if nearest else resampled_grad(dy, self.matrices(cache))
        return self.as_given(dx), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        x = self.lower_last(code, x)
        return self.lower_as_given(code, lower_resampled(code, x, self.matrices(x.shape[:-1])))


@layers.add()
class UpSampling1D(UpSampling):
    """Each step `size` times over: x (B, steps, C), y (B, steps·size, C).

    >>> UpSampling1D(2)([[[3.0], [4.0]]]).ravel()
    array([3., 3., 4., 4.], dtype=float32)
    """

    axes = 1
    data_format = LAST

    def __init__(self, size: int = 2, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.keep_size(size, LAST)


@layers.add()
class UpSampling2D(UpSampling):
    """A picture `size` times as large, y = A x Aᵀ: x (B, height, width, C), y (B, height·size[0], width·size[1], C).

    size: how often along height and width, or one number for both. interpolation: "nearest", where each pixel is
    repeated; "bilinear", "bicubic", "lanczos3" or "lanczos5", where those between are weighted sums. "bicubic" has the
    numbers of TensorFlow and JAX; PyTorch, with a = −¾ in Keys's kernel, has others, and no "lanczos".

    >>> UpSampling2D((1, 2), interpolation="bilinear")([[[[0.0], [4.0]]]]).ravel()
    array([0., 1., 3., 4.], dtype=float32)
    """

    axes = 2

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.keep_size(size, data_format)
        said = interpolation.lower() if isinstance(interpolation, str) else interpolation
        self.interpolation = checks.one_of(self.where("interpolation"), said, INTERPOLATIONS)
        if self.interpolation != "nearest":
            self.formula, self.formula_back = "y = A x Aᵀ, with weights A", "dx = Aᵀ dy A"


@layers.add()
class UpSampling3D(UpSampling):
    """A volume `size` times as large, each voxel repeated: x (B, depth, height, width, C), y (B, depth·size[0],
    height·size[1], width·size[2], C).

    >>> UpSampling3D((1, 1, 3))([[[[[3.0]]]]]).ravel()
    array([3., 3., 3.], dtype=float32)
    """

    axes = 3

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2, 2),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.keep_size(size, data_format)
