"""Flatten: each sample as one row.     x (B, H, W, ...)   y (B, H·W·...)"""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..activations.axes import permuted
from ..arrays import Array, Arrays, Shape
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers


@layers.add()
class Flatten(Layer):
    """Lay each sample out as one row: (B, 28, 28) becomes (B, 784).

    data_format: "channels_first" moves axis 1 to the end first, so that both orders give the same row.

    >>> Flatten()([[[1.0, 2.0], [3.0, 4.0]]])
    array([[1., 2., 3., 4.]], dtype=float32)
    """

    formula = "y = x, each sample as one row"
    formula_back = "dx = dy in the shape of x"

    def __init__(self, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.data_format: str = checks.one_of(
            self.where("data_format"), data_format or "channels_last", ["channels_last", "channels_first"]
        )

    def output_shape_for(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        if self._channels_first(x.shape):
            x = np.moveaxis(x, 1, -1)
        return x.reshape(len(x), math.prod(x.shape[1:])), x.shape

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        dx = dy.reshape(cache)
        return np.moveaxis(dx, -1, 1) if self._channels_first(cache) else dx, {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if self.data_format == "channels_first" and x.shape:
            x = permuted(code, x, [*range(1, len(x.shape)), 0])
        code.back(lambda dy, wanted: dy.shaped(x.shape))
        return x.shaped((x.size,))

    def _channels_first(self, shape: Shape) -> bool:
        return self.data_format == "channels_first" and len(shape) > 1
