"""LeakyReLU: y = x above zero, a small multiple of x below.     x (B, ...)   y (B, ...)
Source: Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013."""

from __future__ import annotations

from typing import Unpack

from .. import checks
from ..activations import activations
from .activation_layer import ActivationLayer
from .base import LayerOptions, layers


class LeakyOptions(LayerOptions, total=False):
    """Arguments that every layer takes, and one older name."""

    alpha: float


@layers.add()
class LeakyReLU(ActivationLayer):
    """Rectify, but let a little through: y = x where x > 0, negative_slope · x elsewhere.

    >>> LeakyReLU(negative_slope=0.5)([[-2.0, 2.0]])
    array([[-1.,  2.]], dtype=float32)

    alpha is Keras 2's name for negative_slope, which Keras 3 takes as well.
    PyTorch's default slope is 0.01; the activation "leaky_relu" has 0.2, in Keras as here.
    """

    def __init__(self, negative_slope: float = 0.3, **options: Unpack[LeakyOptions]) -> None:
        negative_slope = options.pop("alpha", negative_slope)
        super().__init__(**options)  # type: ignore[misc]
        self.negative_slope = checks.number(self.where("negative_slope"), negative_slope, minimum=0)
        self.function = activations.get("leaky_relu").bound(negative_slope=self.negative_slope)

    @classmethod
    def takes(cls, name: str) -> bool:
        return name == "alpha" or super().takes(name)
