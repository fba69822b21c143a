"""One training within a trial: fitted, looked at on its way, and judged by rows that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..arrays import Array
from ..training.callbacks import Callback, EarlyStopping
from .measures import Measure
from .trials import STEPS, Report

BATCH = 1024  # rows predicted at once


@dataclass(frozen=True)
class Training:
    """A compiled model, what `fit` takes, and the rows held out. restored: brings targets and outputs to the units in
    which they are judged."""

    model: Any
    fit: Mapping[str, Any]
    held: tuple[Any, Array]
    epochs: int
    patience: int = 0
    callbacks: Sequence[Callback] = ()
    restored: Callable[[Array], Array] = lambda y: y

    def value(self, measure: Measure) -> float:
        """What the model is worth as it stands."""
        x, y = self.held
        outputs = self.model.predict(x, batch_size=BATCH, verbose=0) if measure.of_outputs else y
        return measure.value(self.model, x, y, self.restored(y), self.restored(outputs))


def scored(training: Training, measures: Sequence[Measure], report: Report) -> dict[str, float]:
    """Train, and judge by each measure; `epochs` are those after which the weights were what they are.

    What is reported on the way is the first measure, after so many STEPS-ths of the epochs.
    """
    callbacks: list[Callback] = [*training.callbacks, _Looks(training, measures[0], report)]
    stopping = None
    if training.patience:
        stopping = EarlyStopping("val_loss", patience=training.patience, restore_best_weights=True)
        callbacks.append(stopping)
    watched = {"validation_data": training.held, "validation_batch_size": BATCH} if stopping else {}
    history = training.model.fit(**training.fit, **watched, epochs=training.epochs, callbacks=callbacks, verbose=0)
    epochs = stopping.best_epoch + 1 if stopping and history.epoch else len(history.epoch)
    scores = {measure.name: training.value(measure) for measure in measures}
    return {**scores, "epochs": float(epochs), "parameters": float(training.model.count_params())}


class _Looks(Callback):
    """Reports what the model is worth, whenever another STEPS-th of the training is over but the last."""

    def __init__(self, training: Training, measure: Measure, report: Report) -> None:
        self.training, self.measure, self.report = training, measure, report
        self.step = 0

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        step = STEPS * (epoch + 1) // self.training.epochs
        if self.step < step < STEPS:
            self.step = step
            self.report(step, self.training.value(self.measure))


def averaged(
    trainings: Sequence[Callable[[], Training]], measures: Sequence[Measure], report: Report
) -> dict[str, float]:
    """The mean scores of one training, or of one for each fold; of folds it is reported when one is over."""
    if len(trainings) == 1:
        return scored(trainings[0](), measures, report)
    found: list[dict[str, float]] = []
    for i, make in enumerate(trainings):
        found.append(scored(make(), measures, lambda step, value: None))
        if i + 1 < len(trainings):
            so_far = [one[measures[0].name] for one in found]
            report(STEPS * (i + 1) // len(trainings), sum(so_far) / len(so_far))
    return {name: sum(one[name] for one in found) / len(found) for name in found[0]}
