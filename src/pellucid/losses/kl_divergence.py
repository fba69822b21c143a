"""Kullback-Leibler divergence: L = Σ t · log(t / y).     y_true, y_pred (B, ..., C)   L (B, ...)
Source: Kullback & Leibler, "On information and sufficiency", Annals of Mathematical Statistics 22 (1951)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from ..program import Program
from .base import EPSILON, StandardLoss, losses
from .lowering import Places, lower_terms
from .targets import alike, total


def kl_divergence(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Σ t · log(t / y) over the last axis, with t and y kept within [1e-7, 1].

    >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).round(4)
    array([0.1438], dtype=float32)
    """
    t, y = alike("kl_divergence", y_true, y_pred)
    t, p = np.clip(t, EPSILON, 1), np.clip(y, EPSILON, 1)
    return total(t * np.log(t / p))


def kl_divergence_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    t, y = alike("kl_divergence", y_true, y_pred)
    t, p = np.clip(t, EPSILON, 1), np.clip(y, EPSILON, 1)
    return np.where(y == p, -t / p, 0)  # where y was clipped it moves nothing


@losses.add("kld", "KLD", "kullback_leibler_divergence")
class KLDivergence(StandardLoss):
    """Kullback-Leibler divergence between two distributions, in nats.

    PyTorch's kl_div takes log-probabilities, in the other order, and by default averages over all elements.

    >>> round(float(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 4)
    0.1438
    """

    formula = "Σ t·log(t / y)"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return kl_divergence(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return kl_divergence_grad(y_true, y_pred)

    def lower(self, code: Program, at: Places) -> None:
        lower_terms("kl_divergence", code, at, summed=True)
