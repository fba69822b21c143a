"""Softmax: y = exp(x) / Σ exp(x), over one axis or several.     x (B, ...)   y (B, ...)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from ..activations import activations
from ..arrays import Array, Arrays, Shape
from ..program import Buffer, Program
from ..rng import Key
from .activation_layer import ActivationLayer
from .base import LayerOptions, layers
from .operands import mapped
from .shapes import axes_of, axis_argument, must_fit

MASKED = -1e9  # what stands where a mask says that nothing counts, as in Keras


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

    takes_mask = True

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key, mask: Array | None = None) -> tuple[Array, Any]:
        if mask is None:
            return super().forward(p, x, training=training, rng=rng)
        must_fit(self.name, "a mask", mask.shape, x.shape, x.shape[1:])
        y, (x, _) = super().forward(p, np.where(mask, x, x.dtype.type(MASKED)), training=training, rng=rng)
        y = np.where(mask, y, y.dtype.type(0))  # where nothing counts, the shares would be even
        return y, (x, y, mask)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, y, *mask = cache
        dx = self.function.grad(dy, x, y)
        return np.where(mask[0], dx, dx.dtype.type(0)) if mask else dx, {}

    def output_shape_for(self, shape: Shape) -> Shape:
        axes_of(self.name, self.axis, shape)
        return shape

    def logits(self, cache: Any) -> tuple[str, Array] | None:
        """Only over the last axis do losses know the softmax."""
        x, *rest = cache
        if len(rest) > 1:
            return None  # a mask acts on the output
        over_the_last = axes_of(self.name, self.axis, x.shape[1:]) == (x.ndim - 1,)
        return ("softmax", x) if over_the_last else None

    def lower(self, code: Program, x: Buffer, mask: Buffer | None = None) -> Buffer:
        if mask is not None and len(mask.shape) != len(x.shape):
            raise self.cannot_lower(" with a mask of other axes")
        if mask is not None:
            return self._lower_masked(code, x, mask)
        y = super().lower(code, x)
        if axes_of(self.name, self.axis, x.shape) == (len(x.shape),):
            code.ends_in("softmax", x)
        return y

    def _lower_masked(self, code: Program, x: Buffer, mask: Buffer) -> Buffer:
        def kept(z: Buffer, other: float) -> Buffer:
            return mapped(code, "op.where", mask, z, other)

        code.back(lambda dy, wanted: kept(dy, 0.0) if wanted else None)
        y = super().lower(code, kept(x, MASKED))
        code.back(lambda dy, wanted: kept(dy, 0.0))
        return kept(y, 0.0)
