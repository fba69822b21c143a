"""SwapEMAWeights: evaluate, and save, the average of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...arrays import Array
from ...errors import NotReady, Told
from .base import Callback, Logs


class SwapEMAWeights(Callback):
    """Put the optimizer's average of the weights in their place during `evaluate` and `predict`, and back after.

    The optimizer must have use_ema=True. swap_on_epoch: also between the end of an epoch and the beginning of the
    next, so that callbacks further down the list, such as ModelCheckpoint, see the average too.

    >>> averaging = SwapEMAWeights(swap_on_epoch=True)

    Source: Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = bool(swap_on_epoch)
        self._weights: dict[str, Array] | None = None  # the model's own, while the average is in their place

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._weights = None
        self._average()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._swap_out()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._swap_in()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._weights = None  # the optimizer has left the average in place for good

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._swap_in()

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._swap_out()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._swap_in()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._swap_out()

    def _average(self) -> Mapping[str, Array]:
        average: Mapping[str, Array] = self.model.optimizer.averages
        if not average:
            raise NotReady(
                "SwapEMAWeights", "an optimizer that averages the weights", Told("one that does not"),
                "Compile with an optimizer such as Adam(use_ema=True).",
            )  # fmt: skip
        return average

    def _swap_in(self) -> None:
        if self._weights is not None:
            return
        average, theta = self._average(), self.model.theta
        self._weights = {name: theta[name].copy() for name in self.model.trained_names() if name in average}
        for name in self._weights:
            theta[name] = average[name]

    def _swap_out(self) -> None:
        for name, values in (self._weights or {}).items():
            self.model.theta[name] = values
        self._weights = None

    def state(self) -> dict[str, Any]:
        return {"weights": self._weights}

    def load_state(self, state: Mapping[str, Any]) -> None:
        weights = state["weights"]
        self._weights = None if weights is None else {name: np.asarray(w) for name, w in weights.items()}
