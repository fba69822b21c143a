"""A trial of a spec: the fields that are searched laid over it, trained, and judged by rows held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..optimizers.schedules import LearningRateSchedule
from ..training.callbacks import Callback, UntilConverged
from ..tuning.fitting import Training, averaged
from ..tuning.measures import Measure
from ..tuning.trials import Report, Trial
from .building import build
from .data import prepare
from .prepared import Fold, Prepared
from .spec import TrainSpec
from .train import planned_epochs


@dataclass
class Tried:
    """An `Objective`: what a trial's values make of the base, plain fields of a spec."""

    base: Mapping[str, Any]
    measures: Sequence[Measure]
    folds: int = 0
    _asked: Any = None  # what the data of the last trial depend on
    _kept: dict[Fold | None, Prepared] = field(default_factory=dict, repr=False)  # those data, of each fold

    def __call__(self, trial: Trial, report: Report) -> Mapping[str, float]:
        spec = self.spec(trial.values)
        parts: list[Fold | None] = [(i, self.folds) for i in range(self.folds)] or [None]
        return averaged([partial(self._training, spec, fold) for fold in parts], self.measures, report)

    def spec(self, values: Mapping[str, Any]) -> TrainSpec:
        """The spec of a trial."""
        return TrainSpec.of({**self.base, **values}, "trial")

    def _training(self, spec: TrainSpec, fold: Fold | None) -> Training:
        data = self.data(spec, fold)
        assert data.validation is not None
        epochs = planned_epochs(spec, data)
        callbacks: list[Callback] = [UntilConverged()] if spec.until_converged else []
        return Training(
            build(spec, data, epochs), data.to_fit(spec.batch_size, spec.class_weight), data.validation,
            max(epochs, 1), spec.patience, callbacks, data.restored,
        )  # fmt: skip

    def data(self, spec: TrainSpec, fold: Fold | None) -> Prepared:
        """The data of a trial, which most often are those of the one before."""
        asked = (spec.data, spec.target, spec.drop, spec.keep, spec.window, spec.stride)
        if self._asked != asked:
            self._asked = asked
            self._kept.clear()
        if fold not in self._kept:
            self._kept[fold] = prepare(spec, fold=fold)
        return self._kept[fold]


def winner(tried: Tried, values: Mapping[str, Any], epochs: int) -> TrainSpec:
    """The spec that trains a trial's network on all rows but the test's, as long as was best, on the way there that its
    learning rate had: that of a training which early stopping cut short goes on as if it were not."""
    spec = tried.spec(values)
    data = tried.data(spec, (0, tried.folds) if tried.folds else None)
    planned = planned_epochs(spec, data)
    found: dict[str, Any] = {"epochs": epochs, "patience": 0, "until_converged": False, "validation_split": 0.0}
    if spec.schedule != "constant" and planned != epochs:
        whole = spec.model_copy(update={"validation_split": 0.0})
        schedule = build(whole, prepare(whole), planned).optimizer.schedule
        found["schedule"] = "constant" if schedule is None else as_table(schedule)
    elif spec.schedule == "auto" and spec.until_converged:
        found["schedule"] = "constant"
    return TrainSpec.of({**tried.base, **values, **found}, "the best trial")


def as_table(schedule: LearningRateSchedule) -> dict[str, Any]:
    """A schedule as a spec has it."""
    config = {key: value for key, value in schedule.get_config().items() if value is not None and key != "name"}
    return {"class": type(schedule).__name__, **config}
