"""Weights that are read or written where their layer does not stand: those of another layer, read within a `call`, and
weights that `call` assigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Array, Arrays, Shape, Whole
from ..errors import InvalidArgument, ShapeError, Told
from ..program import Buffer, Program
from ..rng import Key
from ..wiring import FROM_ABOVE, OPERATORS, Tensor
from .base import Layer
from .connecting import borrowed
from .drawing import CALL
from .holding import Parameter


class Guest(Layer):
    """A step with the parameters of another layer, which holds none itself."""

    is_layer = False

    def bind(self, shape: Any, p: Mapping[str, Array], owner: object) -> None:
        super().bind(shape, {}, owner)


class Lent(Guest):
    """A step that gives weights of another layer, as they are; what comes back is added to their gradients. It reads a
    tensor only so as to have its place in the graph."""

    formula, formula_back = "weights of another layer", "d of each = what its readers send back"
    gives_many = True

    def __init__(self, layer: Layer, specs: Sequence[Parameter]) -> None:
        super().__init__(dtype=layer.dtype)
        self.belongs_to, self.lent = layer, tuple(specs)

    @property
    def likeness(self) -> Any:
        return type(self).__name__, id(self.belongs_to), [spec.name for spec in self.lent]

    def output_shape_for(self, *shapes: Shape) -> Any:
        return tuple(Whole(spec.shape) for spec in self.lent)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Any, Any]:
        return tuple(p[spec.name] for spec in self.lent), None

    def backward(self, p: Arrays, cache: Any, *dy: Array | None) -> tuple[Any, dict[str, Array]]:
        given = {spec: d for spec, d in zip(self.lent, dy, strict=True) if spec.trainable}
        return None, {spec.name: p[spec.name] * 0 if d is None else d for spec, d in given.items()}

    def lower(self, code: Program, x: Buffer) -> Any:
        homes = [code.gradient(spec.name) for spec in self.lent]

        def undo(dys: Any, wanted: Any) -> None:
            for dy, home in zip(dys if isinstance(dys, tuple) else (dys,), homes, strict=True):
                if home is not None:
                    given = code.constant(np.zeros(1)) if dy is None else dy
                    code.emit("strided", given, home, 0, home.size, 1, home.size, int(dy is not None))

        code.back(undo)
        return tuple(code.parameter(spec.name) for spec in self.lent)


def lent(layer: Layer, name: str) -> Tensor:
    """The tensor of another layer's weight, within the `call` that runs: it is built, or was called there."""
    running = CALL.get()
    if running is None:
        raise borrowed(layer.name, name)
    specs = layer.specs if layer.built else layer._specs_in_call()
    spec = next(spec for spec in specs if spec.name == name)
    return Lent(layer, [spec]).called_on(running.entries[:1])[0]


FROM_ABOVE["lent"] = lent


class Assigned(Guest):
    """A step that gives what was assigned to a weight; the weight is that after a training step."""

    formula, formula_back = "y = x, which the weight is from now on", "dx = dy"

    def __init__(self, weight: Any) -> None:
        super().__init__(dtype=weight.dtype)
        self.weight, self.belongs_to = weight, weight.source
        self.only: bool | None = None  # in training, or in prediction, where only that assigns

    @property
    def likeness(self) -> Any:
        return type(self).__name__, self.weight.name

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x, x if self.only in (None, training) else None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}

    def state_after(self, p: Arrays, cache: Any) -> dict[str, Array]:
        return {} if cache is None else {self.weight.name: cache}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if code.training and self.only in (None, code.trains):
            with code.within("update"):  # before the optimizer, which may change what x is
                code.emit("strided", x, code.parameter(self.weight.name), 0, x.size, 1, x.size, 1)
        code.back(lambda dy, wanted: dy)
        return x.shaped(x.shape)


def assigned(weight: Any, value: Any) -> Tensor:
    """Have the `call` that runs assign this value to one of its layer's weights; returns its tensor."""
    running, where = CALL.get(), f"weight {weight.name!r}, assign"
    if weight.spec.trainable or running is None or running.own is not weight.source:
        raise InvalidArgument(
            where, "within call, a weight with trainable=False, of the layer whose call it is",
            Told("one that is trained" if weight.spec.trainable else "another layer's"),
            "What a step changes by itself is self.add_weight(..., trainable=False).",
        )  # fmt: skip
    if not isinstance(value, Tensor):
        value = OPERATORS["add"](OPERATORS["multiply"](weight, 0.0), np.broadcast_to(value, weight.spec.shape))
    if not isinstance(value.sample, Whole) or tuple(value.sample) != tuple(weight.spec.shape):
        raise ShapeError(
            where, f"shape {weight.spec.shape}", value.shape, "Reduce over the batch: ops.mean(x, axis=0)."
        )
    running.ends += Assigned(weight).called_on([value])
    return running.ends[-1]
