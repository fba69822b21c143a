"""The numbers of an epoch: the mean loss and every metric, growing batch by batch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..losses import Loss
from ..metrics import Metric, resolve, settled
from ..metrics.resolve import of_quantities


class Meters:
    """The loss averaged over samples, and the metrics `compile` was given.

    Words like "accuracy" become the binary, categorical or sparse metric when the first batch shows the shapes.
    Weighted metrics see the sample weights, the others don't, as in Keras; and as there, a weighted one whose name
    another metric has is called "weighted_..." of that name, further ones "..._1", "..._2". Where a batch was not
    finite, no number of the whole is: a mean of those before it would look better than it is.
    """

    def __init__(self, metrics: Sequence[Any], weighted_metrics: Sequence[Any]) -> None:
        self.given = [(settled(m), False) for m in metrics] + [(settled(m), True) for m in weighted_metrics]
        for metric, _ in self.given:
            resolve(metric, (None,), (None, 2))  # a wrong name is told now, not at the first batch
        self.metrics: list[tuple[Metric, bool]] | None = None
        self.loss_sum, self.samples = 0.0, 0

    def reset(self) -> None:
        """Forget everything counted."""
        self.loss_sum, self.samples = 0.0, 0
        for metric, _ in self.metrics or ():
            metric.reset_state()

    def count(
        self, loss: float, y_true: Array, y_pred: Array, sample_weight: Array | None, of: Loss | None = None
    ) -> None:
        """Count one batch in; `of` is the loss that gave the number."""
        self.loss_sum += loss * len(y_pred)
        self.samples += len(y_pred)
        for metric, weighted in self.resolved(y_true, y_pred, of):
            metric.update_state(y_true, y_pred, sample_weight if weighted else None)

    def spoil(self, y_true: Array, shape: tuple[int, ...], of: Loss | None = None) -> None:
        """Count in a batch whose loss or gradient is not finite; its outputs would have been of this shape (B, ...)."""
        self.resolved(y_true, np.broadcast_to(0.0, shape), of)
        self.loss_sum, self.samples = math.nan, max(self.samples, 1)

    def resolved(self, y_true: Array, y_pred: Array, of: Loss | None = None) -> list[tuple[Metric, bool]]:
        """The metrics, their words made definite by the shapes of a first batch and the loss; names made unique."""
        if self.metrics is None:
            if any(of_quantities(given, y_true, of) for given, _ in self.given):
                warnings.warn(
                    "compile, argument metrics: accuracy counts hits among classes, but the loss and the targets are "
                    "those of quantities; use 'mae' or R2Score() there.",
                    stacklevel=2,
                )
            self.metrics = []
            taken = {"loss"}
            for given, weighted in self.given:
                metric = resolve(given, y_true.shape, y_pred.shape, of)
                metric.name = _unused(metric.name, taken, weighted)
                taken.add(metric.name)
                self.metrics.append((metric, weighted))
        return self.metrics

    def results(self) -> dict[str, Any]:
        """The loss and each metric's result so far, by name; a metric whose result is a mapping adds its entries."""
        logs: dict[str, Any] = {"loss": self.loss_sum / max(self.samples, 1)}
        finite = math.isfinite(logs["loss"])
        for metric, _ in self.metrics or ():
            value = metric.result()
            found = value if isinstance(value, dict) else {metric.name: value if np.ndim(value) else float(value)}
            logs |= found if finite else {name: _unknown(number) for name, number in found.items()}
        return logs

    def state(self) -> dict[str, Array]:
        """Everything counted, as arrays, for a checkpoint in the middle of an epoch."""
        arrays = {"loss": np.array([self.loss_sum, self.samples])}
        for metric, _ in self.metrics or ():
            arrays |= {f"{metric.name}/{name}": np.array(value) for name, value in metric.state.items()}
        return arrays

    def load_state(self, arrays: dict[str, Array], shapes: tuple[Array, Array], of: Loss | None = None) -> None:
        """Go on counting from a checkpoint; `shapes` is one batch of (y_true, y_pred)."""
        self.reset()
        self.loss_sum, self.samples = float(arrays["loss"][0]), int(arrays["loss"][1])
        for metric, _ in self.resolved(*shapes, of):
            prefix = f"{metric.name}/"
            counted = {n.removeprefix(prefix): v for n, v in arrays.items() if n.startswith(prefix)}
            metric.load_state({name: np.asarray(v) if np.ndim(v) else float(v) for name, v in counted.items()})


def _unused(name: str, taken: set[str], weighted: bool) -> str:
    """A name that no metric before has.

    >>> _unused("acc", {"acc"}, True), _unused("acc", {"acc"}, False), _unused("acc", {"acc", "weighted_acc"}, True)
    ('weighted_acc', 'acc_1', 'weighted_acc_1')
    """
    if weighted and name in taken:
        name = f"weighted_{name}"
    found, n = name, 0
    while found in taken:
        n += 1
        found = f"{name}_{n}"
    return found


def _unknown(value: Any) -> Any:
    """NaN in the place of a number, or of each of several."""
    return np.full(np.shape(value), math.nan) if np.ndim(value) else math.nan
