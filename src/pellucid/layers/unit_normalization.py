"""UnitNormalization: y = x / ‖x‖, each sample of length 1 along its axes.     x (B, ...)   y (B, ...)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 2.5."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from ..activations.axes import inverse, permuted, to_the_end
from ..arrays import Array, Arrays, Shape
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .shapes import axes_of, axis_argument

SHORTEST = 1e-12  # a shorter x is divided by this instead: zeros stay zeros


def unit_norm(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """(y, ‖x‖), the length being at least SHORTEST."""
    length = np.maximum(np.sqrt((x * x).sum(axis=axes, keepdims=True)), SHORTEST)
    return x / length, length


def unit_norm_grad(dy: Array, y: Array, length: Array, axes: tuple[int, ...]) -> Array:
    """d‖x‖/dx = y, so x/‖x‖ loses the component along y: dL/dx = (dL/dy − y·Σ dL/dy·y) / ‖x‖.

    Below SHORTEST the divisor is constant, and that component stays.
    """
    component = y * (dy * y).sum(axis=axes, keepdims=True)
    return (dy - np.where(length > SHORTEST, component, 0)) / length


@layers.add()
class UnitNormalization(Layer):
    """Scale each sample to length 1 over `axis`: y = x / sqrt(Σ x²).

    axis: one axis or several, the batch being axis 0.

    >>> UnitNormalization()([[3.0, 4.0]])
    array([[0.6, 0.8]], dtype=float32)
    """

    supports_masking = True
    formula = "y = x / ‖x‖"
    formula_back = "dx = (dy − y·Σ dy·y) / ‖x‖"
    cached = ("y", "‖x‖")

    def __init__(self, axis: int | Sequence[int] = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.axis = axis_argument(self.where("axis"), axis)

    def output_shape_for(self, shape: Shape) -> Shape:
        axes_of(self.name, self.axis, shape)
        return shape

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        y, length = unit_norm(x, axes_of(self.name, self.axis, x.shape[1:]))
        return y, (y, length)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        y, length = cache
        return unit_norm_grad(dy, y, length, axes_of(self.name, self.axis, dy.shape[1:])), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        axes = axes_of(self.name, self.axis, x.shape)
        order = to_the_end(x.shape, axes)
        z = permuted(code, x, order)
        n = math.prod(x.shape[a - 1] for a in axes)
        rows = z.size // n
        y, length = code.buffer(z.shape), code.buffer((rows,))
        code.emit("unit_normalization", z, y, length, rows, n)
        code.tap(**{"‖x‖": length})

        def undo(dy: Buffer, wanted: bool) -> Buffer:
            dx = code.buffer(z.shape)
            code.emit("unit_normalization.grad", dy, y, length, dx, rows, n)
            return dx

        code.back(undo)
        return permuted(code, y, inverse(order))
