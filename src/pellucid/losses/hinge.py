"""Hinge: L = mean over outputs of max(1 - t·y, 0), t = -1 or 1.     y_true, y_pred (B, ..., O)   L (B, ...)
Source: Cortes & Vapnik, "Support-vector networks", Machine Learning 20 (1995)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..program import Program
from .base import StandardLoss, losses
from .lowering import Places, lower_signs, lower_terms
from .targets import alike, mean, mean_grad, signs


def hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """max(1 - t·y, 0), averaged over the last axis; labels that are all 0 or 1 are read as -1 and 1.

    >>> hinge([[0], [1]], [[0.5], [0.5]])
    array([1.5, 0.5], dtype=float32)
    """
    t, y = alike("hinge", y_true, y_pred)
    return mean(np.maximum(1 - signs(t) * y, 0))


def hinge_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = alike("hinge", y_true, y_pred)
    t = signs(t)
    return mean_grad(np.where(t * y < 1, -t, 0))


@losses.add()
class Hinge(StandardLoss):
    """Hinge, the loss of a support vector machine, for an output between -1 and 1 (tanh) or without bounds.

    >>> float(Hinge()([[-1], [1]], [[0.5], [0.5]]))
    1.0
    """

    formula = "mean max(1 − t·y, 0)"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return hinge(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return hinge_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("hinge", code, lower_signs(code, at))
