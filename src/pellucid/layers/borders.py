"""Borders of zeros laid around the pixels, and borders cut off.     x (B, *D, C)   y (B, *D′, C)
Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285 (2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, Told, WrongType
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .channels import LAST, Channels
from .convolving import bordered, cropped

Border = int | Sequence[int | Sequence[int]]
Pairs = tuple[tuple[int, int], ...]


def padded(x: Array, borders: Pairs) -> Array:
    return np.pad(x, [(0, 0), *borders, (0, 0)])


def padded_grad(dy: Array, borders: Pairs) -> Array:
    return cut(dy, borders)  # what reached the zeros is lost


def cut(x: Array, borders: Pairs) -> Array:
    return x[(slice(None), *(slice(b, n - a) for (b, a), n in zip(borders, x.shape[1:-1], strict=True)))]


def cut_grad(dy: Array, borders: Pairs) -> Array:
    return padded(dy, borders)  # what was cut off moved nothing


def pairs(where: str, value: Any, axes: int) -> Pairs:
    """(before, after) of each axis, from one number for all, or for each axis a number or two; of one axis, from a
    number or two.

    >>> pairs("ZeroPadding2D, argument padding", (1, (2, 0)), 2)
    ((1, 1), (2, 0))
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        entries = [value] if axes == 1 else list(value)
    else:
        entries = [value] * axes
    found = [
        [entry] * 2 if not isinstance(entry, Sequence) or isinstance(entry, str) else list(entry) for entry in entries
    ]
    if len(found) != axes or any(len(pair) != 2 for pair in found):
        of_each = f", {axes} of them, or {axes} pairs (before, after)" if axes > 1 else ", or two: (before, after)"
        raise InvalidArgument(where, f"a whole number{of_each}", value)
    try:
        return tuple((checks.integer(where, b, minimum=0), checks.integer(where, a, minimum=0)) for b, a in found)
    except WrongType:
        raise WrongType(where, "whole numbers", value) from None


class Borders(Channels, Layer):
    """What layers that change the borders have in common."""

    borders: Pairs

    def emit_padded(self, code: Program, x: Buffer) -> Buffer:
        """x (*size, C) with its borders of zeros."""
        return bordered(code, x, *zip(*self.borders, strict=True))

    def emit_cut(self, code: Program, x: Buffer) -> Buffer:
        """x (*size, C) without its borders."""
        before, after = zip(*self.borders, strict=True)
        size = tuple(n - b - a for n, b, a in zip(x.shape[:-1], before, after, strict=True))
        return cropped(code, x, before, size)


class ZeroPadding(Borders):
    """Zeros around the pixels."""

    formula = "y = x between zeros"
    formula_back = "dx = dy without the borders"
    padding: Any

    def keep_padding(self, value: Any, data_format: str | None) -> None:
        """Keep the constructor's arguments."""
        self.borders = pairs(self.where("padding"), value, self.axes)
        self.padding = self.borders[0] if self.axes == 1 else self.borders
        self.keep_data_format(data_format)

    def output_shape_for(self, shape: Shape) -> Shape:
        size, channels = self.split(shape)
        return self.joined(tuple(n + b + a for n, (b, a) in zip(size, self.borders, strict=True)), channels)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return self.as_given(padded(self.last(x), self.borders)), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return self.as_given(padded_grad(self.last(dy), self.borders)), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        x = self.lower_last(code, x)
        code.back(lambda dy, wanted: self.emit_cut(code, dy))
        return self.lower_as_given(code, self.emit_padded(code, x))


class Cropping(Borders):
    """The pixels without some at the borders."""

    formula = "y = x without its borders"
    formula_back = "dx = dy between zeros"
    cropping: Any

    def keep_cropping(self, value: Any, data_format: str | None) -> None:
        """Keep the constructor's arguments."""
        self.borders = pairs(self.where("cropping"), value, self.axes)
        self.cropping = self.borders[0] if self.axes == 1 else self.borders
        self.keep_data_format(data_format)

    def output_shape_for(self, shape: Shape) -> Shape:
        size, channels = self.split(shape)
        left = tuple(n - b - a for n, (b, a) in zip(size, self.borders, strict=True))
        if min(left) < 1:
            least = " x ".join(str(b + a + 1) for b, a in self.borders)
            wanted = f"at least {least} numbers, of which the cropping leaves one"
            raise ShapeError(f"layer {self.name!r}, input", wanted, Told(" x ".join(map(str, size))), "Crop less.")
        return self.joined(left, channels)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return self.as_given(cut(self.last(x), self.borders)), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return self.as_given(cut_grad(self.last(dy), self.borders)), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        x = self.lower_last(code, x)
        code.back(lambda dy, wanted: self.emit_padded(code, dy))
        return self.lower_as_given(code, self.emit_cut(code, x))


@layers.add()
class ZeroPadding1D(ZeroPadding):
    """Zeros before and after the steps: x (B, steps, C), y (B, before + steps + after, C).

    padding: how many at either end, or (before, after).

    >>> ZeroPadding1D((1, 0))([[[3.0], [4.0]]]).ravel()
    array([0., 3., 4.], dtype=float32)
    """

    axes = 1

    def __init__(self, padding: Border = 1, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.keep_padding(padding, data_format)


@layers.add()
class ZeroPadding2D(ZeroPadding):
    """Zeros around a picture: x (B, height, width, C), y (B, top + height + bottom, left + width + right, C).

    padding: how many on every side, or (height, width), or ((top, bottom), (left, right)).

    >>> ZeroPadding2D(((0, 0), (1, 0)))([[[[3.0]], [[4.0]]]])[0, :, :, 0]
    array([[0., 3.],
           [0., 4.]], dtype=float32)
    """

    axes = 2

    def __init__(
        self, padding: Border = (1, 1), data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.keep_padding(padding, data_format)


@layers.add()
class ZeroPadding3D(ZeroPadding):
    """Zeros around a volume: x (B, depth, height, width, C), y (B, depth′, height′, width′, C).

    padding: how many on every side, or one number for each axis, or a pair (before, after) for each.

    >>> ZeroPadding3D((0, 0, 1))([[[[[3.0]]]]]).ravel()
    array([0., 3., 0.], dtype=float32)
    """

    axes = 3

    def __init__(
        self, padding: Border = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.keep_padding(padding, data_format)


@layers.add()
class Cropping1D(Cropping):
    """The steps without some at the ends: x (B, steps, C), y (B, steps − before − after, C).

    cropping: how many at either end, or (before, after).

    >>> Cropping1D((1, 0))([[[3.0], [4.0]]]).ravel()
    array([4.], dtype=float32)
    """

    axes = 1
    data_format = LAST

    def __init__(self, cropping: Border = (1, 1), **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.keep_cropping(cropping, LAST)


@layers.add()
class Cropping2D(Cropping):
    """A picture without its borders: x (B, height, width, C), y (B, height − top − bottom, width − left − right, C).

    cropping: how many on every side, or (height, width), or ((top, bottom), (left, right)).

    >>> Cropping2D(((1, 0), (0, 0)))([[[[3.0]], [[4.0]]]]).ravel()
    array([4.], dtype=float32)
    """

    axes = 2

    def __init__(
        self, cropping: Border = ((0, 0), (0, 0)), data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.keep_cropping(cropping, data_format)


@layers.add()
class Cropping3D(Cropping):
    """A volume without its borders: x (B, depth, height, width, C), y (B, depth′, height′, width′, C).

    cropping: how many on every side, or one number for each axis, or a pair (before, after) for each.

    >>> Cropping3D((0, 0, (0, 1)))([[[[[3.0], [4.0]]]]]).ravel()
    array([3.], dtype=float32)
    """

    axes = 3

    def __init__(
        self, cropping: Border = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.keep_cropping(cropping, data_format)
