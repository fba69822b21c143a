"""Cross-entropies and their like: how surprised a prediction is by what came.     y_true, y_pred (B, ..., C)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), sections 3.13 and 6.2."""

from __future__ import annotations

import numpy as np

from .. import checks, losses
from ..arrays import Array
from ..losses.lowering import lower_slope
from ..losses.targets import spread
from ..program import Buffer, Program
from .base import State, Targets, metrics
from .mean import MeanLoss, lower_loss, lower_mean, mean_state


@metrics.add("bce", "BCE")
class BinaryCrossentropy(MeanLoss):
    """The mean of −y_true·log(y_pred) − (1 − y_true)·log(1 − y_pred). y_true, y_pred (B, O).

    >>> round(BinaryCrossentropy()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
    0.8149
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number(self.where("label_smoothing"), label_smoothing, 0, 1)
        self.loss = losses.BinaryCrossentropy(self.from_logits, self.label_smoothing)


@metrics.add()
class CategoricalCrossentropy(MeanLoss):
    """The mean of −Σ_c y_true·log(y_pred). y_true one-hot (B, C), y_pred (B, C).

    >>> round(CategoricalCrossentropy()([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
    1.1769
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number(self.where("label_smoothing"), label_smoothing, 0, 1)
        self.axis = checks.integer(self.where("axis"), axis)
        self.loss = losses.CategoricalCrossentropy(self.from_logits, self.label_smoothing, self.axis)


@metrics.add()
class SparseCategoricalCrossentropy(MeanLoss):
    """The mean of −log(y_pred[y_true]). y_true class numbers (B,) or (B, 1), y_pred (B, C).

    Samples of ignore_class do not count at all; in Keras they count as samples without error unless there are weights.

    >>> round(SparseCategoricalCrossentropy()([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
    1.1769
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = bool(from_logits)
        self.axis = checks.integer(self.where("axis"), axis)
        self.ignore_class = ignore_class
        self.loss = losses.SparseCategoricalCrossentropy(self.from_logits, ignore_class, axis=self.axis)

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        values = self.values(y_true, y_pred)
        if self.ignore_class is None:
            return mean_state(self.name, values, sample_weight)
        counted = (y_true != self.ignore_class).reshape(values.shape)
        w = np.ones(1) if sample_weight is None else spread(self.name, sample_weight, values.shape)
        return mean_state(self.name, values, counted * w)

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        k, values = lower_loss(self.loss, code, targets, y_pred)
        if self.ignore_class is not None:
            counted = code.buffer(values.shape)
            lower_slope(code, counted, weights, "sum", k, self.ignore_class)
            weights = counted
        lower_mean(code, values, weights, place)


@metrics.add("kld", "KLD")
class KLDivergence(MeanLoss):
    """The mean of Σ_c y_true·log(y_true / y_pred). y_true, y_pred distributions (B, C).

    >>> round(KLDivergence()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
    0.4581
    """

    loss = losses.KLDivergence()


@metrics.add()
class Poisson(MeanLoss):
    """The mean of y_pred − y_true·log(y_pred), for counts. y_true, y_pred (B, O).

    >>> round(Poisson()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 4)
    0.5
    """

    loss = losses.Poisson()
