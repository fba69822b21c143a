"""AUC: the area under a curve drawn by moving a threshold over the scores.
Sources: Fawcett, An introduction to ROC analysis (2006); Davis & Goadrich, The relationship between precision-recall
and ROC curves (2006); Flach & Kull, Precision-recall-gain curves (2015)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import checks
from ..activations import sigmoid
from ..arrays import Array
from ..errors import InvalidArgument, ShapeError
from ..losses.base import EPSILON
from ..losses.targets import spread
from .base import State, metrics, ratio
from .thresholds import Counts, Thresholded, checked_thresholds, counts, tally_by_label

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")


@metrics.add()
class AUC(Thresholded):
    """The area under the ROC curve (or the precision-recall one): 1 ranks perfectly, 0.5 of ROC is guessing.

    curve "ROC": recall over false positive rate; "PR": precision over recall; "PRGAIN": precision gain over
    recall gain. summation_method "interpolation": trapezia (for PR the interpolation of Davis & Goadrich);
    "minoring", "majoring": rectangles under, over the curve.
    multi_label: one area for each column of y_true, y_pred (B, L), averaged with label_weights (L,); otherwise
    all cells count together, label_weights being weights of columns. from_logits: y_pred goes through a sigmoid first.
    Scores are looked at through num_thresholds thresholds evenly spaced from 0 to 1, so the area is not
    exact: scikit-learn sorts all scores instead, which does not stream. Scores beyond [0, 1] count as 0 or 1.

    >>> AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    0.75
    >>> AUC(thresholds=[0.5]).thresholds
    [-1e-07, 0.5, 1.0000001]
    """

    direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        curve = curve.upper() if isinstance(curve, str) else curve
        self.curve: str = checks.one_of(self.where("curve"), curve, CURVES)
        method = summation_method.lower() if isinstance(summation_method, str) else summation_method
        self.summation_method: str = checks.one_of(self.where("summation_method"), method, SUMMATIONS)
        self.init_thresholds = None if thresholds is None else sorted(checked_thresholds("AUC", thresholds))
        if self.init_thresholds is None:
            self.num_thresholds = checks.integer(self.where("num_thresholds"), num_thresholds, minimum=2)
            inner = [i / (self.num_thresholds - 1) for i in range(1, self.num_thresholds - 1)]
        else:
            self.num_thresholds = len(self.init_thresholds) + 2
            inner = self.init_thresholds
        self.levels = np.array([-EPSILON, *inner, 1 + EPSILON])  # all are above the first, none above the last
        self.multi_label, self.from_logits = bool(multi_label), bool(from_logits)
        self.num_labels = num_labels and checks.integer(self.where("num_labels"), num_labels, minimum=1)
        if self.num_labels and not self.multi_label:
            raise InvalidArgument(self.where("num_labels"), "none without multi_label", num_labels)
        self.label_weights = None if label_weights is None else checked_weights(label_weights)

    @property
    def thresholds(self) -> list[float]:
        """All thresholds, the ends included, which lie a little outside of 0 and 1."""
        return [float(level) for level in self.levels]

    def get_config(self) -> dict[str, Any]:
        """The arguments; `thresholds` as they were given, without the ends."""
        return {**super().get_config(), "thresholds": self.init_thresholds}

    def counted(self) -> State:
        return {} if self.multi_label and not self.state else super().counted()

    def paired(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        if self.from_logits:
            y_pred = sigmoid(y_pred)
        y_true, y_pred = super().paired(y_true, y_pred)
        return y_true, np.minimum(np.maximum(y_pred, 0), 1)

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        labels = None if self.label_weights is None else len(self.label_weights)
        for wanted in (self.num_labels, labels):
            if wanted is not None and (y_pred.ndim < 2 or y_pred.shape[-1] != wanted):
                raise ShapeError(f"{self.name}, y_pred", f"(B, {wanted}), one column per label", y_pred.shape)
        if not self.multi_label:
            if self.label_weights is not None:
                w = np.ones(1) if sample_weight is None else spread(self.name, sample_weight, y_pred.shape)
                sample_weight = np.broadcast_to(w * self.label_weights, y_pred.shape)
            return super().added(y_true, y_pred, sample_weight)
        y_true, y_pred = self.paired(y_true, y_pred)
        if y_pred.ndim != 2:
            raise ShapeError(f"{self.name}, y_pred", "(B, L), as multi_label asks", y_pred.shape)
        weights = None if sample_weight is None else spread(self.name, sample_weight, y_pred.shape)
        return {"tally": tally_by_label(y_true, y_pred, self.levels, weights)}

    def adds_whole_numbers(self, y_true: Array) -> bool:
        return self.label_weights is None

    def read(self, state: State) -> Any:
        n = counts(state["tally"])
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = interpolated_precision_recall(n)
        else:
            areas = area(*CURVE[self.curve](n), self.summation_method)
        if not self.multi_label:
            return float(areas)
        return float(areas.mean() if self.label_weights is None else weighted_mean(areas, self.label_weights))


def area(x: Array, y: Array, method: str) -> Array:
    """∫ y dx along the curve's points (T, ...), x falling as the threshold rises.

    >>> float(area(np.array([1.0, 0.0]), np.array([1.0, 0.0]), "interpolation"))
    0.5
    """
    if method == "interpolation":
        height = (y[:-1] + y[1:]) / 2
    else:
        height = np.minimum(y[:-1], y[1:]) if method == "minoring" else np.maximum(y[:-1], y[1:])
    return np.asarray(((x[:-1] - x[1:]) * height).sum(axis=0))


def interpolated_precision_recall(n: Counts) -> Array:
    """∫ precision d(recall), tp and the number p of those called positive growing linearly between thresholds.

    With s = Δtp/Δp and tp = c + s·p inside a step, precision is s + c/p, and recall is tp / positives, so that
    the step's area is s · (Δtp + c · log(p_a/p_b)) / positives, and s · Δtp / positives where it starts at p = 0.
    """
    p = n.tp + n.fp
    dtp, dp = n.tp[:-1] - n.tp[1:], p[:-1] - p[1:]
    slope = ratio(dtp, dp)
    c = n.tp[1:] - slope * p[1:]
    grown = np.where(p[1:] > 0, ratio(p[:-1], p[1:]), 1.0)
    steps = ratio(slope * (dtp + c * np.log(grown)), n.tp[1:] + n.fn[1:])
    return np.asarray(steps.sum(axis=0))


def roc(n: Counts) -> tuple[Array, Array]:
    """x: false positive rate, y: recall."""
    return np.asarray(ratio(n.fp, n.fp + n.tn)), n.recall


def precision_recall(n: Counts) -> tuple[Array, Array]:
    """x: recall, y: precision."""
    return n.recall, n.precision


def precision_recall_gain(n: Counts) -> tuple[Array, Array]:
    """x: recall gain 1 − (P/N)·fn/tp, not below 0, and 0 at tp = 0; y: precision gain 1 − (P/N)·fp/tp, 1 at tp = 0."""
    odds = ratio(n.tp + n.fn, n.tn + n.fp)
    found = n.tp > 0
    recall_gain = np.where(found, 1 - odds * ratio(n.fn, n.tp), 0.0)
    return np.maximum(recall_gain, 0), np.where(found, 1 - odds * ratio(n.fp, n.tp), 1.0)


CURVE = {"ROC": roc, "PR": precision_recall, "PRGAIN": precision_recall_gain}


def weighted_mean(values: Array, weights: Array) -> float:
    """Σ w·v / Σ w, 0 where the weights are."""
    return float(ratio(float((values * weights).sum()), float(weights.sum())))


def checked_weights(weights: Any) -> Array:
    """Weights of labels, (L,), not negative."""
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim != 1 or not (w >= 0).all():
        raise InvalidArgument("AUC, argument label_weights", "a list of numbers of at least 0, one per label", weights)
    return w
