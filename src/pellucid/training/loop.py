"""The loops: fit, evaluate, predict. What a step computes is `definition.py`; where batches come from, `batches.py`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..arrays import Array, as_dtypes, joined, parts_of, with_batch
from ..errors import NonFinite, NotReady, ShapeError, Told
from ..machine.shuffling import permutation
from . import definition, engine
from .base import TrainableModel
from .batches import ArrayBatches, Batches, with_class_weight
from .callbacks.base import CallbackList, LazyLogs, as_list
from .callbacks.history import History
from .checkpoint import Position
from .distribution import sharing, together
from .own_step import begin_counting, test_one, train_one
from .step_program import StepProgram
from .synchronizing import compare_batch, compare_evaluation, compare_fit, synchronized


@dataclass(frozen=True)
class Plan:
    """What `fit` was asked to do."""

    train: Batches
    epochs: int
    initial_epoch: int = 0
    validation: Batches | None = None
    validation_freq: int | Sequence[int] = 1
    class_weight: Any = None


def fit(model: TrainableModel, plan: Plan, callbacks: Any, verbose: int) -> History:
    """Train for the planned epochs, or until a callback stops it."""
    history = History()
    params = {
        "epochs": plan.epochs,
        "steps": plan.train.steps,
        "verbose": verbose,
        "do_validation": plan.validation is not None,
        "class_weight": plan.class_weight,
    }
    with together(), CallbackList([*as_list(callbacks), history], model, params) as listeners:
        compare_fit(
            model, plan.train, plan.validation, epochs=plan.epochs, class_weight=plan.class_weight,
            validation_freq=plan.validation_freq,
        )  # fmt: skip
        for callback in listeners.callbacks:
            if hasattr(callback, "set_batches"):
                callback.set_batches(plan.train, plan.validation)
        try:
            _fit(model, plan, listeners)
        except NonFinite:
            for callback in listeners.callbacks:
                if hasattr(callback, "rescue"):
                    callback.rescue()
            raise
    return history


def _fit(model: TrainableModel, plan: Plan, listeners: CallbackList) -> None:
    model.stop_training = False
    position = Position(epoch=plan.initial_epoch, first_step=model.optimizer.steps_taken)
    listeners.call("on_train_begin")
    position = synchronized(model, _restored(listeners, position), listeners.callbacks)
    model.position = position
    logs: dict[str, Any] = {}
    while position.epoch < plan.epochs and not model.stop_training:
        if (many := _many_epochs(model, plan, listeners, position)) is not None:
            logs = many or logs
            continue
        listeners.call("on_epoch_begin", position.epoch)
        logs = _train_epoch(model, plan, listeners, position)
        if plan.validation is not None and _due(plan.validation_freq, position.epoch):
            values = evaluate(model, plan.validation, listeners)
            logs |= {f"val_{name}": value for name, value in values.items()}
        finished = position.epoch
        position.epoch, position.batch, position.meters = finished + 1, 0, {}
        position.first_step = model.optimizer.steps_taken
        listeners.call("on_epoch_end", finished, logs)
        if shared := sharing():
            model.stop_training = shared.of_any(model.stop_training)
    if plan.epochs:
        model.optimizer.finalize(model.theta, model.trained_names() if model.optimizer.steps_taken else [])
    listeners.call("on_train_end", logs)


def _many_epochs(
    model: TrainableModel, plan: Plan, listeners: CallbackList, position: Position
) -> dict[str, Any] | None:
    """Where nobody looks at single epochs, as many as the compiled engine does in one go; returns the logs of the last.

    None where epochs go one by one. An epoch that is broken off, as something in it was not finite, goes on that way.
    """
    train = plan.train
    if not isinstance(train, ArrayBatches) or train.steps != train.in_a_pass or train.shuffle == "batch":
        return None
    if plan.validation is not None or position.batch or position.meters or not listeners.takes_many_epochs():
        return None
    if listeners.until_look(0) is not None or sharing():
        return None
    step_program = engine.step_program_for(model, train, plan.class_weight, training=True, fused=True)
    if (
        step_program is None
        or step_program.lowered.foreign
        or not step_program.lowered.updates
        or not step_program.short(train.steps)
    ):
        return None
    key = model.key.fold("shuffle") if train.shuffle else None
    done, found = step_program.run_epochs(key, plan.epochs - position.epoch)
    epochs, position.batch = divmod(done, train.steps)
    position.epoch, first = position.epoch + epochs, position.epoch
    position.first_step += epochs * train.steps
    position.meters = model.meters.state() if position.batch else {}
    if epochs:
        for callback in listeners.callbacks:
            if isinstance(callback, History):
                callback.extend(first, found)
    if not done:
        return None
    return {name: values[-1] for name, values in found.items()} if epochs else {}


def _restored(listeners: CallbackList, position: Position) -> Position:
    """Where a callback that restores an interrupted run says it stood; the start, if none does."""
    for callback in listeners.callbacks:
        restore = getattr(callback, "restore", None)
        if restore is not None and (found := restore(listeners.callbacks)) is not None:
            return found  # type: ignore[no-any-return]
    return position


def _train_epoch(model: TrainableModel, plan: Plan, listeners: CallbackList, position: Position) -> dict[str, Any]:
    key = model.key.fold("shuffle", position.first_step)
    begin_counting(model)
    if position.meters:
        x, y, _ = next(plan.train.epoch(position.epoch, key))
        resume_meters(model, position.meters, x, y)
        position.meters = {}
    fused = not listeners.sees_every_batch("train")  # else a callback may look at model.gradient
    step_program = engine.step_program_for(model, plan.train, plan.class_weight, training=True, fused=fused)
    if step_program is not None and isinstance(plan.train, ArrayBatches):
        unfused = partial(engine.step_program_for, model, plan.train, plan.class_weight, training=True)
        for order, first, last in plan.train.passes(position.epoch, key, position.batch, permutation):
            if not _run(model, step_program, unfused, listeners, position, (order, first, last)):
                break
        return model.meters.results()
    for x, y, weights in plan.train.epoch(position.epoch, key, position.batch):
        compare_batch("fit", position.batch, x, y, weights)
        listeners.call("on_train_batch_begin", position.batch)
        if not _step(model, *ready(model, x, y, weights, "fit", plan.class_weight), listeners, position):
            break
    return model.meters.results()


def _run(
    model: TrainableModel, step_program: StepProgram, unfused: Callable[[], StepProgram | None],
    listeners: CallbackList, position: Position, stretch: tuple[Array | None, int, int],
) -> bool:  # fmt: skip
    """Train on a stretch of batches (order, first, last) with the compiled engine; whether to go on after it. A step
    that somebody looks at is made by the `unfused` program, which leaves the gradient behind."""
    order, place, last = stretch
    most = 1 if listeners.sees_every_batch("train") else last
    while place < last:
        listeners.call("on_train_batch_begin", position.batch)
        wait = listeners.until_look(model.optimizer.steps_taken)
        if wait == 0:
            see, looked_at = listeners.looking(model, position.epoch), unfused() or step_program
            if done := looked_at.run(order, place, 1, alone=True):
                see(looked_at.outputs(order, place), compiled=True)
        else:
            done = step_program.run(order, place, min(most, last - place, wait or last))
        place += done
        position.batch += done
        if done:
            listeners.call("on_train_batch_end", position.batch - 1, LazyLogs(model.meters.results))
            if _is_to_stop(model, listeners):
                return False
            continue
        batch = step_program.rows(order, place)  # something in it is not finite: the definition traces what
        if not _step(model, *ready(model, *batch, "fit"), listeners, position):
            return False
        place += 1
    return True


def _step(model: TrainableModel, x: Any, y: Any, weights: Any, listeners: CallbackList, position: Position) -> bool:
    """Train on one batch; whether to go on after it."""
    try:
        see = listeners.looking(model, position.epoch)
        outputs = _outputs(model, x) if see.wanted else {}
        train_one(model, x, y, weights)
        see(outputs, compiled=False)
    except NonFinite as problem:
        if not any(getattr(callback, "handles_non_finite", False) for callback in listeners.given):
            raise
        shapes = [(len(x), *shape) for shape in model.output_shapes_for(*(part.shape[1:] for part in parts_of(x)))]
        model.meters.spoil(y, shapes, model.objective.losses)
        _tell_non_finite(listeners, problem, position.batch)
        return False
    position.batch += 1
    listeners.call("on_train_batch_end", position.batch - 1, LazyLogs(model.meters.results))
    return not _is_to_stop(model, listeners)


def _is_to_stop(model: TrainableModel, listeners: CallbackList) -> bool:
    """Whether a callback has asked to stop. Several processes must agree, which they do where somebody sees every
    batch, and at the end of each epoch; otherwise they are not told of the same batches."""
    if shared := sharing():
        if not listeners.sees_every_batch("train"):
            return False
        model.stop_training = shared.of_any(model.stop_training)
    return model.stop_training


def _outputs(model: TrainableModel, x: Any) -> dict[str, Array]:
    """What each layer gives in the step to come."""
    rng = model.key.noise(model.optimizer.steps_taken)
    with np.errstate(all="ignore"):  # what is not finite ends the step, which tells where
        return dict(model.walk(model.p, *parts_of(x), training=True, rng=rng))


def _tell_non_finite(listeners: CallbackList, problem: NonFinite, batch: int) -> None:
    for callback in listeners.callbacks:
        if getattr(callback, "handles_non_finite", False):
            callback.on_non_finite(problem, batch)  # type: ignore[attr-defined]


def resume_meters(model: TrainableModel, counted: dict[str, Array], x: Any, y: Any) -> None:
    """Go on counting an epoch that was interrupted; one batch shows the shapes."""
    x, y, _ = ready(model, x, y, None, "fit")
    model.meters.load_state(counted, (y, definition.predict_step(model, x[:1], looks=True)), model.objective.losses)


def evaluate(model: TrainableModel, batches: Batches, listeners: CallbackList) -> dict[str, Any]:
    """The loss and metrics over all batches."""
    with together():
        compare_evaluation(model, batches)
        return _evaluate(model, batches, listeners)


def _evaluate(model: TrainableModel, batches: Batches, listeners: CallbackList) -> dict[str, Any]:
    begin_counting(model)
    listeners.call("on_test_begin")
    step_program = engine.step_program_for(model, batches, training=False)
    if step_program is not None and isinstance(batches, ArrayBatches):
        _run_tests(model, step_program, batches, listeners)
        if not math.isfinite(model.meters.results()["loss"]):
            _test_again(model, batches)
    else:
        for i, (x, y, weights) in enumerate(batches.epoch(0, None)):
            compare_batch("evaluate", i, x, y, weights)
            listeners.call("on_test_batch_begin", i)
            test_one(model, *ready(model, x, y, weights, "evaluate"))
            listeners.call("on_test_batch_end", i, LazyLogs(model.meters.results))
    logs = model.meters.results()
    if not math.isfinite(logs.get("loss", 0.0)):
        warnings.warn(
            f"The loss on the data evaluated is {logs['loss']}: some output or target is too large. Scale the inputs "
            "and targets, or train with a lower learning rate.",
            stacklevel=2,
        )
    listeners.call("on_test_end", logs)
    return logs


def _run_tests(
    model: TrainableModel, step_program: StepProgram, batches: ArrayBatches, listeners: CallbackList
) -> None:
    most = 1 if listeners.sees_every_batch("test") else batches.steps
    for _, place, last in batches.passes(0, None):
        while place < last:
            listeners.call("on_test_batch_begin", place)
            done = step_program.run(None, place, min(most, last - place))
            if not done:  # a place or a whole number that the engine leaves to the definition
                definition.test_step(model, *ready(model, *step_program.rows(None, place), "evaluate"))
            place += done or 1
            listeners.call("on_test_batch_end", place - 1, LazyLogs(model.meters.results))


def _test_again(model: TrainableModel, batches: Batches) -> None:
    """By the definition: a loss that outputs do not suit says so there, where the compiled engine has only a NaN."""
    model.meters.reset()
    for x, y, weights in batches.epoch(0, None):
        definition.test_step(model, *ready(model, x, y, weights, "evaluate"))


def predict(model: TrainableModel, batches: Batches, listeners: CallbackList) -> Any:
    """The outputs for all batches, (N, ...), of several all in `Parts`."""
    listeners.call("on_predict_begin")
    outputs = []
    for i, (x, _, _) in enumerate(batches.epoch(0, None)):
        listeners.call("on_predict_batch_begin", i)
        outputs.append(engine.predict(model, x))
        listeners.call("on_predict_batch_end", i, {"outputs": model.in_form(parts_of(outputs[-1]))})
    listeners.call("on_predict_end")
    if not outputs:
        assert model.shape is not None  # a stream without batches cannot have built it
        return engine.no_rows(model, model.sample_shapes)
    lengths = {tuple(part.shape[1:] for part in parts_of(one)): None for one in outputs}
    if len(lengths) > 1:
        found = [[with_batch(shape) for shape in shapes] for shapes in list(lengths)[:2]]
        raise ShapeError(
            "predict, x", "batches whose outputs have one shape, so that they make one array", Told(str(found)),
            "Predict for the batches of one length at a time: predict_on_batch.",
        )  # fmt: skip
    return joined(outputs)


def ready(
    model: TrainableModel, x: Any, y: Any, weights: Any, where: str, class_weight: Any = None
) -> tuple[Any, Any, Any]:
    """A batch as the step takes it: x in the model's dtype, class weights multiplied in."""
    if y is None:
        raise NotReady(f"{where}, y", "targets", Told("none"), "Pass y, or batches of (x, y).")
    weights = with_class_weight(y, weights, class_weight)
    return as_dtypes(x, model.input_dtypes), y, weights


def _due(frequency: int | Sequence[int], epoch: int) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return epoch + 1 in frequency
