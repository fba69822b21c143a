"""The targets and weights of a batch, gathered for the compiled engine in the forms that its parts ask for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..arrays import Array, Shape
from ..losses import Loss
from ..program import Buffer, CannotLower, Program
from .objective import Objective


class End(NamedTuple):
    """What stands at an output that has a loss: that, its targets, and their weights."""

    loss: Loss
    given: Targets
    weights: Buffer | None


def lower_targets(
    code: Program, objective: Objective, targets: Sequence[Array | None], weights: Sequence[Array | None]
) -> list[End | None]:
    """The end of each output: the targets bound as `y`, or as `y1`, `y2`, ..., the weights as `weights`, likewise."""
    ends: list[End | None] = []
    for i, (loss, y, w) in enumerate(zip(objective.losses, targets, weights, strict=True), 1):
        number = str(i) if len(targets) > 1 else ""
        if loss is None or y is None:
            ends.append(None)
            continue
        buffer = None if w is None else gathered(code, f"weights{number}", w.shape[1:])
        ends.append(End(loss, Targets(code, y.shape[1:], loss, number), buffer))
    return ends


class Targets:
    """The targets, gathered in the forms that somebody asks for.

    Only the model's loss has looked at all of them. A metric that might refuse what the loss lets pass counts in
    Python, where it does.
    """

    def __init__(self, code: Program, shape: Shape, loss: Loss, number: str) -> None:
        self.code, self.shape, self.loss, self.number = code, shape, loss, number
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
            return gathered(self.code, f"y{self.number}", self.shape, serial=False)
        n = math.prod(self.shape)
        to = self.code.buffer((2 * n,))  # a class is a word of 64 bits
        with self.code.within("gather"):
            self.code.emit("gather.labels", Buffer(f"classes{self.number}", 0, ()), 8 * n, n, to)
        return to


def gathered(code: Program, name: str, shape: Shape, serial: bool = True) -> Buffer:
    """Rows of what will be bound under this name."""
    to = code.buffer(shape)
    with code.within("gather"):
        code.emit("gather.float32", Buffer(name, 0, ()), 0, to.size, to, 1.0, 0.0, serial=serial)
    return to
