"""AlphaDropout: y = a·(x·m + α'·(1 − m)) + b, dropout for networks of selu.     x (B, ...)   m (B, ...)   y (B, ...)
Source: Klambauer, Unterthiner, Mayr & Hochreiter, "Self-normalizing neural networks", NeurIPS 2017, section 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays
from ..program import Buffer, Program
from ..rng import Key, own_seed
from .base import Layer, LayerOptions, layers
from .noise import apply, lower_kept, noise_key
from .shapes import noise_shape_argument, noise_shape_for

LOWEST = -1.6732632423543772 * 1.0507009873554805  # α' = −α·scale, where selu ends as x → −∞


def alpha_dropout(x: Array, kept: Array, rate: float) -> Array:
    """Dropped entries become α'; a and b then bring mean 0 and variance 1 back."""
    a = affine_scale(rate)
    b = -a * LOWEST * rate
    return a * np.where(kept, x, LOWEST) + b


def alpha_dropout_grad(dy: Array, kept: Array, rate: float) -> Array:
    return np.where(kept, affine_scale(rate) * dy, 0)  # dy/dx = a where x was kept


def affine_scale(rate: float) -> float:
    """a, such that a·(x·m + α'·(1 − m)) + b has variance 1 where x has: a² · (1 − rate)(1 + rate·α'²) = 1."""
    return float(((1 - rate) * (1 + rate * LOWEST**2)) ** -0.5)


@layers.add()
class AlphaDropout(Layer):
    """In training, set a random share of the entries to selu's lowest value, and keep mean 0 and variance 1.

    rate: from 0 up to, but without, 1 (Keras takes 1, and then fails in training). noise_shape and seed: as in
    `Dropout`, and so is the mask.

    >>> AlphaDropout(0.5)([[1.0, 2.0]])
    array([[1., 2.]], dtype=float32)
    """

    supports_masking = True
    formula = "a = ((1 − rate)(1 + rate·α'²))^(−½), α' = −1.758, y = a·(x·m + α'·(1 − m)) − a·α'·rate"
    formula_back = "dx = a·dy·m"
    cached = ("m",)

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.rate = checks.number(self.where("rate"), rate, minimum=0, below=1)
        self.noise_shape = noise_shape_argument(self.where("noise_shape"), noise_shape)
        self.seed = own_seed(self.where("seed"), seed)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        if not training or self.rate == 0:
            return x, None
        kept = noise_key(rng, self.seed).uniform(noise_shape_for(self.name, self.noise_shape, x.shape)) >= self.rate
        return alpha_dropout(x, kept, self.rate), kept

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy if cache is None else alpha_dropout_grad(dy, cache, self.rate), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if not code.trains or self.rate == 0:
            return x
        a = affine_scale(self.rate)
        b = -a * LOWEST * self.rate
        m = lower_kept(code, self.name, self.noise_shape, x.shape, self.rate, a, self.seed)
        code.tap(m=m)
        code.back(lambda dy, wanted: apply(code, "noise.mask", dy, m))
        return apply(code, "noise.alpha", x, m, b, a * LOWEST + b)
