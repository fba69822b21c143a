"""Log-cosh: L = mean over outputs of log cosh(y - t).     y_true, y_pred (B, ..., O)   L (B, ...)
Source: Saleh & Saleh, "Statistical properties of the log-cosh loss function used in machine learning", 2022."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..program import Program
from .base import StandardLoss, losses
from .lowering import Places, lower_terms
from .targets import alike, mean, mean_grad


def log_cosh(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """log cosh(y - t) = |e| + log(1 + exp(-2|e|)) - log 2, averaged over the last axis; no exponential overflows.

    >>> log_cosh([[0.0]], [[1000.0]]).round(3)
    array([999.307], dtype=float32)
    """
    t, y = alike("log_cosh", y_true, y_pred)
    e = np.abs(y - t)
    return mean(e + np.log1p(np.exp(-2 * e)) - np.log(y.dtype.type(2)))


def log_cosh_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = alike("log_cosh", y_true, y_pred)
    return mean_grad(np.tanh(y - t))


@losses.add("logcosh")
class LogCosh(StandardLoss):
    """Log-cosh: near 0 half the squared error, far out the absolute error less log 2, smooth all the way.

    >>> round(float(LogCosh()([[0.0]], [[1.0]])), 4)
    0.4338
    """

    formula = "mean log cosh(y − t)"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return log_cosh(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return log_cosh_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("log_cosh", code, at)
