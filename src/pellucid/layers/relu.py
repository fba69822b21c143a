"""ReLU: y = max(x, 0), with an upper bound, a slope below and a threshold.     x (B, ...)   y (B, ...)
Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010."""

from __future__ import annotations

from typing import Unpack

from .. import checks
from ..activations import activations
from .activation_layer import ActivationLayer
from .base import LayerOptions, layers

RELU = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}  # relu without options


@layers.add()
class ReLU(ActivationLayer):
    """Rectify: y = max_value where x >= max_value, x where threshold <= x < max_value,
    negative_slope · (x − threshold) below.

    >>> ReLU(max_value=6)([[-1.0, 2.0, 9.0]])
    array([[0., 2., 6.]], dtype=float32)
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        where = self.where("max_value")
        self.max_value = None if max_value is None else checks.number(where, max_value, minimum=0)
        self.negative_slope = checks.number(self.where("negative_slope"), negative_slope, minimum=0)
        self.threshold = checks.number(self.where("threshold"), threshold, minimum=0)
        given = {"max_value": self.max_value, "negative_slope": self.negative_slope, "threshold": self.threshold}
        self.function = activations.get("relu").bound(**{k: v for k, v in given.items() if v != RELU[k]})
