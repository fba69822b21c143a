"""LearningRateScheduler: a learning rate for each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ... import checks
from ...errors import WrongType
from .base import Callback, Logs


class LearningRateScheduler(Callback):
    """learning rate ← schedule(epoch, learning rate) at the beginning of every epoch; epochs count from 0.

    A schedule of one argument gets the epoch alone. The learning rate is logged as "learning_rate".

    >>> halving = LearningRateScheduler(lambda epoch, lr: lr / 2 if epoch % 10 == 9 else lr)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise WrongType(self.where("schedule"), "a function (epoch, lr) -> number", schedule)
        self.schedule = schedule
        self.verbose = verbose
        self._scheduled_epoch: int | None = None  # the epoch whose learning rate is set already
        self._resumed_epoch: int | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.model.optimizer.one_rate("LearningRateScheduler")
        self._scheduled_epoch = self._resumed_epoch = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if epoch == self._resumed_epoch:  # an interrupted epoch goes on: its learning rate was restored with it
            return
        self._scheduled_epoch = epoch
        optimizer = self.model.optimizer
        known = (epoch, optimizer.learning_rate)[: _arguments(self.schedule)]
        rate = checks.number("LearningRateScheduler, the schedule's result", self.schedule(*known), minimum=0)
        optimizer.learning_rate = rate
        if self.verbose > 0:
            print(f"Epoch {epoch + 1}: learning rate set to {rate:.6g}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._resumed_epoch = None
        log_learning_rate(logs, self.model)

    def state(self) -> dict[str, Any]:
        return {"epoch": self._scheduled_epoch}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._scheduled_epoch = self._resumed_epoch = state["epoch"]


def _arguments(schedule: Callable[..., float]) -> int:
    """How many of (epoch, lr) a schedule takes."""
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return 1
    except ValueError:  # a function that has no signature
        return 2
    return 2


def log_learning_rate(logs: Logs | None, model: Any) -> None:
    """Add the learning rate to an epoch's logs, for the History and whoever else reads them later."""
    if isinstance(logs, dict):
        logs["learning_rate"] = float(model.optimizer.learning_rate)
