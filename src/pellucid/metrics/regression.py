"""Errors of regression: the mean over samples of a loss.     y_true, y_pred (B, ..., O)
Source: Hyndman & Koehler, Another look at measures of forecast accuracy (2006)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import losses
from ..arrays import Array
from ..losses.lowering import Places
from ..program import Buffer, Program
from .base import State, Targets, metrics, ratio
from .mean import MeanLoss, MeanOverSamples, lower_mean
from .shapes import align


@metrics.add("mse", "MSE")
class MeanSquaredError(MeanLoss):
    """The mean of (y_pred − y_true)².

    >>> MeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]])
    0.25
    """

    loss = losses.MeanSquaredError()


@metrics.add("rmse", "RMSE")
class RootMeanSquaredError(MeanOverSamples):
    """√ of the mean of (y_pred − y_true)², in the targets' own unit.

    >>> RootMeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]])
    0.5
    """

    direction = "down"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y_true, y_pred = align(self.name, y_true, y_pred)
        difference: Array = (y_pred if y_pred.dtype.kind == "f" else y_pred.astype("float64")) - y_true
        return difference * difference

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        square = code.buffer(y_pred.shape)
        flat = (y_pred.size, 1)
        at = Places(targets.numbers(y_pred).shaped(flat), y_pred.shaped(flat), None, square, None)
        MeanSquaredError.loss.lower(code, at)
        lower_mean(code, square, weights, place)

    def read(self, state: State) -> Any:
        root = np.sqrt(ratio(state["total"], state["count"]))
        return root if np.ndim(root) else float(root)  # of many epochs at once, or of one


@metrics.add("mae", "MAE")
class MeanAbsoluteError(MeanLoss):
    """The mean of |y_pred − y_true|.

    >>> MeanAbsoluteError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]])
    0.25
    """

    loss = losses.MeanAbsoluteError()


@metrics.add("mape", "MAPE")
class MeanAbsolutePercentageError(MeanLoss):
    """The mean of 100·|(y_true − y_pred) / y_true|; targets nearer to 0 than 1e-7 count as 1e-7.

    >>> round(MeanAbsolutePercentageError()([[2.0], [4.0]], [[1.0], [4.0]]), 4)
    25.0
    """

    loss = losses.MeanAbsolutePercentageError()


@metrics.add("msle", "MSLE")
class MeanSquaredLogarithmicError(MeanLoss):
    """The mean of (log(1 + y_true) − log(1 + y_pred))².

    >>> round(MeanSquaredLogarithmicError()([[0.0], [1.0]], [[1.0], [1.0]]), 4)
    0.2402
    """

    loss = losses.MeanSquaredLogarithmicError()


@metrics.add("logcosh", "log_cosh")
class LogCoshError(MeanLoss):
    """The mean of log(cosh(y_pred − y_true)): about x²/2 where small, |x| − log 2 where large.

    >>> round(LogCoshError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]), 4)
    0.1084
    """

    loss = losses.LogCosh()

    def __init__(self, name: str | None = "logcosh", dtype: str | None = None) -> None:
        super().__init__(name, dtype)
