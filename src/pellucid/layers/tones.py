"""Pictures whose tones are spread, mirrored or made fewer.     x (B, height, width, C)   y as x
Source: Gonzalez & Woods, Digital Image Processing (2018), chapter 3; Cubuk et al., "AutoAugment: learning augmentation
policies from data", CVPR (2019)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays
from ..errors import InvalidArgument
from ..rng import Key
from .augmenting import Augmenting, Factor, PictureOptions, drawn, kept_within, of_each
from .base import LayerOptions, layers

BITS = 8
DRAW_NOTHING = Augmenting.not_in_config | {"seed"}  # Keras's take none


def auto_contrast(x: Array, low: float, high: float, axes: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """(y, share, span): numbers stretched over the whole range along these axes, where they differ."""
    least = x.min(axis=axes, keepdims=True)
    span = x.max(axis=axes, keepdims=True) - least
    share = (x - least) / np.where(span > 0, span, 1).astype(x.dtype)
    return np.where(span > 0, low + (high - low) * share, x).astype(x.dtype), share, span


def auto_contrast_grad(dy: Array, share: Array, span: Array, low: float, high: float, axes: tuple[int, ...]) -> Array:
    g = (high - low) * dy / np.where(span > 0, span, 1)
    least, most = share == 0, share == 1
    of_least = (g * (1 - share)).sum(axis=axes, keepdims=True) / least.sum(axis=axes, keepdims=True)
    of_most = (g * share).sum(axis=axes, keepdims=True) / np.maximum(most.sum(axis=axes, keepdims=True), 1)
    dx: Array = np.where(span > 0, g - least * of_least - most * of_most, dy).astype(dy.dtype)
    return dx


@layers.add()
class AutoContrast(Augmenting):
    """Stretch each channel of each picture over the whole range: y = low + (high − low)·(x − least) / (most − least),
    in prediction, too.

    least, most: of the channel's numbers; where they are the same, y = x. value_range: (low, high). data_format: where
    the channels stand; Keras takes them as if they stood last. Networks with it run on the definition.

    >>> AutoContrast()([[[[1.0], [2.0], [3.0]]]]).ravel()
    array([  0. , 127.5, 255. ], dtype=float32)
    """

    formula = "y = low + (high − low)·(x − least) / (most − least)"
    formula_back = "dx = s·dy, s = (high − low) / (most − least); what least and most add goes to them"
    not_in_config = DRAW_NOTHING

    def __init__(self, value_range: Sequence[float] = (0, 255), **options: Unpack[PictureOptions]) -> None:
        super().__init__(**options)
        self.keep(value_range=value_range)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return super().forward(p, x, training=True, rng=rng)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        y, share, span = auto_contrast(x, *self.value_range, (1, 2))
        return y, (share, span)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        (share, span), (low, high) = cache, self.value_range
        return auto_contrast_grad(dy, share, span, low, high, (1, 2))


@layers.add()
class Equalization(Augmenting):
    """In training, spread the tones of each channel of each picture so that as many pixels are in each part of the
    range: y = low + (high − low)·(n(x) − n₀) / (n − n₀), the share in steps of 1/255.

    n(x): how many of the channel's n pixels are in the bin of x or below; n₀: how many in the lowest that has any;
    where one bin has all, y = x. value_range: (low, high). bins: how many there are in it. data_format: where the
    channels stand. In prediction nothing changes, as in Keras, though it describes otherwise; and Keras counts the
    pixels of all pictures of a batch together. In training, networks with it run on the definition.

    >>> Equalization()([[[[10.0], [10.0], [11.0], [12.0]]]], training=True).ravel()
    array([  0.,   0., 128., 255.], dtype=float32)
    """

    formula, formula_back = "y = low + (high − low)·(n(x) − n₀) / (n − n₀)", "dx = 0"
    not_in_config = DRAW_NOTHING

    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        bins: int = 256,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, **options)
        self.keep(value_range=value_range)
        self.bins = checks.integer(self.where("bins"), bins, minimum=1)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        low, high = self.value_range
        places = (x.astype("float64") - low) * (self.bins - 1) / ((high - low) or 1)
        at = np.clip(places, 0, self.bins - 1).astype(int)
        tables = np.arange(len(x) * x.shape[-1]).reshape(len(x), 1, 1, -1) * self.bins
        counts = np.bincount((tables + at).ravel(), minlength=len(x) * x.shape[-1] * self.bins).reshape(-1, self.bins)
        up_to = counts.cumsum(axis=1)
        first = np.take_along_axis(up_to, (counts > 0).argmax(axis=1)[:, None], axis=1)
        above = up_to[:, -1:] - first
        table = np.clip(np.round(255 * (up_to - first) / np.where(above > 0, above, 1)), 0, 255) / 255
        alone = np.broadcast_to((above == 0).reshape(len(x), 1, 1, -1), x.shape)
        y = np.where(alone, x, low + (high - low) * table.ravel()[tables + at])
        return y.astype(x.dtype), alone

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return np.where(cache, dy, 0)


@layers.add()
class Solarization(Augmenting):
    """In training, turn what is bright in each picture into its negative: y = low + high − r where r ≥ low + t·
    (high − low), else r; r = x + a·(high − low), kept within low and high.

    addition_factor, threshold_factor: a and t, each uniform between two numbers from 0 to 1, or one, f, for (0, f);
    Keras takes the lower of two as a share of 1, not of the range. value_range: (low, high). seed: as in `Dropout`.
    data_format: where the channels stand. In training, networks with it run on the definition.

    >>> Solarization(threshold_factor=(0.5, 0.5))([[[[10.0], [250.0]]]], training=True).ravel()
    array([10.,  5.], dtype=float32)
    """

    formula, formula_back = "y = r, or low + high − r", "dx = dy, or −dy, where r is within"
    addition_factor: tuple[float, float]
    threshold_factor: tuple[float, float]

    def __init__(
        self,
        addition_factor: Factor = 0.0,
        threshold_factor: Factor = 0.0,
        value_range: Sequence[float] = (0, 255),
        seed: Any = None,
        **options: Unpack[PictureOptions],
    ) -> None:
        super().__init__(seed=seed, **options)
        self.keep(addition_factor=addition_factor, threshold_factor=threshold_factor, value_range=value_range)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        low, high = self.value_range
        a, t = (
            of_each((high - low) * drawn(key, name, len(x), getattr(self, name))).astype(x.dtype)
            for name in ("addition_factor", "threshold_factor")
        )
        r, within = kept_within(x + a, self.value_range)
        turned = r >= low + t
        return np.where(turned, low + high - r, r).astype(x.dtype), np.where(turned, -1, 1) * within

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        dx: Array = (dy * cache).astype(dy.dtype)
        return dx


@layers.add()
class RandomPosterization(Augmenting):
    """In training, keep so many bits of the 8 of each number: y = low + (high − low)·2ˢ·⌊v / 2ˢ⌋ / 255, v =
    255·(x − low) / (high − low) without its fraction, s = 8 − bits.

    factor: the bits, a whole number from 1 to 8, or two: one of those from the first to below the second, for each
    picture, or where they are the same this one; one number, n, is (1, n), as Keras computes it, though it describes n
    bits. value_range: (low, high). data_format: where the channels stand. seed: as in `Dropout`. In training, networks
    with it run on the definition.

    >>> RandomPosterization((2, 2))([[[[63.0], [64.0], [200.0]]]], training=True).ravel()
    array([  0.,  64., 192.], dtype=float32)
    """

    formula, formula_back = "y = 2ˢ·⌊v / 2ˢ⌋, v of 8 bits", "dx = 0"

    def __init__(
        self,
        factor: int | Sequence[int],
        value_range: Sequence[float] = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(value_range=value_range)
        both = (1, factor) if not isinstance(factor, Sequence) else factor
        if isinstance(both, str) or len(both) != 2:
            raise InvalidArgument(self.where("factor"), "a whole number, or two of them", factor)
        least, most = sorted(checks.integer(self.where("factor"), n, minimum=1, maximum=BITS) for n in both)
        self.factor = least, most

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        low, high = self.value_range
        least, most = self.factor
        bits = least + np.floor((most - least) * drawn(key, "factor", len(x), (0.0, 1.0)))
        step = of_each(2 ** (BITS - bits))
        v = np.clip(np.floor(255 * (x - low) / ((high - low) or 1)), 0, 255)
        return (low + (high - low) / 255 * step * np.floor(v / step)).astype(x.dtype), None

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return np.zeros_like(dy)
