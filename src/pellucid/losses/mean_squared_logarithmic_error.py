"""Mean squared logarithmic error: L = mean of (log(1 + y) - log(1 + t))².     y (B, ..., O)   L (B, ...)
Source: Keras 3, keras.losses.MeanSquaredLogarithmicError; for growth that multiplies rather than adds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..program import Program
from .base import EPSILON, StandardLoss, losses
from .lowering import Places, lower_terms
from .targets import alike, mean, mean_grad


def mean_squared_logarithmic_error(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """(log(1 + y) - log(1 + t))², averaged over the last axis, with t and y kept at 1e-7 or above.

    >>> mean_squared_logarithmic_error([[0.0]], [[np.e - 1]]).round(5)
    array([1.], dtype=float32)
    """
    t, y = alike("mean_squared_logarithmic_error", y_true, y_pred)
    return mean((_log1p(y) - _log1p(t)) ** 2)


def mean_squared_logarithmic_error_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = alike("mean_squared_logarithmic_error", y_true, y_pred)
    return mean_grad(np.where(y >= EPSILON, 2 * (_log1p(y) - _log1p(t)) / (1 + np.maximum(y, EPSILON)), 0))


def _log1p(x: Array) -> Array:
    return np.log1p(np.maximum(x, EPSILON))


@losses.add("msle", "MSLE")
class MeanSquaredLogarithmicError(StandardLoss):
    """Mean squared logarithmic error. Predictions below 1e-7 are clipped there, as in Keras, and get no gradient.

    >>> round(float(MeanSquaredLogarithmicError()([[0.0]], [[np.e - 1]])), 5)
    1.0
    """

    formula = "mean (log(1 + y) − log(1 + t))²"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return mean_squared_logarithmic_error(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return mean_squared_logarithmic_error_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("mean_squared_logarithmic_error", code, at)
