"""R²: the share of the targets' variance that predictions explain.     y_true, y_pred (B, O)
R² = 1 − Σ w·(y_true − y_pred)² / Σ w·(y_true − mean)²
Source: Draper & Smith, Applied Regression Analysis (1998), section 1.3."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import ShapeError
from ..losses.targets import spread
from .base import Metric, State, metrics, ratio
from .shapes import align

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")
ROUNDING = 1e-14  # a variance this small beside the mean square is rounding


def pooled_r2(y_true: Array, y_pred: Array, rounding: float = ROUNDING) -> float:
    """R² of all outputs (B, ...) together: 1 − all residuals' squares over all the targets' squares about their means.

    An output counts as much as its targets vary, so that one that hardly does decides nothing, where the mean of
    each output's R² may be anything. Of targets that are all the same, 1 if the predictions are exact, else 0;
    rounding: the share of the mean square below which a variance is none.

    >>> t = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.001]])
    >>> round(pooled_r2(t, t + 0.5), 3), bool(R2Score()(t, t + 0.5) < -1000)
    (0.813, True)
    """
    y = y_true.reshape(len(y_true), -1).astype(np.float64)
    total = float(((y - y.mean(axis=0)) ** 2).sum())
    residual, nothing = float(((y - y_pred.reshape(y.shape)) ** 2).sum()), rounding * float((y**2).sum())
    return 1 - residual / total if total > nothing else float(residual <= nothing)


@metrics.add("r2")
class R2Score(Metric):
    """R² of each output (O,), or their average: 1 is perfect, 0 as good as always saying the mean.

    class_aggregation: None, one number per output; "uniform_average"; "variance_weighted_average".
    num_regressors: p > 0 gives the adjusted 1 − (1 − R²)(n − 1)/(n − p − 1), n being the number of targets seen,
    all outputs counted, as in Keras. Where an output's targets are all the same, R² is 1 if the predictions are
    exact, else 0, as in scikit-learn (Keras: NaN, else 0).

    >>> round(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]]), 4)
    0.5714
    """

    direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        self.class_aggregation = checks.one_of(self.where("class_aggregation"), class_aggregation, AGGREGATIONS)
        self.num_regressors = checks.integer(self.where("num_regressors"), num_regressors, minimum=0)

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        if y_pred.ndim == 1:
            y_pred = y_pred[:, None]
        y_true, y_pred = align(self.name, y_true, y_pred)
        if y_pred.ndim != 2:
            raise ShapeError(f"{self.name}, y_pred", "predictions (B, O)", y_pred.shape)
        y = y_true.astype(np.float64)
        w = np.ones_like(y) if sample_weight is None else spread(self.name, sample_weight, y.shape)
        return {
            "squared_sum": (w * y**2).sum(axis=0),
            "sum": (w * y).sum(axis=0),
            "residual": (w * (y - y_pred) ** 2).sum(axis=0),
            "count": w.sum(axis=0),
            "num_samples": float(y.size),
        }

    def counted(self) -> State:
        return {"num_samples": 0.0, **self.state}

    def read(self, state: State) -> Any:
        squares, residual = state["squared_sum"], state["residual"]
        total = squares - ratio(state["sum"] ** 2, state["count"])
        total = np.where(total > ROUNDING * squares, total, 0.0)
        scores = np.where(total > 0, 1 - ratio(residual, total), np.where(residual > 0, 0.0, 1.0))
        if self.class_aggregation is None:
            return self.adjusted(scores, state["num_samples"])
        if self.class_aggregation == "variance_weighted_average" and total.any():
            return self.adjusted(float((scores * total).sum() / total.sum()), state["num_samples"])
        return self.adjusted(float(scores.mean()), state["num_samples"])

    def adjusted(self, r2: Any, n: float) -> Any:
        """R² made smaller for each regressor that a chance fit could have used."""
        p = self.num_regressors
        if p == 0:
            return r2
        if p >= n - 1:
            warnings.warn(
                f"{self.name}: the adjusted R² needs more than num_regressors + 1 = {p + 1} targets, got {n:.0f}; "
                "this is the plain R².",
                stacklevel=4,
            )
            return r2
        return 1 - (1 - r2) * (n - 1) / (n - p - 1)
