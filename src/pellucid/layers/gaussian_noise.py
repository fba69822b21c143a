"""GaussianNoise: y = x + n, with n normal of mean 0.     x (B, ...)   n (B, ...)   y (B, ...)
Source: Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7 (1995)."""

from __future__ import annotations

from typing import Any, Unpack

from .. import checks
from ..arrays import Array, Arrays
from ..program import Buffer, Program
from ..rng import Key, own_seed
from .base import Layer, LayerOptions, layers
from .noise import apply, lower_normal, noise_key


@layers.add()
class GaussianNoise(Layer):
    """In training, add normal noise of deviation `stddev` to the input; else pass it through.

    stddev: 0 to 1, as in Keras. seed: as in Dropout. Drawn in float32 whatever the dtype.

    >>> GaussianNoise(0.1)([[1.0, 2.0]])
    array([[1., 2.]], dtype=float32)
    """

    supports_masking = True
    formula = "y = x + n with n ~ N(0, stddev²)"
    formula_back = "dx = dy"
    cached = ("n",)

    def __init__(self, stddev: float, seed: Any = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.stddev = checks.number(self.where("stddev"), stddev, minimum=0, maximum=1)
        self.seed = own_seed(self.where("seed"), seed)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        if not training or self.stddev == 0:
            return x, None
        noise = noise_key(rng, self.seed).normal(x.shape, stddev=self.stddev).astype(x.dtype)
        return x + noise, noise

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}  # the noise does not depend on x

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if not code.trains or self.stddev == 0:
            return x
        n = lower_normal(code, self.name, x.shape, 0.0, self.stddev, self.seed)
        code.tap(n=n)
        return apply(code, "noise.plus", x, n)
