"""Pictures whose colours turn, fade or change in several ways in training.     x (B, height, width, 3)   y as x
Source: Shorten & Khoshgoftaar, "A survey on image data augmentation for deep learning", Journal of Big Data 6 (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from ..arrays import Array, Shape
from ..rng import Key
from .augmenting import Augmenting, Factor, Graded, drawn, kept_within, of_each, through, through_grad
from .base import LayerOptions, layers
from .random_colours import BRIGHTNESS, Coloured, RandomSaturation
from .random_pictures import RandomBrightness, RandomContrast


@layers.add()
class RandomHue(Coloured, Graded):
    """In training, turn the hue of each picture by ±f/2 of the circle of colours: y = m + (v − m)·w(h ± f/2), kept
    within value_range.

    v, m: the largest and the smallest of a pixel's colours, which stay; h: its hue; w: how much of red, green and blue
    is in a hue, from 0 to 1; either sign has a chance of one half. factor: f, uniform between two numbers from 0 to 1,
    for each picture; one number, f, is (0, f). value_range: (low, high). data_format: where the channels stand. seed:
    as in `Dropout`. In training, networks with it run on the definition.

    >>> x = [[[[1.0, 0.0, 0.0]]]]  # red turns to what is opposite to it
    >>> RandomHue((1, 1), value_range=(0, 1), seed=1)(x, training=True).ravel()
    array([0., 1., 1.], dtype=float32)
    """

    formula, formula_back = "y = m + (v − m)·w(h ± f/2)", "dx = dy·∂y/∂x, by v, m and h"

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        sign = np.where(drawn(key, "sign", len(x), (0.0, 1.0)) > 0.5, -0.5, 0.5)
        return self.graded(x, of_each(sign * drawn(key, "factor", len(x), self.factor)))

    def graded(self, x: Array, f: Array) -> tuple[Array, Any]:
        v, m = x.max(axis=-1, keepdims=True), x.min(axis=-1, keepdims=True)
        span = np.where(v > m, v - m, 1).astype(x.dtype)
        top = x.argmax(axis=-1)[..., None]
        after, before = (np.take_along_axis(x, (top + one) % 3, axis=-1) for one in (1, 2))
        q = np.where(v > m, (after - before) / span, 0)
        sixth = np.mod(2 * top + q + 6 * f, 6)  # of the circle
        way = np.mod(sixth - 2 * np.arange(3) + 3, 6) - 3  # from pure red, green and blue
        w = np.clip(2 - np.abs(way), 0, 1)
        slope = np.where((w > 0) & (w < 1), -np.sign(way), 0)
        y, within = kept_within((m + (v - m) * w).astype(x.dtype), self.value_range)
        return y, (top, x.argmin(axis=-1)[..., None], q, w.astype(x.dtype), slope.astype(x.dtype), within, v > m)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        top, least, q, w, slope, within, coloured = cache
        g = np.where(within, dy, 0)
        of_q = np.where(coloured, (g * slope).sum(axis=-1, keepdims=True), 0)  # times v − m, by which q is divided
        of_v = (g * w).sum(axis=-1, keepdims=True) - q * of_q
        of_m = g.sum(axis=-1, keepdims=True) - of_v
        colours, dx = np.arange(3), np.zeros_like(g)
        for place, part in ((top, of_v), (least, of_m), ((top + 1) % 3, of_q), ((top + 2) % 3, -of_q)):
            dx += np.where(colours == place, part, 0)
        return dx


@layers.add()
class RandomColorDegeneration(Coloured, Graded):
    """In training, let the colours of each picture fade: y = x + f·(grey − x), kept within value_range, grey =
    0.2989·red + 0.587·green + 0.114·blue.

    factor: f, uniform between two numbers from −1 to 1, for each picture: 0 changes nothing, 1 is grey, and below 0 the
    colours get stronger; one number, f, is (−f, f), as Keras computes it, though it describes (0, f). value_range:
    (low, high). data_format: where the channels stand. seed: as in `Dropout`. In training, networks with it run on the
    definition.

    >>> RandomColorDegeneration((1, 1), seed=1)([[[[100.0, 0.0, 0.0]]]], training=True).ravel().round(2)
    array([29.89, 29.89, 29.89], dtype=float32)
    """

    formula, formula_back = "y = x + f·(Σ w·x − x), within low and high", "dx = (1 − f)·dy + f·w·Σ dy"
    channels = (1, 3)
    signed = ("factor",)

    def graded(self, x: Array, f: Array) -> tuple[Array, Any]:
        if x.shape[-1] == 1:
            y, within = kept_within(x, self.value_range)
            return y, (None, within)
        grey, f = (x @ np.array(BRIGHTNESS, x.dtype))[..., None], f.astype(x.dtype)
        y, within = kept_within(x + f * (grey - x), self.value_range)
        return y, (f, within)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        f, within = cache
        g = np.where(within, dy, 0)
        return g if f is None else g + f * (g.sum(axis=-1, keepdims=True) * np.array(BRIGHTNESS, dy.dtype) - g)


@layers.add()
class RandomColorJitter(Coloured):
    """In training, change the brightness, contrast, saturation and hue of each picture, one after another, those whose
    factor is given: y = hue(saturation(contrast(brightness(x)))).

    brightness_factor, contrast_factor, saturation_factor, hue_factor: those of `RandomBrightness`, `RandomContrast`,
    `RandomSaturation` and `RandomHue`; None leaves one out. value_range: (low, high). data_format: where the channels
    stand. seed: as in `Dropout`. Pictures need three channels where saturation or hue change. In training, networks
    with it run on the definition.

    >>> jitter = RandomColorJitter(value_range=(0, 1), brightness_factor=(0.5, 0.5))
    >>> jitter([[[[0.0, 0.25, 0.75]]]], training=True).ravel()
    array([0.5 , 0.75, 1.  ], dtype=float32)
    """

    formula, formula_back = "y = hue(saturation(contrast(brightness(x))))", "dx = as these go back, last to first"
    signed = ("brightness_factor", "saturation_factor")
    brightness_factor: tuple[float, float] | None = None
    contrast_factor: tuple[float, float] | None = None
    saturation_factor: tuple[float, float] | None = None
    hue_factor: tuple[float, float] | None = None

    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        brightness_factor: Factor | None = None,
        contrast_factor: Factor | None = None,
        saturation_factor: Factor | None = None,
        hue_factor: Factor | None = None,
        seed: Any = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(value_range=value_range)
        factors = {
            "brightness_factor": brightness_factor, "contrast_factor": contrast_factor,
            "saturation_factor": saturation_factor, "hue_factor": hue_factor,
        }  # fmt: skip
        self.keep(**{name: factor for name, factor in factors.items() if factor is not None})

    def output_shape_for(self, shape: Shape) -> Shape:
        if self.saturation_factor is self.hue_factor is None:
            return Augmenting.output_shape_for(self, shape)
        return super().output_shape_for(shape)

    def members(self) -> list[Augmenting]:
        """The layers that change the picture, in their order."""
        kinds: dict[type[Graded], tuple[float, float] | None] = {
            RandomBrightness: self.brightness_factor, RandomContrast: self.contrast_factor,
            RandomSaturation: self.saturation_factor, RandomHue: self.hue_factor,
        }  # fmt: skip
        return [kind(factor, self.value_range) for kind, factor in kinds.items() if factor is not None]

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        return through([(member, key.fold(type(member).__name__)) for member in self.members()], x)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return through_grad(dy, cache)
