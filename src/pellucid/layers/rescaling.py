"""Rescaling: y = x·scale + offset.     x (B, ..., C)   scale, offset () or (C,)   y (B, ..., C)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, WrongType
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
