"""The two plainest activations: x itself, and its exponential."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from .base import activation


@activation()
def linear(x: Array) -> Array:
    """The identity: y = x.     x (...)   y (...)

    >>> linear([1.0, -2.0])
    array([ 1., -2.], dtype=float32)

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.1.
    """
    return x


@linear.gradient
def linear_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy


@activation()
def exponential(x: Array) -> Array:
    """The exponential: y = eˣ; infinite where x is above 88 (float32) or 709 (float64).     x (...)   y (...)

    >>> exponential([0.0, 1.0]).round(4)
    array([1.    , 2.7183], dtype=float32)

    Source: McCullagh & Nelder, Generalized Linear Models (1989), section 2.2: the inverse of the log link.
    """
    with np.errstate(over="ignore"):
        return np.exp(x)


@exponential.gradient
def exponential_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy * y
