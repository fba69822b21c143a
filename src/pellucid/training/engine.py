"""The compiled engine in training: which program a model's batches need, kept and run for many steps at a time."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arrays import Array, aligned
from ..machine.executable import Executable, address
from ..machine.layout import DONE
from ..machine.threads import Crew
from ..program import CannotLower
from ..registry import Part
from . import definition
from .base import Trainee
from .batches import ArrayBatches, Batches, with_class_weight
from .lowering import Lowered, lower_step

log = logging.getLogger("pellucid")

RECORD_FLOATS = 1 << 20  # outputs kept for metrics that count in Python
TRAINING = ("forward", "backward", "update", "count")


class Stepper:
    """A program for steps on one kind of batches, and what a run of it leaves behind."""

    def __init__(self, model: Trainee, room: int, x: Array, y: Array, weights: Array | None, training: bool) -> None:
        self.model, self.batch, self.training = model, room, training
        self.lowered: Lowered = lower_step(model, room, x, y, weights, training=training)
        vectors = {"theta": model.theta.data, "gradient": model.gradient.data, "state": model.state.data}
        if training and model.optimizer.memory is not None:
            vectors |= model.optimizer.memory.vectors()
        self.machine = Executable(self.lowered.code, TRAINING, vectors)
        self.counters = aligned(self.lowered.counters, "float64")
        self.machine.set(counters_address=address(self.counters), counters=len(self.counters))
        self.crew = Crew()
        self.x, self.y, self.weights = x, y, weights

    def bind(self, batch: int, x: Array, y: Array, weights: Array | None) -> None:
        """Read from these arrays from now on, in batches of this size."""
        machine, self.batch = self.machine, batch
        machine.bind_rows("x", x, f"gather.{x.dtype.name}")
        if "y" in machine.bound:
            machine.bind_rows("y", y, f"gather.{y.dtype.name}")
        if "classes" in machine.bound:
            machine.bind("classes", np.ascontiguousarray(y, "int64"))
        if weights is not None:
            machine.bind_rows("weights", weights, f"gather.{weights.dtype.name}")
        machine.set(samples=len(x), batch=batch)
        self.x, self.y, self.weights = x, y, weights

    def rows(self, order: Array | None, place: int) -> tuple[Array, Array, Array | None]:
        """The arrays of batch `place`."""
        chosen: Any = slice(place * self.batch, (place + 1) * self.batch)
        chosen = chosen if order is None else order[chosen]
        return self.x[chosen], self.y[chosen], None if self.weights is None else self.weights[chosen]

    def most(self) -> int:
        """Steps that a run may have, for the outputs it must keep."""
        if self.training and not self.lowered.updates:
            return 1
        return max(1, RECORD_FLOATS // (self.batch * self.lowered.y.size)) if self.lowered.foreign else 1 << 40

    def run(self, order: Array | None, place: int, limit: int) -> int:
        """Run at most so many steps from batch `place` on; returns how many. A step that is not finite is not done."""
        threads, steps = self.crew.plan(min(limit, self.most()))
        machine, model = self.machine, self.model
        if self.lowered.foreign:
            outputs = np.empty((steps * self.batch, *self.lowered.y.shape), "float32")
            machine.bind("out", outputs)
        taken = model.optimizer.steps_taken
        rates = model.optimizer.rates(steps) if self.training else np.empty(0)
        machine.set(
            place=place, order=0 if order is None else address(order), taken=taken, rates=address(rates) if len(rates) else 0
        )  # fmt: skip
        self._load_counters()
        began = time.perf_counter()
        try:
            machine.run(steps, threads)
        finally:
            done = int(machine.job[DONE])
            if self.training and self.lowered.updates:
                model.optimizer.steps_taken = taken + done
        self.crew.ran(threads, done, time.perf_counter() - began)
        if done and self.training and not self.lowered.updates:
            model.optimizer.step(model.theta, model.gradient, model.trained_names(), model.constraints())
        self._count(order, place, done)
        return done

    def _load_counters(self) -> None:
        """Count on from where the meters stand: sums then do not depend on how an epoch is cut into runs."""
        meters, counted = self.model.meters, self.counters
        counted[:2] = meters.loss_sum, meters.samples
        for metric, at in self.lowered.native:
            counted[at : at + 2] = metric.state.get("total", 0.0), metric.state.get("count", 0.0)

    def _count(self, order: Array | None, place: int, done: int) -> None:
        """Hand what was counted to the model's meters."""
        meters, counted = self.model.meters, self.counters
        meters.loss_sum, meters.samples = float(counted[0]), int(counted[1])
        for metric, at in self.lowered.native:
            metric.state = {"total": float(counted[at]), "count": float(counted[at + 1])}
        if self.lowered.foreign:
            self._count_outputs(order, place, done)

    def _count_outputs(self, order: Array | None, place: int, done: int) -> None:
        """Let the metrics that have no compiled form see each batch's outputs."""
        outputs, start = self.machine.kept["out"], 0
        for i in range(place, place + done):
            _, y_true, weights = self.rows(order, i)
            y_pred = outputs[start : start + len(y_true)]
            start += len(y_true)
            for metric, weighted in self.lowered.foreign:
                metric.update_state(y_true, y_pred, weights if weighted else None)


class Engine:
    """The programs of one model, kept until some part is changed."""

    def __init__(self, model: Trainee) -> None:
        self.model = model
        self.steppers: dict[Any, Stepper] = {}
        self.edits = -1
        self.refusal = ""

    def stepper(self, batch: int, x: Array, y: Array, weights: Array | None, *, training: bool) -> Stepper | None:
        """A program for batches of such arrays, bound to them; None where only the definition can."""
        if self.edits != Part.edits:
            self.steppers.clear()
            self.refusal = ""
        if not self._may_try():
            return None
        room = 1 << max(batch - 1, 0).bit_length()
        key = (training, room, x.shape[1:], y.shape[1:], None if weights is None else weights.shape[1:])
        if key not in self.steppers:
            try:
                self.steppers[key] = Stepper(self.model, room, x, y, weights, training)
            except CannotLower as part:
                self.refusal = str(part)
                say_once(self.refusal)
                return None
            finally:
                self.edits = Part.edits
        found = self.steppers[key]
        found.bind(batch, x, y, weights)
        return found

    def _may_try(self) -> bool:
        model = self.model
        asked = os.environ.get("PELLUCID_ENGINE", "") == "definition" or model.run_eagerly
        return not (asked or self.refusal or model.dtype != "float32")


def engine_of(model: Trainee) -> Engine:
    """The engine of a model, made when it is first asked for."""
    if model.engine is None:
        model.engine = Engine(model)
    return model.engine


def stepper_for(
    model: Trainee, batches: Batches, class_weight: Mapping[int, float] | None = None, *, training: bool
) -> Stepper | None:
    """A program bound to the arrays that batches are cut from; None for other batches, or where only the definition
    can."""
    if not isinstance(batches, ArrayBatches) or batches.y is None:
        return None
    weights = with_class_weight(batches.y, batches.sample_weight, class_weight)
    size = min(batches.batch_size, len(batches.x))
    return engine_of(model).stepper(size, batches.x, batches.y, weights, training=training)


def train(model: Trainee, x: Array, y: Array, weights: Array | None) -> None:
    """One training step on a batch, compiled where that is possible; NonFinite is raised by the definition alone."""
    stepper = engine_of(model).stepper(len(x), x, y, weights, training=True)
    if stepper is None or not stepper.run(None, 0, 1):
        definition.train_step(model, x, y, weights)


def test(model: Trainee, x: Array, y: Array, weights: Array | None) -> None:
    """Count one batch in the model's meters, without training on it."""
    stepper = engine_of(model).stepper(len(x), x, y, weights, training=False)
    if stepper is None:
        definition.test_step(model, x, y, weights)
    else:
        stepper.run(None, 0, 1)


_said: set[str] = set()


def say_once(part: str) -> None:
    """Tell, the first time, why a network runs on the definition."""
    if part not in _said:
        _said.add(part)
        log.warning("The %s has no compiled form: the network runs on the definition, in plain NumPy.", part)
