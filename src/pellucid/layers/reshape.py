"""Reshape: each sample in another shape.     x (B, ...)   y (B, *target_shape)"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, WrongType
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers


@layers.add()
class Reshape(Layer):
    """Give each sample another shape of as many entries; one -1 stands for what is left.

    >>> Reshape((2, -1))([[1.0, 2.0, 3.0, 4.0]])
    array([[[1., 2.],
            [3., 4.]]], dtype=float32)
    """

    formula = "y = x in another shape"
    formula_back = "dx = dy in the shape of x"

    def __init__(self, target_shape: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        where = self.where("target_shape")
        if isinstance(target_shape, int | str) or not hasattr(target_shape, "__iter__"):
            raise WrongType(where, "a tuple of whole numbers such as (28, 28, 1)", target_shape)
        self.target_shape = tuple(n if n == -1 else checks.integer(where, n, minimum=1) for n in target_shape)
        if self.target_shape.count(-1) > 1:
            raise InvalidArgument(where, "at most one -1", self.target_shape)

    def output_shape_for(self, shape: Shape) -> Shape:
        n, known = math.prod(shape), math.prod(k for k in self.target_shape if k != -1)
        if n % known != 0 or (-1 not in self.target_shape and n != known):
            raise ShapeError(
                f"layer {self.name!r}, input", f"samples that fill the shape {self.target_shape}", (None, *shape)
            )
        return tuple(n // known if k == -1 else k for k in self.target_shape)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x.reshape(len(x), *self.output_shape_for(x.shape[1:])), x.shape

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy.reshape(cache), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        code.back(lambda dy, wanted: dy.shaped(x.shape))
        return x.shaped(self.output_shape_for(x.shape))
