"""Binary focal cross-entropy: L = mean over outputs of w · q^γ · H.     y_true, y_pred (B, ..., O)   L (B, ...)
H = -(t log p + (1 - t) log(1 - p)), the cross-entropy; q = t (1 - p) + (1 - t) p, how far p is from the label.
Source: Lin, Goyal, Girshick, He & Dollár, "Focal loss for dense object detection", ICCV 2017."""

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
from .probabilities import LossOfProbabilities, clipped, clipped_grad, power_grad
from .targets import alike, between_0_and_1, mean, mean_grad, soft_label


def binary_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """w · q^gamma · H, averaged over the axis; w = 1, or with class balancing alpha for label 1, 1 - alpha for 0.

    y_pred is kept within [1e-7, 1 - 1e-7]; from logits nothing is clipped (Keras clips σ(z) there too).

    >>> binary_focal_crossentropy([[1], [1]], [[0.5], [0.9]]).round(4)
    array([0.1733, 0.0011], dtype=float32)
    """
    t, y = alike("binary_focal_crossentropy", y_true, y_pred)
    t = soft_label(t, label_smoothing)
    H, q, _, _ = _terms(t, y, from_logits)
    return mean(_weight(t, apply_class_balancing, alpha) * q**gamma * H, axis)


def binary_focal_crossentropy_grad(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    t, y = alike("binary_focal_crossentropy", y_true, y_pred)
    t = soft_label(t, label_smoothing)
    H, q, dH, dq = _terms(t, y, from_logits)
    dy = _weight(t, apply_class_balancing, alpha) * (power_grad(q, gamma) * dq * H + q**gamma * dH)
    return mean_grad(dy if from_logits else clipped_grad(dy, y), axis)


def _terms(t: Array, y: Array, from_logits: bool) -> tuple[Array, Array, Array, Array]:
    """(H, q, dH/dy, dq/dy), y being probabilities or logits."""
    if from_logits:
        p, not_p = sigmoid(y), sigmoid(-y)
        return softplus(y) - t * y, t * not_p + (1 - t) * p, p - t, (1 - 2 * t) * p * not_p
    p = clipped(y)
    H = -(t * np.log(p) + (1 - t) * np.log1p(-p))
    return H, t * (1 - p) + (1 - t) * p, (p - t) / (p * (1 - p)), 1 - 2 * t


def _weight(t: Array, apply_class_balancing: bool, alpha: float) -> Array | float:
    return t * alpha + (1 - t) * (1 - alpha) if apply_class_balancing else 1.0


@losses.add()
class BinaryFocalCrossentropy(LossOfProbabilities):
    """Binary focal cross-entropy: samples that are already right count less, the more so the larger gamma.

    >>> round(float(BinaryFocalCrossentropy()([[1]], [[0.5]])), 4)
    0.1733
    """

    formula = "mean w·q^γ·H, H = −(t·log y + (1 − t)·log(1 − y)), q = t(1 − y) + (1 − t)y"

    activation = "sigmoid"
    assures = "labels"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        **options: Unpack[LossOptions],
    ) -> None:
        super().__init__(**options)
        self.apply_class_balancing = bool(apply_class_balancing)
        self.alpha = checks.number(self.where("alpha"), alpha, 0, 1)
        self.gamma = checks.number(self.where("gamma"), gamma, 0)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number(self.where("label_smoothing"), label_smoothing, 0, 1)
        self.axis = checks.integer(self.where("axis"), axis)

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Both of one shape, the labels between 0 and 1."""
        y_true, y_pred = alike(self.name, y_true, y_pred)
        between_0_and_1(self.name, y_true)
        return y_true, y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return binary_focal_crossentropy(
            y_true, y_pred, self.apply_class_balancing, self.alpha, self.gamma,
            self.from_logits, self.label_smoothing, self.axis,
        )  # fmt: skip

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return binary_focal_crossentropy_grad(
            y_true, y_pred, self.apply_class_balancing, self.alpha, self.gamma,
            self.from_logits, self.label_smoothing, self.axis,
        )  # fmt: skip

    def lower(self, code: Program, at: Places) -> None:
        weights = (self.alpha, 1 - self.alpha) if self.apply_class_balancing else (1.0, 1.0)
        lower_terms(self.kernel("binary_focal_crossentropy"), code, at, self.label_smoothing, self.gamma, *weights)
