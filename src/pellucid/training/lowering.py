"""From a compiled model to a program: the batch gathered, forward, the loss, backward, the update, the counting.

What has no compiled form of its own does not stop the rest: an optimizer then steps in NumPy on the gradient that the
engine leaves, a metric counts the outputs it leaves. A layer or loss without one raises CannotLower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays import Array, Shape
from ..losses import Loss
from ..losses.lowering import Places, lower_slope
from ..metrics import Metric
from ..program import Buffer, CannotLower, Program
from .base import Trainee
from .fusing import check_rest, fuse


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
    code = Program(batch, model.theta, model.state, training, trained, noise_key=model.key.fold("noise").seed)
    return code, model.lowered(code, _gathered(code, "x", shape, serial=False))


def lower_prediction(model: Trainee, batch: int, shape: Shape) -> Lowered:
    """Forward, and the outputs written to `out`; inputs that are not finite are found on the way."""
    code, y = lower_network(model, batch, shape, training=False)
    (gather,) = code.sections["gather"]
    with code.within("gather"):
        code.emit("finite.rows", gather.operands[3], math.prod(shape), decides=True)
    _written(code, y, "out")
    return Lowered(code, y)


def lower_step(
    model: Trainee, batch: int, x: Array, y: Array, weights: Array | None, *, training: bool, fused: bool = False
) -> Lowered:
    """A whole step on batches of such arrays. `fused`: nobody will look at the gradient, so it need not be written."""
    code, out = lower_network(model, batch, x.shape[1:], training=training)
    made = Lowered(code, out)
    model.loss.settle(y.shape, (batch, *out.shape))
    given = _Targets(code, y.shape[1:], model.loss)
    w = None if weights is None else _gathered(code, "weights", weights.shape[1:])
    with code.within("backward"):
        dy = _lower_loss(model, code, out, given, w)
        if training:
            code.backpropagate(dy, model.wiring.output)
        model.lower_penalties(code)
    if training:
        _lower_update(model, made, fused)
    with code.within("count"):
        code.emit("count.loss", 0, serial=True, meets=False)
        for metric, weighted in model.meters.resolved(y, _like(out), model.loss):
            _lower_metric(made, metric, given, w if weighted else None, weighted)
        if made.foreign:
            _written(code, out, "out")
    code.meet_after("gather", True)
    code.meet_after("count", "numbers" in given.found)  # a metric may still read targets that the next batch replaces
    # What the update wrote is read after the next batch is gathered, or after the run; but a gradient that it computes
    # itself reads the batch, which nobody may replace meanwhile.
    code.meet_after("update", any(op.kernel.startswith("dense.weights") for op in code.sections["update"]))
    return made


class _Targets:
    """The targets, gathered in the forms that somebody asks for.

    Only the model's loss has looked at all of them. A metric that might refuse what the loss lets pass counts in
    Python, where it does.
    """

    def __init__(self, code: Program, shape: Shape, loss: Loss) -> None:
        self.code, self.shape, self.loss = code, shape, loss
        self.found: dict[str, Buffer] = {}

    def of(self, loss: Loss, y_pred: Buffer) -> tuple[Buffer, Buffer]:
        """(y_true, y_pred) as a loss reads them, after the rules of `losses.targets.aligned`."""
        if loss.assures and (loss.assures, loss.ignore_class) != (self.loss.assures, self.loss.ignore_class):
            raise CannotLower(f"{loss.name!r} beside the loss {self.loss.name!r}")
        if loss.targets == "classes":
            return self._class_numbers(y_pred), y_pred
        given, wanted = self.shape, y_pred.shape
        if wanted == (*given, 1) and given:
            y_pred, wanted = y_pred.shaped(given), given
        if wanted not in (given, (*given, 1)) and given != (*wanted, 1):
            raise self._misshapen(y_pred)
        return self._gathered("numbers").shaped(wanted), y_pred

    def numbers(self, y_pred: Buffer) -> Buffer:
        """One number for each of y_pred's, in the targets' own shape."""
        if self.shape != y_pred.shape and (*self.shape, 1) != y_pred.shape and self.shape != (*y_pred.shape, 1):
            raise self._misshapen(y_pred)
        return self._gathered("numbers")

    def classes(self, y_pred: Buffer) -> Buffer:
        """The number of a class for each row of y_pred."""
        if self.loss.assures != "classes" or self.loss.ignore_class is not None:
            raise CannotLower(f"class numbers beside the loss {self.loss.name!r}")
        return self._class_numbers(y_pred)

    def _class_numbers(self, y_pred: Buffer) -> Buffer:
        if self.shape not in (y_pred.shape[:-1], (*y_pred.shape[:-1], 1)):
            raise self._misshapen(y_pred)
        return self._gathered("classes")

    def _misshapen(self, y_pred: Buffer) -> CannotLower:
        return CannotLower(f"pair of targets {(None, *self.shape)} and outputs {(None, *y_pred.shape)}")

    def _gathered(self, kind: str) -> Buffer:
        if kind not in self.found:
            self.found[kind] = self._gather(kind)
        return self.found[kind]

    def _gather(self, kind: str) -> Buffer:
        if kind == "numbers":
            return _gathered(self.code, "y", self.shape, serial=False)
        n = math.prod(self.shape)
        to = self.code.buffer((2 * n,))  # a class is a word of 64 bits
        with self.code.within("gather"):
            self.code.emit("gather.labels", Buffer("classes", 0, ()), 8 * n, n, to, serial=True, meets=False)
        return to


def _gathered(code: Program, name: str, shape: Shape, serial: bool = True) -> Buffer:
    """Rows of what will be bound under this name."""
    to = code.buffer(shape)
    with code.within("gather"):
        code.emit("gather.float32", Buffer(name, 0, ()), 0, to.size, to, 1.0, 0.0, serial=serial, meets=False)
    return to


def _written(code: Program, y: Buffer, name: str) -> None:
    code.emit("scatter", y, y.size, Buffer(name, 0, ()), meets=False)


def _lower_loss(model: Trainee, code: Program, y: Buffer, given: _Targets, weights: Buffer | None) -> Buffer:
    """Emit the loss; returns dL/dy, or dL/dz with the way back through the output activation taken off the tape."""
    loss, outputs = _fused(model.loss, code, y)
    if not loss.can_lower() or loss.dtype not in (None, "float32") or not outputs.shape:
        raise CannotLower(f"loss {loss.name!r} as it is given")
    y_true, y_pred = given.of(loss, outputs)
    per_value = y_pred.shape[:-1]
    dy = code.buffer(y_pred.shape)
    slope, values = code.buffer(per_value), code.buffer(per_value)
    lower_slope(code, slope, weights, loss.reduction, y_true, loss.ignore_class)
    loss.lower(code, Places(y_true, y_pred, slope, values, dy if code.training else None))
    code.emit("loss.total", values, slope, values.size, serial=True, meets=False)
    for emit in code.after_loss:
        emit()
    return dy.shaped(outputs.shape)


def _fused(loss: Loss, code: Program, y: Buffer) -> tuple[Loss, Buffer]:
    """The loss in its from-logits form, and the logits, where the output activation and the loss allow it."""
    if code.logits is None or code.logits[0] is not y:
        return loss, y
    _, activation, z = code.logits
    fused = loss.from_logits_of(activation)
    if fused is None:
        return loss, y
    code.meet_after("forward", False)  # y itself is read much later
    if code.training:
        code.uses[-1].undos.pop()
    return fused, z


def _lower_update(model: Trainee, made: Lowered, fused: bool) -> None:
    code, names = made.code, model.trained_names()
    before = list(code.sections["update"])
    alone: list[str] = []
    with code.within("update"):
        try:
            model.optimizer.lower(code, names, model.constraints())
            made.updates = True
        except CannotLower:
            code.sections["update"] = before
            model.optimizer.lower_scale(code, names)
        if made.updates and fused:
            code.sections["update"] = before
            alone = fuse(model, code)
            model.optimizer.lower(code, names, model.constraints(), alone)
    with code.within("backward"):
        check_rest(model, code, alone)


def _lower_metric(made: Lowered, metric: Metric, given: _Targets, weights: Buffer | None, weighted: bool) -> None:
    code = made.code
    before = list(code.sections["count"])
    try:
        if not metric.can_lower():
            raise CannotLower(f"metric {metric.name!r}")
        metric.lower(code, given, made.y, weights, made.counters)
        made.native.append((metric, made.counters))
        made.counters += 2
    except CannotLower:
        code.sections["count"] = before
        made.foreign.append((metric, weighted))


def _like(y: Buffer) -> Any:
    return np.empty((1, *y.shape), "float32")
