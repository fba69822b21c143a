"""Categorical focal cross-entropy: L = -Σ α (1 - p)^γ t log p over the classes.     y_pred (B, ..., C)   L (B, ...)
Source: Lin, Goyal, Girshick, He & Dollár, "Focal loss for dense object detection", ICCV 2017."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..activations import log_softmax
from ..arrays import Array
from ..errors import ShapeError, Told
from ..program import Program
from .base import LossOptions, losses
from .lowering import Places, lower_rows
from .probabilities import LossOfProbabilities, clipped, clipped_grad, normalized, normalized_grad, power_grad
from .targets import one_hot_alike, soft_labels, total, warn_of_one_class


def categorical_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """-Σ alpha (1 - p)^gamma t log p, p being y_pred over its sum, kept within [1e-7, 1 - 1e-7].

    alpha is one number, or one per class. From logits p = softmax(z), not clipped (Keras clips it there too).

    >>> categorical_focal_crossentropy([[0, 1]], [[0.5, 0.5]]).round(4)
    array([0.0433], dtype=float32)
    """
    t, y = one_hot_alike("categorical_focal_crossentropy", y_true, y_pred)
    t = _alpha(alpha, y, axis) * soft_labels(t, label_smoothing, axis)
    log_p = log_softmax(y, axis) if from_logits else np.log(clipped(normalized(y, axis)))
    return -total((-np.expm1(log_p)) ** gamma * t * log_p, axis)


def categorical_focal_crossentropy_grad(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    t, y = one_hot_alike("categorical_focal_crossentropy", y_true, y_pred)
    t = _alpha(alpha, y, axis) * soft_labels(t, label_smoothing, axis)
    if from_logits:
        log_p = log_softmax(y, axis)
        return log_softmax.bound(axis=axis).grad(t * _slope(log_p, gamma), y, log_p)
    p = normalized(y, axis)
    log_p = np.log(clipped(p))
    dp = clipped_grad(t * _slope(log_p, gamma) / clipped(p), p)
    return normalized_grad(dp, y, axis)


def _slope(log_p: Array, gamma: float) -> Array:
    """d(-(1 - p)^gamma log p) / d(log p)."""
    q = -np.expm1(log_p)  # 1 - p, exact near p = 1
    return power_grad(q, gamma) * np.exp(log_p) * log_p - q**gamma


def _alpha(alpha: float | Sequence[float], y: Array, axis: int) -> Array:
    """alpha as an array that multiplies y along the class axis."""
    a = np.asarray(alpha, dtype=y.dtype)
    if a.ndim == 0:
        return a
    if a.shape != (y.shape[axis],):
        raise ShapeError(
            "categorical_focal_crossentropy, argument alpha", f"one number, or one for each of {y.shape[axis]} classes",
            Told(f"{a.size} numbers"),
        )  # fmt: skip
    return a.reshape((-1,) + (1,) * (y.ndim - 1 - axis % y.ndim))


@losses.add()
class CategoricalFocalCrossentropy(LossOfProbabilities):
    """Categorical focal cross-entropy: classes already sure count less, the more so the larger gamma.

    >>> round(float(CategoricalFocalCrossentropy(alpha=1.0)([[0, 1]], [[0.5, 0.5]])), 4)
    0.1733
    """

    formula = "−Σ α·(1 − y)^γ·t·log y"

    activation = "softmax"

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        **options: Unpack[LossOptions],
    ) -> None:
        super().__init__(**options)
        self.alpha: float | list[float]
        if isinstance(alpha, Sequence | np.ndarray) and not isinstance(alpha, str):
            self.alpha = [checks.number(self.where("alpha"), a, 0) for a in alpha]
        else:
            self.alpha = checks.number(self.where("alpha"), alpha, 0)
        self.gamma = checks.number(self.where("gamma"), gamma, 0)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number(self.where("label_smoothing"), label_smoothing, 0, 1)
        self.axis = checks.integer(self.where("axis"), axis)

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Both of one shape, one number per class."""
        y_true, y_pred = one_hot_alike(self.name, y_true, y_pred)
        warn_of_one_class(self.name, y_pred, self.axis)
        return y_true, y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return categorical_focal_crossentropy(
            y_true, y_pred, self.alpha, self.gamma, self.from_logits, self.label_smoothing, self.axis
        )

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return categorical_focal_crossentropy_grad(
            y_true, y_pred, self.alpha, self.gamma, self.from_logits, self.label_smoothing, self.axis
        )

    def lower(self, code: Program, at: Places) -> None:
        s, C = self.label_smoothing, at.y_pred.shape[-1]
        alpha = code.constant(np.broadcast_to(_alpha(self.alpha, np.empty((1, C)), -1), (C,)))
        lower_rows(self.kernel("categorical_focal_crossentropy"), code, at, s, s / C, alpha, self.gamma)
