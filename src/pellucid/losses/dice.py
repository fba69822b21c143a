"""Dice: L = 1 - 2 Σ t·y / (Σ t + Σ y), from 0 (one region) to 1 (apart).     t, y_pred of one shape   L: see axis
Source: Milletari, Navab & Ahmadi, "V-Net", 2016; Dice, "Measures of the amount of ecologic association", 1945."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from .base import EPSILON, losses
from .regions import Axes, RegionLoss, over, regions


def dice(y_true: ArrayLike, y_pred: ArrayLike, axis: Axes = None) -> Array:
    """1 - 2 Σ t·y / (Σ t + Σ y + 1e-7), the sums being along the axes; None: over everything.

    >>> dice([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], axis=-1).round(4)
    array([0.3333], dtype=float32)
    """
    t, y = regions("dice", y_true, y_pred, axis)
    return np.asarray(1 - 2 * over(t * y, axis) / (over(t, axis) + over(y, axis) + EPSILON))


def dice_grad(y_true: ArrayLike, y_pred: ArrayLike, axis: Axes = None) -> Array:
    t, y = regions("dice", y_true, y_pred, axis)
    both, true, said = (over(x, axis, keepdims=True) for x in (t * y, t, y))
    size = true + said + EPSILON
    share = 2 * both / size
    return np.asarray((share - 2 * t) / size)


@losses.add()
class Dice(RegionLoss):
    """Dice, for regions: pictures (B, H, W, C) of ones and zeros, and outputs between 0 and 1.

    axis: the axes over which one value is formed, such as (1, 2, 3) for one per sample; None: one for the whole batch,
    which sample weights cannot weigh (Keras multiplies it by their mean).

    >>> round(float(Dice(axis=-1)([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])), 4)
    0.3333
    """

    formula = "1 − 2·Σ t·y / (Σ t + Σ y)"

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Any = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(axis, reduction=reduction, name=name, dtype=dtype)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return dice(y_true, y_pred, self.axis)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return dice_grad(y_true, y_pred, self.axis)
