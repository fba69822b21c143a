"""Squared hinge: L = mean over outputs of max(1 - t·y, 0)², t = -1 or 1.     y (B, ..., O)   L (B, ...)
Source: Rosasco et al., "Are loss functions all the same?", Neural Computation 16 (2004)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..program import Program
from .base import StandardLoss, losses
from .lowering import Places, lower_signs, lower_terms
from .targets import alike, mean, mean_grad, signs


def squared_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """max(1 - t·y, 0)², averaged over the last axis; labels that are all 0 or 1 are read as -1 and 1.

    >>> squared_hinge([[0], [1]], [[0.5], [0.5]])
    array([2.25, 0.25], dtype=float32)
    """
    t, y = alike("squared_hinge", y_true, y_pred)
    return mean(np.maximum(1 - signs(t) * y, 0) ** 2)


def squared_hinge_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = alike("squared_hinge", y_true, y_pred)
    t = signs(t)
    return mean_grad(-2 * t * np.maximum(1 - t * y, 0))


@losses.add()
class SquaredHinge(StandardLoss):
    """Squared hinge: the hinge without its kink, harder on what is far wrong.

    >>> float(SquaredHinge()([[-1], [1]], [[0.5], [0.5]]))
    1.25
    """

    formula = "mean max(1 − t·y, 0)²"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return squared_hinge(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return squared_hinge_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("squared_hinge", code, lower_signs(code, at))
