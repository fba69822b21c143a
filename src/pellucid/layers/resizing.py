"""Pictures brought to one size.     x (B, height, width, C)   y (B, *size, C), y = A x Aᵀ
Source: Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29 (1981)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument
from ..program import Buffer, CannotLower, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .borders import Pairs, cut, cut_grad
from .channels import Channels
from .convolving import bordered, cropped
from .resampling import INTERPOLATIONS, lower_resampled, matrix, resampled, resampled_grad

NONE: Pairs = ((0, 0), (0, 0))


@dataclass(frozen=True)
class Fit:
    """How a picture comes to another size: what is cut off, what is laid around it, then the sums along each axis."""

    cutting: Pairs
    padding: Pairs
    matrices: tuple[Array, Array]
    fill: float = 0.0

    def __call__(self, x: Array) -> Array:
        x = np.pad(cut(x, self.cutting), [(0, 0), *self.padding, (0, 0)], constant_values=self.fill)
        return resampled(x, self.matrices)

    def grad(self, dy: Array) -> Array:
        return cut_grad(cut(resampled_grad(dy, self.matrices), self.padding), self.cutting)

    def lower(self, code: Program, x: Buffer) -> Buffer:
        """Emit y (*size, C), and the way back."""
        if self.fill and self.padding != NONE:
            raise CannotLower("Resizing with a fill_value")
        (before, after), (ahead, behind) = (tuple(zip(*pairs, strict=True)) for pairs in (self.cutting, self.padding))
        size = x.shape[:-1]
        left = tuple(n - b - a for n, b, a in zip(size, before, after, strict=True))

        def undo(dy: Buffer, wanted: bool) -> Buffer:
            return bordered(code, cropped(code, dy, ahead, left), before, after)

        code.back(undo)
        return lower_resampled(code, bordered(code, cropped(code, x, before, left), ahead, behind), self.matrices)


def centred(size: Shape, height: int, width: int, interpolation: str, antialias: bool = False) -> Fit:
    """The largest part in the middle that has the shape of the target, resized to it."""
    h, w = size
    part = max(min(h, w * height // width), 1), max(min(w, h * width // height), 1)
    starts = (h - part[0]) // 2, (w - part[1]) // 2
    cutting = tuple((b, n - b - m) for b, n, m in zip(starts, size, part, strict=True))
    return Fit(cutting, NONE, matrices(part, height, width, interpolation, antialias))


def matrices(size: Shape, height: int, width: int, interpolation: str, antialias: bool = False) -> tuple[Array, Array]:
    """For each axis, by how much which numbers make which."""
    return matrix(size[0], height, interpolation, antialias), matrix(size[1], width, interpolation, antialias)


class Fitting(Channels, Layer):
    """What layers have in common that bring pictures to one size."""

    axes = 2
    height: int
    width: int
    formula = "y = A x Aᵀ, with weights A"
    formula_back = "dx = Aᵀ dy A"

    def keep_size(self, height: int, width: int, data_format: str | None) -> None:
        """Keep the constructor's arguments."""
        self.height = checks.integer(self.where("height"), height, minimum=1)
        self.width = checks.integer(self.where("width"), width, minimum=1)
        self.keep_data_format(data_format)

    def output_shape_for(self, shape: Shape) -> Shape:
        _, channels = self.split(shape)
        return self.joined((self.height, self.width), channels)

    def fit(self, size: Shape) -> Fit:
        """How a picture of this size is brought to the layer's."""
        raise NotImplementedError

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        return self.as_given(self.fit(x.shape[1:-1])(x)), x.shape[1:-1]

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return self.as_given(self.fit(cache).grad(self.last(dy))), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        x = self.lower_last(code, x)
        return self.lower_as_given(code, self.fit(x.shape[:-1]).lower(code, x))


@layers.add()
class Resizing(Fitting):
    """Bring pictures to one size, y = A x Aᵀ: x (B, height, width, C), y (B, self.height, self.width, C).

    interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5", as in `UpSampling2D`. antialias: whether
    numbers are averaged over all that a smaller picture leaves out. crop_to_aspect_ratio: use the largest part in the
    middle that has the new shape. pad_to_aspect_ratio: lay `fill_value` around the picture until it has.

    >>> Resizing(1, 2)([[[[0.0], [1.0], [2.0], [3.0]]]]).ravel()
    array([0.5, 2.5], dtype=float32)
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.keep_size(height, width, data_format)
        self.interpolation = checks.one_of(self.where("interpolation"), interpolation, INTERPOLATIONS)
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = bool(crop_to_aspect_ratio), bool(pad_to_aspect_ratio)
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise InvalidArgument(self.where("pad_to_aspect_ratio"), "False where crop_to_aspect_ratio is True", True)
        self.fill_mode = checks.one_of(self.where("fill_mode"), fill_mode, ("constant",))
        self.fill_value = checks.number(self.where("fill_value"), fill_value)
        self.antialias = bool(antialias)

    def fit(self, size: Shape) -> Fit:
        if self.crop_to_aspect_ratio:
            return centred(size, self.height, self.width, self.interpolation, self.antialias)
        padding = NONE
        if self.pad_to_aspect_ratio:
            wanted = size[1] * self.height // self.width, size[0] * self.width // self.height
            around = [max(0, (m - n) // 2) for n, m in zip(size, wanted, strict=True)]
            padding = (around[0], around[0]), (around[1], around[1])
        whole = tuple(n + b + a for n, (b, a) in zip(size, padding, strict=True))
        made = matrices(whole, self.height, self.width, self.interpolation, self.antialias)
        return Fit(NONE, padding, made, self.fill_value)


@layers.add()
class CenterCrop(Fitting):
    """The middle of a picture: x (B, height, width, C), y (B, self.height, self.width, C); of a picture that is too
    small, the largest part in the middle that has the shape asked for, enlarged to it: y = A x Aᵀ.

    >>> CenterCrop(1, 2)([[[[0.0], [1.0], [2.0], [3.0]]]]).ravel()
    array([1., 2.], dtype=float32)
    """

    def __init__(
        self, height: int, width: int, data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.keep_size(height, width, data_format)

    def fit(self, size: Shape) -> Fit:
        over = size[0] - self.height, size[1] - self.width
        if min(over) < 0:
            return centred(size, self.height, self.width, "bilinear")
        cutting = tuple((n // 2, n - n // 2) for n in over)
        return Fit(cutting, NONE, (np.eye(self.height), np.eye(self.width)))
