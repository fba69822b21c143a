"""Pictures changed at random in training, so that a network does not learn their chances by heart.
x (B, height, width, C)   y as x
Source: Shorten & Khoshgoftaar, "A survey on image data augmentation for deep learning", Journal of Big Data 6 (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..activations.axes import reordered, to_the_end
from ..arrays import Array
from ..errors import InvalidArgument
from ..program import Buffer, Program
from ..rng import Key
from .augmenting import (
    MOVE,
    STRETCH,
    TURN,
    Augmenting,
    Factor,
    Graded,
    PictureOptions,
    Warping,
    affine,
    drawn,
    kept_within,
)
from .base import LayerOptions, layers
from .operands import mapped, rowed

UP, ACROSS = 1, 2  # as machine/kernels/pictures.py counts
MODES = ("horizontal", "vertical", "horizontal_and_vertical")


@layers.add()
class RandomFlip(Augmenting):
    """In training, mirror each picture with a chance of one half: y = x or x back to front.

    mode: "horizontal", left to right; "vertical", top to bottom; or "horizontal_and_vertical", both at once, as in
    Keras, which throws one coin for them. seed: as in `Dropout`.

    >>> RandomFlip("horizontal", seed=1)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    formula, formula_back = "y = x, or x mirrored", "dx = dy, or dy mirrored"

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: Any = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.mode = checks.one_of(self.where("mode"), mode, MODES)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        flips = key.uniform((len(x), 1, 1, 1)) <= 0.5
        return self._flipped(x, flips), flips

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return self._flipped(dy, cache)

    def lower_changed(self, code: Program, x: Buffer) -> Buffer:
        u, how = self.lower_drawn(code, (0.0, 1.0)), UP * (self.mode != MODES[0]) + ACROSS * (self.mode != MODES[1])

        def mirrored(x: Buffer) -> Buffer:
            y = code.buffer(x.shape)
            code.emit("mirrored", x, u, y, *x.shape, how)
            return y

        code.back(lambda dy, wanted: mirrored(dy) if wanted else None)
        return mirrored(x)

    def _flipped(self, x: Array, flips: Array) -> Array:
        axes = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}[self.mode]
        return np.where(flips, np.flip(x, axes), x)


@layers.add()
class RandomRotation(Warping):
    """In training, turn each picture about its middle by an angle that is uniform between two: y[i, j] = x[i′, j′].

    factor: the angles, in whole turns, counter-clockwise ones above 0: two numbers, or one, f, for (−f, f). fill_mode:
    what stands beyond the edges: "reflect" (d c b a | a b c d | d c b a), "wrap" (a b c d | a b c d | a b c d),
    "nearest" (a a a a | a b c d | d d d d), or "constant", with `fill_value`. interpolation: "bilinear" or "nearest".
    seed: as in `Dropout`.

    >>> RandomRotation(0.1)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    signed = ("factor",)

    def __init__(
        self,
        factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(factor=factor, fill_mode=fill_mode, interpolation=interpolation, fill_value=fill_value)

    def transforms(self, key: Key, batch: int, height: int, width: int) -> Array:
        angle = 2 * np.pi * drawn(key, "angle", batch, self.factor)
        return affine(np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle), height, width)

    def lower_transforms(self, code: Program) -> tuple[int, Buffer, Buffer]:
        angle = self.lower_drawn(code, self.factor, "angle")
        return TURN, angle, angle


@layers.add()
class RandomTranslation(Warping):
    """In training, move each picture by shares of its height and width that are uniform between two: y[i, j] =
    x[i − height·share, j − width·share′].

    height_factor, width_factor: the shares, down and to the right above 0: two numbers, or one, f, for (−f, f).
    fill_mode, interpolation, fill_value, seed: as in `RandomRotation`.

    >>> RandomTranslation(0.1, 0.1)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    signed = ("height_factor", "width_factor")
    height_factor: tuple[float, float]
    width_factor: tuple[float, float]

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(
            height_factor=height_factor,
            width_factor=width_factor,
            fill_mode=fill_mode,
            interpolation=interpolation,
            fill_value=fill_value,
        )

    def transforms(self, key: Key, batch: int, height: int, width: int) -> Array:
        down = height * drawn(key, "height", batch, self.height_factor)
        right = width * drawn(key, "width", batch, self.width_factor)
        one, none = np.ones(batch), np.zeros(batch)
        return np.stack([one, none, -right, none, one, -down], axis=-1)

    def lower_transforms(self, code: Program) -> tuple[int, Buffer, Buffer]:
        down = self.lower_drawn(code, self.height_factor, "height")
        return MOVE, down, self.lower_drawn(code, self.width_factor, "width")


@layers.add()
class RandomZoom(Warping):
    """In training, stretch each picture about its middle: y[i, j] = x at 1 + z times the distance from there, z uniform
    between two numbers; below 0 it grows, above it shrinks.

    height_factor, width_factor: the numbers, above −1: two, or one, f, for (−f, f); without width_factor the width is
    stretched as the height is. fill_mode, interpolation, fill_value, seed: as in `RandomRotation`.

    >>> RandomZoom(0.1)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    signed = ("height_factor", "width_factor")
    height_factor: tuple[float, float]
    width_factor: tuple[float, float] | None = None

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(height_factor=height_factor, fill_mode=fill_mode, interpolation=interpolation, fill_value=fill_value)
        if width_factor is not None:
            self.keep(width_factor=width_factor)
        for name, given in (("height_factor", height_factor), ("width_factor", width_factor)):
            if isinstance(given, Sequence) and -1 in given:
                raise InvalidArgument(self.where(name), "numbers above -1", given)

    def transforms(self, key: Key, batch: int, height: int, width: int) -> Array:
        tall = 1 + drawn(key, "height", batch, self.height_factor)
        wide = tall if self.width_factor is None else 1 + drawn(key, "width", batch, self.width_factor)
        return affine(wide, np.zeros(batch), np.zeros(batch), tall, height, width)

    def lower_transforms(self, code: Program) -> tuple[int, Buffer, Buffer]:
        tall = self.lower_drawn(code, self.height_factor, "height")
        wide = tall if self.width_factor is None else self.lower_drawn(code, self.width_factor, "width")
        return STRETCH, tall, wide


class Lit(Graded):
    """One whose arguments have Keras's older order: the seed third, and where the channels stand by name alone."""

    def __init__(
        self,
        factor: Factor,
        value_range: Sequence[float] = (0, 255),
        seed: Any = None,
        **options: Unpack[PictureOptions],
    ) -> None:
        super().__init__(factor, value_range, seed=seed, **options)


@layers.add()
class RandomBrightness(Lit):
    """In training, add to each picture a share of the range of its numbers that is uniform between two: y = x + share·
    (high − low), kept within low and high.

    factor: the shares, −1 to 1: two numbers, or one, f, for (−f, f). value_range: (low, high). seed: as in `Dropout`.

    >>> RandomBrightness(0.2)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    formula, formula_back = "y = x + share·(high − low), within low and high", "dx = dy where y is within"
    signed = ("factor",)

    def graded(self, x: Array, f: Array) -> tuple[Array, Any]:
        low, high = self.value_range
        return kept_within(x + (f * (high - low)).astype(x.dtype), self.value_range)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return np.where(cache, dy, 0)

    def lower_changed(self, code: Program, x: Buffer) -> Buffer:
        low, high = self.value_range
        share = self.lower_drawn(code, self.factor, "factor").shaped((1, 1, 1))
        y = mapped(code, "op.add", x, mapped(code, "op.multiply", share, high - low))
        kept = mapped(code, "op.clip", y, low, high)
        code.back(lambda dy, wanted: mapped(code, "op.clip.grad", dy, y, kept) if wanted else None)
        return kept


@layers.add()
class RandomContrast(Lit):
    """In training, stretch the numbers of each picture about the mean of each of its channels: y = (x − mean)·s + mean,
    kept within low and high, s uniform between 1 − lower and 1 + upper.

    factor: (lower, upper), each 0 to 1; or one number, f, which is (0, f), as Keras computes it, though it describes
    (f, f). value_range: (low, high). seed: as in `Dropout`.

    >>> RandomContrast(0.2)([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    formula = "y = (x − mean)·s + mean, within low and high"
    formula_back = "g = dy where y is within, dx = s·g + (1 − s)·mean(g)"

    @property
    def between(self) -> tuple[float, float]:
        return 1 - self.factor[0], 1 + self.factor[1]

    def graded(self, x: Array, f: Array) -> tuple[Array, Any]:
        s, mean = f.astype(x.dtype), x.mean(axis=(1, 2), keepdims=True)
        y, within = kept_within((x - mean) * s + mean, self.value_range)
        return y, (s, within)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        s, within = cache
        g = np.where(within, dy, 0)
        dx: Array = s * g + (1 - s) * g.mean(axis=(1, 2), keepdims=True)
        return dx

    def lower_changed(self, code: Program, x: Buffer) -> Buffer:
        low, high = self.value_range
        s = self.lower_drawn(code, self.between, "factor").shaped((1, 1, 1))

        def stretched(x: Buffer) -> Buffer:
            """(x − mean)·s + mean: what comes back is stretched likewise"""
            mean = rowed(code, "op.mean", x, reordered(code, x, to_the_end(x.shape, (1, 2))), (1, 2))
            return mapped(code, "op.add", mapped(code, "op.multiply", mapped(code, "op.subtract", x, mean), s), mean)

        y = stretched(x)
        kept = mapped(code, "op.clip", y, low, high)
        code.back(lambda dy, wanted: stretched(mapped(code, "op.clip.grad", dy, y, kept)) if wanted else None)
        return kept
