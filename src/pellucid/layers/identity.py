"""Identity: y = x.     x (B, ...)   y (B, ...)"""

from __future__ import annotations

from typing import Any

from ..arrays import Array, Arrays
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, layers


@layers.add()
class Identity(Layer):
    """Pass the input through: y = x.

    >>> Identity()([[1.0, 2.0]])
    array([[1., 2.]], dtype=float32)
    """

    supports_masking = True
    formula = "y = x"
    formula_back = "dx = dy"

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x, None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        return x
