"""Mean absolute error: L = mean over outputs of |y - t|.     y_true, y_pred (B, ..., O)   L (B, ...)
Source: Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), section 10.6."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..program import Program
from .base import StandardLoss, losses
from .lowering import Places, lower_terms
from .targets import alike, mean, mean_grad


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """|y - t|, averaged over the last axis. The gradient where y = t is taken as 0, as PyTorch does.

    >>> mean_absolute_error([[0.0, 1.0]], [[2.0, 1.0]])
    array([1.], dtype=float32)
    """
    t, y = alike("mean_absolute_error", y_true, y_pred)
    return mean(np.abs(y - t))


def mean_absolute_error_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = alike("mean_absolute_error", y_true, y_pred)
    return mean_grad(np.sign(y - t))


@losses.add("mae", "MAE")
class MeanAbsoluteError(StandardLoss):
    """Mean absolute error: regression that outliers move less than they move the squared error.

    >>> float(MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]]))
    1.0
    """

    formula = "mean |y − t|"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return mean_absolute_error(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return mean_absolute_error_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("mean_absolute_error", code, at)
