"""Correlations of each sample's outputs with its targets.     y_true, y_pred (B, O), result (B,)
Sources: Pearson (1895); Lin, A concordance correlation coefficient to evaluate reproducibility (1989)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..losses.base import EPSILON
from .base import metrics, ratio
from .mean import MeanOverSamples
from .shapes import align


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """cov(y_true, y_pred) / (σ_true · σ_pred) along an axis; 0 where either is constant (Keras: NaN).

    >>> pearson_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]]))
    array([1.])
    """
    t, p = align("pearson_correlation", np.asarray(y_true), np.asarray(y_pred))
    varies = (np.ptp(t, axis=axis) > 0) & (np.ptp(p, axis=axis) > 0)
    t = t - t.mean(axis=axis, keepdims=True)
    p = p - p.mean(axis=axis, keepdims=True)
    scale = np.sqrt((t * t).sum(axis=axis)) * np.sqrt((p * p).sum(axis=axis))
    return np.asarray(ratio((t * p).sum(axis=axis), np.where(varies, scale, 0)))


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """2·cov / (σ²_true + σ²_pred + (mean_true − mean_pred)²) along an axis: 1 only where both are equal.

    >>> concordance_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]])).round(4)
    array([0.3636])
    """
    t, p = align("concordance_correlation", np.asarray(y_true), np.asarray(y_pred))
    mean_t, mean_p = t.mean(axis=axis, keepdims=True), p.mean(axis=axis, keepdims=True)
    covariance = ((t - mean_t) * (p - mean_p)).mean(axis=axis)
    apart = (mean_t - mean_p).squeeze(axis) ** 2
    return np.asarray(2 * covariance / (t.var(axis=axis) + p.var(axis=axis) + apart + EPSILON))


class AlongAxis(MeanOverSamples):
    """The mean of a figure that is computed along an axis: -1 for that of each sample's outputs."""

    direction = "up"

    def __init__(self, name: str | None = None, dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(name, dtype)
        self.axis = checks.integer(self.where("axis"), axis)


@metrics.add()
class PearsonCorrelation(AlongAxis):
    """The mean over samples of Pearson's correlation between each sample's outputs and its targets.

    With one output there is nothing to correlate and the result is 0 (Keras: NaN).

    >>> PearsonCorrelation()([[0.0, 1.0, 0.5], [1.0, 1.0, 0.2]], [[0.1, 0.9, 0.5], [1.0, 0.9, 0.2]]) > 0.99
    True
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return pearson_correlation(y_true, y_pred, self.axis)


@metrics.add()
class ConcordanceCorrelation(AlongAxis):
    """The mean over samples of Lin's concordance between each sample's outputs and its targets.

    >>> ConcordanceCorrelation()([[0.0, 1.0, 0.5], [1.0, 1.0, 0.2]], [[0.1, 0.9, 0.5], [1.0, 0.9, 0.2]]) > 0.97
    True
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return concordance_correlation(y_true, y_pred, self.axis)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """y_true · y_pred / (|y_true| |y_pred|) along an axis; 0 where either is 0.

    >>> cosine_similarity(np.array([[0.0, 2.0]]), np.array([[1.0, 1.0]])).round(4)
    array([0.7071])
    """
    t, p = align("cosine_similarity", np.asarray(y_true), np.asarray(y_pred))
    lengths = [np.maximum(np.sqrt((v * v).sum(axis=axis)), EPSILON) for v in (t, p)]
    return np.asarray((t * p).sum(axis=axis) / lengths[0] / lengths[1])


@metrics.add()
class CosineSimilarity(AlongAxis):
    """The mean over samples of the cosine of the angle between outputs and targets: 1 where they point alike.

    As a metric more is better; the loss of this name has the opposite sign.

    >>> round(CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]), 4)
    0.5
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return cosine_similarity(y_true, y_pred, self.axis)
