"""Sparse categorical cross-entropy: L = -log p[k], k the class's number.     y_pred (B, ..., C)   k, L (B, ...)
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
from .targets import class_numbers


def sparse_categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    """-log p[k], p being y_pred over its sum, kept within [1e-7, 1 - 1e-7]; or log p = log_softmax(y_pred).

    A sample of the class ignore_class has the loss 0.

    >>> sparse_categorical_crossentropy([1], [[0.25, 0.5, 0.25]]).round(4)
    array([0.6931], dtype=float32)
    """
    k, y = class_numbers("sparse_categorical_crossentropy", y_true, y_pred, axis, ignore_class)
    counts = k != ignore_class
    log_p = log_softmax(y, axis) if from_logits else np.log(clipped(normalized(y, axis)))
    at_k = np.take_along_axis(log_p, np.expand_dims(np.where(counts, k, 0), axis), axis).squeeze(axis)
    return np.where(counts, -at_k, 0)


def sparse_categorical_crossentropy_grad(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    k, y = class_numbers("sparse_categorical_crossentropy", y_true, y_pred, axis, ignore_class)
    counts = np.expand_dims(k != ignore_class, axis)
    t = np.zeros_like(y)  # one-hot
    np.put_along_axis(t, np.where(counts, np.expand_dims(k, axis), 0), 1, axis)
    if from_logits:  # dL/dz = softmax(z) - t
        return np.where(counts, np.exp(log_softmax(y, axis)) - t, 0)
    p = normalized(y, axis)
    dp = clipped_grad(-t / clipped(p), p)  # dL/dp = -t / p
    return np.where(counts, normalized_grad(dp, y, axis), 0)


@losses.add()
class SparseCategoricalCrossentropy(LossOfProbabilities):
    """Categorical cross-entropy for classes given by number, 0 to C-1, behind a softmax.

    >>> round(float(SparseCategoricalCrossentropy()([1, 0], [[0.5, 0.5], [1.0, 0.0]])), 4)
    0.3466

    ignore_class: samples of this class (it may be -1 or 255) count for nothing, and the mean is over the others.
    """

    formula = "−log y[t]"
    formula_logits = "softmax(z) − one_hot(t)"

    activation = "softmax"
    targets = assures = "classes"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
        **options: Unpack[LossOptions],
    ) -> None:
        super().__init__(**options)
        self.from_logits = bool(from_logits)
        self.ignore_class = None if ignore_class is None else checks.integer(self.where("ignore_class"), ignore_class)
        self.axis = checks.integer(self.where("axis"), axis)

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """The class numbers (B, ...) as integers within range, and y_pred."""
        return class_numbers(self.name, y_true, y_pred, self.axis, self.ignore_class)

    def counted(self, y_true: Array) -> Array | None:
        """All but the ignored class."""
        return None if self.ignore_class is None else y_true != self.ignore_class

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return sparse_categorical_crossentropy(y_true, y_pred, self.from_logits, self.ignore_class, self.axis)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return sparse_categorical_crossentropy_grad(y_true, y_pred, self.from_logits, self.ignore_class, self.axis)

    def lower(self, code: Program, at: Places) -> None:
        ignored = (0, 0) if self.ignore_class is None else (1, self.ignore_class)
        lower_rows(self.kernel("sparse_categorical_crossentropy"), code, at, *ignored)
