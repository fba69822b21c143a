"""Rescaling: y = x·scale + offset.     x (B, ..., C)   scale, offset () or (C,)   y (B, ..., C)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, WrongType
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .shapes import must_fit


@layers.add()
class Rescaling(Layer):
    """Scale and shift by constants: y = x·scale + offset. Rescaling(1/255) brings bytes to 0..1.

    scale, offset: numbers, or one number for each place on the last axes.

    >>> Rescaling(1 / 255)(np.array([[0, 255]], dtype="uint8"))
    array([[0., 1.]], dtype=float32)
    """

    supports_masking = True
    formula = "y = x·scale + offset"
    formula_back = "dx = dy·scale"

    def __init__(self, scale: Any, offset: Any = 0.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.scale = _numbers(self.where("scale"), scale)
        self.offset = _numbers(self.where("offset"), offset)

    def output_shape_for(self, shape: Shape) -> Shape:
        for name, value in (("scale", self.scale), ("offset", self.offset)):
            must_fit(self.name, name, np.shape(value), shape, shape)
        return shape

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x * np.asarray(self.scale, x.dtype) + np.asarray(self.offset, x.dtype), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy * np.asarray(self.scale, dy.dtype), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if isinstance(self.scale, float) and isinstance(self.offset, float):
            return self._lower_plain(code, x, self.scale, self.offset)
        scale, offset, none = (
            code.constant(np.broadcast_to(np.asarray(v, "float32"), x.shape)) for v in (self.scale, self.offset, 0.0)
        )
        y = code.buffer(x.shape)
        code.emit("rescaling.each", x, scale, offset, y, x.size)

        def undo(dy: Buffer, wanted: bool) -> Buffer:
            dx = code.buffer(x.shape)
            code.emit("rescaling.each", dy, scale, none, dx, x.size)
            return dx

        code.back(undo)
        return y

    def _lower_plain(self, code: Program, x: Buffer, scale: float, offset: float) -> Buffer:
        def undo(dy: Buffer, wanted: bool) -> Buffer:
            dx = code.buffer(x.shape)
            code.emit("rescaling", dy, dx, x.size, scale, 0.0, 0.0)
            return dx

        code.back(undo)
        y = code.buffer(x.shape)
        code.emit("rescaling", x, y, x.size, scale, offset, 0.0)
        return y


def _numbers(where: str, value: Any) -> Any:
    """A float, or lists of floats; Keras saves an array as {"class_name": "__numpy__", "config": {"value": ...}}."""
    if isinstance(value, Mapping):
        value = (value.get("config") or {}).get("value")
    try:
        found = np.asarray(value, dtype="float64")
    except (TypeError, ValueError):
        raise WrongType(where, "a number or numbers", value) from None
    if isinstance(value, str) or not np.isfinite(found).all():
        raise InvalidArgument(where, "finite numbers", value)
    return found.tolist()
