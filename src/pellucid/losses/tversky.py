"""Tversky: L = 1 - I / (I + α Σ t(1 - y) + β Σ y(1 - t)), I = Σ t·y.     t, y_pred of one shape   L: see axis
Source: Salehi, Erdogmus & Gholipour, "Tversky loss function for image segmentation", 2017."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..arrays import Array
from .base import EPSILON, losses
from .regions import Axes, RegionLoss, over, regions


def tversky(y_true: ArrayLike, y_pred: ArrayLike, alpha: float = 0.5, beta: float = 0.5, axis: Axes = None) -> Array:
    """1 - I / (I + alpha Σ t(1 - y) + beta Σ y(1 - t) + 1e-7), the sums being along the axes; None: over everything.

    >>> tversky([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], alpha=1.0, axis=-1)
    array([0.5], dtype=float32)
    """
    t, y = regions("tversky", y_true, y_pred, axis)
    both, missed, added = (over(x, axis) for x in (t * y, t * (1 - y), y * (1 - t)))
    return np.asarray(1 - both / (both + alpha * missed + beta * added + EPSILON))


def tversky_grad(
    y_true: ArrayLike, y_pred: ArrayLike, alpha: float = 0.5, beta: float = 0.5, axis: Axes = None
) -> Array:
    t, y = regions("tversky", y_true, y_pred, axis)
    both, missed, added = (over(x, axis, keepdims=True) for x in (t * y, t * (1 - y), y * (1 - t)))
    size = both + alpha * missed + beta * added + EPSILON
    dsize = (1 - alpha) * t + beta * (1 - t)  # how size grows with y
    return (both / size * dsize - t) / size


@losses.add()
class Tversky(RegionLoss):
    """Tversky: as `Dice`, with weights of their own for what is missed and what is added; 1/2 and 1/2 make it Dice.

    alpha: the weight of t(1 - y), what is missed; beta: of y(1 - t), what is added. So Keras computes it, though
    its documentation calls them the other way round. axis: see `Dice`.

    >>> float(Tversky(alpha=1.0, axis=-1)([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]))
    0.5
    """

    formula = "1 − Σ t·y / (Σ t·y + α·Σ t(1 − y) + β·Σ y(1 − t))"

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Any = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(axis, reduction=reduction, name=name, dtype=dtype)
        self.alpha = checks.number(self.where("alpha"), alpha, 0)
        self.beta = checks.number(self.where("beta"), beta, 0)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return tversky(y_true, y_pred, self.alpha, self.beta, self.axis)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return tversky_grad(y_true, y_pred, self.alpha, self.beta, self.axis)
