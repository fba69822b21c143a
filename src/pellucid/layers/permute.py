"""Permute: the axes of each sample in another order.     x (B, H, W, ...)   y (B, W, H, ...)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..activations.axes import permuted
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers


@layers.add()
class Permute(Layer):
    """Put the axes in the order `dims`, counted from 1, the batch staying first: (2, 1) transposes each sample.

    >>> Permute((2, 1))([[[1.0, 2.0], [3.0, 4.0]]])
    array([[[1., 3.],
            [2., 4.]]], dtype=float32)
    """

    formula = "y = x with its axes in another order"
    formula_back = "dx = dy with its axes in x's order"

    def __init__(self, dims: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        where = self.where("dims")
        self.dims = checks.shape(where, dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise InvalidArgument(where, "each of 1, 2, ... once, such as (2, 1)", dims)

    def output_shape_for(self, shape: Shape) -> Shape:
        if len(shape) != len(self.dims):
            raise ShapeError(f"layer {self.name!r}, input", f"{len(self.dims)} axes after the batch", (None, *shape))
        return tuple(shape[d - 1] for d in self.dims)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x.transpose(0, *self.dims), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy.transpose(np.argsort((0, *self.dims))), {}  # the order that undoes this one

    def lower(self, code: Program, x: Buffer) -> Buffer:
        return permuted(code, x, [d - 1 for d in self.dims])
