"""Binary cross-entropy: L = mean over outputs of -(t log p + (1 - t) log(1 - p)).     y_pred (B, ..., O)   L (B, ...)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.2."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..activations import sigmoid, softplus
from ..arrays import Array
from ..program import Program
from .base import LossOptions, losses
from .lowering import Places, lower_terms
from .probabilities import LossOfProbabilities, clipped, clipped_grad
from .targets import alike, between_0_and_1, mean, mean_grad, soft_label


def binary_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """-(t log p + (1 - t) log(1 - p)), averaged over the axis, p being y_pred kept within [1e-7, 1 - 1e-7].

    From logits z, p = σ(z): log(1 + exp z) - t·z, without clipping.

    >>> binary_crossentropy([[0], [1]], [[0.5], [0.9]]).round(4)
    array([0.6931, 0.1054], dtype=float32)
    """
    t, y = alike("binary_crossentropy", y_true, y_pred)
    t = soft_label(t, label_smoothing)
    if from_logits:
        return mean(softplus(y) - t * y, axis)
    p = clipped(y)
    return mean(-(t * np.log(p) + (1 - t) * np.log1p(-p)), axis)


def binary_crossentropy_grad(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    t, y = alike("binary_crossentropy", y_true, y_pred)
    t = soft_label(t, label_smoothing)
    if from_logits:
        return mean_grad(sigmoid(y) - t, axis)  # dL/dz = σ(z) - t
    p = clipped(y)
    return mean_grad(clipped_grad((p - t) / (p * (1 - p)), y), axis)  # dL/dp = (p - t) / (p (1 - p))


@losses.add("bce", "BCE")
class BinaryCrossentropy(LossOfProbabilities):
    """Binary cross-entropy, for yes-or-no labels (0 or 1, or between) behind a sigmoid.

    >>> round(float(BinaryCrossentropy()([[0], [1]], [[0.5], [0.9]])), 4)
    0.3993
    >>> round(float(BinaryCrossentropy(from_logits=True)([[0]], [[1e4]])), 4)
    10000.0

    PyTorch's BCELoss keeps the logarithms above -100 instead, and averages over all elements at once.
    """

    formula = "mean −(t·log y + (1 − t)·log(1 − y))"
    formula_logits = "(sigmoid(z) − t)/O"

    activation = "sigmoid"
    assures = "labels"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        **options: Unpack[LossOptions],
    ) -> None:
        super().__init__(**options)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number(self.where("label_smoothing"), label_smoothing, 0, 1)
        self.axis = checks.integer(self.where("axis"), axis)

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Both of one shape, the labels between 0 and 1."""
        y_true, y_pred = alike(self.name, y_true, y_pred)
        between_0_and_1(self.name, y_true)
        return y_true, y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return binary_crossentropy_grad(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms(self.kernel("binary_crossentropy"), code, at, self.label_smoothing)
