"""Dropout: y = x·m / (1 − rate), with m = 0 for a random share of the entries, else 1.     x (B, ...)   y (B, ...)
Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout: a simple way to prevent neural networks
from overfitting", JMLR 15 (2014)."""

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


def dropout(x: Array, kept: Array, rate: float) -> Array:
    scale = 1 / (1 - rate) if rate < 1 else 0.0
    return np.where(kept, x * scale, 0)  # E[y] = (1 − rate)·x/(1 − rate) = x


def dropout_grad(dy: Array, kept: Array, rate: float) -> Array:
    return dropout(dy, kept, rate)  # y is linear in x: dL/dx is dL/dy through the same mask


class Dropping(Layer):
    """What layers have in common that drop a random share of what they are given."""

    supports_masking = True
    formula = "y = x·m / (1 − rate)"
    formula_back = "dx = dy·m / (1 − rate)"
    cached = ("m",)
    rate: float
    noise_shape: tuple[int | None, ...] | None
    seed: int | None

    def keep_dropping(self, rate: float, noise_shape: Sequence[int | None] | None, seed: Any) -> None:
        """Keep the constructor's arguments."""
        self.rate = checks.number(self.where("rate"), rate, minimum=0, maximum=1)
        self.noise_shape = noise_shape_argument(self.where("noise_shape"), noise_shape)
        self.seed = own_seed(self.where("seed"), seed)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        if not training or self.rate == 0:
            return x, None
        kept = noise_key(rng, self.seed).uniform(noise_shape_for(self.name, self.noise_shape, x.shape)) >= self.rate
        return dropout(x, kept, self.rate), kept

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy if cache is None else dropout_grad(dy, cache, self.rate), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if not code.trains or self.rate == 0:
            return x
        scale = 1 / (1 - self.rate) if self.rate < 1 else 0.0
        m = lower_kept(code, self.name, self.noise_shape, x.shape, self.rate, scale, self.seed)
        code.tap(m=m)
        code.back(lambda dy, wanted: apply(code, "noise.mask", dy, m))
        return apply(code, "noise.mask", x, m)


@layers.add()
class Dropout(Dropping):
    """In training, set a random share of the entries to 0 and scale the others by 1/(1 − rate); else pass x through.

    rate: the share that is dropped, 0 to 1. noise_shape: a shape that broadcasts to x's, such as (None, 1, 8), along
    whose axes of length 1 the same mask holds. seed: a number, or a SeedGenerator, from which
    the masks of all steps come, whatever the layer's place or model: two layers of one seed draw the same. Without it
    they come from the model's key and the layer's place.

    The mask is `key.uniform(noise_shape) >= rate`, drawn in float32 whatever the layer's dtype.

    >>> Dropout(0.5)([[1.0, 2.0]])
    array([[1., 2.]], dtype=float32)
    >>> y = Dropout(0.5)(np.ones((1, 100)), training=True)
    >>> np.unique(y).tolist()
    [0.0, 2.0]
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.keep_dropping(rate, noise_shape, seed)
