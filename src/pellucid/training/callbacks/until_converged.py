"""UntilConverged: stop when the loss has stopped falling."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ... import checks
from .base import Logs
from .monitor import Monitoring


class UntilConverged(Monitoring):
    """Stop training once `monitor` has not fallen by the fraction `tol` of its first value within `patience` epochs.

    The best value b is replaced by a value v when b − v > tol·|v₁|, with v₁ the value after the first epoch (for a
    number that should grow, v − b > tol·|v₁|); training stops after `patience` epochs in a row without a replacement.
    Slow progress that adds up counts. Relative to v₁, `tol` means the same whatever the scale of the loss, and a loss
    that goes to zero converges too. `converged` tells whether it came to that.

    >>> callback = UntilConverged(tol=0.1, patience=2)
    >>> callback.set_model(type("Model", (), {"stop_training": False})())
    >>> callback.on_train_begin()
    >>> for epoch, loss in enumerate([1.0, 0.5, 0.48, 0.46]):
    ...     callback.on_epoch_end(epoch, {"loss": loss})
    >>> callback.converged
    True

    Keras has no such callback; scikit-learn's `tol` and `n_iter_no_change` are alike, but absolute.
    """

    def __init__(
        self, monitor: str = "loss", tol: float = 1e-4, patience: int = 5, verbose: int = 0, mode: str = "auto"
    ) -> None:
        super().__init__(monitor, mode)
        self.tol = checks.number(self.where("tol"), tol, minimum=0)
        self.patience = checks.integer(self.where("patience"), patience, minimum=1)
        self.verbose = verbose
        self._forget()

    def _forget(self) -> None:
        self.best: float | None = None
        self.first: float | None = None
        self.wait, self.converged = 0, False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()
        self.check_measured()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self.monitored(logs)
        if current is None:
            return
        if self.first is None and not math.isnan(current):
            self.first = current
        self.min_delta = self.tol * abs(self.first or 0.0)
        if self.better(current, self.best):
            self.best, self.wait = current, 0
            return
        self.wait += 1
        if self.wait >= self.patience:
            self.converged = self.model.stop_training = True
            if self.verbose > 0:
                print(f"Epoch {epoch + 1}: converged, {self.monitor} stays at {current:.5g}")

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "first": self.first, "wait": self.wait, "converged": self.converged}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.best, self.first = state["best"], state["first"]
        self.wait, self.converged = state["wait"], state["converged"]
