"""RepeatVector: each sample n times over.     x (B, I)   y (B, n, I)"""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from .. import checks
from ..activations.axes import strided
from ..arrays import Array, Arrays, Shape
from ..errors import ShapeError
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers


@layers.add()
class RepeatVector(Layer):
    """Repeat each sample n times: (B, I) becomes (B, n, I).

    >>> RepeatVector(2)([[1.0, 2.0]])
    array([[[1., 2.],
            [1., 2.]]], dtype=float32)
    """

    formula = "y = x, n times over"
    formula_back = "dx = Σ dy over the n copies"

    def __init__(self, n: int, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.n = checks.integer(self.where("n"), n, minimum=1)

    def output_shape_for(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(f"layer {self.name!r}, input", "one axis after the batch", (None, *shape))
        return (self.n, *shape)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return np.repeat(x[:, None], self.n, axis=1), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy.sum(axis=1), {}  # each entry of x entered the loss n times

    def lower(self, code: Program, x: Buffer) -> Buffer:
        def undo(dy: Buffer, wanted: bool) -> Buffer:
            dx = code.buffer(x.shape)
            code.emit("summed", dy, dx, 1, self.n, x.size)
            return dx

        code.back(undo)
        return strided(code, x, (self.n, x.size), (0, 1))
