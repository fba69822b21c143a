"""History: what `fit` returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Callback, Logs


class History(Callback):
    """`history.history` is a dict of lists, one entry per epoch; `history.epoch` numbers them from 0.

    >>> history = History()
    >>> history.set_model(type("Model", (), {})())
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.history
    {'loss': [0.5]}
    """

    every_epoch = False

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.history, self.epoch = {}, []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self

    def extend(self, first: int, logs: Mapping[str, list[Any]]) -> None:
        """Many epochs at once, from number `first` on."""
        for name, values in logs.items():
            self.history.setdefault(name, []).extend(values)
        self.epoch.extend(range(first, first + len(next(iter(logs.values())))))
        self.model.history = self

    def state(self) -> dict[str, Any]:
        return {"history": self.history, "epoch": self.epoch}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.epoch = list(state["epoch"])
