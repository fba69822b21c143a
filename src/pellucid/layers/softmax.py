"""Softmax: y = exp(x) / Σ exp(x), over one axis or several.     x (B, ...)   y (B, ...)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from ..activations import activations
from ..arrays import Array, Shape
from ..program import Buffer, Program
from .activation_layer import ActivationLayer
from .base import LayerOptions, layers
from .shapes import axes_of, axis_argument


@layers.add()
class Softmax(ActivationLayer):
    """Turn numbers into shares that sum to 1 along `axis`: y = exp(x) / Σ exp(x).

    >>> Softmax()([[0.0, 0.0]])
    array([[0.5, 0.5]], dtype=float32)

    axis: one axis or several, the batch being axis 0 (which Keras lets through, and which is refused here).
    """

    def __init__(self, axis: int | Sequence[int] = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.axis = axis_argument(self.where("axis"), axis)
        self.function = activations.get("softmax").bound(axis=self.axis)

    def output_shape_for(self, shape: Shape) -> Shape:
        axes_of(self.name, self.axis, shape)
        return shape

    def logits(self, cache: Any) -> tuple[str, Array] | None:
        """Only over the last axis do losses know the softmax."""
        x, _ = cache
        over_the_last = axes_of(self.name, self.axis, x.shape[1:]) == (x.ndim - 1,)
        return ("softmax", x) if over_the_last else None

    def lower(self, code: Program, x: Buffer) -> Buffer:
        y = super().lower(code, x)
        if axes_of(self.name, self.axis, x.shape) == (len(x.shape),):
            code.ends_in("softmax", x)
        return y
