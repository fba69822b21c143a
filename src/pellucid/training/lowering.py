"""From a compiled model to a program: the batch gathered, forward, the loss, backward, the update, the counting.

What has no compiled form of its own does not stop the rest: an optimizer then steps in NumPy on the gradient that the
engine leaves, a metric counts the outputs it leaves. A layer or loss without one raises CannotLower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ..arrays import Array, Shape
from ..losses import Loss
from ..metrics import Metric
from ..program import Buffer, CannotLower, Program
from .base import Trainee

REDUCTIONS = {"sum": 1, "mean_with_sample_weight": 2}  # all others divide by the number of samples


@dataclass
class Lowered:
    """A program, and where it leaves what Python must know."""

    code: Program
    y: Buffer
    native: list[tuple[Metric, int]] = field(default_factory=list)  # metrics and their places among the counters
    foreign: list[tuple[Metric, bool]] = field(default_factory=list)  # metrics that count in Python
    updates: bool = False  # whether the optimizer's step is part of it
    counters: int = 2  # the loss and the samples come first


def lower_network(model: Trainee, batch: int, shape: Shape, *, training: bool) -> tuple[Program, Buffer]:
    """The forward pass from rows of `x`, and y."""
    trained = frozenset(model.trained_names()) if training else frozenset()
    code = Program(batch, model.theta, model.state, training, trained)
    return code, model.lower(code, _gathered(code, "x", shape))


def lower_prediction(model: Trainee, batch: int, shape: Shape) -> Lowered:
    """Forward, and the outputs written to `out`."""
    code, y = lower_network(model, batch, shape, training=False)
    _written(code, y, "out")
    return Lowered(code, y)


def lower_step(model: Trainee, batch: int, x: Array, y: Array, weights: Array | None, *, training: bool) -> Lowered:
    """A whole step on batches of such arrays."""
    code, out = lower_network(model, batch, x.shape[1:], training=training)
    made = Lowered(code, out)
    given = _Targets(code, y.shape[1:])
    w = None if weights is None else _gathered(code, "weights", weights.shape[1:])
    with code.within("backward"):
        dy = _lower_loss(model, code, out, given, w)
        if training:
            code.backpropagate(dy)
            code.emit("loss.finite", Buffer("gradient", 0, (), False), model.theta.data.size, decides=True)
    if training:
        _lower_update(model, made)
    with code.within("count"):
        code.emit("count.loss", 0, serial=True, meets=False)
        for metric, weighted in model.meters.resolved(y[:1], _like(out)):
            _lower_metric(made, metric, given, w if weighted else None, weighted)
        if made.foreign:
            _written(code, out, "out")
    return made


class _Targets:
    """The targets, gathered in the forms that somebody asks for."""

    def __init__(self, code: Program, shape: Shape) -> None:
        self.code, self.shape = code, shape
        self.found: dict[str, Buffer] = {}

    def of(self, part: Loss | Metric, y_pred: Buffer) -> Buffer:
        """As many numbers as y_pred has, or one class for each of its rows."""
        wanted = y_pred.size if part.targets == "numbers" else y_pred.size // y_pred.shape[-1]
        if math.prod(self.shape) != wanted:
            raise CannotLower(f"{part.name!r} with targets of shape {(None, *self.shape)}")
        if part.targets not in self.found:
            with self.code.within("forward"):
                self.found[part.targets] = self._gather(part.targets)
        return self.found[part.targets]

    def _gather(self, kind: str) -> Buffer:
        if kind == "numbers":
            return _gathered(self.code, "y", self.shape)
        n = math.prod(self.shape)
        to = self.code.buffer((2 * n,))  # a class is a word of 64 bits
        self.code.emit("gather.labels", Buffer("classes", 0, ()), 8 * n, n, to, serial=True, meets=False)
        return to


def _gathered(code: Program, name: str, shape: Shape) -> Buffer:
    """Rows of what will be bound under this name."""
    to = code.buffer(shape)
    with code.within("forward"):
        code.emit("gather.float32", Buffer(name, 0, ()), 0, to.size, to, 1.0, 0.0)
    return to


def _written(code: Program, y: Buffer, name: str) -> None:
    code.emit("scatter", y, y.size, Buffer(name, 0, ()), meets=False)


def _lower_loss(model: Trainee, code: Program, y: Buffer, given: _Targets, weights: Buffer | None) -> Buffer:
    """Emit the loss; returns dL/dy, or dL/dz with the way back through the output activation taken off the tape."""
    loss, outputs = model.loss, y
    if code.logits is not None and code.logits[0] is y:
        _, activation, z = code.logits
        fused = model.loss.from_logits_of(activation)
        if fused is not None:
            loss, outputs = fused, z
            if code.training:
                code.tape.pop()
    if loss.axis != -1 or loss.dtype not in (None, "float32"):
        raise CannotLower(f"loss {loss.name!r} with an axis or dtype of its own")
    per_value = outputs.shape[:-1]
    each = 1 if weights is None else weights.size
    if math.prod(per_value) % each:
        raise CannotLower(f"loss {loss.name!r} with weights of shape {(None, *weights.shape)}")  # type: ignore[union-attr]
    slope, values = code.buffer(per_value), code.buffer(per_value)
    dy = code.buffer(outputs.shape)
    code.emit("loss.slope", weights, slope, slope.size, each, REDUCTIONS.get(loss.reduction or "", 0), serial=True)
    loss.lower(code, given.of(loss, outputs), outputs, slope, values, dy if code.training else None)
    code.emit("loss.total", values, slope, values.size, serial=True)
    return dy


def _lower_update(model: Trainee, made: Lowered) -> None:
    code = made.code
    with code.within("update"):
        before = list(code.sections["update"])
        try:
            model.optimizer.lower(code, model.trained_names(), model.constraints())
            made.updates = True
        except CannotLower:
            code.sections["update"] = before


def _lower_metric(made: Lowered, metric: Metric, given: _Targets, weights: Buffer | None, weighted: bool) -> None:
    try:
        if weights is not None and weights.size != 1:
            raise CannotLower("weights within a sample")
        metric.lower(made.code, given.of(metric, made.y), made.y, weights, made.counters)
        made.native.append((metric, made.counters))
        made.counters += 2
    except CannotLower:
        made.foreign.append((metric, weighted))


def _like(y: Buffer) -> Any:
    import numpy as np

    return np.empty((1, *y.shape), "float32")
