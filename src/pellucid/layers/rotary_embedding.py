"""RotaryEmbedding: pairs of numbers turned by an angle that grows with their place in the sequence.
x (B, ..., T, ..., D, ...)   c = cos, s = sin of t·w (T, D/2)   y as x
Source: Su, Lu, Pan, Murtadha, Wen & Liu, "RoFormer: enhanced transformer with rotary position embedding", 2021."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import ShapeError
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .convolving import COPY, table
from .operands import mapped
from .shapes import axes_of


def rotary(x: Array, cos: Array, sin: Array, axis: int) -> Array:
    """y = x∘c + x̃∘s: with x in halves x₁, x₂ along an axis, x̃ = (−x₂, x₁)."""
    first, second = np.split(x, 2, axis=axis)
    turned: Array = x * cos + np.concatenate([-second, first], axis=axis) * sin
    return turned


def rotary_grad(dy: Array, cos: Array, sin: Array, axis: int) -> Array:
    """Turned back: a rotation's transpose is the rotation by the negative angle."""
    return rotary(dy, cos, -sin, axis)


@layers.add()
class RotaryEmbedding(Layer):
    """Tell queries and keys where they stand by turning them: the product of two then depends on how far apart they
    are. Of D features, the pair (i, i + D/2) is turned at step t by the angle t·w, w = λ^(−2i/D)/scaling_factor.

    max_wavelength: λ. scaling_factor: by how much positions are drawn together, for sequences longer than were trained.
    sequence_axis, feature_axis: where steps and features are, the batch being axis 0. Shapes: x, y (B, T, ..., D), D
    even.

    >>> RotaryEmbedding()([[[1.0, 0.0], [1.0, 0.0]]]).round(3)
    array([[[1.   , 0.   ],
            [0.54 , 0.841]]], dtype=float32)

    Named as in KerasHub; its start_index and positions, with which a call begins elsewhere, are not there.
    """

    supports_masking = True
    formula, formula_back = "y = x∘cos(t·w) + (−x₂, x₁)∘sin(t·w)", "dx = dy∘cos(t·w) − (−dy₂, dy₁)∘sin(t·w)"

    def __init__(
        self,
        max_wavelength: float = 10000,
        scaling_factor: float = 1.0,
        sequence_axis: int = 1,
        feature_axis: int = -1,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.max_wavelength = checks.number(self.where("max_wavelength"), max_wavelength, above=0)
        self.scaling_factor = checks.number(self.where("scaling_factor"), scaling_factor, above=0)
        self.sequence_axis = checks.integer(self.where("sequence_axis"), sequence_axis)
        self.feature_axis = checks.integer(self.where("feature_axis"), feature_axis)

    def output_shape_for(self, shape: Shape) -> Shape:
        steps, features = self._axes(shape)
        D = shape[features - 1]
        if steps == features or D is None or D % 2:
            raise ShapeError(
                f"layer {self.name!r}, input",
                f"an even number of features along axis {self.feature_axis}, and steps along another", (None, *shape),
            )  # fmt: skip
        return shape

    def _axes(self, shape: Shape) -> tuple[int, int]:
        """Where steps and features are, counted from 1."""
        (steps,), (features,) = (axes_of(self.name, axis, shape) for axis in (self.sequence_axis, self.feature_axis))
        return steps, features

    def angles(self, shape: Shape) -> Array:
        """t·w, of a shape that goes along with a sample."""
        steps, features = self._axes(shape)
        T, D = shape[steps - 1], shape[features - 1]
        w = self.max_wavelength ** (-np.arange(0, D, 2) / D) / self.scaling_factor
        found = np.outer(np.arange(T), np.tile(w, 2))
        return (found if steps < features else found.T).reshape(
            [n if i in (steps, features) else 1 for i, n in enumerate(shape, 1)]
        )

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        angles = self.angles(x.shape[1:])
        cos, sin = (f(angles).astype(x.dtype) for f in (np.cos, np.sin))
        axis = self._axes(x.shape[1:])[1]
        return rotary(x, cos, sin, axis), (cos, sin, axis)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return rotary_grad(dy, *cache), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        angles, (_, features) = self.angles(x.shape), self._axes(x.shape)
        D, width = x.shape[features - 1], math.prod(x.shape[features - 1 :])
        sign = np.where(np.arange(D) < D // 2, -1.0, 1.0).reshape(D, *(1,) * (len(x.shape) - features))
        sin = np.sin(angles) * sign
        cos, there, back = (code.constant(one) for one in (np.cos(angles), sin, -sin))
        starts = np.arange(0, x.size, width // 2)  # of the halves, which change places
        places = table(code, starts, starts + width // 2 * np.tile([1, -1], len(starts) // 2))

        def turned(x: Buffer, sin: Buffer) -> Buffer:
            other = code.buffer(x.shape)
            code.emit("op.moved", x, other, places, len(starts), width // 2, x.size, x.size, 1, COPY)
            return mapped(code, "op.add", mapped(code, "op.multiply", x, cos), mapped(code, "op.multiply", other, sin))

        code.back(lambda dy, wanted: turned(dy, back))
        return turned(x, there)
