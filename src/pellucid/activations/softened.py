"""relu with its corner rounded: softplus, squareplus, sparse_plus."""

from __future__ import annotations

import math

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument
from .base import activation
from .stable import log1pexp, logistic


@activation()
def softplus(x: Array) -> Array:
    """The smooth relu: y = log(1 + eˣ).     x (...)   y (...)

    >>> softplus([-100.0, 0.0, 100.0]).round(4)
    array([  0.    ,   0.6931, 100.    ], dtype=float32)

    Source: Dugas, Bengio, Bélisle, Nadeau & Garcia, "Incorporating second-order functional knowledge for better option
    pricing", NeurIPS 2000. PyTorch's is exactly x above 20.
    """
    return log1pexp(x)


@softplus.gradient
def softplus_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy * logistic(x)


@activation()
def squareplus(x: Array, b: float = 4) -> Array:
    """A smooth relu without exponentials: y = (x + √(x² + b)) / 2, with b above 0.     x (...)   y (...)

    >>> squareplus([-2.0, 0.0, 2.0]).round(4)
    array([0.4142, 1.    , 2.4142], dtype=float32)

    Below zero it is computed as b / 2 / (√(x² + b) - x), the same number: the sum would cancel.

    Source: Barron, "Squareplus: a softplus-like algebraic rectifier", arXiv:2112.11687 (2021).
    """
    if not b > 0:
        raise InvalidArgument("activation 'squareplus', option b", "a number above 0", b)
    twice = np.hypot(x, math.sqrt(b)).astype(x.dtype) + np.abs(x)
    return np.where(x < 0, b / 2 / twice, twice / 2)


@squareplus.gradient
def squareplus_grad(dy: Array, x: Array, y: Array, b: float = 4) -> Array:
    dx: Array = dy * (y / np.hypot(x, math.sqrt(b)).astype(x.dtype))  # (1 + x / √(x² + b)) / 2
    return dx


@activation()
def sparse_plus(x: Array) -> Array:
    """relu with a parabola for a corner: y = 0 where x <= -1, (x + 1)²/4 between, x where x >= 1.     x (...)   y (...)

    >>> sparse_plus([-2.0, 0.0, 2.0])
    array([0.  , 0.25, 2.  ], dtype=float32)

    Its slope is sparse_sigmoid, as softplus's is sigmoid.

    Source: Blondel, Martins & Niculae, "Learning with Fenchel-Young losses", JMLR 21 (2020).
    """
    return np.where(x >= 1, x, (np.clip(x, -1, 1) + 1) ** 2 / 4)


@sparse_plus.gradient
def sparse_plus_grad(dy: Array, x: Array, y: Array) -> Array:
    dx: Array = dy * (np.clip(x, -1, 1) + 1) / 2
    return dx
