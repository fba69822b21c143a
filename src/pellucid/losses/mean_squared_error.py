"""Mean squared error: L = mean over outputs of (y - t)².     y_true, y_pred (B, ..., O)   L (B, ...)
Source: Bishop, Pattern Recognition and Machine Learning (2006), section 3.1."""

from __future__ import annotations

from numpy.typing import ArrayLike

from ..arrays import Array
from ..program import Program
from .base import StandardLoss, losses
from .lowering import Places, lower_terms
from .targets import alike, mean, mean_grad


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """(y - t)², averaged over the last axis.

    >>> mean_squared_error([[0.0, 1.0]], [[1.0, 1.0]])
    array([0.5], dtype=float32)
    """
    t, y = alike("mean_squared_error", y_true, y_pred)
    return mean((y - t) ** 2)


def mean_squared_error_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = alike("mean_squared_error", y_true, y_pred)
    return mean_grad(2 * (y - t))


@losses.add("mse", "MSE")
class MeanSquaredError(StandardLoss):
    """Mean squared error, the loss of regression.

    >>> float(MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]]))
    0.5
    """

    formula = "mean (y − t)²"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return mean_squared_error(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return mean_squared_error_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("mean_squared_error", code, at)
