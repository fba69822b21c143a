"""Precision, recall and the four counts they are made of, at one threshold or several.
Source: Manning, Raghavan & Schütze, Introduction to Information Retrieval (2008), section 8.3."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..layers.variable import Variable
from ..registry import plain
from .base import Counted, State, metrics
from .thresholds import Counts, Thresholded, checked_thresholds, counts

LOWEST = -1e10  # below every score that top_k kept


class AtThresholds(Thresholded):
    """One number per threshold, in the order they were given; a float where there is one threshold."""

    def __init__(self, thresholds: Any, default: float, name: str | None, dtype: str | None) -> None:
        super().__init__(name, dtype)
        self.init_thresholds = thresholds
        self.thresholds = [default] if thresholds is None else checked_thresholds(type(self).__name__, thresholds)
        self.levels = np.sort(self.thresholds)
        self.order = np.argsort(np.argsort(self.thresholds))  # where each given threshold is among the sorted

    @abstractmethod
    def of(self, n: Counts) -> Array:
        """The result from the counts (T,), for each threshold."""

    def get_config(self) -> dict[str, Any]:
        """The arguments; `thresholds` as they were given."""
        return {**super().get_config(), "thresholds": plain(self.init_thresholds)}

    def counts(self) -> Counts:
        """The four counts at each threshold, in the order the thresholds were given."""
        return Counts(*(n[self.order] for n in super().counts()))

    def read(self, state: State) -> Any:
        value = self.of(counts(state["tally"]))[self.order]
        return float(value[0]) if len(value) == 1 else value


class Count(AtThresholds):
    """A count of one cell of the confusion matrix; with sample weights, their sum."""

    kept = ("accumulator",)

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(thresholds, 0.5, name, dtype)

    @property
    def accumulator(self) -> Variable:
        """The count at each threshold (T,)."""
        return Counted(self.of(self.counts()), "accumulator")


@metrics.add()
class TruePositives(Count):
    """How many positive samples are called positive: y_true = 1 and y_pred > threshold.

    >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1])
    2.0
    """

    direction = "up"

    def of(self, n: Counts) -> Array:
        return n.tp


@metrics.add()
class FalsePositives(Count):
    """How many negative samples are called positive: y_true = 0 and y_pred > threshold.

    >>> FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1])
    2.0
    """

    direction = "down"

    def of(self, n: Counts) -> Array:
        return n.fp


@metrics.add()
class TrueNegatives(Count):
    """How many negative samples are called negative: y_true = 0 and y_pred ≤ threshold.

    >>> TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0])
    2.0
    """

    direction = "up"

    def of(self, n: Counts) -> Array:
        return n.tn


@metrics.add()
class FalseNegatives(Count):
    """How many positive samples are called negative: y_true = 1 and y_pred ≤ threshold.

    >>> FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0])
    2.0
    """

    direction = "down"

    def of(self, n: Counts) -> Array:
        return n.fn


class ThresholdsOrTopK(AtThresholds):
    """Precision's and Recall's arguments.

    thresholds: a number or a list from 0 to 1 (default 0.5). top_k: only a row's k greatest scores may be
    positive. class_id: only this column counts.
    """

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(thresholds, 0.5 if top_k is None else LOWEST, name, dtype)
        self.top_k = None if top_k is None else checks.integer(self.where("top_k"), top_k, minimum=1)
        self.class_id = None if class_id is None else checks.integer(self.where("class_id"), class_id, minimum=0)


@metrics.add()
class Precision(ThresholdsOrTopK):
    """How many of those called positive are: tp / (tp + fp). y_true, y_pred (B, O), or class numbers (B,) with (B, C).

    With scores of C classes all cells of the (B, C) table count alike (the micro average); pass class_id for one class,
    or use F1Score or `classification_report` for each.

    >>> Precision()([0, 1, 1, 1], [1, 0, 1, 1])
    0.6666666666666666
    >>> Precision(class_id=1)([1, 0], [[0.1, 0.9], [0.3, 0.7]])   # class numbers: beyond Keras
    0.5
    """

    direction = "up"
    kept = ("true_positives", "false_positives")

    def of(self, n: Counts) -> Array:
        return n.precision


@metrics.add()
class Recall(ThresholdsOrTopK):
    """How many of the positive are called so: tp / (tp + fn). y_true, y_pred (B, O), or class numbers (B,) with (B, C).

    >>> Recall()([0, 1, 1, 1], [1, 0, 1, 1])
    0.6666666666666666
    """

    direction = "up"
    kept = ("true_positives", "false_negatives")

    def of(self, n: Counts) -> Array:
        return n.recall
