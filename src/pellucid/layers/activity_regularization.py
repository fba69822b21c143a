"""ActivityRegularization: y = x, and a penalty on x: l1·Σ|x| + l2·Σx², over the batch.     x, y (B, ...)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 7.10."""

from __future__ import annotations

from typing import Any, Unpack

from .. import checks
from ..arrays import Array, Arrays
from ..program import Buffer, Program
from ..regularizers import L1L2
from ..rng import Key
from .base import Layer, LayerOptions, layers


@layers.add()
class ActivityRegularization(Layer):
    """Pass the input through, and add a penalty on it to the loss: (l1·Σ|x| + l2·Σx²) / B.

    >>> layer = ActivityRegularization(l1=0.5)
    >>> layer([[-1.0, 2.0]])
    array([[-1.,  2.]], dtype=float32)
    >>> layer.losses
    [1.5]
    """

    supports_masking = True
    formula = "y = x, and (l1·Σ|x| + l2·Σx²)/B is added to the loss"
    formula_back = "dx = dy"

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **options: Unpack[LayerOptions]) -> None:
        self.l1 = checks.number(self.where("l1"), l1, minimum=0)
        self.l2 = checks.number(self.where("l2"), l2, minimum=0)
        options["activity_regularizer"] = L1L2(l1=self.l1, l2=self.l2)
        super().__init__(**options)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x, None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        return x  # the model emits the penalty

    def get_config(self) -> dict[str, Any]:
        """l1 and l2; the regularizer is made from them."""
        return {k: v for k, v in super().get_config().items() if k != "activity_regularizer"}
