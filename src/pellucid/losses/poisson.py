"""Poisson: L = mean over outputs of y - t · log y, t counts, y their rates.     y (B, ..., O)   L (B, ...)
Source: McCullagh & Nelder, Generalized Linear Models (1989), chapter 6."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..errors import DataError
from ..program import Program
from .base import EPSILON, StandardLoss, losses
from .lowering import Places, lower_terms
from .targets import alike, first, mean, mean_grad


def poisson(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """y - t · log(y + 1e-7), averaged over the last axis: the negative log-likelihood of counts t less log t!.

    >>> poisson([[2.0]], [[1.0]]).round(5)
    array([1.], dtype=float32)
    """
    t, y = alike("poisson", y_true, y_pred)
    with np.errstate(invalid="ignore", divide="ignore"):  # a rate below 0 gives NaN; the class refuses it
        return mean(y - t * np.log(y + EPSILON))


def poisson_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = alike("poisson", y_true, y_pred)
    return mean_grad(1 - t / (y + EPSILON))


@losses.add()
class Poisson(StandardLoss):
    """Poisson, the loss of counts, behind an output that is never negative ("softplus", "exponential").

    PyTorch's PoissonNLLLoss takes log y unless log_input=False.

    >>> round(float(Poisson()([[2.0]], [[1.0]])), 5)
    1.0
    """

    formula = "mean (y − t·log y)"

    assures = "rates"

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Both of one shape; a rate below 0 has no likelihood."""
        y_true, y_pred = alike(self.name, y_true, y_pred)
        below = y_pred <= -EPSILON
        if below.any():
            raise DataError(
                f"{self.name}, y_pred", "rates of 0 or more", first(y_pred, below),
                'Give the last layer activation="softplus" or "exponential".',
            )  # fmt: skip
        return y_true, y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return poisson(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return poisson_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("poisson", code, at)
