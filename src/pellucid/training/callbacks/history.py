"""History: what `fit` returns."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .base import Callback, Logs

if TYPE_CHECKING:
    from ...plots.base import Figure


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

    def plot(self, path: str | os.PathLike[str] | None = None, *, transparent: bool = False) -> Figure:
        """Draw loss and metrics over the epochs and return the matplotlib Figure; write it to `path`, if one is given.

        On training and on validation data, with the best epoch marked: `plots.learning_curves`. path: ends with .svg,
        .pdf or .png. transparent: no paper, and ink that reads on light and dark. A notebook shows what is returned.
        Raises MissingExtra without matplotlib, DataError before the first epoch. Keras has no such method.

        >>> history = History()
        >>> history.history = {"loss": [1.0, 0.4, 0.3], "val_loss": [1.1, 0.6, 0.7]}
        >>> history.plot().axes[0].get_legend_handles_labels()[1]
        ['training', 'validation', 'best epoch, 2']
        """
        from ...plots.base import save
        from ...plots.curves import learning_curves

        figure = learning_curves(self.history, transparent=transparent)
        if path is not None:
            save(figure, path)
        return figure

    def _repr_html_(self) -> str:
        from ...plots.curves import as_html

        return as_html(self.history)

    def state(self) -> dict[str, Any]:
        return {"history": self.history, "epoch": self.epoch}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.epoch = list(state["epoch"])
