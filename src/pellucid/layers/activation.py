"""Activation: y = f(x), any activation as a layer of its own.     x (B, ...)   y (B, ...)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.3."""

from __future__ import annotations

from typing import Any, Unpack

from ..activations import activations
from ..arrays import is_whole
from ..wiring import FROM_ABOVE
from .activation_layer import ActivationLayer
from .base import LayerOptions, layers


@layers.add()
class Activation(ActivationLayer):
    """Apply an activation: y = f(x).

    >>> Activation("relu")([[-1.0, 2.0]])
    array([[0., 2.]], dtype=float32)
    """

    def __init__(self, activation: Any, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.activation = self.function = activations.get(activation, self.where("activation"))


FROM_ABOVE["activation"] = lambda activation, x: Activation(activation, dtype=None if is_whole(x.dtype) else x.dtype)(x)
