"""Huber: with e = y - t, L = mean of e²/2 where |e| <= δ, δ|e| - δ²/2 beyond.     y (B, ..., O)   L (B, ...)
Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964)."""

from __future__ import annotations

from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..arrays import Array
from ..program import Program
from .base import LossOptions, StandardLoss, losses
from .lowering import Places, lower_terms
from .targets import alike, mean, mean_grad


def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Array:
    """e²/2 where |e| = |y - t| is at most delta, delta·|e| - delta²/2 beyond, averaged over the last axis.

    >>> huber([[0.0], [0.0]], [[1.0], [3.0]])
    array([0.5, 2.5], dtype=float32)
    """
    t, y = alike("huber", y_true, y_pred)
    e = np.abs(y - t)
    near = np.minimum(e, delta)
    return mean(near * (e - near / 2))


def huber_grad(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Array:
    t, y = alike("huber", y_true, y_pred)
    return mean_grad(np.clip(y - t, -delta, delta))


@losses.add("huber_loss")
class Huber(StandardLoss):
    """Huber: the squared error of small errors, the absolute error of large ones, joined at `delta`.

    >>> float(Huber(delta=1.0)([[0.0]], [[3.0]]))
    2.5

    PyTorch's SmoothL1Loss(beta) is this over beta.
    """

    formula = "mean of e²/2 where |e| ≤ δ, δ·|e| − δ²/2 beyond, e = y − t"

    def __init__(self, delta: float = 1.0, **options: Unpack[LossOptions]) -> None:
        super().__init__(**options)
        self.name = options.get("name") or "huber_loss"
        self.delta = checks.number(self.where("delta"), delta, above=0)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return huber(y_true, y_pred, self.delta)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return huber_grad(y_true, y_pred, self.delta)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("huber", code, at, self.delta)
