"""Categorical hinge: L = max(0, 1 + max of y over wrong classes - y of the right one).     y (B, ..., C)   L (B, ...)
Source: Crammer & Singer, "On the algorithmic implementation of multiclass kernel-based vector machines", 2001."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..program import Program
from .base import StandardLoss, losses
from .lowering import Places, lower_rows
from .targets import one_hot_alike, total


def categorical_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """max(0, 1 + max((1 - t)·y) - Σ t·y) over the last axis, t one-hot. The first of equal maxima gets the gradient.

    >>> categorical_hinge([[0, 1, 0]], [[0.4, 0.5, 0.1]]).round(5)
    array([0.9], dtype=float32)
    """
    t, y = one_hot_alike("categorical_hinge", y_true, y_pred)
    rival = np.max((1 - t) * y, axis=-1)
    short: Array = 1 + rival - total(t * y)
    return np.maximum(short, 0)


def categorical_hinge_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = one_hot_alike("categorical_hinge", y_true, y_pred)
    wrong = (1 - t) * y
    rival = np.arange(y.shape[-1]) == wrong.argmax(axis=-1)[..., None]
    short = 1 + wrong.max(axis=-1) - total(t * y) > 0
    return np.where(short[..., None], (1 - t) * rival - t, 0)


@losses.add()
class CategoricalHinge(StandardLoss):
    """Categorical hinge: the right class must lead every other by 1. As in Keras a wrong class below 0 counts as 0.

    >>> round(float(CategoricalHinge()([[0, 1, 0]], [[0.4, 0.5, 0.1]])), 5)
    0.9
    """

    formula = "max(0, 1 + max of y over wrong classes − y of the right one)"

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        return one_hot_alike(self.name, y_true, y_pred)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return categorical_hinge(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return categorical_hinge_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_rows("categorical_hinge", code, at)
