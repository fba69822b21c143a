"""Pictures whose colours or parts change at random in training.     x (B, height, width, C)   y as x
Source: Shorten & Khoshgoftaar, "A survey on image data augmentation for deep learning", Journal of Big Data 6 (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Shape
from ..errors import InvalidArgument, ShapeError
from ..program import Buffer, Program
from ..rng import Key
from .augmenting import Augmenting, Factor, Graded, Warping, chosen, drawn, kept_within, of_each, rectangles
from .base import LayerOptions, layers
from .blurring import mixed_with_neighbours
from .operands import mapped

BRIGHTNESS = (0.2989, 0.5870, 0.1140)  # of red, green and blue
BLUR = (np.ones((3, 3)) + 4 * np.outer([0, 1, 0], [0, 1, 0])) / 13
SMALL = 1e-7


class Coloured(Augmenting):
    """A layer for pictures of three colours."""

    channels: tuple[int, ...] = (3,)

    def output_shape_for(self, shape: Shape) -> Shape:
        _, channels = self.split(shape)
        if channels not in self.channels:
            wanted = "three channels" + (", or one" if 1 in self.channels else "")
            raise ShapeError(f"layer {self.name!r}, input", wanted, (None, *shape))
        return shape


@layers.add()
class RandomGrayscale(Coloured):
    """In training, with a chance of `factor`, take the colours from a picture: y = x, or in every channel
    0.2989·red + 0.587·green + 0.114·blue.

    factor: 0 to 1. seed: as in `Dropout`. In training, networks with it run on the definition.

    >>> RandomGrayscale(seed=1)([[[[1.0, 2.0, 3.0]]]], training=False).ravel()
    array([1., 2., 3.], dtype=float32)
    """

    formula, formula_back = "y = x, or Σ w·x in every channel", "dx = dy, or w·Σ dy"
    channels = (1, 3)

    def __init__(
        self, factor: float = 0.5, data_format: str | None = None, seed: Any = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.factor = checks.number(self.where("factor"), factor, minimum=0, maximum=1)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        grey = of_each(key.uniform((len(x),)) < self.factor)
        if x.shape[-1] == 1:
            return x, None
        return np.where(grey, (x @ np.array(BRIGHTNESS, x.dtype))[..., None], x), grey

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        if cache is None:
            return dy
        return np.where(cache, dy.sum(axis=-1, keepdims=True) * np.array(BRIGHTNESS, dy.dtype), dy)


@layers.add()
class RandomInvert(Augmenting):
    """In training, turn pictures into their negatives: y = x, or high − x.

    factor: the chance, uniform between two numbers for each picture; one number, f, is (0, f). value_range: (low,
    high). seed: as in `Dropout`.

    >>> RandomInvert(seed=1)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    formula, formula_back = "y = x, or high − x", "dx = dy, or −dy"

    def __init__(
        self,
        factor: Factor = 1.0,
        value_range: Sequence[float] = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(factor=factor, value_range=value_range)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        turned = chosen(key, len(x), self.factor)
        return np.where(turned, x.dtype.type(self.value_range[1]) - x, x), turned

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return np.where(cache, -dy, dy)

    def lower_changed(self, code: Program, x: Buffer) -> Buffer:
        coin, chance = self.lower_drawn(code, (0.0, 1.0), "coin"), self.lower_drawn(code, self.factor, "chance")
        turned = mapped(code, "op.less", coin, chance).shaped((1, 1, 1))
        sign = mapped(code, "op.subtract", 1.0, mapped(code, "op.multiply", turned, 2.0))
        more = mapped(code, "op.multiply", turned, self.value_range[1])
        code.back(lambda dy, wanted: mapped(code, "op.multiply", dy, sign) if wanted else None)
        return mapped(code, "op.add", mapped(code, "op.multiply", x, sign), more)


@layers.add()
class RandomSaturation(Coloured, Graded):
    """In training, make the colours of each picture paler or stronger: y = v − k·(v − x), v the largest of a pixel's
    colours, k = f / (1 − f), so far as the saturation k·(v − least) / v stays within value_range.

    factor: f, uniform between two numbers from −1 to 1: 0 is grey, 0.5 changes nothing, 1 is strongest; one number, f,
    is (−f, f), as Keras computes it. seed: as in `Dropout`. In training, networks with it run on the definition.

    >>> RandomSaturation((0.2, 0.8), seed=1)([[[[1.0, 2.0, 3.0]]]], training=False).ravel()
    array([1., 2., 3.], dtype=float32)
    """

    formula = "y = v − k·(v − x), v = max x over the colours"
    formula_back = "dx = k·dy, and (1 − k)·Σ dy to the largest"
    signed = ("factor",)

    def graded(self, x: Array, f: Array) -> tuple[Array, Any]:
        low, high = self.value_range
        k = (f / (1 - f + SMALL)).astype(x.dtype)
        v, least = x.max(axis=-1, keepdims=True), x.min(axis=-1, keepdims=True)
        span = np.where(v > least, v - least, 1)
        saturated = np.where((v > 0) & (v > least), span / np.where(v > 0, v, 1), 0)
        wanted = saturated * k
        S = np.clip(wanted, low, high)
        y = v - np.where(v > least, v * S * (v - x) / span, 0)
        return y, (x, v, least, span, np.where(saturated > 0, k, 0), S, wanted == S)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        x, v, least, span, k, S, free = cache
        coloured = v > least
        of_x = np.where(free, k, np.where(coloured, v * S / span, 0))
        of_v = np.where(free, 1 - k, np.where(coloured, 1 - S * (v - x) / span - v * S * (x - least) / span**2, 1))
        of_least = np.where(free | ~coloured, 0, -v * S * (v - x) / span**2)
        dx: Array = of_x * dy
        for slopes, places in ((of_v, x.argmax(axis=-1)), (of_least, x.argmin(axis=-1))):
            total = (slopes * dy).sum(axis=-1, keepdims=True)
            dx = dx + np.where(np.arange(3) == places[..., None], total, 0)
        return dx.astype(dy.dtype)


@layers.add()
class RandomSharpness(Graded):
    """In training, blur or sharpen each picture: y = s·x + (1 − s)·blurred x, kept within low and high, s twice a
    number that is uniform between two: 0 is blurred, 1 as it was, 2 sharpest.

    factor: half of s, 0 to 1; one number, f, is (0, f). value_range: (low, high). Blurred: a pixel counts 5/13, those
    around it 1/13 each. seed: as in `Dropout`. In training, networks with it run on the definition.

    >>> RandomSharpness(0.3, seed=1)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    formula = "y = s·x + (1 − s)·(x * K), within low and high"
    formula_back = "g = dy where y is within, dx = s·g + (1 − s)·(g * K)"

    def graded(self, x: Array, f: Array) -> tuple[Array, Any]:
        s = (2 * f).astype(x.dtype)
        y, within = kept_within(self._mixed(x, s), self.value_range)
        return y, (s, within)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        s, within = cache
        return self._mixed(np.where(within, dy, 0), s)  # as far from its middle, K is the same on all sides

    def _mixed(self, x: Array, s: Array) -> Array:
        y: Array = s * x + (1 - s) * mixed_with_neighbours(self.name, x, BLUR)
        return y


@layers.add()
class RandomErasing(Augmenting):
    """In training, cover a part of pictures that lies anywhere: y = x, or within a rectangle something else.

    factor: the chance, uniform between two numbers for each picture; one number, f, is (0, f). scale: the share of the
    picture that is covered, two numbers; height and width are their own shares, whose squares these are. fill_value: a
    number, three of them, one for each channel, or None, for normal numbers times the upper end of value_range. seed:
    as in `Dropout`. In training, networks with it run on the definition.

    >>> RandomErasing(fill_value=0, seed=1)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)

    Source: Zhong et al., "Random erasing data augmentation", AAAI (2020).
    """

    formula, formula_back = "y = x, but within a rectangle", "dx = dy, but 0 within the rectangle"
    scale: tuple[float, float]

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Sequence[float] = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(factor=factor, scale=scale, value_range=value_range)
        self.fill_value = self._fill_value(fill_value)

    def _fill_value(self, value: Any) -> Any:
        where = self.where("fill_value")
        if isinstance(value, list | tuple):
            if len(value) != 3:
                raise InvalidArgument(where, "a number, three of them, or None", value)
            return tuple(checks.number(where, one) for one in value)
        return None if value is None else checks.number(where, value)

    def output_shape_for(self, shape: Shape) -> Shape:
        _, channels = self.split(shape)
        if isinstance(self.fill_value, tuple) and channels != 3:
            raise ShapeError(f"layer {self.name!r}, input", "three channels, as fill_value has", (None, *shape))
        return shape

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        sides = (np.sqrt(drawn(key, name, len(x), self.scale)) for name in ("height", "width"))
        covered = chosen(key, len(x), self.factor) & rectangles(key, x.shape[:-1], *sides)
        return np.where(covered, self._fill(x, key), x), covered

    def _fill(self, x: Array, key: Key) -> Array:
        if self.fill_value is None:
            noise: Array = key.fold("fill").normal(x.shape, x.dtype) * x.dtype.type(self.value_range[1])
            return noise
        return np.asarray(self.fill_value, x.dtype)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return np.where(cache, 0, dy)


@layers.add()
class RandomShear(Warping):
    """In training, push the rows of each picture sideways and its columns up or down, the more the farther they are
    from the upper left corner: y[i, j] = x[i + s·j, j + t·i].

    x_factor, y_factor: t and s, each uniform between two numbers, or one, f from 0 to 1, for (−f, f); in half of the
    pictures both have the other sign. fill_mode, interpolation, fill_value, seed: as in `RandomRotation`. In training,
    networks with it run on the definition.

    >>> RandomShear(0.1, 0.1)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    signed = ("x_factor", "y_factor")
    x_factor: tuple[float, float]
    y_factor: tuple[float, float]

    def __init__(
        self,
        x_factor: Factor = 0.0,
        y_factor: Factor = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(fill_mode=fill_mode, interpolation=interpolation, fill_value=fill_value)
        for name, given in (("x_factor", x_factor), ("y_factor", y_factor)):
            if not isinstance(given, Sequence):
                checks.number(self.where(name), given, minimum=0)
            self.keep(**{name: given})

    def transforms(self, key: Key, batch: int, height: int, width: int) -> Array:
        sign = np.where(drawn(key, "sign", batch, (0.0, 1.0)) > 0.5, -1.0, 1.0)
        across, down = (sign * drawn(key, name, batch, getattr(self, f"{name}_factor")) for name in "xy")
        one, none = np.ones(batch), np.zeros(batch)
        return np.stack([one, across, none, down, one, none], axis=-1)
