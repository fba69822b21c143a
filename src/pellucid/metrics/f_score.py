"""F-score: the weighted harmonic mean of precision and recall, class by class.
F_β = (1 + β²)·precision·recall / (β²·precision + recall) = (1 + β²)·tp / ((1 + β²)·tp + β²·fn + fp)
Source: van Rijsbergen, Information Retrieval (1979), chapter 7."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import ShapeError
from ..losses.targets import spread
from .base import Metric, State, metrics, ratio
from .shapes import align, is_sparse, one_hot

AVERAGES = (None, "micro", "macro", "weighted")


@metrics.add("fbeta_score")
class FBetaScore(Metric):
    """F_β of each class (C,), or their average. y_true, y_pred (B, C), or class numbers y_true (B,) with y_pred (B, C).

    average: None, one number per class; "micro", from the counts of all classes together; "macro", the mean over
    classes; "weighted", the mean weighted by how many samples each class has. threshold: a score above
    it calls its class positive; None: the greatest of a row does, and ties all do. A class
    that is never there and never called has 0. Class numbers as targets are beyond Keras.

    >>> FBetaScore(beta=2.0)([[1, 0, 0], [0, 1, 0], [0, 1, 0]], [[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.6, 0.4, 0.0]])
    array([0.83333333, 0.55555556, 0.        ])
    """

    direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        self.average = checks.one_of(self.where("average"), average, AVERAGES)
        self.beta = checks.number(self.where("beta"), beta, above=0)
        self.threshold = (
            None if threshold is None else checks.number(self.where("threshold"), threshold, above=0, maximum=1)
        )

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        if is_sparse(y_true, y_pred):
            y_true = one_hot(self.name, y_true, y_pred)
        if y_pred.ndim == 1:
            y_pred = y_pred[:, None]
        y_true, y_pred = align(self.name, y_true, y_pred)
        if y_pred.ndim != 2:
            raise ShapeError(f"{self.name}, y_pred", "scores (B, C)", y_pred.shape)
        truth = y_true.astype(np.float64)
        called = self.called(y_pred)
        w = 1.0 if sample_weight is None else spread(self.name, sample_weight, truth.shape)
        w_truth = w * truth
        return {
            "right": (w_truth * called).sum(axis=0),
            "called": (w * called).sum(axis=0),
            "truth": w_truth.sum(axis=0),
        }

    def adds_whole_numbers(self, y_true: Array) -> bool:
        return y_true.dtype.kind in "biu"

    def counted(self) -> State:
        if not self.state:
            return {}
        right, called, truth = self.state["right"], self.state["called"], self.state["truth"]
        rates = {"true_positives": right, "false_positives": called - right, "false_negatives": truth - right}
        return {**rates, "intermediate_weights": truth}

    def called(self, y_pred: Array) -> Array:
        """Which classes each row of scores (B, C) calls, (B, C)."""
        if self.threshold is not None:
            return np.asarray(y_pred > self.threshold)
        if y_pred.shape[1] == 1:
            warnings.warn(
                f"{self.name}: with one output and no threshold every sample is called positive; "
                "pass threshold=0.5 to cut the output there.",
                stacklevel=4,
            )
        return np.asarray((y_pred >= y_pred.max(axis=-1, keepdims=True)) & (np.abs(y_pred) > 1e-9))

    def read(self, state: State) -> Any:
        right, called, truth = state["right"], state["called"], state["truth"]
        if self.average == "micro":
            right, called, truth = right.sum(), called.sum(), truth.sum()
        b = self.beta**2
        score = np.asarray(ratio((1 + b) * right, b * truth + called))  # truth = tp + fn, called = tp + fp
        if self.average == "macro":
            return float(score.mean())
        if self.average == "weighted":
            return float(ratio(float((score * truth).sum()), float(truth.sum())))
        return score


@metrics.add("f1")
class F1Score(FBetaScore):
    """F₁ = 2·precision·recall / (precision + recall) of each class (C,), or their average.

    >>> F1Score(average="macro")([0, 1, 1, 2], [[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8]])
    0.7777777777777777
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
