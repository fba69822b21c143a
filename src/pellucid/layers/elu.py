"""ELU: y = x above zero, alpha · (exp(x) − 1) below.     x (B, ...)   y (B, ...)
Source: Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network learning by exponential linear units
(ELUs)", ICLR 2016."""

from __future__ import annotations

from typing import Unpack

from .. import checks
from ..activations import activations
from .activation_layer import ActivationLayer
from .base import LayerOptions, layers


@layers.add()
class ELU(ActivationLayer):
    """Exponential linear unit: y = x where x > 0, alpha · (exp(x) − 1) elsewhere.

    >>> ELU()([[-30.0, 2.0]])
    array([[-1.,  2.]], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.alpha = checks.number(self.where("alpha"), alpha)
        self.function = activations.get("elu").bound(alpha=self.alpha)
