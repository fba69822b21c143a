"""Cosine similarity: L = -Σ t·y / (|t| |y|), from -1 (same direction) to 1 (opposite).     y (B, ..., O)   L (B, ...)
Source: Manning, Raghavan & Schütze, Introduction to Information Retrieval (2008), section 6.3."""

from __future__ import annotations

from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..arrays import Array
from ..program import Program
from .base import EPSILON, LossOptions, StandardLoss, losses
from .lowering import Places, lower_rows
from .targets import alike, total


def cosine_similarity(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Array:
    """-Σ t·y / (|t| |y|) over the axis; a length below 1e-7 counts as 1e-7.

    >>> cosine_similarity([[0.0, 2.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]])
    array([-1., -0.], dtype=float32)
    """
    t, y = alike("cosine_similarity", y_true, y_pred)
    return -total(t / _length(t, axis) * (y / _length(y, axis)), axis)


def cosine_similarity_grad(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Array:
    t, y = alike("cosine_similarity", y_true, y_pred)
    length = _length(y, axis)
    t, u = t / _length(t, axis), y / length
    along = total(t * u, axis, keepdims=True)  # what of t lies along y changes only y's length
    return np.where(length > EPSILON, along * u - t, -t) / length


def _length(x: Array, axis: int) -> Array:
    return np.maximum(np.sqrt(total(x * x, axis, keepdims=True)), EPSILON)


@losses.add()
class CosineSimilarity(StandardLoss):
    """Cosine similarity with its sign turned, so that training turns predictions towards their targets.

    >>> float(CosineSimilarity()([[0.0, 2.0]], [[0.0, 1.0]]))
    -1.0

    PyTorch's CosineSimilarity has the other sign.
    """

    formula = "−Σ t·y / (‖t‖·‖y‖)"

    def __init__(self, axis: int = -1, **options: Unpack[LossOptions]) -> None:
        super().__init__(**options)
        self.axis = checks.integer(self.where("axis"), axis)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return cosine_similarity(y_true, y_pred, self.axis)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return cosine_similarity_grad(y_true, y_pred, self.axis)

    def lower(self, code: Program, at: Places) -> None:
        lower_rows("cosine_similarity", code, at)
