"""The best of one rate at the thresholds where another is good enough: recall at a precision, and its three like.
Source: Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27 (2006)."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from .base import State, metrics
from .thresholds import Counts, Thresholded, counts, evenly_spaced

ROUNDING = 1e-9  # a rate short of the wanted one by rounding alone has reached it


class OperatingPoint(Thresholded):
    """max of `wanted` over the thresholds where `constrained` ≥ goal; 0 if there is none.

    num_thresholds: how many, evenly spaced from 0 to 1. class_id: of scores (B, C) only this column counts.
    """

    direction = "up"
    goal: float

    def __init__(self, num_thresholds: int, class_id: int | None, name: str | None, dtype: str | None) -> None:
        super().__init__(name, dtype)
        self.num_thresholds = checks.integer(self.where("num_thresholds"), num_thresholds, minimum=1)
        self.class_id = None if class_id is None else checks.integer(self.where("class_id"), class_id, minimum=0)
        self.levels = evenly_spaced(self.num_thresholds)

    @property
    def thresholds(self) -> list[float]:
        """The thresholds looked at."""
        return [float(level) for level in self.levels]

    def paired(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        y_true, y_pred = super().paired(y_true, y_pred)
        return y_true, np.minimum(y_pred, 1)  # at the last threshold, 1, nothing is positive

    @abstractmethod
    def rates(self, n: Counts) -> tuple[Array, Array]:
        """(constrained, wanted), each (T,)."""

    def read(self, state: State) -> Any:
        constrained, wanted = self.rates(counts(state["tally"]))
        return float(np.max(wanted, initial=0.0, where=constrained >= self.goal - ROUNDING))


@metrics.add()
class SensitivityAtSpecificity(OperatingPoint):
    """The greatest sensitivity tp/(tp+fn) at thresholds whose specificity tn/(tn+fp) is at least the one given.

    >>> SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0.05, 0.3, 0.5, 0.3, 0.8])
    0.5
    """

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(num_thresholds, class_id, name, dtype)
        self.goal = self.specificity = checks.number(self.where("specificity"), specificity, 0, 1)

    def rates(self, n: Counts) -> tuple[Array, Array]:
        return n.specificity, n.recall


@metrics.add()
class SpecificityAtSensitivity(OperatingPoint):
    """The greatest specificity tn/(tn+fp) at thresholds whose sensitivity tp/(tp+fn) is at least the one given.

    >>> round(SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0.05, 0.3, 0.5, 0.3, 0.8]), 4)
    1.0
    """

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(num_thresholds, class_id, name, dtype)
        self.goal = self.sensitivity = checks.number(self.where("sensitivity"), sensitivity, 0, 1)

    def rates(self, n: Counts) -> tuple[Array, Array]:
        return n.recall, n.specificity


@metrics.add()
class PrecisionAtRecall(OperatingPoint):
    """The greatest precision tp/(tp+fp) at thresholds whose recall tp/(tp+fn) is at least the one given.

    >>> PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0.05, 0.3, 0.5, 0.3, 0.8])
    1.0
    """

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(num_thresholds, class_id, name, dtype)
        self.goal = self.recall = checks.number(self.where("recall"), recall, 0, 1)

    def rates(self, n: Counts) -> tuple[Array, Array]:
        return n.recall, n.precision


@metrics.add()
class RecallAtPrecision(OperatingPoint):
    """The greatest recall tp/(tp+fn) at thresholds whose precision tp/(tp+fp) is at least the one given.

    >>> RecallAtPrecision(0.8)([0, 0, 1, 1], [0.05, 0.5, 0.3, 0.9])
    0.5
    """

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(num_thresholds, class_id, name, dtype)
        self.goal = self.precision = checks.number(self.where("precision"), precision, 0, 1)

    def rates(self, n: Counts) -> tuple[Array, Array]:
        return n.precision, n.recall
