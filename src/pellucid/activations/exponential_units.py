"""Linear above zero, an exponential bend below: elu, celu, selu."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument
from .base import activation

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@activation()
def elu(x: Array, alpha: float = 1.0) -> Array:
    """Exponential linear unit: y = x where x > 0, alpha · (eˣ - 1) elsewhere.     x (...)   y (...)

    >>> elu([-1.0, 2.0]).round(4)
    array([-0.6321,  2.    ], dtype=float32)

    Source: Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network learning by exponential linear units",
    ICLR 2016.
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@elu.gradient
def elu_grad(dy: Array, x: Array, y: Array, alpha: float = 1.0) -> Array:
    return dy * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


@activation()
def celu(x: Array, alpha: float = 1.0) -> Array:
    """elu with a slope of 1 at zero for every alpha: y = max(x, 0) + alpha · (e^(min(x, 0)/alpha) - 1).

    x (...), y (...), alpha above 0.

    >>> celu([-1.0, 2.0], alpha=0.5).round(4)
    array([-0.4323,  2.    ], dtype=float32)

    Source: Barron, "Continuously differentiable exponential linear units", arXiv:1704.07483 (2017).
    """
    _above_zero(alpha)
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


@celu.gradient
def celu_grad(dy: Array, x: Array, y: Array, alpha: float = 1.0) -> Array:
    return dy * np.exp(np.minimum(x, 0) / alpha)


def _above_zero(alpha: float) -> None:
    if not alpha > 0:
        raise InvalidArgument("activation 'celu', option alpha", "a number above 0", alpha)


@activation()
def selu(x: Array) -> Array:
    """elu scaled so that mean 0 and variance 1 stay so through the layers: y = scale · elu(x, alpha).

    x (...), y (...), scale = 1.0507..., alpha = 1.6733...; begin the weights with `lecun_normal`.

    >>> selu([-1.0, 2.0]).round(4)
    array([-1.1113,  2.1014], dtype=float32)

    Source: Klambauer, Unterthiner, Mayr & Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.
    """
    return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))


@selu.gradient
def selu_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy * (SELU_SCALE * np.where(x > 0, 1, SELU_ALPHA * np.exp(np.minimum(x, 0))))
