"""Activations that turn scores into probabilities, which sum to 1 along an axis: softmax, its logarithm, sparsemax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays import Array
from .base import activation
from .stable import axes_of


@activation()
def softmax(x: Array, axis: int | Sequence[int] = -1) -> Array:
    """Probabilities from scores: y = eˣ / Σ eˣ, the sum along one axis or several.     x (..., O)   y (..., O)

    >>> softmax([[0.0, 0.0], [1000.0, 0.0]])
    array([[0.5, 0.5],
           [1. , 0. ]], dtype=float32)

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4.
    """
    along = axes_of("softmax", x, axis)
    z = np.exp(x - x.max(axis=along, keepdims=True))  # the largest score becomes 0: nothing overflows
    y: Array = z / z.sum(axis=along, keepdims=True)
    return y


@softmax.gradient
def softmax_grad(dy: Array, x: Array, y: Array, axis: int | Sequence[int] = -1) -> Array:
    along = axes_of("softmax", x, axis)
    dx: Array = y * (dy - (dy * y).sum(axis=along, keepdims=True))
    return dx


@activation()
def log_softmax(x: Array, axis: int | Sequence[int] = -1) -> Array:
    """softmax's logarithm: y = x - log Σ eˣ, finite where softmax itself has become 0.     x (..., O)   y (..., O)

    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.], dtype=float32)

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4.
    """
    along = axes_of("log_softmax", x, axis)
    z = x - x.max(axis=along, keepdims=True)
    y: Array = z - np.log(np.exp(z).sum(axis=along, keepdims=True))
    return y


@log_softmax.gradient
def log_softmax_grad(dy: Array, x: Array, y: Array, axis: int | Sequence[int] = -1) -> Array:
    along = axes_of("log_softmax", x, axis)
    dx: Array = dy - np.exp(y) * dy.sum(axis=along, keepdims=True)
    return dx


@activation()
def sparsemax(x: Array, axis: int = -1) -> Array:
    """The nearest point to x among all probabilities: y = max(x - τ, 0), with τ such that Σ y = 1.

    x (..., O), y (..., O), often with exact zeros.

    >>> sparsemax([1.0, 2.0, 0.5, 1.9]).round(4)
    array([0.  , 0.55, 0.  , 0.45], dtype=float32)

    Source: Martins & Astudillo, "From softmax to sparsemax", ICML 2016, algorithm 1. Keras 3.15 takes another τ where
    several entries stay above 0, so that its outputs do not sum to 1 (here they are all 0); this is the paper's.
    """
    (along,) = axes_of("sparsemax", x, axis)
    z = np.moveaxis(x, along, -1)
    z = z - z.max(axis=-1, keepdims=True)  # y does not change, and large scores keep their digits
    descending = -np.sort(-z, axis=-1)
    total, count = descending.cumsum(axis=-1), np.arange(1, z.shape[-1] + 1, dtype=x.dtype)
    k = (1 + count * descending > total).sum(axis=-1, keepdims=True)  # how many entries stay above 0
    τ = (np.take_along_axis(total, k - 1, axis=-1) - 1) / k.astype(x.dtype)
    return np.moveaxis(np.maximum(z - τ, 0), -1, along)


@sparsemax.gradient
def sparsemax_grad(dy: Array, x: Array, y: Array, axis: int = -1) -> Array:
    above = (y > 0).astype(dy.dtype)
    mean = (dy * above).sum(axis=axis, keepdims=True) / above.sum(axis=axis, keepdims=True)
    dx: Array = above * (dy - mean)
    return dx
