"""Generalized cross-entropy: L = (1 - p[k]^q) / q, k the class's number.     y_pred (B, ..., C)   k, L (B, ...)
Source: Zhang & Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy labels", 2018."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..arrays import Array
from ..program import Program
from .base import EPSILON, LossOptions, StandardLoss, losses
from .lowering import Places, lower_rows
from .targets import class_numbers


def categorical_generalized_cross_entropy(y_true: ArrayLike, y_pred: ArrayLike, q: float) -> Array:
    """(1 - p^q) / q, p the probability given to the right class; a p below 0 counts as 0.

    >>> categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5)
    array([1.], dtype=float32)
    """
    k, y = class_numbers("categorical_generalized_cross_entropy", y_true, y_pred)
    p: Array = np.take_along_axis(y, k[..., None], -1).squeeze(-1)
    return (1 - np.maximum(p, 0) ** q) / q


def categorical_generalized_cross_entropy_grad(y_true: ArrayLike, y_pred: ArrayLike, q: float) -> Array:
    k, y = class_numbers("categorical_generalized_cross_entropy", y_true, y_pred)
    p = np.take_along_axis(y, k[..., None], -1)
    dp = np.where(p >= 0, -(np.maximum(p, EPSILON) ** (q - 1)), 0)  # infinite at p = 0, hence epsilon
    dy = np.zeros_like(y)
    np.put_along_axis(dy, k[..., None], dp, -1)
    return dy


@losses.add()
class CategoricalGeneralizedCrossEntropy(StandardLoss):
    """Generalized cross-entropy, for labels of which some are wrong: from cross-entropy (q near 0) to 1 - p (q near 1).

    As in Keras it takes class numbers, 0 to C-1, in spite of its name, and probabilities that sum to 1.

    >>> float(CategoricalGeneralizedCrossEntropy(q=0.5)([1], [[0.75, 0.25]]))
    1.0
    """

    formula = "(1 − y[t]^q) / q"

    targets = assures = "classes"

    def __init__(self, q: float = 0.5, **options: Unpack[LossOptions]) -> None:
        super().__init__(**options)
        self.q = checks.number(self.where("q"), q, above=0, below=1)

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """The class numbers (B, ...) as integers within range, and y_pred."""
        return class_numbers(self.name, y_true, y_pred)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return categorical_generalized_cross_entropy(y_true, y_pred, self.q)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return categorical_generalized_cross_entropy_grad(y_true, y_pred, self.q)

    def lower(self, code: Program, at: Places) -> None:
        lower_rows("categorical_generalized_cross_entropy", code, at, self.q)
