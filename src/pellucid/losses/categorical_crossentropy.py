"""Categorical cross-entropy: L = -Σ t log p over the classes, t one-hot or soft.     y_pred (B, ..., C)   L (B, ...)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.3."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..activations import log_softmax
from ..arrays import Array
from ..program import Program
from .base import LossOptions, losses
from .lowering import Places, lower_rows
from .probabilities import LossOfProbabilities, clipped, clipped_grad, normalized, normalized_grad
from .targets import one_hot_alike, soft_labels, total, warn_of_one_class


def categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """-Σ t log p, p being y_pred over its sum, kept within [1e-7, 1 - 1e-7]; or log p = log_softmax(y_pred).

    >>> categorical_crossentropy([[0, 1, 0]], [[0.25, 0.5, 0.25]]).round(4)
    array([0.6931], dtype=float32)
    """
    t, y = one_hot_alike("categorical_crossentropy", y_true, y_pred)
    t = soft_labels(t, label_smoothing, axis)
    log_p = log_softmax(y, axis) if from_logits else np.log(clipped(normalized(y, axis)))
    return -total(t * log_p, axis)


def categorical_crossentropy_grad(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    t, y = one_hot_alike("categorical_crossentropy", y_true, y_pred)
    t = soft_labels(t, label_smoothing, axis)
    if from_logits:  # dL/dz = softmax(z) - t, for t of sum 1
        return np.exp(log_softmax(y, axis)) * total(t, axis, keepdims=True) - t
    p = normalized(y, axis)
    dp = clipped_grad(-t / clipped(p), p)  # dL/dp = -t / p
    return normalized_grad(dp, y, axis)


@losses.add()
class CategoricalCrossentropy(LossOfProbabilities):
    """Categorical cross-entropy, for one class out of many, given one-hot, behind a softmax.

    >>> round(float(CategoricalCrossentropy()([[0, 1, 0]], [[0.25, 0.5, 0.25]])), 4)
    0.6931
    >>> float(CategoricalCrossentropy(from_logits=True)([[0, 1]], [[1e4, 0.0]]))
    10000.0

    PyTorch's CrossEntropyLoss is this from logits, with the classes on axis 1. With label smoothing along an axis
    other than the last Keras counts the classes on the last; here they are counted on `axis`.
    """

    formula = "−Σ t·log y"
    formula_logits = "softmax(z) − t"

    activation = "softmax"

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
        """Both of one shape, one number per class."""
        y_true, y_pred = one_hot_alike(self.name, y_true, y_pred)
        warn_of_one_class(self.name, y_pred, self.axis)
        return y_true, y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return categorical_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return categorical_crossentropy_grad(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def lower(self, code: Program, at: Places) -> None:
        s = self.label_smoothing
        lower_rows(self.kernel("categorical_crossentropy"), code, at, s, s / at.y_pred.shape[-1])
