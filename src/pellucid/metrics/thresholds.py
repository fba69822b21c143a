"""Positives and negatives at many thresholds at once.     y_true (B, ...) 0 or 1   y_pred (B, ...)   thresholds (T,)

A prediction is positive at threshold t where y_pred > t. What is kept is not the four counts but a *tally*:
the weight of the samples of either truth by how many thresholds their prediction exceeds. One pass over the data
fills it however many thresholds there are, and cumulative sums read the four counts from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import ShapeError, WrongType
from ..layers.variable import Variable
from ..losses.targets import spread
from .base import Counted, Metric, State, ratio
from .shapes import align, is_sparse, one_hot


class Counts(NamedTuple):
    """Weights of true positives, false positives, true negatives, false negatives: (T,) or, by label, (T, L)."""

    tp: Array
    fp: Array
    tn: Array
    fn: Array

    @property
    def precision(self) -> Array:
        """tp / (tp + fp): how many of those called positive are."""
        return np.asarray(ratio(self.tp, self.tp + self.fp))

    @property
    def recall(self) -> Array:
        """tp / (tp + fn): how many of the positive are called so; the sensitivity."""
        return np.asarray(ratio(self.tp, self.tp + self.fn))

    @property
    def specificity(self) -> Array:
        """tn / (tn + fp): how many of the negative are called so."""
        return np.asarray(ratio(self.tn, self.tn + self.fp))


def tally(y_true: Array, y_pred: Array, thresholds: Array, weights: Array | None) -> Array:
    """(2, T + 1): weight by truth, 0 or 1, and by how many of the sorted thresholds the prediction exceeds.

    >>> tally(np.array([0, 1, 1]), np.array([0.3, 0.3, 0.8]), np.array([0.5]), None).astype(int)
    array([[1, 0],
           [1, 1]])
    """
    slots = len(thresholds) + 1
    slot = exceeded(y_pred, thresholds) + slots * (y_true != 0)
    w = None if weights is None else weights.ravel()
    return np.bincount(slot.ravel(), w, minlength=2 * slots).reshape(2, slots)


def tally_by_label(y_true: Array, y_pred: Array, thresholds: Array, weights: Array | None) -> Array:
    """(2, T + 1, L): as `tally`, one for each column of y_true and y_pred (B, L)."""
    slots, L = len(thresholds) + 1, y_pred.shape[1]
    slot = (exceeded(y_pred, thresholds) + slots * (y_true != 0)) * L + np.arange(L)
    w = None if weights is None else weights.ravel()
    return np.bincount(slot.ravel(), w, minlength=2 * slots * L).reshape(2, slots, L)


def exceeded(y_pred: Array, thresholds: Array) -> Array:
    """How many of the sorted thresholds each prediction exceeds; NaN exceeds none."""
    if y_pred.dtype.kind == "f":
        thresholds = thresholds.astype(y_pred.dtype)
    slot = np.searchsorted(thresholds, y_pred)
    if y_pred.dtype.kind == "f" and np.isnan(y_pred).any():
        slot[np.isnan(y_pred)] = 0
    return slot


def counts(tallied: Array) -> Counts:
    """The four counts at each threshold, from a tally (2, T + 1, ...).

    >>> counts(np.array([[1.0, 0.0], [1.0, 1.0]])).tp
    array([1.])
    """
    fp, tp = tallied[:, :0:-1].cumsum(axis=1)[:, ::-1]
    tn, fn = tallied[:, :-1].cumsum(axis=1)
    return Counts(tp, fp, tn, fn)


def evenly_spaced(T: int) -> Array:
    """T thresholds from 0 to 1, both included; 0.5 alone if T is 1.

    >>> evenly_spaced(3)
    array([0. , 0.5, 1. ])
    """
    return np.array([0.5]) if T == 1 else np.arange(T) / (T - 1)


def checked_thresholds(where: str, thresholds: Any) -> list[float]:
    """One threshold or a sequence of them, each from 0 to 1, as a list.

    >>> checked_thresholds("Precision", 0.5)
    [0.5]
    """
    several = isinstance(thresholds, Sequence | np.ndarray) and not isinstance(thresholds, str)
    if several and np.ndim(thresholds) != 1:
        raise WrongType(f"{where}, argument thresholds", "a number or a list of numbers", thresholds)
    listed = list(thresholds) if several else [thresholds]
    if not listed:
        raise WrongType(f"{where}, argument thresholds", "at least one threshold", thresholds)
    return [checks.number(f"{where}, argument thresholds", t, 0, 1) for t in listed]


class Thresholded(Metric):
    """A metric that is read from the counts at the sorted thresholds `levels` (T,).

    y_pred (B, O) are scores; y_true (B, O) is 0 or 1. All B·O pairs count alike. Class numbers y_true
    (B,) or (B, 1) beside y_pred (B, C) are one-hot encoded first, which Keras leaves to the user.
    """

    levels: Array
    kept: ClassVar[tuple[str, ...]] = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    top_k: int | None = None
    class_id: int | None = None

    def paired(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """Targets and predictions in one shape, of the class and the k best that were asked for."""
        if is_sparse(y_true, y_pred):
            y_true = one_hot(self.name, y_true, y_pred)
        y_true, y_pred = align(self.name, y_true, y_pred)
        if self.top_k is not None:
            y_pred = keep_top_k(y_pred, self.top_k)
        if self.class_id is not None:
            if y_pred.ndim < 2 or self.class_id >= y_pred.shape[-1]:
                raise ShapeError(
                    f"{self.name}, y_pred", f"(B, C) with a column for class_id {self.class_id}", y_pred.shape
                )
            y_true, y_pred = y_true[..., self.class_id], y_pred[..., self.class_id]
        return y_true, y_pred

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        y_true, y_pred = self.paired(y_true, y_pred)
        if sample_weight is None:
            return {"tally": tally(y_true, y_pred, self.levels, None)}
        if self.class_id is not None and sample_weight.ndim > y_pred.ndim and sample_weight.shape[-1] > 1:
            sample_weight = sample_weight[..., self.class_id]
        w = spread(self.name, sample_weight, y_pred.shape)
        return {"tally": tally(y_true, y_pred, self.levels, w)}

    def adds_whole_numbers(self, y_true: Array) -> bool:
        return True

    def counts(self) -> Counts:
        """The four counts at each threshold as they stand."""
        return counts(self.state.get("tally", np.zeros((2, len(self.levels) + 1))))

    def counted(self) -> State:
        return {name: getattr(self, name) for name in self.kept}

    @property
    def true_positives(self) -> Variable:
        """How many positive ones are called so, at each threshold (T,)."""
        return Counted(self.counts().tp, "true_positives")

    @property
    def false_positives(self) -> Variable:
        """How many negative ones are called positive, at each threshold (T,)."""
        return Counted(self.counts().fp, "false_positives")

    @property
    def true_negatives(self) -> Variable:
        """How many negative ones are called so, at each threshold (T,)."""
        return Counted(self.counts().tn, "true_negatives")

    @property
    def false_negatives(self) -> Variable:
        """How many positive ones are called negative, at each threshold (T,)."""
        return Counted(self.counts().fn, "false_negatives")


def keep_top_k(scores: Array, k: int) -> Array:
    """Scores (..., C) with all but the k greatest of each row at −∞; of equal scores the first counts.

    >>> keep_top_k(np.array([[0.2, 0.5, 0.3]]), 2)
    array([[-inf,  0.5,  0.3]])
    """
    scores = scores if scores.dtype.kind == "f" else scores.astype(np.float32)
    best = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    kept = np.full_like(scores, -np.inf)
    np.put_along_axis(kept, best, np.take_along_axis(scores, best, axis=-1), axis=-1)
    return kept
