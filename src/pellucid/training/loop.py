"""The loops: fit, evaluate, predict. What a step computes is `definition.py`; where batches come from, `batches.py`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument, NonFinite, NotReady, Told
from .base import Trainee
from .batches import Batches, with_class_weight
from .callbacks.base import CallbackList, LazyLogs, as_list
from .callbacks.history import History
from .checkpoint import Position
from .definition import predict_step, test_step, train_step


@dataclass(frozen=True)
class Plan:
    """What `fit` was asked to do."""

    train: Batches
    epochs: int
    initial_epoch: int = 0
    validation: Batches | None = None
    validation_freq: int | Sequence[int] = 1
    class_weight: Mapping[int, float] | None = None


def fit(model: Trainee, plan: Plan, callbacks: Any, verbose: int) -> History:
    """Train for the planned epochs, or until a callback stops it."""
    history = History()
    params = {
        "epochs": plan.epochs,
        "steps": plan.train.steps,
        "verbose": verbose,
        "do_validation": plan.validation is not None,
    }
    with CallbackList([*as_list(callbacks), history], model, params) as told:
        _fit(model, plan, told)
    return history


def _fit(model: Trainee, plan: Plan, told: CallbackList) -> None:
    model.stop_training = False
    position = Position(epoch=plan.initial_epoch, first_step=model.optimizer.steps_taken)
    told.call("on_train_begin")
    position = _restored(told, position)
    model.position = position
    logs: dict[str, Any] = {}
    while position.epoch < plan.epochs and not model.stop_training:
        told.call("on_epoch_begin", position.epoch)
        logs = _train_epoch(model, plan, told, position)
        if plan.validation is not None and _due(plan.validation_freq, position.epoch):
            values = evaluate(model, plan.validation, told)
            logs |= {f"val_{name}": value for name, value in values.items()}
        finished = position.epoch
        position.epoch, position.batch, position.meters = finished + 1, 0, {}
        position.first_step = model.optimizer.steps_taken
        told.call("on_epoch_end", finished, logs)
    model.optimizer.finalize(model.theta, model.trained_names() if model.optimizer.steps_taken else [])
    told.call("on_train_end", logs)


def _restored(told: CallbackList, position: Position) -> Position:
    """Where a callback that restores an interrupted run says it stood; the start, if none does."""
    for callback in told.callbacks:
        restore = getattr(callback, "restore", None)
        if restore is not None and (found := restore(told.callbacks)) is not None:
            return found  # type: ignore[no-any-return]
    return position


def _train_epoch(model: Trainee, plan: Plan, told: CallbackList, position: Position) -> dict[str, Any]:
    key = model.key.fold("shuffle", position.first_step)
    batches = plan.train.epoch(position.epoch, key, start=position.batch)
    model.meters.reset()
    begins, ends = told.listens("on_train_batch_begin"), told.listens("on_train_batch_end")
    for x, y, weights in batches:
        if position.meters:
            resume_meters(model, position.meters, x, y)
            position.meters = {}
        if begins:
            told.call("on_train_batch_begin", position.batch)
        x, y, weights = ready(model, x, y, weights, "fit", plan.class_weight)
        try:
            train_step(model, x, y, weights)
        except NonFinite as problem:
            if not any(getattr(callback, "handles_non_finite", False) for callback in told.callbacks):
                raise
            _tell_non_finite(told, problem, position.batch)
            break
        position.batch += 1
        if ends:
            told.call("on_train_batch_end", position.batch - 1, LazyLogs(model.meters.results))
        if model.stop_training:
            break
    if position.meters:  # interrupted right after the last batch
        x, y, _ = next(plan.train.epoch(position.epoch, key))
        resume_meters(model, position.meters, x, y)
        position.meters = {}
    return model.meters.results()


def _tell_non_finite(told: CallbackList, problem: NonFinite, batch: int) -> None:
    for callback in told.callbacks:
        if getattr(callback, "handles_non_finite", False):
            callback.on_non_finite(problem, batch)  # type: ignore[attr-defined]


def resume_meters(model: Trainee, counted: dict[str, Array], x: Array, y: Array | None) -> None:
    """Go on counting an epoch that was interrupted; one batch shows the shapes."""
    x, y, _ = ready(model, x, y, None, "fit")
    model.meters.load_state(counted, (y, predict_step(model, x[:1])))


def evaluate(model: Trainee, batches: Batches, told: CallbackList) -> dict[str, Any]:
    """The loss and metrics over all batches."""
    model.meters.reset()
    told.call("on_test_begin")
    for i, (x, y, weights) in enumerate(batches.epoch(0, None)):
        told.call("on_test_batch_begin", i)
        test_step(model, *ready(model, x, y, weights, "evaluate"))
        told.call("on_test_batch_end", i, LazyLogs(model.meters.results))
    logs = model.meters.results()
    if not math.isfinite(logs["loss"]):
        warnings.warn(
            f"The loss on the data evaluated is {logs['loss']}: some output or target is too large. Scale the inputs "
            "and targets, or train with a lower learning rate.",
            stacklevel=2,
        )
    told.call("on_test_end", logs)
    return logs


def predict(model: Trainee, batches: Batches, told: CallbackList) -> Array:
    """The outputs for all batches, (N, ...)."""
    told.call("on_predict_begin")
    outputs = []
    for i, (x, _, _) in enumerate(batches.epoch(0, None)):
        told.call("on_predict_batch_begin", i)
        outputs.append(predict_step(model, np.asarray(x, model.dtype)))
        told.call("on_predict_batch_end", i, {"outputs": outputs[-1]})
    told.call("on_predict_end")
    if not outputs:
        raise InvalidArgument("predict, x", "at least one batch", Told("none"))
    return np.concatenate(outputs)


def ready(
    model: Trainee, x: Array, y: Array | None, weights: Array | None, where: str,
    class_weight: Mapping[int, float] | None = None,
) -> tuple[Array, Array, Array | None]:  # fmt: skip
    """A batch as the step takes it: x in the model's dtype, class weights multiplied in."""
    if y is None:
        raise NotReady(f"{where}, y", "targets", Told("none"), "Pass y, or batches of (x, y).")
    weights = with_class_weight(y, weights, class_weight)
    return np.asarray(x, model.dtype), y, weights


def _due(frequency: int | Sequence[int], epoch: int) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return epoch + 1 in frequency
