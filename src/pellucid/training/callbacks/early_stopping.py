"""EarlyStopping: stop when a number no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import checks
from ...arrays import Array
from .base import Logs
from .monitor import Monitoring


class EarlyStopping(Monitoring):
    """Stop training once `monitor` has not improved by more than min_delta for `patience` epochs.

    baseline: only values better than this restart the count. start_from_epoch: epochs before this one don't count.
    restore_best_weights: at the end, go back to the weights of the best epoch. Without it the model keeps those of
    the last epoch, `patience` epochs past the best one; that is Keras's default.

    Keras only warns where the monitored number does not exist; here it is an error, told before the first epoch
    where it can be.

    >>> stopping = EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)

    Source: Prechelt, "Early stopping - but when?", 1998.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = checks.integer(self.where("patience"), patience, minimum=0)
        self.verbose = verbose
        self.baseline = None if baseline is None else checks.number(self.where("baseline"), baseline)
        self.restore_best_weights = bool(restore_best_weights)
        self.start_from_epoch = checks.integer(self.where("start_from_epoch"), start_from_epoch, minimum=0)
        self._forget()

    def _forget(self) -> None:
        self.best: float | None = None
        self.best_epoch = self.wait = self.stopped_epoch = 0
        self.best_weights: list[Array] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()
        self.check_measured()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self.monitored(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.better(current, self.best) and self.sound():
            self.best = current
            self._keep(epoch)
            if self.baseline is None or self.better(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: stopped early, {self.monitor} no longer improves")
        self.rescue()

    def rescue(self) -> None:
        """Go back to the best weights, if they were to be kept; `fit` calls it too where training breaks off with
        NonFinite."""
        if self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restored the weights of the best epoch, {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)

    def state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _REMEMBERED}

    def load_state(self, state: Mapping[str, Any]) -> None:
        for name in _REMEMBERED:
            setattr(self, name, state[name])


_REMEMBERED = ("best", "best_epoch", "best_weights", "wait", "stopped_epoch")
