"""Mean absolute percentage error: L = 100 · mean of |(y - t) / t|.     y_true, y_pred (B, ..., O)   L (B, ...)
Source: Hyndman & Koehler, "Another look at measures of forecast accuracy", Int. J. of Forecasting 22 (2006)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..program import Program
from .base import EPSILON, StandardLoss, losses
from .lowering import Places, lower_terms
from .targets import alike, mean, mean_grad


def mean_absolute_percentage_error(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """100 · |y - t| / max(|t|, 1e-7), averaged over the last axis, in percent.

    >>> mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 4.0]])
    array([25.], dtype=float32)
    """
    t, y = alike("mean_absolute_percentage_error", y_true, y_pred)
    return mean(100 * np.abs((y - t) / np.maximum(np.abs(t), EPSILON)))


def mean_absolute_percentage_error_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = alike("mean_absolute_percentage_error", y_true, y_pred)
    return mean_grad(100 * np.sign(y - t) / np.maximum(np.abs(t), EPSILON))


@losses.add("mape", "MAPE")
class MeanAbsolutePercentageError(StandardLoss):
    """Mean absolute percentage error. A target of 0 counts as 1e-7, as in Keras: scale such data otherwise.

    >>> float(MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 4.0]]))
    25.0
    """

    formula = "100·mean |(y − t) / t|"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return mean_absolute_percentage_error(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return mean_absolute_percentage_error_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("mean_absolute_percentage_error", code, at)
