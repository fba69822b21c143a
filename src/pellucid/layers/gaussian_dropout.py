"""GaussianDropout: y = x·n, with n normal of mean 1.     x (B, ...)   n (B, ...)   y (B, ...)
Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014),
section 10."""

from __future__ import annotations

import math
from typing import Any, Unpack

from .. import checks
from ..arrays import Array, Arrays
from ..program import Buffer, Program
from ..rng import Key, own_seed
from .base import Layer, LayerOptions, layers
from .noise import apply, lower_normal, noise_key


@layers.add()
class GaussianDropout(Layer):
    """In training, multiply each entry by a normal number of mean 1 and deviation sqrt(rate / (1 − rate)); else pass
    x through. Mean and variance of the noise are those that dropout at this rate has.

    rate: from 0 up to, but without, 1 (Keras takes 1, and then fails in training). seed: as in
    Dropout. Drawn in float32 whatever the dtype.

    >>> GaussianDropout(0.5)([[1.0, 2.0]])
    array([[1., 2.]], dtype=float32)
    """

    supports_masking = True
    formula = "y = x·n with n ~ N(1, rate/(1 − rate))"
    formula_back = "dx = dy·n"
    cached = ("n",)

    def __init__(self, rate: float, seed: Any = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.rate = checks.number(self.where("rate"), rate, minimum=0, below=1)
        self.seed = own_seed(self.where("seed"), seed)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        if not training or self.rate == 0:
            return x, None
        stddev = math.sqrt(self.rate / (1 - self.rate))
        noise = noise_key(rng, self.seed).normal(x.shape, mean=1.0, stddev=stddev).astype(x.dtype)
        return x * noise, noise

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy if cache is None else dy * cache, {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if not code.trains or self.rate == 0:
            return x
        n = lower_normal(code, self.name, x.shape, 1.0, math.sqrt(self.rate / (1 - self.rate)), self.seed)
        code.tap(n=n)
        code.back(lambda dy, wanted: apply(code, "noise.times", dy, n))
        return apply(code, "noise.times", x, n)
