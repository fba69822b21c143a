"""Global pooling: the largest, or the mean, of all pixels of each channel.     x (B, *D, C)   y (B, C)
Source: Lin, Chen & Yan, "Network in network", arXiv:1312.4400 (2013)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from ..arrays import Array, Arrays, Shape, rows
from ..errors import ShapeError
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .channels import Channels
from .pooling import lower_pools


def global_max(x: Array) -> Array:
    """y (B, C) from x (B, P, C)."""
    return np.asarray(x.max(axis=1))


def global_max_grad(dy: Array, x: Array, y: Array) -> Array:
    here = x == y[:, None]
    dx: Array = dy[:, None] * here / here.sum(axis=1, keepdims=True).astype(dy.dtype)  # the largest share it
    return dx


def global_mean(x: Array, mask: Array | None = None) -> Array:
    """y (B, C) from x (B, P, C); over the pixels that count, where a mask (B, P) says which do."""
    if mask is None:
        return np.asarray(x.mean(axis=1))
    with np.errstate(invalid="ignore"):  # 0 / 0 where none counts
        y: Array = np.where(mask[..., None], x, 0).sum(axis=1) / mask.sum(axis=1, keepdims=True).astype(x.dtype)
    return y


def global_mean_grad(dy: Array, pixels: int, mask: Array | None = None) -> Array:
    if mask is None:
        return np.repeat(dy[:, None] / pixels, pixels, axis=1)
    with np.errstate(divide="ignore"):
        return np.where(mask[..., None], (dy / mask.sum(axis=1, keepdims=True).astype(dy.dtype))[:, None], 0)


class GlobalPooling(Channels, Layer):
    """What global pools over one, two and three axes have in common."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.keep_data_format(data_format)
        self.keepdims = bool(keepdims)

    def output_shape_for(self, shape: Shape) -> Shape:
        _, channels = self.split(shape)
        return self.joined((1,) * self.axes, channels) if self.keepdims else (channels,)

    def pixels(self, x: Array) -> Array:
        """x as (B, P, C)."""
        x = self.last(x)
        return x.reshape(len(x), -1 if len(x) else int(np.prod(x.shape[1:-1])), x.shape[-1])

    def pixels_back(self, dx: Array, shape: Shape) -> Array:
        """dx (B, P, C) in the shape of x."""
        size, channels = self.split(shape[1:])
        return self.as_given(dx.reshape(len(dx), *size, channels))

    def lower_all(self, code: Program, x: Buffer, largest: bool) -> Buffer:
        """Emit one pool of all pixels."""
        x = self.lower_last(code, x)
        everything = np.arange(x.size // x.shape[-1])
        kernels = ("pool.max", "pool.max.shared") if largest else ("pool.mean",)
        return self.lower_kept(code, lower_pools(code, x, (), [everything], *kernels))

    def lower_kept(self, code: Program, y: Buffer) -> Buffer:
        """y (C,), with axes of length 1 where they are to be kept; and the way back."""
        code.back(lambda dy, wanted: dy.shaped(y.shape))
        return y.shaped(self.joined((1,) * self.axes, y.size)) if self.keepdims else y


class GlobalMaxPooling(GlobalPooling):
    """The largest number of each channel."""

    formula = "y = max x over the pixels"
    formula_back = "dx = dy / n where x is one of n that are the largest, else 0"
    cached = ("x", "y")

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        y = global_max(self.pixels(x))
        return y.reshape(len(y), *self.output_shape_for(x.shape[1:])), (x, y)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, y = cache
        return self.pixels_back(global_max_grad(dy.reshape(y.shape), self.pixels(x), y), x.shape), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        return self.lower_all(code, x, largest=True)


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel."""

    formula = "y = mean x over the pixels"
    formula_back = "dx = dy / P for P pixels"

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return self.averaged(x, None)

    def averaged(self, x: Array, mask: Array | None) -> tuple[Array, Any]:
        """(y, cache)."""
        y = global_mean(self.pixels(x), mask)
        return y.reshape(len(y), *self.output_shape_for(x.shape[1:])), (x.shape, mask)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        shape, mask = cache
        size, _ = self.split(shape[1:])
        return self.pixels_back(global_mean_grad(rows(dy.reshape(len(dy), -1)), int(np.prod(size)), mask), shape), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        return self.lower_all(code, x, largest=False)


@layers.add("GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest of all steps: x (B, steps, C), y (B, C), or (B, 1, C) with `keepdims`. y = max x; of several that are
    the largest, each gets its share of the gradient.

    >>> GlobalMaxPooling1D()([[[1.0, 5.0], [3.0, 2.0]]])
    array([[3., 5.]], dtype=float32)
    """

    axes = 1


@layers.add("GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest of all pixels: x (B, height, width, C), y (B, C), or (B, 1, 1, C) with `keepdims`, as
    `GlobalMaxPooling1D`.

    >>> GlobalMaxPooling2D()([[[[1.0], [5.0]], [[3.0], [2.0]]]])
    array([[5.]], dtype=float32)
    """

    axes = 2


@layers.add("GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest of all voxels: x (B, depth, height, width, C), y (B, C), or (B, 1, 1, 1, C) with `keepdims`, as
    `GlobalMaxPooling1D`.

    >>> GlobalMaxPooling3D(keepdims=True)([[[[[1.0], [5.0]], [[3.0], [2.0]]]]]).shape
    (1, 1, 1, 1, 1)
    """

    axes = 3


@layers.add("GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of all steps: x (B, steps, C), y (B, C), or (B, 1, C) with `keepdims`. y = Σ x / n over the steps, of
    which only those count that a mask lets; where it lets none, y is NaN, as in Keras.

    >>> GlobalAveragePooling1D()([[[1.0, 5.0], [3.0, 2.0]]])
    array([[2. , 3.5]], dtype=float32)
    >>> GlobalAveragePooling1D()([[[1.0, 5.0], [3.0, 2.0]]], mask=[[True, False]])
    array([[1., 5.]], dtype=float32)
    """

    axes = 1
    supports_masking = takes_mask = consumes_mask = True
    formula = "y = Σ x / n over the n steps that count"
    formula_back = "dx = dy / n where the step counts, else 0"

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return False

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """None: there are no steps left."""

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key, mask: Array | None = None) -> tuple[Array, Any]:
        (steps,), _ = self.split(x.shape[1:])
        if mask is not None and mask.shape != (len(x), steps):
            raise ShapeError(f"layer {self.name!r}, mask", f"shape {(len(x), steps)}", mask.shape)
        return self.averaged(x, mask)

    def lower(self, code: Program, x: Buffer, mask: Buffer | None = None) -> Buffer:
        if mask is None:
            return super().lower(code, x)
        x = self.lower_last(code, x)
        T, C = x.shape
        if mask.shape != (T,):
            raise self.cannot_lower(" with a mask of other axes")
        y = code.buffer((C,))
        code.emit("pool.masked", x, mask, y, T, C)

        def undo(dy: Buffer, wanted: bool) -> Buffer | None:
            if not wanted:
                return None
            dx = code.buffer(x.shape)
            code.emit("pool.masked.grad", dy, mask, dx, T, C)
            return dx

        code.back(undo)
        return self.lower_kept(code, y)


@layers.add("GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of all pixels: x (B, height, width, C), y (B, C), or (B, 1, 1, C) with `keepdims`. y = Σ x / P.

    >>> GlobalAveragePooling2D()([[[[1.0], [5.0]], [[3.0], [2.0]]]])
    array([[2.75]], dtype=float32)
    """

    axes = 2


@layers.add("GlobalAvgPool3D")
class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of all voxels: x (B, depth, height, width, C), y (B, C), or (B, 1, 1, 1, C) with `keepdims`.
    y = Σ x / P.

    >>> GlobalAveragePooling3D()([[[[[1.0], [5.0]], [[3.0], [2.0]]]]])
    array([[2.75]], dtype=float32)
    """

    axes = 3
