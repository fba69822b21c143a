"""What happens at the end of each epoch of `fit`: curves, scikit-learn's callbacks, and when to stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..arrays import Array
from ..training.callbacks.base import Callback, Logs
from .telling import Teller


class Watch(Callback):
    """Keeps an estimator's curves, and stops as scikit-learn's `tol` and `n_iter_no_change` say.

    `score` gives the number that tells how good the network is (more is better) at the end of an epoch, from its logs.
    stops_by_score: it decides, and the best weights come back at the end; otherwise the training loss decides, and the
    last weights stay, as in scikit-learn. teller: of scikit-learn's callbacks.
    """

    every_batch = False

    def __init__(
        self, estimator: Any, tol: float, patience: float, *, stops_by_score: bool = False,
        teller: Teller | None = None,
    ) -> None:  # fmt: skip
        self.estimator, self.tol, self.patience = estimator, tol, patience
        self.stops_by_score, self.teller = stops_by_score, teller
        self.score: Callable[[Logs], float] | None = None
        self.without = 0  # epochs in a row without an improvement
        self.best_weights: list[Array] | None = None
        self.stopped = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.stops_by_score and self.estimator.best_validation_score_ > -math.inf:
            self.best_weights = self.model.get_weights()  # of a fit that this one goes on from

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.teller is not None:
            self.teller.begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        estimator, logs = self.estimator, logs or {}
        estimator._count_epoch(logs)
        better = estimator.loss_ < estimator.best_loss_ - self.tol
        estimator.best_loss_ = min(estimator.best_loss_, estimator.loss_)
        if self.score is not None:
            improved = self._scored(self.score(logs))
            better = improved if self.stops_by_score else better
        self.without = 0 if better else self.without + 1
        wanted = self.teller is not None and self.teller.end()
        if wanted or self.without > self.patience:
            self.stopped = self.model.stop_training = True

    def _scored(self, value: float) -> bool:
        """Keep a score, and the weights if it is the best; whether it is better by `tol`."""
        estimator, best = self.estimator, self.estimator.best_validation_score_
        estimator.validation_scores_.append(value)
        if value > best:
            estimator.best_validation_score_ = value
            if self.stops_by_score:
                self.best_weights = self.model.get_weights()
        return bool(value >= best + self.tol)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.stopped |= self.model.stop_training
        self.rescue()

    def rescue(self) -> None:
        """Go back to the best weights; `fit` calls it too where training breaks off with NonFinite."""
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
